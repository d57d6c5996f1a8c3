"""The one small interface over both engines, and the one place where requests and capacity units are counted.

An item is a flat dict of str, int and bytes; keys are str. What a page only shows travels in one attribute (`doc`),
because the cost of reading an item follows the number of its attributes, not its bytes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from storage.schema import EXPIRES, INDEXES, Index

Value = str | int | bytes
Item = dict[str, Value]
Cursor = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Key:
    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing stands at this key (an expired item that was not removed yet counts as standing)."""


@dataclass(frozen=True, slots=True)
class Exists:
    """Something stands at this key."""


@dataclass(frozen=True, slots=True)
class VersionIs:
    """The item's attribute `version` equals this number."""

    version: int


Precondition = Absent | Exists | VersionIs


@dataclass(frozen=True, slots=True)
class Put:
    item: Item
    condition: Precondition | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    key: Key
    condition: Precondition | None = None


Write = Put | Delete


@dataclass(frozen=True, slots=True)
class Query:
    """One partition of the table or of an index, in key order.

    prefix: sort keys that begin so. after: sort keys strictly greater (exclusive with prefix).
    limit:  most items returned. cursor: `Page.next` of the page before.
    """

    pk: str
    prefix: str = ""
    after: str = ""
    index: str = ""
    reverse: bool = False
    limit: int | None = None
    cursor: Cursor | None = None
    consistent: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    items: tuple[Item, ...]
    next: Cursor | None = None


class Engine(Protocol):
    """What an engine does. Errors are storage.errors; conditions that fail raise Conflict with the old item.

    Each tells count_request of every request that the operation takes on DynamoDB, not of an SDK's repetitions."""

    def get(self, key: Key, *, consistent: bool) -> Item | None: ...
    def batch_get(self, keys: Sequence[Key], *, consistent: bool) -> list[Item | None]:
        """Items in the order of keys, None where nothing stands. At most 100 keys, no key twice."""
        ...

    def query(self, query: Query) -> Page:
        """Follows pages of the engine until `limit` is reached or the partition ends."""
        ...

    def write(self, write: Write) -> None: ...
    def transact(self, writes: Sequence[Write]) -> None:
        """All or nothing, at most 100 writes, no key twice. A failed condition raises Conflict with its position."""
        ...

    def prepare(self) -> None:
        """Create the table, its indexes and expiry where missing. Idempotent."""
        ...

    def check(self) -> None:
        """Raise TableMissing or Unavailable unless the table is there and right."""
        ...

    def pulse(self) -> int | None:
        """A number that changes whenever another process may have written, or None where the engine cannot tell."""
        ...

    def purge_expired(self, now: int, goes_on: Callable[[], bool] = ...) -> int:
        """Remove items whose expiry is before `now` (epoch seconds) where the engine does not do so by itself. Asked
        now and then whether it goes on. How many went."""
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Meter:
    """Requests to the store and capacity units of one page or command, by DynamoDB's published rules.

    calls: requests, each a round trip. An operation that takes several has as many entries in `operations`."""

    calls: int = 0
    rcu: float = 0.0
    wcu: float = 0.0
    seconds: float = 0.0
    operations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Operation:
    """pages: for each request so far, what a query read by it."""

    pages: list[Sequence[Item]] = field(default_factory=list)
    rcu: Callable[[], float] = float
    wcu: Callable[[], float] = float


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
_operation: ContextVar[_Operation | None] = ContextVar("operation", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """Count the requests made inside the block, in this thread or task."""
    meter = Meter()
    token = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(token)


def count_request(page: Sequence[Item] = ()) -> None:
    """One request more for the operation under way. page: what a query reads by it, billed together; may fill later."""
    operation = _operation.get()
    if operation is not None:
        operation.pages.append(page)


def is_counted() -> bool:
    """Whether somebody asks what the operation under way takes: into how many answers it splits is to be worked out."""
    return _operation.get() is not None


def item_size(item: Item) -> int:
    """Bytes by DynamoDB's counting: names and values in UTF-8; a number is about one byte for two digits, plus one."""
    return sum(len(name) + _value_size(value) for name, value in item.items())


def _value_size(value: Value) -> int:
    if isinstance(value, str):
        return _utf8(value)
    return len(value) if isinstance(value, bytes) else (len(str(value)) + 1) // 2 + 1


def _utf8(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def read_units(size: int, *, consistent: bool) -> float:
    """4 KiB steps; half for eventually consistent reads. Reading nothing costs one step."""
    steps = max(1, math.ceil(size / 4096))
    return float(steps) if consistent else steps / 2


def write_units(size: int) -> int:
    return max(1, math.ceil(size / 1024))


def index_writes(item: Item) -> float:
    """Units for this item's entry in each index it has keys for. An upper bound: an unchanged entry is free."""
    units = 0
    for index in INDEXES.values():
        if index.pk in item and index.sk in item:
            entry = {name: item[name] for name in (*KEYS, index.pk, index.sk, *index.project) if name in item}
            units += write_units(item_size(entry))
    return float(units)


KEYS = ("pk", "sk")


def clock() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Table:
    """Reads and writes items by key, counts what they cost, and hides items that have expired.

    now: milliseconds since the epoch; injected by tests."""

    def __init__(self, engine: Engine, now: Callable[[], int] = clock) -> None:
        self.engine = engine
        self.now = now

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        with self._counted("get") as operation:
            item = self.engine.get(key, consistent=consistent)
            operation.rcu = lambda: _read_cost([item], consistent)
        return self._alive(item)

    def batch_get(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item | None]:
        with self._counted("batch_get") as operation:
            items = self.engine.batch_get(keys, consistent=consistent)
            operation.rcu = lambda: _read_cost(items, consistent)
        return [self._alive(item) for item in items]

    def query(self, query: Query) -> Page:
        """Each request is billed by the sum of what it read."""
        with self._counted("query") as operation:
            operation.rcu = lambda: sum(_page_cost(page, query.consistent) for page in operation.pages)
            page = self.engine.query(query)
        if not any(EXPIRES in item for item in page.items):
            return page
        return Page(tuple(item for item in page.items if self._alive(item)), page.next)

    def put(self, item: Item, condition: Precondition | None = None) -> None:
        self.write(Put(item, condition))

    def delete(self, key: Key, condition: Precondition | None = None) -> None:
        self.write(Delete(key, condition))

    def write(self, write: Write) -> None:
        """A refused write is billed all the same, one that is sent again each time."""
        with self._counted("put" if isinstance(write, Put) else "delete") as operation:
            operation.wcu = lambda: len(operation.pages) * _write_cost(write, 1)
            self.engine.write(write)

    def transact(self, writes: Sequence[Write]) -> None:
        """A transaction doubles the base table's units."""
        with self._counted("transact") as operation:
            operation.wcu = lambda: len(operation.pages) * sum(_write_cost(write, 2) for write in writes)
            self.engine.transact(writes)

    def _alive(self, item: Item | None) -> Item | None:
        return None if has_expired(item, self.now()) else item

    @contextmanager
    def _counted(self, name: str) -> Iterator[_Operation]:
        """Requests and units are worked out only where somebody asks: sizing items costs as much as reading them."""
        operation, meter = _Operation(), _meter.get()
        if meter is None:
            yield operation
            return
        token = _operation.set(operation)
        began = time.perf_counter()
        try:
            yield operation
        finally:
            seconds = time.perf_counter() - began
            _operation.reset(token)
            requests = len(operation.pages)
            meter.calls += requests
            meter.seconds += seconds
            meter.rcu += operation.rcu()
            meter.wcu += operation.wcu()
            meter.operations += [name] * requests


def has_expired(item: Item | None, now: int) -> bool:
    """Whether an item is past its expiry and stands all the same. `now` in milliseconds."""
    expires = item.get(EXPIRES) if item else None
    return isinstance(expires, int) and expires * 1000 <= now


def _read_cost(items: Sequence[Item | None], consistent: bool) -> float:
    return sum(read_units(item_size(item) if item else 0, consistent=consistent) for item in items)


def _page_cost(page: Sequence[Item], consistent: bool) -> float:
    return read_units(sum(map(item_size, page)), consistent=consistent)


def _write_cost(write: Write, factor: int) -> float:
    if isinstance(write, Delete):
        return float(factor)
    return factor * write_units(item_size(write.item)) + index_writes(write.item)


__all__ = [
    "Absent",
    "Cursor",
    "Delete",
    "Engine",
    "Exists",
    "Index",
    "Item",
    "Key",
    "Meter",
    "Page",
    "Precondition",
    "Put",
]
__all__ += ["Query", "Table", "Value", "VersionIs", "Write", "count_request", "has_expired", "is_counted", "metered"]
