"""When the next run is to come: what a person said holds, then what the tool says, then what was learned."""

from __future__ import annotations

from typing import Any

import pytest

from storage.model.conditions import condition, turns_at
from storage.model.derivation import derive
from storage.model.document import replace
from storage.model.entities import Condition, Status
from storage.model.expectation import Expectation, ExpectedBy, expectation_of
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import PipelineRecord, Said
from storage.model.run_history import RunHistory, with_scheduled
from storage.model.told_schedule import Cron, schedule_text
from storage.model.tool_state import DISABLED, tool_state_text
from tests.factories import DAY, NOW
from tests.storage.model.test_board_row import a_flight
from tests.storage.model.test_run_history import a_past_run, history

HOUR = DAY // 24
# NOW is noon; each came a minute after three.
THREE = NOW - 9 * HOUR
CRON = schedule_text([Cron("0 3 * * *")], NOW - 30 * DAY)


def nights(many: int = 12) -> RunHistory:
    told = history(a_past_run(1))
    for number in range(many):
        told = with_scheduled(told, THREE + 60_000 - number * DAY)
    return told


def a_record(told: RunHistory, **changes: Any) -> PipelineRecord:
    return replace(PipelineRecord("p", "t", "github", "k", history=told), **changes)


def texts(**said: str) -> dict[str, Said]:
    return {name: Said(1, text) for name, text in said.items()}


def test_person_holds_over_the_tool_and_that_over_what_was_learned() -> None:
    learned = Expectation(ExpectedBy.LEARNED, THREE + DAY + 60_000, THREE + DAY * 3 // 2 + 60_000, 86_400, "12")
    assert expectation_of(a_record(nights()), NOW) == learned
    told = a_record(nights(), texts=texts(schedule=CRON))
    assert expectation_of(told, NOW) == Expectation(
        ExpectedBy.SCHEDULE, THREE + DAY, THREE + DAY * 3 // 2, 86_400, "0 3 * * *"
    )
    said = replace(told, overrides=PipelineOverrides(expected_hours=3, expected_by="Ada"))
    assert expectation_of(said, NOW) == Expectation(ExpectedBy.PERSON, NOW + 3 * HOUR, NOW + 3 * HOUR, 3 * 3600, "Ada")


def test_what_the_tool_says_to_have_no_schedule_is_not_waited_for() -> None:
    none = a_record(nights(), texts=texts(schedule=schedule_text([], NOW)))
    assert expectation_of(none, NOW) is None
    unclear = a_record(nights(), texts=texts(schedule=schedule_text([Cron("@daily")], NOW)))
    found = expectation_of(unclear, NOW)
    assert found is not None
    assert found.by is ExpectedBy.LEARNED


def test_of_many_times_a_few_are_named() -> None:
    many = schedule_text([Cron(f"{minute} 3 * * *") for minute in range(5)], NOW)
    found = expectation_of(a_record(nights(), texts=texts(schedule=many)), NOW)
    assert found is not None
    assert found.basis == "0 3 * * *, 1 3 * * *, 2 3 * * *, 2 more"


def test_nothing_is_expected_of_runs_that_no_schedule_began() -> None:
    pushed = history(*(replace(a_past_run(n), queued_at=THREE - n * DAY) for n in range(20)))
    assert expectation_of(a_record(pushed), THREE) is None
    assert derive(a_record(pushed), [], None).expected_at is None


@pytest.mark.parametrize(
    "changes",
    [
        {"overrides": PipelineOverrides(ignores_schedule=True)},
        {"retired": True},
        {"texts": texts(tool_state=tool_state_text(DISABLED, NOW + DAY), schedule=CRON)},
    ],
    ids=["somebody said so", "another took its place", "its tool runs it no more"],
)
def test_run_that_is_not_to_come_is_not_missed(changes: dict[str, Any]) -> None:
    row = derive(a_record(nights(), **changes), [], None)
    assert (row.expected_at, row.expectation) == (None, None)
    assert condition(row, NOW + 30 * DAY) is Condition.PASSING


def test_row_says_no_signal_by_the_clock_alone_and_no_more_once_a_scheduled_run_came() -> None:
    told = nights()
    row = derive(a_record(told), [], None)
    assert row.expectation is not None
    late = row.expectation.late_at
    assert (condition(row, late - 1), condition(row, late)) == (Condition.PASSING, Condition.NO_SIGNAL)
    assert turns_at(row, NOW) == late
    assert row.due_at == row.expectation.due_at
    pushed = derive(a_record(told), [a_flight(Status.RUNNING, number=9, last_event_at=late)], None)
    assert condition(pushed, late + 1) is Condition.RUNNING
    came = derive(a_record(with_scheduled(told, late + HOUR)), [], None)
    assert condition(came, late + HOUR) is Condition.PASSING
