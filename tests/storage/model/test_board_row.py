"""A board row, and the condition it is in."""

from __future__ import annotations

from typing import Any

import pytest

from storage.model import board_row
from storage.model.board_row import BoardRow, LatestExecution
from storage.model.conditions import condition, turns_at
from storage.model.derivation import derive
from storage.model.document import replace
from storage.model.entities import Condition, StageKind, Status, Voice
from storage.model.overrides import PipelineOverrides, StageOverride
from storage.model.pipeline_record import Acknowledgement, PipelineRecord
from storage.model.run import StageCell
from storage.model.run_history import RunHistory
from storage.model.standing import StandingResult
from tests.factories import MINUTE, NOW
from tests.storage.model.test_run_history import a_past_run, history

HOUR = 3_600_000
GREEN = StandingResult("e1", "1", 1, Status.SUCCEEDED, NOW, NOW - HOUR)
RED = StandingResult("e1", "1", 1, Status.FAILED, NOW, NOW - HOUR, "deploy")


def a_flight(status: Status, *, number: int = 7, **changes: Any) -> LatestExecution:
    """An execution in flight that began now and was heard of just now."""
    cell = StageCell("deploy", StageKind.DEPLOY, 0, status, NOW, NOW)
    defaults: dict[str, Any] = {
        "execution_id": f"e{number}",
        "number": str(number),
        "order": number,
        "attempt": 1,
        "status": status,
        "raw_status": "",
        "branch": "main",
        "commit": "abc",
        "message": "words",
        "author": "Mara",
        "queued_at": NOW,
        "started_at": NOW,
        "finished_at": None,
        "last_event_at": NOW,
        "stages": (cell,),
    }
    return LatestExecution(**{**defaults, **changes})


def a_row(*in_flight: LatestExecution, **changes: Any) -> BoardRow:
    return replace(BoardRow("p", "t", "checkout", "github", label="checkout", in_flight=in_flight), **changes)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (a_row(), Condition.IDLE),
        (a_row(result=RED), Condition.FAILING),
        (a_row(result=GREEN), Condition.PASSING),
        (a_row(a_flight(Status.RUNNING), result=RED), Condition.FAILING),
        (a_row(a_flight(Status.WAITING), result=RED), Condition.FAILING),
        (a_row(result=GREEN, expected_at=NOW + 1), Condition.PASSING),
        (a_row(result=GREEN, expected_at=NOW), Condition.NO_SIGNAL),
        (a_row(result=RED, expected_at=NOW), Condition.FAILING),
        (a_row(a_flight(Status.WAITING), result=GREEN), Condition.WAITING),
        (a_row(a_flight(Status.RUNNING, number=8), a_flight(Status.WAITING)), Condition.WAITING),
        (a_row(a_flight(Status.RUNNING)), Condition.RUNNING),
        (a_row(a_flight(Status.RUNNING), late_seconds=60), Condition.RUNNING),
        (a_row(a_flight(Status.RUNNING, started_at=NOW - 59_999), late_seconds=60), Condition.RUNNING),
        (a_row(a_flight(Status.RUNNING, started_at=NOW - 60_000), late_seconds=60), Condition.SLOW),
        (a_row(a_flight(Status.RUNNING, started_at=NOW - HOUR, attempt=2), late_seconds=60), Condition.RUNNING),
        (a_row(a_flight(Status.RUNNING, started_at=NOW - HOUR, redeploy=True), late_seconds=60), Condition.RUNNING),
        (a_row(a_flight(Status.RUNNING, started_at=NOW - HOUR, wait_ms=HOUR), late_seconds=60), Condition.RUNNING),
        (a_row(a_flight(Status.RUNNING, last_event_at=NOW - 6 * HOUR + MINUTE)), Condition.RUNNING),
        (a_row(a_flight(Status.RUNNING, last_event_at=NOW - 6 * HOUR)), Condition.NO_SIGNAL),
        (a_row(a_flight(Status.QUEUED)), Condition.QUEUED),
        (a_row(a_flight(Status.QUEUED, last_event_at=NOW - 6 * HOUR)), Condition.NO_SIGNAL),
        (a_row(a_flight(Status.QUEUED, last_event_at=NOW - 60 * HOUR, held=True)), Condition.QUEUED),
        (a_row(a_flight(Status.RUNNING, last_event_at=NOW - 60 * HOUR, held=True)), Condition.QUEUED),
        (a_row(a_flight(Status.UNKNOWN)), Condition.RUNNING),
        (a_row(a_flight(Status.UNKNOWN, last_event_at=NOW - 6 * HOUR)), Condition.NO_SIGNAL),
        (a_row(a_flight(Status.QUEUED, number=8), a_flight(Status.RUNNING)), Condition.RUNNING),
    ],
)
def test_condition_follows_from_the_row_and_the_time(row: BoardRow, expected: Condition) -> None:
    assert condition(row, NOW) is expected


@pytest.mark.parametrize("status", [Status.RUNNING, Status.QUEUED])
def test_condition_changes_by_itself_when_told_and_at_no_other_time(status: Status) -> None:
    row = a_row(a_flight(status), late_seconds=600)
    told, at = [], turns_at(row, NOW)
    while at is not None:
        told.append(at)
        at = turns_at(row, at)
    turned = [at for at in range(NOW, NOW + 8 * HOUR, MINUTE) if condition(row, at) is not condition(row, at - 1)]
    assert told == turned
    assert len(told) == (2 if status is Status.RUNNING else 1)


@pytest.mark.parametrize("row", [a_row(result=RED), a_row(result=GREEN), a_row(), a_row(a_flight(Status.WAITING))])
def test_what_does_not_move_never_turns_by_itself(row: BoardRow) -> None:
    assert turns_at(row, NOW) is None
    assert turns_at(row, NOW + 10**12) is None


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (RED, True),
        (replace(RED, since=NOW + 1), False),
        (replace(GREEN, at=NOW - 1, since=NOW - HOUR), True),
        (replace(GREEN, at=NOW + 1, since=NOW - HOUR), False),
        (None, False),
    ],
)
def test_who_has_it_is_shown_while_no_green_result_ended_after_it_was_taken(
    result: StandingResult | None, shown: bool
) -> None:
    row = a_row(result=result, acknowledged=Acknowledgement("u", "Mara", NOW))
    assert (row.taken is not None) is shown


# Derived of what is remembered.

NOTHING = RunHistory()
RECORD = PipelineRecord("p", "t", "github", "k", label="checkout", full_name="checkout · CI")


def derived(
    *flying: LatestExecution, told: RunHistory = NOTHING, other: LatestExecution | None = None, **changes: Any
) -> BoardRow:
    return derive(replace(RECORD, history=told, **changes), flying, other)


def test_those_in_flight_stand_newest_first_and_the_newest_leads() -> None:
    row = derived(*(a_flight(Status.RUNNING, number=n) for n in (3, 9, 5)))
    assert [one.number for one in row.in_flight] == ["9", "5", "3"]
    assert row.leader is row.in_flight[0]


def test_of_very_many_in_flight_those_that_wait_are_kept() -> None:
    flying = [a_flight(Status.RUNNING, number=n) for n in range(10, 60)]
    row = derived(*flying, a_flight(Status.WAITING, number=1))
    assert len(row.in_flight) == board_row.MOST_IN_FLIGHT
    assert row.in_flight[-1].number == "1"


def test_silent_one_is_lost_once_a_newer_one_has_said_something_after_its_last_word() -> None:
    silent = a_flight(Status.RUNNING, number=1, last_event_at=NOW)
    assert derived(silent, told=history(a_past_run(2))).in_flight == ()
    heard = replace(silent, last_event_at=NOW + 9 * MINUTE)
    assert derived(heard, told=history(a_past_run(2))).in_flight == (heard,)


def test_one_that_waits_for_a_person_is_never_lost() -> None:
    waiting = a_flight(Status.WAITING, number=1)
    assert derived(waiting, told=history(a_past_run(2))).in_flight == (waiting,)


def test_one_that_is_held_stays_until_a_newer_one_has_passed_it() -> None:
    held = a_flight(Status.RUNNING, number=1, held=True)
    stuck = replace(a_past_run(2, Status.FAILED), stages=(StageCell("deploy", StageKind.DEPLOY, 0, Status.FAILED),))
    assert derived(held, told=history(stuck)).in_flight == (held,)
    assert derived(held, told=history(a_past_run(2))).in_flight == ()
    further = (*stuck.stages, StageCell("smoke", StageKind.OTHER, 1, Status.SUCCEEDED))
    assert derived(held, told=history(replace(stuck, stages=further))).in_flight == ()


def test_tags_lead_only_while_nothing_else_speaks() -> None:
    tag, main = a_flight(Status.RUNNING, number=9, voice=Voice.TAG), a_flight(Status.RUNNING, number=3)
    assert derived(tag).in_flight == (tag,)
    assert derived(tag, main).in_flight == (main,)
    assert derived(tag, told=history(a_past_run(2))).in_flight == ()


def test_run_after_the_result_that_says_nothing_is_told_beside_it() -> None:
    row = derived(told=history(a_past_run(1, Status.FAILED), a_past_run(2, Status.CANCELLED)))
    assert row.after is not None
    assert (row.after.number, row.after.status) == ("2", Status.CANCELLED)
    assert row.latest is not None
    assert row.latest.number == "1"
    assert derived(told=history(a_past_run(3), a_past_run(2, Status.CANCELLED))).after is None


def test_row_tells_of_other_branches_where_nothing_speaks_for_the_default_one() -> None:
    others = [
        replace(a_past_run(order, status, voice=Voice.OTHER), ref=ref)
        for order, (ref, status) in enumerate((("#41", Status.FAILED), ("#42", Status.SUCCEEDED)))
    ]
    row = derived(told=history(*others))
    assert [(one.ref, one.status) for one in row.about] == [("#42", Status.SUCCEEDED), ("#41", Status.FAILED)]
    assert condition(row, NOW) is Condition.IDLE
    assert derived(told=history(*others, a_past_run(9))).about == ()


@pytest.mark.parametrize("last", [Status.SUCCEEDED, Status.CANCELLED])
def test_run_is_expected_so_often_as_somebody_said_counted_from_when_the_last_one_began(last: Status) -> None:
    """One that says nothing came all the same; one of another branch did not come for this one."""
    told = history(
        a_past_run(1),
        replace(a_past_run(2), status=last, queued_at=NOW + HOUR, attempts=()),
        a_past_run(9, voice=Voice.OTHER),
    )
    assert derived(told=told).expected_at is None
    assert derived(told=told, overrides=PipelineOverrides(expected_hours=24)).expected_at == NOW + 25 * HOUR
    flying = a_flight(Status.RUNNING, number=3)
    assert derived(flying, told=told, overrides=PipelineOverrides(expected_hours=24)).expected_at is None


def test_no_run_is_expected_of_a_pipeline_that_never_ran() -> None:
    assert derived(told=history(), overrides=PipelineOverrides(expected_hours=24)).expected_at is None


def test_line_follows_people_and_kinds_they_chose() -> None:
    cells = tuple(
        StageCell(name, StageKind.OTHER, place, Status.SUCCEEDED) for place, name in enumerate(("build", "ship"))
    )
    overrides = PipelineOverrides(
        stages=(StageOverride("ship", StageKind.PRODUCTION), StageOverride("build")), ordered=True
    )
    row = derived(told=history(replace(a_past_run(1), stages=cells)), overrides=overrides)
    assert [(cell.name, cell.kind, cell.group) for cell in row.stages] == [
        ("ship", StageKind.PRODUCTION, 0),
        ("build", StageKind.OTHER, 1),
    ]


def test_row_stays_small_however_many_runs_there_were() -> None:
    row = derived(told=history(*(a_past_run(order) for order in range(60))))
    assert (len(row.spark), row.rate.counted) == (20, 20)


def test_place_is_the_stage_that_matters_now() -> None:
    def place(*statuses: Status) -> str:
        cells = tuple(StageCell(f"s{n}", StageKind.OTHER, n, status) for n, status in enumerate(statuses))
        return a_flight(Status.RUNNING, stages=cells).place

    assert place(Status.SUCCEEDED, Status.RUNNING, Status.QUEUED) == "s1"
    assert place(Status.RUNNING, Status.WAITING) == "s1"
    assert place(Status.WAITING, Status.FAILED) == "s1"
    assert place(Status.SUCCEEDED, Status.SUCCEEDED) == "s1"
    assert place() == ""
