"""What the live reader asks: topics made into snapshots, several of one source from what was read once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from dashboard.live.reader import Notice
from dashboard.live.regions import Snapshot
from dashboard.screens import STREAMED
from dashboard.screens.kept import Kept
from dashboard.screens.screen import Screen, View, look_at
from storage.store import Store

# However much is told, all of it is read so often.
WHOLE_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class _Reading:
    """`at`: since when it is not known to be old; `whole_at`: when all of it was read (by the reader's timer)."""

    at: float
    whole_at: float
    value: Any


class ScreenLoads:
    """For one thread. `timer`: the reader's."""

    def __init__(self, store: Callable[[], Store], timer: Callable[[], float]) -> None:
        self._store, self._timer = store, timer
        self._read: Kept[str, _Reading] = Kept(most=64)

    def load(self, topic: str, since: float, notices: Sequence[Notice] | None = None) -> Snapshot:
        screen, key, view = parsed(topic)
        reading = self._reading(screen, key, since, notices)
        return look_at(screen, reading, key, view, self._store().now()).snapshot

    def _reading(self, screen: Screen[Any, Any], key: str, since: float, notices: Sequence[Notice] | None) -> Any:
        """Another topic of the same source that was loaded later has read what its own notices told, and these are
        among them, or come after."""
        source = screen.source(key)
        known = self._read.get(source)
        if known is not None and known.at >= since:
            return known.value
        now = self._timer()
        if known is None or not notices or now - known.whole_at >= WHOLE_EVERY:
            known = _Reading(now, now, screen.read(self._store(), key))
        else:
            known = _Reading(now, known.whole_at, screen.reread(self._store(), key, known.value, notices))
        self._read.put(source, known)
        return known.value

    def follows(self, topic: str) -> tuple[str, ...]:
        screen, key, _ = parsed(topic)
        return screen.follows(key)

    def rank(self, topic: str) -> int:
        return parsed(topic)[0].rank


def parsed(topic: str) -> tuple[Screen[Any, Any], str, View]:
    """Of a topic that a screen has made. Raises KeyError for any other."""
    name, _, options = topic.partition("?")
    kind, _, key = name.partition(":")
    return STREAMED[kind], key, View(tuple(parse_qsl(options)))
