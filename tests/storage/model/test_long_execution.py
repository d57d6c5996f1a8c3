"""Executions of very many jobs, in parts: the same as whole ones, whatever the order."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.model import long_execution
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent
from storage.model.execution_view import build
from storage.model.long_execution import Split, bucket_of, buckets_of, merge_into, split, whole
from storage.model.merge import EMPTY, State, merge
from storage.model.run import cells_of
from tests.factories import NOW, action_changed, execution_changed
from tests.storage.strategies import events


def a_job(stage: str, name: str, **said: Any) -> ActionChanged:
    return replace(action_changed("5001", stage, **said), name=name)


def in_parts(told: list[AnyEvent], first: int) -> Split:
    """Split after the first events, the others merged into the parts one by one."""
    parts = split(merge(EMPTY, told[:first]))
    for event in told[first:]:
        touched = {number: parts.buckets.get(number, {}) for number in buckets_of([event])}
        head, changed = merge_into(Split(parts.head, touched), [event])
        parts = Split(head, {**parts.buckets, **changed})
    return parts


def _of_one_stage(event: AnyEvent) -> AnyEvent:
    """A job belongs to the same stage, whoever tells of it."""
    return replace(event, stage=f"stage of {event.action}") if isinstance(event, ActionChanged) else event


def shown(state: State) -> list[tuple[object, ...]]:
    found = build(state, execution_id="e", pipeline_id="p", team_id="t")
    return [
        (c.name, c.status, c.group, c.queued_at, c.started_at, c.finished_at, c.jobs, c.done)
        for c in cells_of(found.stages)
    ]


@settings(max_examples=300 if os.environ.get("CI") else 60)
@given(st.lists(events(), min_size=1, max_size=12), st.integers(0, 12), st.randoms(use_true_random=False))
def test_parts_hold_what_the_whole_holds_in_any_order(told: list[AnyEvent], first: int, chance: random.Random) -> None:
    told = [_of_one_stage(event) for event in told]
    expected = split(merge(EMPTY, told))
    shuffled = [*told, *told[: len(told) // 2]]
    chance.shuffle(shuffled)
    found = in_parts(shuffled, first)
    assert whole(found) == merge(EMPTY, told)
    assert found.head == expected.head


def test_event_touches_the_head_and_its_own_bucket_alone() -> None:
    jobs = [a_job("test", f"test {n}", action=str(n)) for n in range(400)]
    parts = split(merge(EMPTY, [execution_changed("5001"), *jobs]))
    ended = replace(jobs[7], status=Status.SUCCEEDED, finished=True, at=NOW + 1, finished_at=NOW + 1)
    bucket = bucket_of("7")
    head, changed = merge_into(Split(parts.head, {bucket: parts.buckets[bucket]}), [ended])
    assert set(changed) == {bucket}
    (stage,) = shown(head)
    assert stage[-2:] == (400, 1)


def test_red_jobs_that_may_fail_leave_the_stage_of_a_head_green_until_another_is_red() -> None:
    green: dict[str, Any] = {"status": Status.SUCCEEDED, "finished": True}
    red: dict[str, Any] = {"status": Status.FAILED, "finished": True}
    jobs = [a_job("test", f"test {n}", action=str(n), **green) for n in range(200)]
    lint = a_job("test", "lint", action="lint", allowed_to_fail=True, **red)
    parts = in_parts([execution_changed("5001"), *jobs, lint], 150)
    assert [row[1] for row in shown(parts.head)] == [Status.SUCCEEDED]
    parts = in_parts([execution_changed("5001"), *jobs, lint, a_job("test", "unit", action="unit", **red)], 150)
    assert [row[1] for row in shown(parts.head)] == [Status.FAILED]


def test_repeat_changes_no_bucket_and_no_head() -> None:
    job = action_changed("5001", "test", action="1")
    parts = split(merge(EMPTY, [job]))
    assert merge_into(parts, [job]) == Split(parts.head, {})


def test_stage_reads_from_the_head_as_from_the_whole() -> None:
    told: list[AnyEvent] = [execution_changed("5001")]
    for n in range(300):
        job = a_job(f"stage {n % 3}", f"job {n}", action=str(n), started_at=NOW + n, at=NOW + n)
        told.append(job)
        if n % 3 == 0:
            told.append(replace(job, status=Status.SUCCEEDED, finished=True, at=NOW + 900, finished_at=NOW + 900 + n))
        if n == 100:
            told.append(replace(job, status=Status.FAILED, finished=True, at=NOW + 901, finished_at=NOW + 950))
    state = merge(EMPTY, told)
    assert shown(split(state).head) == shown(state)


def test_environments_in_brackets_stay_stages_of_their_own() -> None:
    jobs = [
        a_job("Deploy", f"Deploy ({leg})", action=str(n), leg=leg, started_at=NOW)
        for n, leg in enumerate(["staging", "production"] * 100)
    ]
    head = split(merge(EMPTY, jobs)).head
    assert {stage[0]: stage[-2] for stage in shown(head)} == {"Deploy (staging)": 100, "Deploy (production)": 100}


def test_bucket_keeps_the_jobs_with_the_least_keys_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_execution, "MOST_IN_A_BUCKET", 2)
    told: list[AnyEvent] = [a_job("test", f"t{n}", action=f"{n:03d}") for n in range(300)]
    there, back = in_parts(told, 0), in_parts(told[::-1], 0)
    assert there == back
    assert all(len(bucket) <= 2 for bucket in there.buckets.values())
    assert shown(there.head)[0][-2] == sum(len(bucket) for bucket in there.buckets.values())
