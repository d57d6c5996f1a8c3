"""What is said of a connection's freshness, and what its boards say: nothing on a quiet normal night."""

from __future__ import annotations

import pytest

from dashboard.readmodels.freshness import Freshness, freshness_of, quiet_of, span_of
from storage.model.backfill import MissedDeliveries, Repair
from storage.model.connection_state import Activity, ConnectionState
from storage.model.document import replace
from storage.model.entities import ApiQuota, Connection
from storage.model.quiet import QuietReason, is_behind
from tests.activities import HOUR, activity_of, in_office_hours, with_clock
from tests.factories import DAY, MINUTE, NOW

ID = "c" * 32
CONNECTION = Connection(ID, "t", "github", "sealed", NOW - 40 * DAY, "acme")
BUSY = activity_of(in_office_hours)
STATE = ConnectionState(BUSY)
NOTHING = ConnectionState(Activity(ID))


def said(state: ConnectionState, now: int = NOW, connection: Connection = CONNECTION) -> dict[str, str]:
    """The state of each line, by how its words begin."""
    return {line.words: line.state for line in found(state, now, connection).lines}


def found(state: ConnectionState, now: int = NOW, connection: Connection = CONNECTION) -> Freshness:
    return freshness_of(connection, state, now, 0.5)


def test_nothing_is_said_of_what_nothing_is_known_of() -> None:
    assert found(NOTHING) == Freshness((), None, is_learned=False)
    assert quiet_of(CONNECTION, NOTHING, 0, NOW) is None


def test_silence_is_judged_only_once_five_days_are_known() -> None:
    young = ConnectionState(activity_of(in_office_hours, days=3))
    (line,) = found(young, NOW + 10 * DAY).lines
    assert (line.state, line.note) == ("queued", "3 of 5 days")
    assert "learned from 5 days" in line.words
    assert quiet_of(CONNECTION, young, 0, NOW + 10 * DAY) is None


def test_quiet_normal_night_is_said_to_be_one_and_no_board_speaks() -> None:
    night = activity_of(in_office_hours, until=NOW + 6 * HOUR)
    at = NOW + 15 * HOUR
    assert said(ConnectionState(night), at) == {"Silent no longer than is usual at this time of its week": "succeeded"}
    assert quiet_of(CONNECTION, ConnectionState(night), 0, at) is None


def test_unusual_silence_says_where_to_look() -> None:
    (line,) = found(STATE, NOW + 3 * HOUR).lines
    assert (line.state, line.at, line.short) == ("unknown", BUSY.last_at, "unusually silent")
    assert "look at GitHub Actions whether it still sends" in line.words
    unusual_at = found(STATE, NOW + 3 * HOUR).unusual_at
    assert unusual_at is not None
    assert NOW < unusual_at < NOW + 3 * HOUR


@pytest.mark.parametrize(
    ("ahead", "begins"),
    [
        (31_000, "The clock of GitHub Actions is 31 s ahead"),
        (3 * MINUTE, "The clock of GitHub Actions is 3 min ahead"),
        (-5 * MINUTE, "Events of GitHub Actions come 5 min after what they tell"),
    ],
)
def test_clock_that_differs_says_what_that_does_to_times(ahead: int, begins: str) -> None:
    lines = [line for line in found(ConnectionState(with_clock(Activity(ID), ahead))).lines if line.short]
    assert [line.state for line in lines] == ["waiting"]
    assert lines[0].words.startswith(begins)
    assert "NTP" in lines[0].words


@pytest.mark.parametrize("ahead", [30_000, 0, -90_000])
def test_clock_that_differs_by_little_is_not_spoken_of(ahead: int) -> None:
    assert found(ConnectionState(with_clock(Activity(ID), ahead))).lines == ()


def test_quota_is_told_until_it_begins_anew() -> None:
    much, little = ApiQuota(5000, 4000, NOW + HOUR, NOW), ApiQuota(5000, 2500, NOW + HOUR, NOW)
    assert said(replace_quota(much)) == {"Its API takes requests": "succeeded"}
    (line,) = found(replace_quota(little)).lines
    assert (line.state, line.note, line.short) == ("waiting", "2500 of 5000 requests left", "API quota used up")
    assert found(replace_quota(little), NOW + HOUR).lines == ()


def replace_quota(quota: ApiQuota) -> ConnectionState:
    return ConnectionState(Activity(ID), quota)


def test_repair_says_what_it_found_and_when_it_asked() -> None:
    repair = Repair(ID, checked_at=NOW, repaired=3, repaired_at=NOW - DAY)
    lines = found(ConnectionState(Activity(ID), repair=repair, missed=MissedDeliveries(ID, count=12))).lines
    assert [(line.words, line.note, line.at) for line in lines] == [
        ("Runs are kept as GitHub Actions has them: 3 were otherwise so far", "asked", NOW),
        ("A run that stood otherwise than at the tool was put right", "last", NOW - DAY),
        ("Events that GitHub Actions could not deliver were read from its record", "12 in all", 0),
    ]
    none, one = Repair(ID, checked_at=NOW), Repair(ID, checked_at=NOW, repaired=1)
    assert "none was otherwise" in found(ConnectionState(Activity(ID), repair=none)).lines[0].words
    assert "one was otherwise" in found(ConnectionState(Activity(ID), repair=one)).lines[0].words


def test_repair_that_fails_says_why_since_when_and_where_to_mend_it() -> None:
    repair = Repair(ID, problem="GitHub does not accept the token", problem_at=NOW - HOUR)
    (line,) = found(ConnectionState(Activity(ID), repair=repair)).lines
    assert (line.state, line.at, line.short) == ("failed", NOW - HOUR, "repair fails")
    assert line.words.endswith("GitHub does not accept the token. See access to its API below")


def test_board_says_what_is_silent_and_whether_its_tool_was_asked() -> None:
    at = NOW + 3 * HOUR
    alone = quiet_of(CONNECTION, STATE, 0, at)
    assert alone is not None
    assert (alone.reason, alone.since, alone.asked_at, alone.missed) == (QuietReason.SILENT, BUSY.last_at, 0, False)
    asked = quiet_of(CONNECTION, ConnectionState(BUSY, repair=Repair(ID, checked_at=at - MINUTE)), 0, at)
    assert asked is not None
    assert (asked.asked_at, asked.missed) == (at - MINUTE, False)
    assert is_behind([asked, alone])
    assert not is_behind([asked])


@pytest.mark.parametrize("repair", [Repair(ID, checked_at=NOW), Repair(ID, checked_at=NOW + 3 * HOUR, problem="no")])
def test_tool_that_was_not_asked_lately_or_refused_was_not_asked(repair: Repair) -> None:
    quiet = quiet_of(CONNECTION, ConnectionState(BUSY, repair=repair), 0, NOW + 3 * HOUR)
    assert quiet is not None
    assert quiet.asked_at == 0


def test_tool_that_told_what_no_event_had_says_that_events_are_lost() -> None:
    at = NOW + 3 * HOUR
    repair = Repair(ID, checked_at=at, repaired=1, repaired_at=at - MINUTE)
    quiet = quiet_of(CONNECTION, ConnectionState(BUSY, repair=repair), 0, at)
    assert quiet is not None
    assert quiet.missed


def test_posts_that_are_refused_meanwhile_are_the_reason() -> None:
    at = NOW + 3 * HOUR
    for refused_at, reason in ((NOW - DAY, QuietReason.SILENT), (at, QuietReason.REFUSED)):
        quiet = quiet_of(CONNECTION, STATE, refused_at, at)
        assert quiet is not None
        assert quiet.reason is reason
    assert quiet_of(CONNECTION, STATE, NOW, NOW) is None


def test_paused_connection_is_called_that_and_not_silent() -> None:
    paused = replace(CONNECTION, paused=True)
    assert found(STATE, NOW + 3 * HOUR, paused) == Freshness((), None, is_learned=True)
    quiet = quiet_of(paused, STATE, 0, NOW)
    assert quiet is not None
    assert quiet.reason is QuietReason.PAUSED
    assert quiet_of(paused, NOTHING, 0, NOW) is None


def test_spans_are_told_in_the_largest_unit() -> None:
    assert [span_of(each) for each in (45_000, 3 * MINUTE, 5 * HOUR, 3 * DAY)] == ["45 s", "3 min", "5 h", "3 d"]
