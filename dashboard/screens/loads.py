"""What the live reader asks: topics made into snapshots, several of one source from what was read once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from dashboard.live.regions import Snapshot
from dashboard.screens import STREAMED
from dashboard.screens.kept import Kept
from dashboard.screens.screen import Screen, View, look_at
from storage.store import Store


class ScreenLoads:
    """For one thread. `timer`: the reader's."""

    def __init__(self, store: Callable[[], Store], timer: Callable[[], float]) -> None:
        self._store, self._timer = store, timer
        self._read: Kept[str, tuple[float, Any]] = Kept(most=64)

    def load(self, topic: str, due: float) -> Snapshot:
        screen, key, view = parsed(topic)
        return look_at(screen, self._reading(screen, key, due), key, view, self._store().now()).snapshot

    def _reading(self, screen: Screen[Any, Any], key: str, due: float) -> Any:
        source = screen.source(key)
        known = self._read.get(source)
        if known is None or known[0] < due:
            known = self._timer(), screen.read(self._store(), key)
            self._read.put(source, known)
        return known[1]

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
