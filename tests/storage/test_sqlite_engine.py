"""What is peculiar to the embedded engine: several processes, crashes, its file, its errors."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from storage.engines.sqlite import PURGE_BATCH, SqliteEngine, connect
from storage.engines.sqlite_schema import select
from storage.errors import Conflict, StorageError, TableMissing, Throttled, Unavailable
from storage.schema import EXPIRES, INDEXES
from storage.table import Key, Put, Query, Table, VersionIs

ROOT = Path(__file__).resolve().parents[2]
COUNTER = Key("P", "counter")

WRITE_UNTIL_KILLED = """
import sys
from storage.engines.sqlite import SqliteEngine
from storage.table import Put
engine = SqliteEngine(sys.argv[1])
for number in range(1_000_000):
    engine.transact([Put({"pk": "A", "sk": f"{number:07d}"}), Put({"pk": "B", "sk": f"{number:07d}"})])
    print(number, flush=True)
"""


def engine_of(table: Table) -> SqliteEngine:
    assert isinstance(table.engine, SqliteEngine)
    return table.engine


def increment(path: Path, rounds: int) -> None:
    table = Table(SqliteEngine(path))
    done = 0
    while done < rounds:
        version = int((table.get(COUNTER) or {})["version"])
        try:
            table.put({"pk": "P", "sk": "counter", "version": version + 1}, VersionIs(version))
        except Conflict:
            continue
        done += 1


def in_another_process(path: Path, rounds: int = 1, count: int = 1) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=increment, args=(path, rounds)) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * count


def open_count() -> int:
    return len(list(Path("/dev/fd").iterdir()))


# Processes


def test_several_processes_lose_nothing(sqlite_table: Table) -> None:
    sqlite_table.put({"pk": "P", "sk": "counter", "version": 0})
    in_another_process(engine_of(sqlite_table).path, rounds=50, count=4)
    assert sqlite_table.get(COUNTER) == {"pk": "P", "sk": "counter", "version": 200}


def test_writer_killed_in_mid_stream_loses_nothing_it_was_told_is_kept(sqlite_table: Table) -> None:
    path = engine_of(sqlite_table).path
    command = [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline() for _ in range(200)]
        writer.send_signal(signal.SIGKILL)
        # A line cut short by the kill was not told.
        told += [line for line in writer.stdout if line.endswith("\n")]
    kept = [[item["sk"] for item in sqlite_table.query(Query(pk)).items] for pk in ("A", "B")]
    assert writer.returncode == -signal.SIGKILL
    assert kept[0][: len(told)] == [f"{int(line):07d}" for line in told]
    assert kept[0] == kept[1]
    sqlite_table.put({"pk": "A", "sk": "after"})
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_engine_goes_on_in_a_forked_child_and_in_its_parent(sqlite_table: Table) -> None:
    sqlite_table.put({"pk": "P", "sk": "parent"})
    sqlite_table.engine.pulse()
    open_files = open_count()
    child = os.fork()
    if child == 0:
        try:
            sqlite_table.put({"pk": "P", "sk": "child"})
            both = len(sqlite_table.query(Query("P")).items) == 2
            # The database, its log and the lock file once more: nothing of the parent's is used.
            os._exit(0 if both and open_count() == open_files + 3 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    sqlite_table.put({"pk": "P", "sk": "parent again"})
    assert [item["sk"] for item in sqlite_table.query(Query("P")).items] == ["child", "parent", "parent again"]


def test_pulse_changes_with_every_commit_wherever_it_was_made(sqlite_table: Table) -> None:
    engine = engine_of(sqlite_table)
    seen = [engine.pulse()]
    sqlite_table.put({"pk": "P", "sk": "counter", "version": 0})
    seen.append(engine.pulse())
    with ThreadPoolExecutor(1) as thread:
        thread.submit(sqlite_table.put, {"pk": "P", "sk": "other thread"}).result()
        seen.append(thread.submit(engine.pulse).result())
    in_another_process(engine.path)
    seen.append(engine.pulse())
    assert len(set(seen)) == 4


def test_pulse_stands_still_without_a_commit(sqlite_table: Table) -> None:
    sqlite_table.put({"pk": "P", "sk": "counter", "version": 0})
    before = sqlite_table.engine.pulse()
    sqlite_table.get(COUNTER)
    with pytest.raises(Conflict):
        sqlite_table.put({"pk": "P", "sk": "counter"}, VersionIs(7))
    assert sqlite_table.engine.pulse() == before


# The file


def test_files_are_their_owners_only(sqlite_table: Table) -> None:
    sqlite_table.put({"pk": "P", "sk": "S"})
    folder = engine_of(sqlite_table).path.parent
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == dict.fromkeys(["items.db", "items.db-wal", "items.db-shm", "items.db.lock"], 0o600)


def test_commit_waits_for_the_disk(sqlite_table: Table) -> None:
    full = 2
    with closing(connect(engine_of(sqlite_table).path)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (full,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_path_stays_where_it_was_when_the_process_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = SqliteEngine("items.db")
    engine.prepare()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    engine.check()
    engine.close()
    assert (tmp_path / "items.db").exists()


@pytest.mark.parametrize("index", ["", *INDEXES])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("prefix", ["", "S#"])
def test_query_neither_scans_nor_sorts(sqlite_table: Table, index: str, reverse: bool, prefix: str) -> None:
    for place in range(3):
        keys = {name: f"S#{place}" for entry in INDEXES.values() for name in (entry.pk, entry.sk)}
        sqlite_table.put({"pk": "P", "sk": f"S#{place}", **keys})
    cursor = {"pk": "P", "sk": "S#1"}
    if index:
        cursor |= {INDEXES[index].pk: "P", INDEXES[index].sk: "S#1"}
    sql, values = select(Query("P", prefix=prefix, index=index, reverse=reverse, limit=2, cursor=cursor))
    with closing(connect(engine_of(sqlite_table).path)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert len(plan) == 1
    name = f"items_{index}" if index else "sqlite_autoindex_items_1"
    assert re.match(rf"SEARCH items USING (COVERING )?INDEX {name} ", plan[0])


# Expiry


def test_purge_removes_what_expired_before_now(sqlite_table: Table) -> None:
    for expires in (99, 100, 101):
        sqlite_table.put({"pk": "P", "sk": str(expires), EXPIRES: expires})
    sqlite_table.put({"pk": "P", "sk": "for ever"})
    assert sqlite_table.engine.purge_expired(100) == 1
    kept = sqlite_table.engine.query(Query("P")).items
    assert [item["sk"] for item in kept] == ["100", "101", "for ever"]
    assert sqlite_table.engine.purge_expired(100) == 0


def test_purge_goes_on_past_one_batch(sqlite_table: Table) -> None:
    count = PURGE_BATCH + 100
    for start in range(0, count, 100):
        sqlite_table.transact([Put({"pk": "P", "sk": str(place), EXPIRES: 1}) for place in range(start, start + 100)])
    assert sqlite_table.engine.purge_expired(2) == count
    assert sqlite_table.engine.query(Query("P")).items == ()


# Errors


USES: dict[str, Callable[[SqliteEngine], object]] = {
    "get": lambda engine: engine.get(COUNTER, consistent=True),
    "query": lambda engine: engine.query(Query("P")),
    "write": lambda engine: engine.write(Put({"pk": "P", "sk": "S"})),
    "purge": lambda engine: engine.purge_expired(1),
    "check": lambda engine: engine.check(),
    "pulse": lambda engine: engine.pulse(),
}


@pytest.mark.parametrize("operation", USES)
def test_no_file_is_a_missing_table(tmp_path: Path, operation: str) -> None:
    with pytest.raises(TableMissing):
        USES[operation](SqliteEngine(tmp_path / "items.db"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("operation", sorted(set(USES) - {"pulse"}))
def test_file_without_the_table_is_a_missing_table(tmp_path: Path, operation: str) -> None:
    (tmp_path / "items.db").touch()
    with pytest.raises(TableMissing):
        USES[operation](SqliteEngine(tmp_path / "items.db"))


@pytest.mark.parametrize("operation", USES)
def test_file_that_is_no_database_is_unavailable(tmp_path: Path, operation: str) -> None:
    (tmp_path / "items.db").write_bytes(b"not a database" * 100)
    with pytest.raises(Unavailable):
        USES[operation](SqliteEngine(tmp_path / "items.db"))


def test_path_that_is_a_folder_is_unavailable(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path)
    for operation in (engine.prepare, engine.check):
        with pytest.raises(Unavailable):
            operation()


def test_engine_recovers_once_its_table_is_back(sqlite_table: Table) -> None:
    with closing(sqlite3.connect(engine_of(sqlite_table).path)) as connection:
        connection.execute("DROP TABLE items")
    with pytest.raises(TableMissing):
        sqlite_table.get(COUNTER)
    sqlite_table.engine.prepare()
    sqlite_table.put({"pk": "P", "sk": "counter"})
    assert sqlite_table.get(COUNTER) is not None


def test_lock_of_another_program_is_throttled(sqlite_table: Table) -> None:
    path = engine_of(sqlite_table).path
    impatient = SqliteEngine(path, wait_seconds=0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(Throttled):
            impatient.write(Put({"pk": "P", "sk": "S"}))
        assert impatient.get(Key("P", "S"), consistent=True) is None
    impatient.write(Put({"pk": "P", "sk": "S"}))
    impatient.close()


def test_writer_whose_turn_does_not_come_is_throttled(sqlite_table: Table) -> None:
    path = engine_of(sqlite_table).path
    impatient = SqliteEngine(path, wait_seconds=0.01)
    with Path(f"{path}.lock").open("r+") as lock, ThreadPoolExecutor(2) as threads:
        fcntl.flock(lock, fcntl.LOCK_EX)
        writes = [threads.submit(impatient.write, Put({"pk": "P", "sk": str(place)})) for place in range(2)]
        # One waits for the other process, the other for the one.
        assert all(isinstance(write.exception(), Throttled) for write in writes)
        fcntl.flock(lock, fcntl.LOCK_UN)
    assert impatient.query(Query("P")).items == ()
    impatient.write(Put({"pk": "P", "sk": "1"}))
    impatient.close()


def test_failed_transaction_leaves_nothing_behind_for_the_next(sqlite_table: Table) -> None:
    with pytest.raises(StorageError):
        sqlite_table.transact([Put({"pk": "P", "sk": "1"}), Put({"pk": "P", "sk": "2"}, VersionIs(1))])
    sqlite_table.put({"pk": "P", "sk": "3"})
    assert [item["sk"] for item in sqlite_table.query(Query("P")).items] == ["3"]


def test_closed_engine_opens_again_when_used(sqlite_table: Table) -> None:
    sqlite_table.engine.close()
    sqlite_table.engine.close()
    sqlite_table.put({"pk": "P", "sk": "S"})
    assert sqlite_table.get(Key("P", "S")) == {"pk": "P", "sk": "S"}


def test_file_that_another_process_keeps_to_itself_is_waited_for_no_longer_than_said(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    SqliteEngine(path).prepare()
    impatient = SqliteEngine(path, wait_seconds=0.01)
    # Another opening of the file is to flock what another process is.
    with Path(f"{path}.lock").open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Throttled, match="keeps the store's file"):
            impatient.write(Put({"pk": "P", "sk": "S"}))
        with pytest.raises(Throttled, match="keeps the store's file"):
            impatient.prepare()
    impatient.write(Put({"pk": "P", "sk": "S"}))
    assert impatient.get(Key("P", "S"), consistent=True) == {"pk": "P", "sk": "S"}
