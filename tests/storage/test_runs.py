"""What a pipeline remembers, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.model import run_history as runs
from storage.model.entities import Deployment, Stage, StageKind, Status
from storage.model.run_history import Run, groups
from tests.factories import MINUTE, NOW


def run(order: int, status: Status = Status.SUCCEEDED, seconds: int = 60, *, mainline: bool = True) -> Run:
    began = NOW + order * MINUTE
    return Run(f"e{order}", str(order), order, mainline, status, 1, began, began, began + seconds * 1000)


def newest_first(*told: Run) -> list[Run]:
    return sorted(told, key=lambda r: r.order, reverse=True)


def test_span_is_nothing_where_a_time_is_missing_or_they_are_swapped() -> None:
    assert runs.span(1000, 3600) == 3
    assert runs.span(None, 3600) is None
    assert runs.span(3600, 1000) is None


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


def test_success_rate_counts_what_says_something_of_the_last_twenty() -> None:
    told = [run(n) for n in range(25)] + [run(25, Status.CANCELLED), run(26, Status.FAILED), run(27, Status.RUNNING)]
    rate = runs.success_rate(newest_first(*told))
    assert (rate.green, rate.counted) == (18, 19)


def test_success_rate_of_no_runs_has_no_sample() -> None:
    assert runs.success_rate([]).counted == 0


def test_runs_of_other_branches_count_only_where_there_are_no_others() -> None:
    topic = run(9, Status.FAILED, mainline=False)
    assert runs.finished_mainline([topic, run(8)]) == [run(8)]
    assert runs.finished_mainline([topic]) == [topic]


def test_colour_is_since_the_oldest_run_of_the_present_streak() -> None:
    told = newest_first(run(1, Status.FAILED), run(2), run(3, Status.CANCELLED), run(4), run(5, Status.RUNNING))
    assert runs.streak(told).since == run(2).finished_at
    assert runs.streak(newest_first(run(1), run(2, Status.TIMED_OUT))).since == run(2).finished_at
    assert runs.streak([run(1, Status.CANCELLED)]).since is None


def stage(name: str, began: int | None, ended: int | None, kind: StageKind = StageKind.OTHER) -> Stage:
    status = Status.SUCCEEDED if ended else Status.RUNNING
    return Stage(name, kind, status, "", 1, None, began, ended)


def test_stages_that_ran_side_by_side_are_one_group() -> None:
    told = [stage("build", 0, 10), stage("unit", 10, 30), stage("browser", 12, 40), stage("deploy", 40, 50)]
    assert groups(told) == [0, 1, 1, 2]


def test_stage_that_never_began_is_a_group_of_its_own() -> None:
    assert groups([stage("build", 0, None), stage("deploy", None, None)]) == [0, 1]


def test_production_is_told_by_a_deployment_before_a_stage() -> None:
    live = stage("Production", 0, 50, StageKind.PRODUCTION)
    deployed = Deployment("production", Status.SUCCEEDED, 70)
    assert runs.production_at([live], [deployed]) == 70
    assert runs.production_at([live], [replace(deployed, environment="staging")]) == 50
    assert runs.production_at([live], [replace(deployed, status=Status.FAILED)]) == 50
    assert runs.production_at([stage("Build", 0, 9)], []) is None
