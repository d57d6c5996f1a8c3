"""Whole GitLab pipelines through the recorder: whatever the order and repetition of their hooks, the same row, and the
right one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from dashboard.sources.kit.source import Parsed
from storage import keys
from storage.model.board_row import BoardRow
from storage.model.entities import Execution, Status
from storage.model.subjects import SubjectKind
from storage.store import Store
from tests.dashboard.gitlab_flows import (
    a_job_run_again,
    all_within_a_second,
    begun,
    canceled,
    green,
    let_begin,
    let_begin_and_ended,
    optional,
    optional_beside_what_goes_on,
    optional_let_begin,
    optional_let_begin_and_ended,
    red,
    run_again_by_itself,
    run_again_in_vain,
    waits,
)
from tests.dashboard.gitlab_pipelines import Running
from tests.factories import TEAM_ID
from tests.storage.recording.tables import assert_same, scratch, standing

SEEDS = range(12)


def take(store: Store, hooks: Iterable[Parsed]) -> None:
    for hook in hooks:
        store.recorder.apply(TEAM_ID, hook.events, subjects=hook.subjects)


def stands(store: Store) -> Mapping[str, object]:
    """Of everything derived at once the names told apart are made by a job."""
    store.rebuilder.rename(TEAM_ID)
    return standing(store)


@contextmanager
def told(hooks: Iterable[Parsed]) -> Iterator[Store]:
    with scratch() as store:
        take(store, hooks)
        yield store


def rows(store: Store) -> list[BoardRow]:
    return [stored.row() for stored in store.pipelines.list_board(TEAM_ID)]


def shown(store: Store) -> Execution:
    """The run of the only row."""
    (row,) = rows(store)
    one = row.in_flight[0] if row.in_flight else row.ended
    assert one is not None
    return store.executions.get(one.execution_id)


def line(found: Execution) -> list[tuple[str, Status]]:
    return [(stage.name, stage.status) for stage in found.stages]


G, F, S, W, R, Q, C = (
    Status.SUCCEEDED, Status.FAILED, Status.SKIPPED, Status.WAITING, Status.RUNNING, Status.QUEUED, Status.CANCELLED,
)  # fmt: skip
FLOWS: list[tuple[Callable[[], Running], Status, list[Status]]] = [
    (begun, R, [G, Q, Q]),
    (green, G, [G, G, G]),
    (red, F, [G, F, S]),
    (a_job_run_again, G, [G, G, G]),
    (run_again_in_vain, F, [G, F, S]),
    (run_again_by_itself, G, [G, G, G]),
    (waits, W, [G, G, W]),
    (let_begin, R, [G, G, R]),
    (let_begin_and_ended, G, [G, G, G]),
    (optional, G, [G, G, S]),
    (optional_let_begin, R, [G, G, R]),
    (optional_let_begin_and_ended, G, [G, G, G]),
    (optional_beside_what_goes_on, R, [G, G, Q]),
    (canceled, C, [G, C, C]),
    (all_within_a_second, G, [G]),
]


@pytest.mark.parametrize(("flow", "status", "stages"), FLOWS, ids=lambda value: getattr(value, "__name__", ""))
def test_any_order_and_repetition_of_hooks_gives_the_same_right_row(
    flow: Callable[[], Running], status: Status, stages: list[Status]
) -> None:
    hooks = flow().hooks
    with told(hooks) as store:
        found, right = shown(store), stands(store)
    assert (found.status, [stage.status for stage in found.stages]) == (status, stages)
    for seed in SEEDS:
        chance = random.Random(seed)
        mixed = [*hooks, *chance.sample(hooks, len(hooks) // 3)]
        chance.shuffle(mixed)
        with told(mixed) as store:
            assert_same(stands(store), right)


@pytest.mark.parametrize("flow", [flow for flow, *_ in FLOWS[1:]], ids=lambda value: value.__name__)
def test_pipeline_hooks_alone_give_the_same_line(flow: Callable[[], Running]) -> None:
    """Job hooks are for what happens between two words of a pipeline."""
    hooks = flow().hooks
    with told(hooks) as store:
        right = shown(store)
    with told(hook for hook in hooks if hook.event.startswith("pipeline")) as store:
        found = shown(store)
    if flow is optional_let_begin:
        assert (found.status, line(found)[-1]) == (Status.RUNNING, ("deploy", Status.QUEUED))
    elif flow is let_begin:
        assert (found.status, line(found)) == (right.status, line(right))
    else:
        assert (found.status, line(found), found.started_at, found.finished_at) == (
            right.status, line(right), right.started_at, right.finished_at,
        )  # fmt: skip


def test_job_that_was_run_again_takes_the_place_of_the_one_before() -> None:
    with told(a_job_run_again().hooks) as store:
        found = shown(store)
        (row,) = rows(store)
    jobs = [action for stage in found.stages for action in stage.actions if action.name == "unit"]
    assert [(job.status, job.key) for job in jobs] == [(Status.SUCCEEDED, "9001005")]
    assert row.result is not None
    assert (row.result.status, row.rate.green, row.rate.counted, row.rate.rerun) == (Status.SUCCEEDED, 0, 1, 1)


def test_row_stays_red_while_the_failed_job_runs_again() -> None:
    found = red()
    found.second += 300
    found.retry("unit")
    found.now("running")
    with told(found.hooks) as store:
        (row,) = rows(store)
        assert line(shown(store)) == [("build", G), ("test", R), ("deploy", Q)]
    assert row.result is not None
    assert (row.result.status, row.result.stage) == (Status.FAILED, "test")
    assert [one.status for one in row.in_flight] == [Status.RUNNING]


def test_pipeline_that_only_retried_a_job_by_itself_was_green_at_once() -> None:
    with told(run_again_by_itself().hooks) as store:
        (row,) = rows(store)
    assert (row.rate.green, row.rate.counted) == (1, 1)


def test_wait_for_a_person_is_neither_run_nor_queue() -> None:
    with told(let_begin_and_ended().hooks) as store:
        found = shown(store)
    (production,) = found.stages[-1].actions
    assert (production.status, production.by) == (Status.SUCCEEDED, "praman")
    assert production.waiting_at is not None
    assert production.started_at is not None
    assert 3590 <= (production.started_at - production.waiting_at) / 1000 <= 3620
    assert 3590 <= found.wait_ms / 1000 <= 3620


def test_version_is_live_once_its_job_has_deployed_it_and_not_while_it_waits() -> None:
    subject = keys.subject_id(SubjectKind.ENVIRONMENT, TEAM_ID, "gitlab", "", "gitlab.com/48213377", "production")
    with told(waits().hooks) as store:
        place = store.subjects.find_environment(subject)
        assert place is not None
        assert (place.live, [one.status for one in place.deployments]) == (None, [Status.WAITING])
    with told(let_begin_and_ended().hooks) as store:
        place = store.subjects.find_environment(subject)
        assert place is not None
        assert place.live is not None
        assert (place.live.execution, place.live.pipeline) == ("9001", "gitlab.com/48213377")
        assert [deployment.environment for deployment in shown(store).deployments] == ["production"]


def test_child_pipeline_is_a_row_of_its_own_that_says_what_began_it() -> None:
    child = Running(stages=("rollout",), number=9002, source="parent_pipeline", upstream=9001)
    child.add("rollout", "canary", environment="production")
    child.now("running")
    child.runs("canary", "failed", reason="script_failure")
    child.now("failed")
    hooks = [*green().hooks, *child.hooks]
    with told(hooks) as store:
        right, found = stands(store), {row.name: row for row in rows(store)}
        assert {name: row.result.status for name, row in found.items() if row.result} == {
            "Storefront": Status.SUCCEEDED,
            "Storefront · child pipelines": Status.FAILED,
        }
        ended = found["Storefront · child pipelines"].ended
        assert ended is not None
        assert store.executions.get(ended.execution_id).upstream == "acme/web/storefront #9001"
    for seed in SEEDS:
        mixed = random.Random(seed).sample(hooks, len(hooks))
        with told(mixed) as store:
            assert_same(stands(store), right)


def test_runs_of_one_project_are_one_row_whatever_they_are_called() -> None:
    """workflow:name may name each run anew."""
    second = Running(stages=("build",), number=9002)
    second.add("build", "compile")
    second.now("running")
    second.runs("compile")
    second.now("success")
    with told([*second.hooks, *green().hooks]) as store:
        (row,) = rows(store)
    assert (row.name, row.result.number if row.result else "") == ("Storefront", "102")


def test_lost_end_of_a_job_is_told_by_the_next_pipeline_hook() -> None:
    hooks = [hook for hook in green().hooks if hook.event not in ("build.success", "build.failed")]
    with told(hooks) as store:
        found = shown(store)
    assert (found.status, line(found)) == (G, [("build", G), ("test", G), ("deploy", G)])
