"""What both engines refuse, after DynamoDB's limits, so that nothing works on one of them only.

Limits: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

from collections.abc import Sequence

from storage.errors import BadKey, TooLarge
from storage.schema import INDEXES
from storage.table import Item, Key, Put, Query, Write, item_size

MAX_ITEM_BYTES = 400 * 1024
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_KEYS = 100
_KEY_BYTES = {"pk": 2048, "sk": 1024}
_KEY_BYTES |= {index.pk: 2048 for index in INDEXES.values()} | {index.sk: 1024 for index in INDEXES.values()}
_INT_LIMIT = 2**63


def check_keys(keys: Sequence[Key]) -> None:
    for key in keys:
        _check_key("pk", key.pk)
        _check_key("sk", key.sk)
    if len(keys) > MAX_KEYS or len(set(keys)) < len(keys):
        raise ValueError(f"at most {MAX_KEYS} keys at a time, none of them twice")


def check_writes(writes: Sequence[Write]) -> None:
    """Raises BadKey, ValueError for what no item can hold, TooLarge for what is too large."""
    check_keys([key_of(write) for write in writes])
    total = 0
    for write in writes:
        if isinstance(write, Put):
            total += _check_item(write.item)
    if total > MAX_TRANSACTION_BYTES:
        raise TooLarge(f"a transaction of {total} bytes, {MAX_TRANSACTION_BYTES} are the most")


def check_query(query: Query) -> None:
    """Raises ValueError for what DynamoDB cannot ask, BadKey for a cursor of some other query."""
    _check_key("pk", query.pk)
    if query.prefix and query.after:
        raise ValueError("a query has a prefix or an after, not both")
    if query.index and query.consistent:
        raise ValueError("an index cannot be read consistently")
    if query.limit is not None and query.limit < 1:
        raise ValueError("a limit is 1 or more")
    if query.cursor is not None:
        _check_cursor(query)


def key_of(write: Write) -> Key:
    if isinstance(write, Put):
        return Key(str(write.item.get("pk", "")), str(write.item.get("sk", "")))
    return write.key


def partition_and_sort(query: Query) -> tuple[str, str]:
    """The names of the two key attributes that this query goes by."""
    if not query.index:
        return "pk", "sk"
    index = INDEXES[query.index]
    return index.pk, index.sk


def cursor_names(query: Query) -> tuple[str, ...]:
    """The attributes of a cursor, in the order that makes one place of a partition unique."""
    partition, sort = partition_and_sort(query)
    return (partition, sort, "pk", "sk") if query.index else ("pk", "sk")


def cursor_at(query: Query, item: Item) -> dict[str, str]:
    return {name: str(item[name]) for name in cursor_names(query)}


def _check_cursor(query: Query) -> None:
    cursor = query.cursor or {}
    partition, sort = partition_and_sort(query)
    if set(cursor) != set(cursor_names(query)):
        raise BadKey("not a cursor of this query")
    for name, value in cursor.items():
        _check_key(name, value)
    if cursor[partition] != query.pk or not cursor[sort].startswith(query.prefix) or cursor[sort] <= query.after:
        raise BadKey("not a cursor of this query")


def _check_item(item: Item) -> int:
    for name in _KEY_BYTES:
        if name in item:
            _check_key(name, item[name])
    for name, value in item.items():
        if isinstance(value, str):
            _check_text(name, value)
        elif not isinstance(value, bytes) and not _is_integer(value):
            raise ValueError(f"{name} is neither a text nor bytes nor an integer of 64 bits")
    size = item_size(item)
    if size > MAX_ITEM_BYTES:
        raise TooLarge(f"an item of {size} bytes, {MAX_ITEM_BYTES} are the most")
    return size


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_INT_LIMIT <= value < _INT_LIMIT


def _check_key(name: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise BadKey(f"{name} is not a text, or empty")
    _check_text(name, value)
    if len(value.encode()) > _KEY_BYTES[name]:
        raise BadKey(f"{name} is longer than {_KEY_BYTES[name]} bytes")


def _check_text(name: str, value: str) -> None:
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError:
        error = BadKey if name in _KEY_BYTES else ValueError
        raise error(f"{name} holds half of a surrogate pair") from None
