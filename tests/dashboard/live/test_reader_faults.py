"""A store that is away or cannot be read."""

from __future__ import annotations

import pytest

from dashboard.live.reader import (
    LOAD_AT_MOST_EVERY,
    LONGEST_BACKOFF,
    LOOK_AT_LEAST_EVERY,
)
from dashboard.live.regions import Region, Snapshot
from tests.dashboard.live.place import Place


@pytest.fixture
def place() -> Place:
    return Place()


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
