from __future__ import annotations

import pytest

from dashboard.live.reader import (
    CONFIRM_AFTER,
    LOAD_AT_MOST_EVERY,
    LOOK_AT_LEAST_EVERY,
    LOOK_AT_MOST_EVERY,
    OVERLAP_MS,
    POLL_EVERY,
    PULSE_EVERY,
    RELOAD_EVERY,
)
from dashboard.live.regions import Region, Snapshot
from tests.dashboard.live.place import Place


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


def test_burst_of_changes_is_shown_at_once_and_then_five_times_a_second(place: Place):
    place.watch("team:1")
    place.later(1)
    before = len(place.loaded)
    for _ in range(100):
        place.change("team:1")
        place.reader.wake()
        place.later(0.01)
    assert 4 <= len(place.loaded) - before <= 1 / LOAD_AT_MOST_EVERY + 1
    place.later(LOAD_AT_MOST_EVERY)
    last = [change for _, _, change in place.published if change][-1]
    assert f"<li>{place.text}</li>" in last


def test_topics_of_a_lower_rank_are_loaded_first_and_what_changes_meanwhile_is_seen(place: Place):
    place.watch("slow:1", "slow:2", "team:1")
    del place.loaded[:]
    place.now += 1
    place.change("slow:1")
    place.change("slow:2")
    place.reader.step()
    place.now += LOOK_AT_MOST_EVERY
    place.change("team:1")
    place.settle()
    assert place.loaded == ["slow:1", "team:1", "slow:2"]


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


def test_load_hears_what_was_noticed_since_the_last_one(place: Place):
    place.watch("team:1")
    place.later(1)
    place.change("team:1", "pipeline:a")
    place.change("team:2", "pipeline:b")
    place.change("team:1", "pipeline:c")
    place.later(1)
    place.later(RELOAD_EVERY)
    told = [{"team:1", "pipeline:a"}, {"team:1", "pipeline:c"}]
    assert [notices for _, notices in place.told] == [None, told, []]


def test_remote_store_is_asked_again_for_the_same_and_then_for_all(remote: Place):
    remote.watch("team:1")
    remote.change("team:1", "pipeline:a")
    remote.later(1)
    remote.later(CONFIRM_AFTER + POLL_EVERY)
    remote.later(RELOAD_EVERY)
    assert [notices for _, notices in remote.told][-3:] == [[{"team:1", "pipeline:a"}]] * 2 + [[]]


def test_after_an_outage_all_is_to_be_read(place: Place):
    place.watch("team:1")
    place.away = True
    place.change("team:1", "pipeline:a")
    place.later(1)
    place.away = False
    place.later(60)
    assert place.told[-1][1] is None


def test_what_could_not_be_loaded_is_told_again(place: Place):
    place.watch("team:1")
    place.later(1)
    place.unreadable = True
    place.change("team:1", "pipeline:a")
    place.later(1)
    place.unreadable = False
    place.change("team:1", "pipeline:b")
    place.later(60)
    assert place.told[-1][1] == [{"team:1", "pipeline:a"}, {"team:1", "pipeline:b"}]


def test_what_was_read_before_the_last_notice_will_not_do(place: Place):
    """Though the topic was due before that already."""
    place.watch("team:1", "slow:1")
    place.later(1)
    place.change("team:1")
    place.change("slow:1")
    place.now += PULSE_EVERY * 3
    place.reader.step()
    assert place.loaded[-1] == "team:1"
    place.now += PULSE_EVERY * 3
    place.change("slow:1")
    place.later(0)
    (since, notices) = place.told[-1]
    assert (place.loaded[-1], since, len(notices)) == ("slow:1", place.now, 2)  # type: ignore[arg-type]


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
