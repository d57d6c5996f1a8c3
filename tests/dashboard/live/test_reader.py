from __future__ import annotations

from collections.abc import Iterable

import pytest

from dashboard.live.reader import (
    CONFIRM_AFTER,
    LOAD_AT_MOST_EVERY,
    LONGEST_BACKOFF,
    LOOK_AT_LEAST_EVERY,
    OVERLAP_MS,
    POLL_EVERY,
    PULSE_EVERY,
    RELOAD_EVERY,
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
        self.pulses = 0
        self.away = False
        self.unreadable = False
        self.published: list[tuple[str, str, str]] = []
        self.stale: list[str] = []
        self.ended: list[str] = []
        self.reader = Reader(self.load, self.changes, self.pulse, lambda: self.now, lambda: self.now)
        self.reader.audience = self

    def load(self, topic: str) -> Snapshot:
        self.loaded.append(topic)
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
        return self.reader.step()

    def watch(self, *topics: str) -> float | None:
        for topic in topics:
            self.reader.watch(topic)
        return self.reader.step()


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def remote() -> Place:
    """A store that has no pulse."""
    return Place(beating=False)


def test_without_viewers_the_store_is_left_alone(place: Place):
    place.reader.wake()
    assert place.reader.step() is None
    assert place.later(100) is None
    assert (place.pulses, place.asked, place.loaded) == (0, [], [])


def test_after_the_last_viewer_the_store_is_left_alone(place: Place):
    place.watch("team:1")
    place.reader.unwatch("team:1")
    place.change("team:1")
    assert place.later(1) is None
    assert (place.pulses, len(place.asked), place.loaded) == (1, 1, ["team:1"])


def test_first_viewer_of_a_topic_loads_it(place: Place):
    place.watch("team:1")
    assert place.loaded == ["team:1"]
    assert place.published == [("team:1", "", "")]


def test_change_loads_its_topics_once_and_publishes_the_difference(place: Place):
    place.watch("team:1", "team:2")
    base = Snapshot.of([Region("a", "<li>1</li>", "board")]).tag
    place.change("team:1", "execution:7", text="new")
    place.later(LOAD_AT_MOST_EVERY * 2)
    place.later(LOAD_AT_MOST_EVERY * 2)
    assert place.loaded == ["team:1", "team:2", "team:1"]
    topic, told_base, change = place.published[-1]
    assert (topic, told_base) == ("team:1", base)
    assert '<hx-partial hx-target="#a" hx-swap="outerMorph"><li>new</li></hx-partial>' in change


def test_unchanged_pulse_asks_for_no_changes(place: Place):
    place.watch("team:1")
    for _ in range(20):
        place.later(PULSE_EVERY)
    assert len(place.asked) == 1
    assert place.pulses > 10


def test_unchanged_pulse_is_not_believed_for_ever(place: Place):
    place.watch("team:1")
    place.later(LOOK_AT_LEAST_EVERY)
    assert len(place.asked) == 2


def test_store_without_pulse_is_asked_five_times_a_second(remote: Place):
    assert remote.watch("team:1") == pytest.approx(POLL_EVERY)
    remote.later(POLL_EVERY / 2)
    assert len(remote.asked) == 1
    remote.later(POLL_EVERY / 2)
    assert len(remote.asked) == 2


def test_wake_looks_at_once_whatever_the_schedule(remote: Place):
    remote.watch("team:1")
    remote.now += LOAD_AT_MOST_EVERY * 2 - POLL_EVERY / 4
    remote.change("team:1")
    remote.reader.wake()
    remote.reader.step()
    assert remote.loaded == ["team:1", "team:1"]


def test_burst_of_changes_is_shown_at_once_and_then_ten_times_a_second(place: Place):
    place.watch("team:1")
    place.later(1)
    before = len(place.loaded)
    for _ in range(100):
        place.change("team:1")
        place.reader.wake()
        place.later(0.01)
    assert 8 <= len(place.loaded) - before <= 1 / LOAD_AT_MOST_EVERY + 1
    place.later(LOAD_AT_MOST_EVERY)
    last = [change for _, _, change in place.published if change][-1]
    assert f"<li>{place.text}</li>" in last


def test_each_look_reads_some_seconds_again_and_takes_no_notice_twice(place: Place):
    place.watch("team:1")
    place.later(1)
    place.change("team:1", at=place.now)
    place.later(PULSE_EVERY)
    loads = len(place.loaded)
    place.beat += 1
    place.later(1)
    assert place.asked[-1] <= (place.now - 1) * 1000 - OVERLAP_MS + 1
    assert len(place.loaded) == loads


def test_notice_dated_seconds_ago_by_a_slow_clock_is_seen(place: Place):
    place.watch("team:1")
    place.later(10)
    place.change("team:1", at=place.now - 4)
    place.later(LOAD_AT_MOST_EVERY * 2)
    assert place.loaded == ["team:1", "team:1"]


def test_notice_dated_half_a_minute_ago_is_seen_within_seconds(place: Place):
    place.watch("team:1")
    place.later(0.5)
    place.change("team:1", at=place.now - 30)
    for _ in range(6):
        place.later(1)
    assert place.loaded == ["team:1", "team:1"]


def test_notice_from_a_fast_clock_is_taken_once(place: Place):
    place.watch("team:1")
    place.change("team:1", at=place.now + 30)
    for _ in range(40):
        place.later(1)
    assert place.loaded == ["team:1", "team:1"]


def test_clock_set_back_an_hour_loses_no_notice(place: Place):
    place.watch("team:1")
    place.reader._clock = lambda: place.now - 3600
    place.change("team:1", at=place.now - 3600)
    place.later(1)
    assert place.loaded == ["team:1", "team:1"]


def test_names_nobody_watches_are_told_as_ends(place: Place):
    place.watch("team:1")
    place.change("session:abc", "team:1")
    place.later(LOAD_AT_MOST_EVERY * 2)
    assert place.ended == ["session:abc"]


def test_first_look_after_a_rest_ends_sessions_but_takes_no_old_change_for_new(place: Place):
    place.change("session:abc", "team:1")
    place.watch("team:1")
    assert place.ended == ["session:abc"]
    assert place.loaded == ["team:1"]


def test_stream_that_comes_back_after_a_rest_is_not_ended_by_the_same_notice(place: Place):
    place.change("gate:1")
    for order in (place.reader.watch, place.reader.unwatch) * 3:
        order("team:1")
        place.later(1)
    assert place.ended == ["gate:1"]


def test_topic_is_loaded_again_when_its_freshness_runs_out(place: Place):
    place.fresh_until = place.now + 30
    place.watch("team:1")
    place.later(29)
    assert place.loaded == ["team:1"]
    place.later(1.5)
    assert place.loaded == ["team:1", "team:1"]


def test_freshness_in_the_past_does_not_spin(place: Place):
    place.fresh_until = place.now - 5
    place.watch("team:1")
    for _ in range(10):
        place.later(0.05)
    assert place.loaded == ["team:1"]


def test_every_topic_is_loaded_once_a_minute_in_any_case(place: Place):
    place.watch("team:1")
    place.later(RELOAD_EVERY)
    assert place.loaded == ["team:1", "team:1"]


def test_remote_store_is_asked_again_because_its_reads_may_lag(remote: Place):
    remote.watch("team:1")
    remote.later(1)
    remote.change("team:1", text="1")
    remote.later(POLL_EVERY)
    assert len(remote.loaded) == 2
    remote.text = "arrived"
    remote.later(CONFIRM_AFTER)
    assert len(remote.loaded) == 3
    assert "<li>arrived</li>" in remote.published[-1][2]
    remote.later(CONFIRM_AFTER)
    assert len(remote.loaded) == 3


def test_load_error_makes_the_topic_stale_and_is_retried_with_back_off(place: Place):
    place.watch("team:1", "team:2")
    place.unreadable = True
    place.change("team:1")
    for _ in range(200):
        place.later(0.05)
    assert set(place.stale) == {"team:1"}
    assert 4 <= place.loaded[2:].count("team:1") <= 8
    assert len(place.published) == 2


def test_notices_do_not_shorten_the_back_off(place: Place):
    place.watch("team:1")
    place.unreadable = True
    for _ in range(100):
        place.change("team:1")
        place.later(0.05)
    assert len(place.loaded) <= 7


def test_recovered_topic_is_published_with_the_difference_to_what_viewers_have(place: Place):
    place.watch("team:1")
    base = Snapshot.of([Region("a", "<li>1</li>", "board")]).tag
    place.unreadable = True
    place.change("team:1", text="after")
    place.later(LOAD_AT_MOST_EVERY * 2)
    place.unreadable = False
    place.later(LONGEST_BACKOFF)
    topic, told_base, change = place.published[-1]
    assert (topic, told_base) == ("team:1", base)
    assert "<li>after</li>" in change


def test_store_that_is_away_makes_all_topics_stale_and_is_asked_less_and_less(place: Place):
    place.watch("team:1", "team:2")
    place.away = True
    place.beat += 1
    pulses = place.pulses
    for _ in range(400):
        place.later(0.05)
    assert set(place.stale) == {"team:1", "team:2"}
    assert place.pulses - pulses <= 9
    assert place.loaded == ["team:1", "team:2"]


def test_after_an_outage_every_topic_is_loaded_and_what_happened_meanwhile_is_seen(place: Place):
    place.watch("team:1")
    place.away = True
    place.change("session:abc")
    for _ in range(200):
        place.later(0.5)
    place.away = False
    place.later(LONGEST_BACKOFF)
    assert place.loaded == ["team:1", "team:1"]
    assert place.ended == ["session:abc"]


def test_known_time_stands_still_while_the_store_is_away(place: Place):
    place.watch("team:1")
    known = place.reader.known_at
    assert known == place.now
    place.away = True
    place.later(LOOK_AT_LEAST_EVERY)
    assert place.reader.known_at == known


def test_store_that_is_away_from_the_start_is_waited_for(place: Place):
    place.away = True
    place.watch("team:1")
    assert place.stale == ["team:1"]
    assert place.loaded == []
    place.away = False
    place.later(1)
    assert place.loaded == ["team:1"]
