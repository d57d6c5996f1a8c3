"""What a pipeline remembers of its executions, and the usual times and rates that follow from it."""

from __future__ import annotations

import pytest

from storage.model import run_history as runs
from storage.model.document import replace
from storage.model.entities import Deployment, Stage, StageKind, Status, Voice
from storage.model.events import AnyEvent, Origin
from storage.model.merge import VERDICTS
from storage.model.run import MOST_STAGES, AttemptFact, Run, StageCell, production_at
from storage.model.run_history import RunHistory, remember
from tests.factories import (
    MINUTE,
    NOW,
    a_pipeline_execution,
    a_run,
    action_changed,
    execution_changed,
    pipeline_action,
    pipeline_execution,
    pipeline_stage,
)
from tests.storage.model.views import remembered, run


def a_past_run(order: int, status: Status = Status.SUCCEEDED, seconds: int = 60, voice: Voice = Voice.DEFAULT) -> Run:
    """A run whose first attempt, and only one, ended so."""
    began = NOW + order * MINUTE
    ended = began + seconds * 1000
    facts = (AttemptFact(1, status, ended, began, ended if status.red else None),)
    return Run(
        id=f"e{order:03d}",
        number=str(order),
        order=order,
        voice=voice,
        status=status,
        attempt=1,
        queued_at=began,
        started_at=began,
        finished_at=ended,
        attempts=facts if status in VERDICTS else (),
        seconds=seconds,
    )


def history(*told: Run) -> RunHistory:
    found = RunHistory()
    for each in told:
        found = remember(found, each.id, each)
    return found


# What is remembered of one execution.


def test_nothing_is_remembered_of_an_execution_that_has_not_ended() -> None:
    assert remembered(a_run(outcome=None)) is None


def test_run_is_remembered_with_its_times_and_stages() -> None:
    found = run(a_run("7", began=NOW, stages=("build", "test")))
    assert (found.status, found.says, found.first, found.seconds) == (Status.SUCCEEDED, True, Status.SUCCEEDED, 120)
    assert found.queue_seconds == 1
    assert [(cell.name, cell.seconds, cell.jobs, cell.done) for cell in found.stages] == [
        ("build", 60, 1, 1),
        ("test", 60, 1, 1),
    ]


def test_wait_for_a_person_is_no_part_of_how_long_a_run_took() -> None:
    told: list[AnyEvent] = [
        *a_pipeline_execution("x", began=NOW, stages=("Build",), outcome=None)[:3],
        pipeline_action("x", "Build", Status.SUCCEEDED, NOW + MINUTE),
        pipeline_action("x", "Prod", Status.WAITING, NOW + MINUTE),
        pipeline_action("x", "Prod", Status.SUCCEEDED, NOW + 61 * MINUTE),
        pipeline_execution("x", Status.SUCCEEDED, NOW + 61 * MINUTE),
    ]
    found = run(told)
    assert (found.seconds, found.wait_seconds) == (60, 3600)


def test_red_run_that_was_run_again_green_has_failed_at_first() -> None:
    found = run([*a_run(began=NOW, outcome=Status.FAILED), *a_run(began=NOW + 20 * MINUTE, attempt=2)])
    assert (found.status, found.attempt, found.first) == (Status.SUCCEEDED, 2, Status.FAILED)
    assert [fact.stage for fact in found.attempts] == ["deploy production", ""]


def test_run_that_runs_again_is_remembered_as_it_ended_before() -> None:
    told = [*a_run(began=NOW, outcome=Status.FAILED), *a_run(began=NOW + 20 * MINUTE, attempt=2, outcome=None)]
    found = run(told)
    assert (found.status, found.attempt, found.verdict.stage) == (Status.FAILED, 1, "deploy production")


def test_attempt_that_was_cancelled_leaves_what_the_one_before_said() -> None:
    cancelled = a_run(began=NOW + 20 * MINUTE, attempt=2, outcome=Status.CANCELLED)
    assert run([*a_run(began=NOW), *cancelled]).status is Status.SUCCEEDED


def test_resumed_attempt_keeps_the_red_and_where_it_was() -> None:
    told = a_pipeline_execution("x", began=NOW, outcome=Status.FAILED)
    again: list[AnyEvent] = [
        pipeline_execution("x", Status.RUNNING, NOW + 20 * MINUTE),
        pipeline_stage("x", "Prod", Status.RUNNING, NOW + 20 * MINUTE),
    ]
    found = run([*told, *again])
    assert (found.status, found.verdict.stage, found.verdict.red_at) == (Status.FAILED, "Prod", NOW + 3 * MINUTE)


def test_attempt_that_went_on_after_its_red_and_ended_green_has_failed_first() -> None:
    red = execution_changed(at=NOW + MINUTE, status=Status.FAILED, finished=True, absorbing=False, started_at=NOW)
    job = action_changed(stage="test", action="1", name="unit", own_attempt=1, at=NOW + MINUTE)
    jobs = [
        replace(job, status=Status.FAILED, finished=True),
        replace(job, action="2", own_attempt=2, at=NOW + 9 * MINUTE, status=Status.SUCCEEDED, finished=True),
    ]
    lint = replace(jobs[0], stage="lint", action="3", name="lint", allowed_to_fail=True)
    green = replace(red, status=Status.SUCCEEDED, at=NOW + 10 * MINUTE)
    found = run([red, *jobs, lint, green])
    assert [(fact.number, fact.status, fact.at, fact.stage) for fact in found.attempts] == [
        (1, Status.FAILED, NOW + MINUTE, "test"),
        (1, Status.SUCCEEDED, NOW + 10 * MINUTE, ""),
    ]
    assert (found.status, found.first, found.seconds) == (Status.SUCCEEDED, Status.FAILED, 60)
    rate = runs.success_rate(history(found))
    assert (rate.green, rate.counted, rate.rerun) == (0, 1, 1)


def test_jobs_of_a_first_attempt_that_was_never_heard_of_tell_no_first_outcome() -> None:
    found = run(a_run(began=NOW, attempt=2))
    assert (found.first, found.seconds) == (None, None)


def test_forgotten_stages_are_the_last_green_ones_of_very_many() -> None:
    names = tuple(f"stage {n:03d}" for n in range(MOST_STAGES + 5))
    told = a_run(began=NOW, stages=names, outcome=Status.FAILED)
    kept = [cell.name for cell in run(told).stages]
    assert len(kept) == MOST_STAGES
    assert kept[-1] == names[-1]


# What a pipeline remembers.


def test_runs_that_say_nothing_never_push_out_one_that_does() -> None:
    quiet = [a_past_run(order, Status.SKIPPED) for order in range(2, 80)]
    found = history(a_past_run(1, Status.FAILED), *quiet)
    assert [each.order for each in found.runs] == [1]
    assert len(found.quiet) == runs.KEPT_QUIET


def test_oldest_runs_are_forgotten_with_what_they_left() -> None:
    red = [a_past_run(order, Status.FAILED) for order in range(1, 4)]
    found = history(*red, *(a_past_run(order, Status.FAILED) for order in range(4, runs.KEPT + 4)))
    assert [each.order for each in found.runs] == list(range(runs.KEPT + 3, 3, -1))
    assert (found.forgotten.order, found.forgotten.red, found.forgotten.number) == (3, True, "1")
    assert found.forgotten.since == red[0].finished_at


def test_execution_older_than_what_is_remembered_asks_to_be_folded_again() -> None:
    full = history(*(a_past_run(order) for order in range(10, 10 + runs.KEPT + 2)))
    assert not full.stale
    late = a_past_run(3)
    assert remember(full, late.id, late).stale


def test_old_execution_whose_word_came_after_newer_ones_had_spoken_changes_nothing() -> None:
    full = history(*(a_past_run(order) for order in range(10, 10 + runs.KEPT + 2)))
    late = replace(a_past_run(3), attempts=(AttemptFact(1, Status.FAILED, NOW + 900 * MINUTE, NOW),))
    assert remember(full, late.id, late) == full


def test_execution_heard_of_again_takes_its_own_place() -> None:
    once = a_past_run(1)
    again = replace(once, status=Status.FAILED, attempts=(AttemptFact(2, Status.FAILED, NOW, NOW),))
    found = remember(history(once), once.id, again)
    assert found.runs == (again,)
    assert remember(found, once.id, None).runs == ()


def test_of_each_other_branch_the_newest_is_remembered() -> None:
    told = [replace(a_past_run(order, voice=Voice.OTHER), ref=ref) for order, ref in enumerate(("#41", "#42", "#41"))]
    assert [(each.ref, each.order) for each in history(*told).others] == [("#41", 2), ("#42", 1)]


def test_tags_speak_only_where_nothing_else_that_is_remembered_does() -> None:
    tag = a_past_run(5, voice=Voice.TAG)
    assert history(tag).ended == [tag]
    assert history(tag, a_past_run(4)).ended == [a_past_run(4)]


def test_tag_is_remembered_as_one() -> None:
    assert run(a_run(branch="v1.2.0", origin=Origin.TAG)).voice is Voice.TAG


def test_oldest_runs_forget_their_stages_where_names_are_very_long() -> None:
    long = tuple(StageCell("x" * 50_000, StageKind.OTHER, n) for n in range(3))
    found = history(*(replace(a_past_run(order), stages=long) for order in range(3)))
    assert [len(each.stages) for each in found.runs] == [3, 0, 0]


# Times and rates.


@pytest.mark.parametrize(("count", "usual"), [(4, None), (5, 30), (6, 30)])
def test_usual_time_is_the_median_from_five_values_on(count: int, usual: int | None) -> None:
    assert runs.usual_seconds([None, *range(10, 10 + 10 * count, 10)]) == usual


def test_late_is_slower_than_nineteen_of_twenty() -> None:
    assert runs.late_seconds(range(1, 21)) == 19
    assert runs.late_seconds(range(1, 5)) is None
    assert runs.late_seconds([7, 7, 7, 7, 90]) == 90


def test_no_signal_after_thrice_the_slow_time_never_under_an_hour() -> None:
    assert runs.silent_seconds(None) == 6 * 3600
    assert runs.silent_seconds(60) == 3600
    assert runs.silent_seconds(7200) == 21_600


def test_usual_times_are_of_the_last_twenty_green_first_attempts() -> None:
    told = [a_past_run(order, seconds=order) for order in range(1, 26)]
    assert [each.seconds for each in runs.green(history(*told, a_past_run(26, Status.FAILED)))] == list(
        range(25, 5, -1)
    )


def test_success_rate_counts_what_says_something_of_the_last_twenty() -> None:
    told = [a_past_run(n) for n in range(25)] + [a_past_run(25, Status.CANCELLED), a_past_run(26, Status.FAILED)]
    rate = runs.success_rate(history(*told))
    assert (rate.green, rate.counted) == (19, 20)


def test_run_that_went_green_when_run_again_counts_as_a_failure_and_as_that() -> None:
    again = run([*a_run("7", began=NOW, outcome=Status.FAILED), *a_run("7", began=NOW + 20 * MINUTE, attempt=2)])
    rate = runs.success_rate(history(again))
    assert (rate.green, rate.counted, rate.rerun) == (0, 1, 1)


def test_success_rate_of_no_runs_has_no_sample() -> None:
    assert runs.success_rate(RunHistory()).counted == 0


# Production.


def stage(name: str, ended: int, kind: StageKind = StageKind.OTHER) -> Stage:
    return Stage(name, kind, Status.SUCCEEDED, "", 1, None, 0, ended)


def test_production_is_told_by_a_deployment_before_a_stage() -> None:
    live = stage("Production", 50, StageKind.PRODUCTION)
    deployed = Deployment("production", Status.SUCCEEDED, 70)
    assert production_at([live], [deployed]) == 70
    assert production_at([live], [replace(deployed, environment="staging")]) == 50
    assert production_at([live], [replace(deployed, status=Status.FAILED)]) == 50
    assert production_at([stage("Build", 9)], []) is None


def test_attempt_deploys_where_it_ran_such_a_stage_itself() -> None:
    tests_alone = a_run(began=NOW + 20 * MINUTE, attempt=2, stages=("test",))
    found = run([*a_run(began=NOW), *tests_alone])
    assert [fact.deploys for fact in found.attempts] == [True, False]


def test_stage_that_was_skipped_deploys_nothing() -> None:
    skipped = action_changed(name="deploy production", status=Status.SKIPPED, finished=True, finished_at=NOW)
    found = run([*a_run(began=NOW, stages=("build",)), skipped])
    assert not found.verdict.deploys
