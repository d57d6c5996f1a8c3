"""How often something was tried, for all processes together: a sliding window of times under each key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from storage import keys, schema
from storage.codec.items import number, text
from storage.errors import Conflict, Contended
from storage.table import Absent, Item, Key, Put, Table, VersionIs

TRIES = 6


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` tries within `seconds` under `name` (what is limited) and `subject` (an address, an account)."""

    name: str
    subject: str
    most: int
    seconds: int


class Throttles:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def take(self, limits: Sequence[Limit]) -> int:
        """Count a try under each limit. 0 when it may go on; else nothing is counted and the seconds to wait are
        returned. Whoever loses a race several times must wait as well: many tries at once are what this is against."""
        hidden: dict[int, int] = {}
        for _ in range(TRIES):
            now = self._now()
            found = self._table.batch_get([_key(limit) for limit in limits])
            known = [_recent(item, limit, now) for item, limit in zip(found, limits, strict=True)]
            waits = [
                (times[-limit.most] + limit.seconds * 1000 - now) // 1000 + 1
                for times, limit in zip(known, limits, strict=True)
                if len(times) >= limit.most
            ]
            if waits:
                return max(1, max(waits))
            versions = [number(item, "version") if item else hidden.get(n, 0) for n, item in enumerate(found)]
            try:
                self._table.transact(
                    [
                        _put(limit, [*times, now], version)
                        for limit, times, version in zip(limits, known, versions, strict=True)
                    ]
                )
            except Conflict as conflict:
                # One that has expired is hidden from reads and yet stands until it is removed.
                hidden[conflict.index] = number(conflict.old, "version") if conflict.old else 0
                continue
            except Contended:
                continue
            return 0
        return 1

    def release(self, limits: Sequence[Limit]) -> None:
        """Take back the newest try: it was a good one. Where others write at the same time it stays counted."""
        now = self._now()
        found = self._table.batch_get([_key(limit) for limit in limits])
        writes = [
            _put(limit, times[:-1] or [0], number(item, "version"))
            for limit, item in zip(limits, found, strict=True)
            if item and (times := _recent(item, limit, now))
        ]
        try:
            self._table.transact(writes)
        except (Conflict, Contended):
            return


def _key(limit: Limit) -> Key:
    return Key(keys.throttle(limit.name, limit.subject), "THROTTLE")


def _recent(item: Item | None, limit: Limit, now: int) -> list[int]:
    """Tries within the window. What a clock that was ahead has noted is none: it would hold for as long as it was."""
    window = limit.seconds * 1000
    return [at for at in orjson.loads(text(item, "doc")) if now - window < at <= now + window] if item else []


def _put(limit: Limit, times: list[int], version: int) -> Put:
    key = _key(limit)
    item: Item = {
        "pk": key.pk,
        "sk": key.sk,
        "version": version + 1,
        "doc": orjson.dumps(times[-limit.most :]).decode(),
        schema.EXPIRES: times[-1] // 1000 + limit.seconds,
    }
    return Put(item, VersionIs(version) if version else Absent())
