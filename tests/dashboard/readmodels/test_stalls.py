"""Is it the tool? Planted: a tool that starts nothing, one busy pool, a quiet night, jobs whose ends were lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dashboard.readmodels import stalls
from dashboard.readmodels.stalls import LEAST_MS, LONGEST_MS, Stall, stalls_of
from storage.model.board_row import BoardRow
from storage.model.conditions import FOREVER
from storage.model.runner_queues import LabelQueue
from tests.factories import MINUTE, NOW

HOSTED, MAC, GPU = "ubuntu-latest", "macos-15", "self-hosted, gpu"


def queue(label: str, *queued: float, started: float | None = None, seconds: Sequence[int] = ()) -> LabelQueue:
    """Jobs queued so many minutes ago, the last one begun so many."""
    since = tuple(sorted(NOW - round(ago * MINUTE) for ago in queued))
    return LabelQueue(
        label, len(since), since, None if started is None else NOW - round(started * MINUTE), tuple(seconds)
    )


def row(name: str, *queues: LabelQueue, source: str = "github", team: str = "t1") -> BoardRow:
    return BoardRow(name, team, name, source, label=name, queues=queues)


def told(*rows: BoardRow, at: int = NOW) -> list[tuple[str, str | None, int]]:
    """What stalls, and since how many minutes."""
    return [(one.tool, one.label, round((NOW - one.since) / MINUTE)) for one in stalls_of(rows, at).found]


# A tool


def test_tool_of_which_nothing_starts_is_one_notice_over_all_pipelines() -> None:
    rows = [row(f"p{n}", queue(HOSTED, 18 - n, 5, started=40 + n), team=f"t{n % 2}") for n in range(6)]
    (stall,) = stalls_of(rows, NOW).found
    assert stall == Stall("github", None, NOW - 18 * MINUTE, 12, 6, frozenset({"t0", "t1"}))
    assert stall.tool == "GitHub Actions"


def test_stall_begins_when_the_last_job_began_where_others_were_queued_by_then() -> None:
    rows = [row(f"p{n}", queue(HOSTED, 20, started=15)) for n in range(3)]
    assert told(*rows) == [("GitHub Actions", None, 15)]


def test_stall_is_over_as_soon_as_anything_of_the_tool_starts() -> None:
    rows = [row(f"p{n}", queue(HOSTED, 30, started=40)) for n in range(5)]
    assert told(*rows) == [("GitHub Actions", None, 30)]
    assert told(*rows, row("other", queue(HOSTED, started=1))) == []
    assert told(*rows, row("other", queue(MAC, started=1))) == [("GitHub Actions", HOSTED, 30)]


def test_stall_is_told_after_ten_minutes_and_says_beforehand_when() -> None:
    rows = [row(f"p{n}", queue(HOSTED, 4, started=40)) for n in range(3)]
    begins = NOW - 4 * MINUTE + LEAST_MS
    assert stalls_of(rows, NOW) == stalls.Stalls((), begins)
    assert told(*rows, at=begins - 1) == []
    assert told(*rows, at=begins) == [("GitHub Actions", None, 4)]


def test_queue_that_is_usual_is_no_stall() -> None:
    """19 of 20 jobs waited up to 20 minutes: nothing is said before an hour."""
    usual = [60, 600, 1200, 1200, 900]
    rows = [row(f"p{n}", queue(HOSTED, 30, started=45, seconds=usual)) for n in range(4)]
    assert told(*rows) == []
    assert told(*rows, at=NOW + 30 * MINUTE) == [("GitHub Actions", None, 30)]


def test_third_pipeline_makes_it_the_tool() -> None:
    others = [row(f"calm{n}", queue(HOSTED, started=60)) for n in range(5)]
    rows = [row(f"p{n}", queue(HOSTED, 30, started=60)) for n in range(3)]
    assert told(*rows[:2], *others) == []
    assert told(*rows, *others) == [("GitHub Actions", None, 30)]


def test_where_there_are_two_pipelines_both_make_it_the_tool_and_one_alone_never_does() -> None:
    rows = [row(f"p{n}", queue(HOSTED, 30, started=60)) for n in range(2)]
    assert told(*rows) == [("GitHub Actions", None, 30)]
    assert told(rows[0], row("calm", queue(HOSTED, started=60))) == []
    assert told(rows[0]) == []


def test_every_tool_is_judged_by_its_own_pipelines() -> None:
    rows = [row(f"p{n}", queue(HOSTED, 30, started=60)) for n in range(3)]
    others = [row(f"q{n}", queue("default", 1, started=1), source="elsewhere") for n in range(3)]
    assert told(*rows, *others) == [("GitHub Actions", None, 30)]


# A pool


def test_one_busy_pool_is_named_by_what_its_jobs_ask_for_and_is_not_the_tool() -> None:
    rows = [row(f"p{n}", queue(GPU, 40, started=50), queue(HOSTED, started=2)) for n in range(3)]
    assert told(*rows) == [("GitHub Actions", GPU, 40)]


def test_busy_pool_is_not_the_tool_though_nothing_else_is_asked_for_meanwhile() -> None:
    rows = [row(f"p{n}", queue(GPU, 40, started=50), queue(HOSTED, started=90)) for n in range(3)]
    assert told(*rows) == [("GitHub Actions", GPU, 40)]
    plain = [row(f"p{n}", queue("gpu", 40, started=50)) for n in range(3)]
    assert told(*plain) == [("GitHub Actions", "gpu", 40)]


def test_busy_pool_and_one_late_hosted_job_do_not_make_it_the_tool() -> None:
    rows = [row(f"p{n}", queue(GPU, 40, started=50), queue(HOSTED, started=90)) for n in range(3)]
    assert told(*rows, row("late", queue(HOSTED, 20, started=90))) == [("GitHub Actions", GPU, 40)]


def test_tool_that_does_not_say_which_runners_are_its_own_is_blamed_once_two_labels_wait() -> None:
    one = [row(f"p{n}", queue("small", 30, started=60), queue("large", started=60), source="kiln") for n in range(3)]
    assert told(*one) == [("kiln", "small", 30)]
    two = [row(f"q{n}", queue("large", 25, started=60), source="kiln") for n in range(2)]
    assert told(*one, *two) == [("kiln", None, 30)]
    only = [row(f"p{n}", queue("", 30, started=60), source="kiln") for n in range(3)]
    assert told(*only) == [("kiln", None, 30)]


# Nothing


def test_quiet_night_is_no_stall() -> None:
    rows = [row(f"p{n}", queue(HOSTED, started=400), queue(GPU, started=600)) for n in range(9)]
    assert stalls_of(rows, NOW) is stalls.NOTHING
    assert stalls.NOTHING.until == FOREVER


def test_jobs_that_others_have_passed_long_ago_tell_nothing_of_the_night() -> None:
    rows = [row(f"p{n}", queue(HOSTED, 900 + n, started=300)) for n in range(5)]
    assert told(*rows) == []


def test_job_that_others_have_just_passed_is_in_the_queue_still() -> None:
    rows = [row(f"p{n}", queue(HOSTED, 25, started=20)) for n in range(3)]
    assert told(*rows) == [("GitHub Actions", None, 20)]


def test_stall_of_more_than_a_day_is_lost_events() -> None:
    rows = [row(f"p{n}", queue(HOSTED, 30, started=60)) for n in range(3)]
    found = stalls_of(rows, NOW)
    assert found.until == NOW - 30 * MINUTE + LONGEST_MS
    assert stalls_of(rows, found.until - 1).found
    assert not stalls_of(rows, found.until).found


@pytest.mark.parametrize("teams", [{"t1"}, {"t2", "t9"}])
def test_only_who_sees_a_pipeline_that_waits_is_told(teams: set[str]) -> None:
    rows = [row(f"p{n}", queue(HOSTED, 30, started=60), team=f"t{n}") for n in range(3)]
    found = stalls_of(rows, NOW)
    assert len(found.seen_by(teams)) == 1
    assert found.seen_by({"t7"}) == ()
