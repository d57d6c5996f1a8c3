"""Queue, waits for people and run time, each apart from the others."""

from __future__ import annotations

from typing import Any

from storage.model.entities import StageKind, Status
from storage.model.events import AnyEvent
from storage.model.facts import StageFact
from storage.model.waiting_times import Before, before_it_began
from tests.factories import MINUTE, NOW, action_changed, execution_changed, pipeline_action, pipeline_execution
from tests.storage.model.views import run, shown

QUEUED, WAITING, RUNNING = Status.QUEUED, Status.WAITING, Status.RUNNING
LETTERS = {QUEUED: "queued", WAITING: "waiting", RUNNING: "in_progress"}


def job(status: Status, minute: float, **said: Any) -> AnyEvent:
    at = NOW + round(minute * MINUTE)
    ended = {"finished": True, "finished_at": at} if status.finished else {}
    raw = LETTERS.get(status, "success")
    return action_changed(**{"status": status, "raw_status": raw, "at": at, "queued_at": NOW, **ended, **said})


def begun(minute: float) -> AnyEvent:
    return job(RUNNING, minute, started_at=NOW + round(minute * MINUTE))


def told(status: Status, minute: float) -> AnyEvent:
    at = NOW + round(minute * MINUTE)
    ended: dict[str, Any] = {"finished": True, "finished_at": at} if status.finished else {}
    return execution_changed(status=status, raw_status="x", at=at, queued_at=NOW, **ended)


def test_answer_parts_what_a_first_job_waited_for_a_person_from_what_it_was_queued() -> None:
    events = [told(QUEUED, 0), job(QUEUED, 0), job(WAITING, 1), job(QUEUED, 61), begun(63)]
    events += [job(Status.SUCCEEDED, 66), told(Status.SUCCEEDED, 66)]
    found = run(events)
    assert (found.wait_seconds, found.queue_seconds, found.seconds) == (3600, 180, 180)
    assert [cell.seconds for cell in found.stages] == [180]
    assert before_it_began(shown(*events).stages[0]) == Before(180, 3600)


def test_queue_after_a_wait_that_nobody_told_the_end_of_is_unknown_not_nothing() -> None:
    events = [told(QUEUED, 0), job(QUEUED, 0), job(WAITING, 1), begun(63)]
    events += [job(Status.SUCCEEDED, 66), told(Status.SUCCEEDED, 66)]
    found = run(events)
    assert (found.wait_seconds, found.queue_seconds, found.seconds) == (3720, None, 180)
    assert before_it_began(shown(*events).stages[0]) == Before(None, 3720)


def test_run_that_nobody_had_let_begin_was_not_queued_for_a_runner_meanwhile() -> None:
    events = [told(QUEUED, 0), told(WAITING, 0.5), told(QUEUED, 50), job(QUEUED, 50), begun(52), told(RUNNING, 52)]
    found = shown(*events)
    assert (found.wait_ms, found.wait_before_ms, found.queue_seconds) == (49.5 * MINUTE, 49.5 * MINUTE, 150)
    untold = shown(*[event for event in events if event.status is not QUEUED or event.at < NOW + MINUTE])
    assert (untold.wait_ms, untold.queue_seconds) == (51.5 * MINUTE, None)


def test_queue_without_any_wait_is_from_asked_for_to_begun() -> None:
    assert shown(told(QUEUED, 0), job(QUEUED, 0), begun(2)).queue_seconds == 120
    assert shown(told(QUEUED, 0), job(QUEUED, 0)).queue_seconds is None


def test_tool_that_does_not_tell_when_it_was_asked_has_no_queue() -> None:
    found = shown(pipeline_execution("x", RUNNING, NOW), pipeline_action("x", "Build", RUNNING, NOW))
    assert found.queue_seconds is None


def test_negative_queue_is_unknown_not_nothing() -> None:
    early = job(RUNNING, 1, started_at=NOW - MINUTE)
    assert shown(told(QUEUED, 0), early).queue_seconds is None


def test_wait_within_a_run_is_no_part_of_its_queue_and_one_before_it_began_no_part_of_its_time() -> None:
    events = [told(QUEUED, 0), job(QUEUED, 0), begun(1), job(Status.SUCCEEDED, 2)]
    later = {"action": "ship", "name": "ship", "stage": "ship", "queued_at": NOW + 2 * MINUTE}
    events += [job(WAITING, 2, **later), job(QUEUED, 32, **later)]
    events += [job(RUNNING, 33, started_at=NOW + 33 * MINUTE, **later), job(Status.SUCCEEDED, 34, **later)]
    found = run([*events, told(Status.SUCCEEDED, 34)])
    assert (found.queue_seconds, found.wait_seconds, found.seconds) == (60, 1800, 33 * 60 - 1800)


def test_job_waits_for_nothing_but_a_runner_since_it_was_let_go_on() -> None:
    waits = shown(job(QUEUED, 0), job(WAITING, 1)).stages[0].actions[0]
    assert waits.runner_at is None
    let = shown(job(QUEUED, 0), job(WAITING, 1), job(QUEUED, 61)).stages[0].actions[0]
    assert (let.runner_at, let.waited_until) == (NOW + 61 * MINUTE, NOW + 61 * MINUTE)
    held = action_changed(status=QUEUED, raw_status="pending", queued_at=NOW, told_to_wait=True)
    assert shown(held).stages[0].actions[0].runner_at is None


def test_wait_before_a_stage_is_no_part_of_its_queue_on_charts() -> None:
    asked_first = StageFact("ship", StageKind.OTHER, Status.SUCCEEDED, 660, 700, 600, 590)
    assert (asked_first.own_queue_seconds, asked_first.run_seconds) == (10, 40)
    within = StageFact("ship", asked_first.kind, Status.SUCCEEDED, 60, 700, 10, 600)
    assert (within.own_queue_seconds, within.run_seconds) == (10, 40)
