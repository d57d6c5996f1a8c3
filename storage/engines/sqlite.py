"""The embedded engine: one SQLite file, shared by the processes of one machine.

What write() and transact() have acknowledged survives kill -9 and power loss (WAL with synchronous=FULL).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from storage.engines.answer_sizes import BATCH_BYTES, QUERY_BYTES, answers_of_batch, answers_of_query
from storage.engines.file_access import files_at, obstacle
from storage.engines.rules import check_keys, check_query, check_writes, cursor_at, key_of
from storage.engines.sqlite_schema import (
    COLUMNS,
    INSERT,
    LONG_COLUMNS,
    SELECT,
    create,
    entry_names,
    item_of,
    missing,
    row_of,
    select,
)
from storage.engines.turns import Turn
from storage.errors import Conflict, FileRefused, StorageError, TableMissing, Throttled, Unavailable
from storage.schema import EXPIRES, INDEXES
from storage.table import Absent, Exists, Item, Key, Page, Precondition, Put, Query, Write, count_request, is_counted

# A write is refused before its sender gives up, a page is answered within a second.
WAIT_SECONDS = 3.0
READ_SECONDS = 0.8
PURGE_BATCH = 500
_CACHE_KIB = 16_384
_TEXTS = (str, bytes)
_REFUSED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
# Keys of the table and of every index, at most, and the names of columns.
_KEYS_BYTES = (1 + len(INDEXES)) * 3072 + 128

_GET = f"{SELECT} WHERE pk = ? AND sk = ?"
_PUT = f"{INSERT} ON CONFLICT (pk, sk) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS[2:])}"
_DELETE = "DELETE FROM items WHERE pk = ? AND sk = ?"
_PURGE = (
    "DELETE FROM items WHERE rowid IN"  # noqa: S608
    f" (SELECT rowid FROM items WHERE {EXPIRES} IS NOT NULL AND {EXPIRES} < ? LIMIT {PURGE_BATCH})"
)


class _Process:
    """What one process holds of the file: neither SQLite connections nor these locks may cross a fork."""

    def __init__(self) -> None:
        self.idle: list[sqlite3.Connection] = []
        self.turn = Turn()
        self.lock_file = -1
        self.watching = threading.Lock()
        self.watch: sqlite3.Connection | None = None
        self.watches = 0


class SqliteEngine:
    def __init__(self, path: str | os.PathLike[str], *, wait_seconds: float = WAIT_SECONDS) -> None:
        """wait_seconds: how long a write waits for its turn and other programs' locks together, before Throttled."""
        # Absolute from the start: a later chdir must not move the store.
        self.path = Path(path).absolute()
        self._wait_seconds = wait_seconds
        # A forked child makes its own entry. Its parent's stays referenced: to close it would drop the parent's locks.
        self._processes: dict[int, _Process] = {}

    def get(self, key: Key, *, consistent: bool) -> Item | None:
        check_keys([key])
        count_request()
        with self._connection() as connection:
            return _read(connection, key)

    def batch_get(self, keys: Sequence[Key], *, consistent: bool) -> list[Item | None]:
        if not keys:
            return []
        check_keys(keys)
        with self._connection() as connection:
            rows = [connection.execute(_GET, (key.pk, key.sk)).fetchone() for key in keys]
        items = [item_of(row) if row else None for row in rows]
        if is_counted():
            may_split = _may_exceed(BATCH_BYTES, [row for row in rows if row], LONG_COLUMNS)
            for _ in range(answers_of_batch(items) if may_split else 1):
                count_request()
        return items

    def query(self, query: Query) -> Page:
        check_query(query)
        sql, values = select(query)
        with self._connection() as connection:
            rows = connection.execute(sql, values).fetchall()
        more = query.limit is not None and len(rows) > query.limit
        items = _index_entries(query, rows) if query.index else [item_of(row) for row in rows]
        if is_counted():
            may_split = _may_exceed(QUERY_BYTES, rows, LONG_COLUMNS)
            for page in answers_of_query(items) if may_split else [tuple(items)]:
                count_request(page)
        if more:
            items.pop()
        return Page(tuple(items), cursor_at(query, items[-1]) if more else None)

    def write(self, write: Write) -> None:
        self.transact([write])

    def transact(self, writes: Sequence[Write]) -> None:
        check_writes(writes)
        if not writes:
            return
        count_request()
        with self._transaction() as connection:
            for index, write in enumerate(writes):
                _check_condition(connection, write, index)
                if isinstance(write, Put):
                    connection.execute(_PUT, row_of(write.item))
                else:
                    connection.execute(_DELETE, (write.key.pk, write.key.sk))

    def prepare(self) -> None:
        if said := obstacle(files_at(self.path)):
            raise FileRefused(said)
        with _storage_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._transaction(prepare=True) as connection:
            rebuilt = create(connection)
        if rebuilt:
            # Else most of the file would stay empty, and its log as long as the file.
            with self._turn(), self._connection() as connection:
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def check(self) -> None:
        with self._connection() as connection:
            lacking = missing(connection)
        if lacking:
            raise TableMissing(f"{self.path} lacks {', '.join(lacking)}")

    def pulse(self) -> int | None:
        """SQLite's own count of commits seen on a connection that never writes, so every commit is somebody else's."""
        process = self._process()
        with process.watching, _storage_errors(self.path):
            if process.watch is None:
                process.watch = connect(self.path, self._wait_seconds)
                process.watches += 1
            try:
                (version,) = process.watch.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:
                process.watch = None
                raise
            # A new connection counts from the start again.
            return (process.watches << 32) + int(version)

    def purge_expired(self, now: int, goes_on: Callable[[], bool] = lambda: True) -> int:
        """In batches, each a transaction of its own, so that writers need not wait for the whole."""
        purged = 0
        while True:
            with self._transaction() as connection:
                batch = connection.execute(_PURGE, (now,)).rowcount
            purged += batch
            if batch < PURGE_BATCH or not goes_on():
                return purged

    def close(self) -> None:
        process = self._processes.pop(os.getpid(), None)
        if process is None:
            return
        for connection in (*process.idle, process.watch):
            if connection is not None:
                connection.close()
        if process.lock_file >= 0:
            os.close(process.lock_file)

    def _process(self) -> _Process:
        # setdefault is atomic, so threads need no lock here, which a fork might leave held for ever.
        return self._processes.get(os.getpid()) or self._processes.setdefault(os.getpid(), _Process())

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection that no other thread uses meanwhile. One that had an error is not used again."""
        idle = self._process().idle
        with _storage_errors(self.path):
            try:
                connection = idle.pop()
            except IndexError:
                connection = connect(self.path, self._wait_seconds)
            try:
                yield connection
            except sqlite3.Error:
                connection.close()
                raise
            except BaseException:
                idle.append(connection)
                raise
            idle.append(connection)

    @contextmanager
    def _transaction(self, *, prepare: bool = False) -> Iterator[sqlite3.Connection]:
        with self._turn() as until, self._connection() as connection:
            if prepare:
                # Both only take effect outside a transaction, the page size only in an empty file. A commit writes
                # whole pages to the log: with pages of 8 KB 1.75 times as much, for a file 0.96 times as large.
                connection.execute("PRAGMA page_size = 4096")
                connection.execute("PRAGMA journal_mode = WAL")
            _wait(connection, until - time.monotonic())
            connection.execute("BEGIN IMMEDIATE")
            _wait(connection, READ_SECONDS)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _turn(self) -> Iterator[float]:
        """One writer at a time: SQLite's own back-off lets a second process starve for seconds. Gives the time
        (time.monotonic) at which all waiting is over."""
        process, until = self._process(), time.monotonic() + self._wait_seconds
        with process.turn.taken(until):
            with _storage_errors(self.path):
                if process.lock_file < 0:
                    process.lock_file = _open_lock(self.path)
                _lock(process.lock_file, until)
            try:
                process.turn.came()
                yield until
            finally:
                fcntl.flock(process.lock_file, fcntl.LOCK_UN)


def _wait(connection: sqlite3.Connection, seconds: float) -> None:
    """How long it waits for a lock of another program from now on."""
    connection.execute(f"PRAGMA busy_timeout = {max(0, round(seconds * 1000))}")


def _lock(file: int, until: float) -> None:
    """Raises Throttled when another process still has the file at `until` (time.monotonic). A lock that is waited for
    in the kernel cannot be given up."""
    pause = 0.0002
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Throttled("another process keeps the store's file to itself") from None
            time.sleep(pause)
            pause = min(0.001, 2 * pause)
        else:
            return


def connect(path: Path, wait_seconds: float = WAIT_SECONDS) -> sqlite3.Connection:
    """A connection as the engine uses it. Raises sqlite3.OperationalError when the file is not there."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=min(wait_seconds, READ_SECONDS),
    )
    connection.execute("PRAGMA synchronous = FULL")
    # macOS answers fsync before the disk has it.
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    return connection


def _open_lock(path: Path) -> int:
    if not path.exists():
        raise FileNotFoundError(path)
    return os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)


def _read(connection: sqlite3.Connection, key: Key) -> Item | None:
    row = connection.execute(_GET, (key.pk, key.sk)).fetchone()
    return item_of(row) if row else None


def _index_entries(query: Query, rows: Sequence[tuple[Any, ...]]) -> list[Item]:
    names = entry_names(query)
    return [{name: value for name, value in zip(names, row, strict=True) if value is not None} for row in rows]


def _may_exceed(limit: int, rows: Collection[tuple[Any, ...]], long: int) -> bool:
    """Whether items may be larger than this, by a quick bound: to size them costs as much as to read them.

    long: how many columns at the end are not keys, whose length is limited."""
    characters = 0
    for place in range(-long, 0):
        characters += sum([len(row[place]) for row in rows if type(row[place]) in _TEXTS])
    return 4 * characters + len(rows) * _KEYS_BYTES > limit


def _check_condition(connection: sqlite3.Connection, write: Write, index: int) -> None:
    if write.condition is None:
        return
    key = key_of(write)
    old = _read(connection, key)
    if not _holds(write.condition, old):
        raise Conflict(f"{write.condition} does not hold for {key.pk} {key.sk}", index=index, old=old)


def _holds(condition: Precondition, old: Item | None) -> bool:
    if isinstance(condition, Absent):
        return old is None
    if isinstance(condition, Exists):
        return old is not None
    return old is not None and old.get("version") == condition.version


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, path) from error
    except FileNotFoundError as error:
        raise TableMissing(f"{path} is not there") from error
    except PermissionError as error:
        raise FileRefused(obstacle(files_at(path)) or f"{path}: {error}") from error
    except OSError as error:
        raise Unavailable(f"{path}: {error}") from error


def _translated(error: sqlite3.Error, path: Path) -> StorageError:
    # The low byte is the primary code: https://www.sqlite.org/rescode.html
    code = (error.sqlite_errorcode or 0) & 0xFF
    message = f"{path}: {error}"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Throttled(message)
    if code in _REFUSED and (said := obstacle(files_at(path))):
        return FileRefused(said)
    no_file = code == sqlite3.SQLITE_CANTOPEN and not os.path.lexists(path)
    if no_file or (code == sqlite3.SQLITE_ERROR and str(error).startswith(("no such table", "no such column"))):
        return TableMissing(message)
    return Unavailable(message)
