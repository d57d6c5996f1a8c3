"""A reader in a place of its own, for its tests."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.live.reader import (
    Reader,
)
from dashboard.live.regions import Region, Snapshot
from storage.model.entities import Change


class Place:
    """A reader, a store that counts, an audience that remembers, and a clock the test turns."""

    def __init__(self, *, beating: bool = True) -> None:
        self.now = 1000.0
        self.beat = 1
        self.beating = beating
        self.text = "1"
        self.fresh_until: float | None = None
        self.notices: list[Change] = []
        self.asked: list[int] = []
        self.loaded: list[str] = []
        self.told: list[tuple[float, object]] = []
        self.pulses = 0
        self.away = False
        self.unreadable = False
        self.published: list[tuple[str, str, str]] = []
        self.stale: list[str] = []
        self.ended: list[str] = []
        self.reader = Reader(self, self.changes, self.pulse, lambda: self.now, lambda: self.now)
        self.reader.audience = self

    def follows(self, topic: str) -> tuple[str, ...]:
        return (topic, topic.partition(":")[0])

    def rank(self, topic: str) -> int:
        return 1 if topic.startswith("slow") else 0

    def load(self, topic: str, since: float, notices: object = None) -> Snapshot:
        assert since <= self.now
        self.loaded.append(topic)
        self.told.append((since, notices))
        if self.unreadable:
            raise OSError("cannot be read")
        return Snapshot.of([Region("a", f"<li>{self.text}</li>", "board")], fresh_until=self.fresh_until)

    def changes(self, since: int) -> list[Change]:
        if self.away:
            raise OSError("away")
        self.asked.append(since)
        return [notice for notice in self.notices if notice.at >= since]

    def pulse(self) -> int | None:
        self.pulses += 1
        return self.beat if self.beating else None

    def publish(self, topic: str, snapshot: Snapshot, base: str, change: bytes) -> None:
        assert snapshot.regions
        self.published.append((topic, base, change.decode()))

    def mark_stale(self, topics: Iterable[str]) -> None:
        self.stale += topics

    def end(self, names: Iterable[str]) -> None:
        self.ended += names

    def change(self, *topics: str, at: float | None = None, text: str | None = None) -> None:
        self.beat += 1
        self.text = text or str(self.beat)
        self.notices.append(Change(f"c{len(self.notices)}", int((at or self.now) * 1000), topics))

    def later(self, seconds: float) -> float | None:
        self.now += seconds
        return self.settle()

    def watch(self, *topics: str) -> float | None:
        for topic in topics:
            self.reader.watch(topic)
        return self.settle()

    def settle(self) -> float | None:
        """Step until nothing more is due."""
        while (pause := self.reader.step()) == 0.0:
            pass
        return pause
