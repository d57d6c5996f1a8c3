"""What a tool says of when it runs a pipeline by itself, and when a run is due by that."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storage.model.rhythm import DAY_MS, HOUR_MS, MINUTE_MS, Rhythm
from storage.model.told_schedule import Cron, ToldSchedule, is_as_told, rhythm_of, schedule_of, schedule_text

SINCE = 1_767_571_200_000


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def due(cron: Cron, came: str) -> tuple[str, int]:
    """When the next is due, and how many minutes after it is late."""
    rhythm = rhythm_of(ToldSchedule(SINCE, (cron,)), at(came))
    assert rhythm is not None
    shown = datetime.fromtimestamp(rhythm.due_at / 1000, UTC).isoformat(timespec="minutes").removesuffix("+00:00")
    return shown, (rhythm.late_at - rhythm.due_at) // MINUTE_MS


@pytest.mark.parametrize(
    ("cron", "came", "next_one", "minutes"),
    [
        (Cron("0 3 * * *"), "2026-01-09T03:07", "2026-01-10T03:00", 720),
        (Cron("0 3 * * *"), "2026-01-09T02:59", "2026-01-10T03:00", 720),
        (Cron("0 3 * * 1-5"), "2026-01-09T03:07", "2026-01-12T03:00", 720),
        (Cron("0 * * * *"), "2026-01-09T10:09", "2026-01-09T11:00", 30),
        (Cron("*/5 * * * *"), "2026-01-09T10:09", "2026-01-09T11:09", 30),
        (Cron("0 0 1 * *"), "2026-02-01T00:04", "2026-03-01T00:00", 28 * 720),
        (Cron("0 3 * * *", "Europe/Berlin"), "2026-03-28T02:01", "2026-03-29T01:00", 23 * 30),
    ],
)
def test_next_time_is_due_and_late_half_a_period_after(cron: Cron, came: str, next_one: str, minutes: int) -> None:
    assert due(cron, came) == (next_one, minutes)


def test_first_of_several_is_due() -> None:
    told = ToldSchedule(SINCE, (Cron("0 3 * * *"), Cron("0 15 * * 1")))
    monday = at("2026-01-12T03:01")
    assert rhythm_of(told, monday) == Rhythm(
        DAY_MS // 2, monday + 12 * HOUR_MS - MINUTE_MS, monday + 18 * HOUR_MS - MINUTE_MS
    )


def test_nothing_is_due_before_the_tool_was_found_to_run_it_so() -> None:
    told = ToldSchedule(at("2026-01-09T12:00"), (Cron("0 3 * * *"),))
    for came in (None, at("2025-06-01T03:00")):
        rhythm = rhythm_of(told, came)
        assert rhythm is not None
        assert rhythm.due_at == at("2026-01-10T03:00")
    assert rhythm_of(ToldSchedule(SINCE), None) is None


def test_text_holds_what_was_told_and_later_ones_sort_after() -> None:
    crons = [Cron("0  3 * *   1-5"), Cron("0 4 * * *", "Europe/Berlin"), Cron("0 3 * * 1-5")]
    text = schedule_text(crons, SINCE)
    assert schedule_of(text) == ToldSchedule(SINCE, (Cron("0 3 * * 1-5"), Cron("0 4 * * *", "Europe/Berlin")))
    assert [str(one) for one in schedule_of(text).crons] == ["0 3 * * 1-5", "0 4 * * * Europe/Berlin"]  # type: ignore[union-attr]
    later = schedule_text([], SINCE + 1)
    assert later > text
    assert schedule_of(later) == ToldSchedule(SINCE + 1)
    assert not is_as_told(text, later)
    assert is_as_told(text, schedule_text(crons[1:], SINCE + 9))
    assert not is_as_told("", later)


@pytest.mark.parametrize(
    "cron",
    [
        Cron("every day at 3"),
        Cron("@daily"),
        Cron("61 * * * *"),
        Cron("0 0 31 2 *"),
        Cron("0 0 3 * * *"),
        Cron("0 3 * * *", "Mars/Olympus"),
        Cron("0 3 * * *", "../etc/passwd"),
        Cron("0 3 * * *", "Europe\0"),
        Cron("0 3 * * " + ",".join("1234567" * 20)),
    ],
)
def test_what_makes_no_sense_leaves_open_when_it_runs(cron: Cron) -> None:
    assert schedule_of(schedule_text([cron], SINCE)) is None
    assert schedule_of(schedule_text([cron, Cron("0 3 * * *")], SINCE)) == ToldSchedule(SINCE, (Cron("0 3 * * *"),))
    assert schedule_of("") is None
    stored = f"{SINCE:015d} {cron.expression}|{cron.zone}"
    assert schedule_of(stored) is None, "of another machine"
