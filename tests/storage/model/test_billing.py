"""Billed minutes: each job rounded up, re-runs apart, and the same from events in any order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.codec import fact_items
from storage.model.billing import LONGEST_LABEL, MOST_LABELS, BilledMinutes, billed_minutes
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent
from storage.model.execution_view import build
from storage.model.facts import Fact, fact_of
from storage.model.long_execution import SPLIT_ABOVE, split
from storage.model.merge import EMPTY, State, merge
from storage.model.run import run_of
from tests.factories import NOW, REF, a_pipeline_execution, a_run, action_changed, pipeline_action
from tests.storage.recording.cases import job
from tests.storage.recording.worlds import github_run, orders_of

LABELS = ("ubuntu-latest",)


def ended(name: str, seconds: float, attempt: int = 1, labels: Sequence[str] = LABELS, **said: object) -> ActionChanged:
    end = NOW + round(seconds * 1000)
    told = {"status": Status.SUCCEEDED, "finished": True, "at": end, "started_at": NOW, "finished_at": end, **said}
    return action_changed("1", name, action=f"{attempt}-{name}", attempt=attempt, runner_labels=tuple(labels), **told)


def billed(*events: AnyEvent, upto: int | None = None) -> dict[str, tuple[int, int]]:
    found = billed_minutes(merge(EMPTY, events), upto)
    return {one.label: (one.minutes, one.rerun_minutes) for one in found}


def test_each_job_is_rounded_up_by_itself() -> None:
    assert billed(ended("a", 1), ended("b", 60), ended("c", 60.001), ended("d", 0)) == {"ubuntu-latest": (5, 0)}


def test_minutes_of_later_attempts_are_apart() -> None:
    again = [ended("a", 50, attempt=2), ended("b", 130, attempt=3)]
    assert billed(ended("a", 100), *again) == {"ubuntu-latest": (2, 4)}
    assert billed(ended("a", 100), *again, upto=2) == {"ubuntu-latest": (2, 1)}


def test_labels_are_told_as_asked_for_and_by_the_server_that_is_not_the_public_one() -> None:
    assert billed(ended("a", 60, labels=("self-hosted", "linux"))) == {"self-hosted,linux": (1, 0)}
    assert billed(ended("a", 60, labels=(), runner_group="Large")) == {"Large": (1, 0)}
    assert billed(ended("a", 60, labels=())) == {"": (1, 0)}
    own = ended("a", 60)
    assert billed(replace(own, pipeline=replace(own.pipeline, host="git.acme.example"))) == {
        "git.acme.example/ubuntu-latest": (1, 0)
    }


def test_what_did_not_run_is_not_billed() -> None:
    assert billed(ended("a", 60, status=Status.SKIPPED)) == {}
    assert billed(ended("a", 60, started_at=None)) == {}
    assert billed(ended("a", 60, finished=False, status=Status.RUNNING, finished_at=None)) == {}
    approval = [pipeline_action("x", "Approve", status, NOW + by) for status, by in (
        (Status.WAITING, 0), (Status.SUCCEEDED, 600_000))]  # fmt: skip
    assert billed(*approval) == {}


def test_very_many_labels_are_told_together_and_fit_into_a_fact() -> None:
    names = [f"{number:02d}" + "".join(chr(97 + number * at % 26) for at in range(60)) for number in range(30)]
    found = billed_minutes(merge(EMPTY, [ended(name, 60, labels=(name,)) for name in names]), None)
    assert len(found) == MOST_LABELS + 1
    assert sum(one.minutes for one in found) == 30
    assert max(len(one.label) for one in found) == LONGEST_LABEL
    fact = replace(fact_from(merge(EMPTY, a_run("1", stages=tuple(names)))), billed=found)
    assert len(fact_items.packed(fact)) <= fact_items.MOST_BYTES


def test_run_of_very_many_jobs_says_that_nobody_adds_them_up() -> None:
    state = merge(EMPTY, [ended(f"job {number}", 60) for number in range(SPLIT_ABOVE + 1)])
    assert billed_minutes(split(state).head, None) == (BilledMinutes("too many jobs"),)


def fact_from(state: State) -> Fact:
    execution = build(state, execution_id="e", pipeline_id="p", team_id="t")
    run = run_of(state, execution)
    assert run is not None
    return fact_of(run, state, execution)


def test_attempt_that_runs_counts_once_it_ended() -> None:
    events = [replace(e, runner_labels=LABELS) if isinstance(e, ActionChanged) else e for e in (
        *a_run("1", outcome=Status.FAILED), *a_run("1", attempt=2, began=NOW))]  # fmt: skip
    assert fact_from(merge(EMPTY, events[:-1])).billed == (BilledMinutes("ubuntu-latest", 3, 0),)
    assert fact_from(merge(EMPTY, events)).billed == (BilledMinutes("ubuntu-latest", 3, 3),)


def test_tool_that_tells_no_runner_leaves_minutes_without_a_label() -> None:
    assert fact_from(merge(EMPTY, a_pipeline_execution("x"))).billed == (BilledMinutes("", 3, 0),)


def slowly(events: Sequence[AnyEvent]) -> dict[str, tuple[int, int]]:
    """Job by job, from all events at once."""
    jobs: dict[tuple[str, int], list[ActionChanged]] = defaultdict(list)
    for event in events:
        if isinstance(event, ActionChanged):
            jobs[event.action, event.attempt].append(event)
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (_, attempt), told in jobs.items():
        ends = [one for one in told if one.finished]
        began = [one.started_at for one in told if one.started_at is not None]
        if ends and began and not any(one.status is Status.SKIPPED for one in ends):
            took = max(one.finished_at or 0 for one in ends) - min(began)
            label = ",".join(told[0].runner_labels)
            found[label][min(attempt - 1, 1)] += max(1, (took + 59_999) // 60_000)
    return {label: (first, again) for label, (first, again) in found.items()}


@settings(max_examples=100)
@given(st.data())
def test_minutes_are_those_of_all_events_in_any_order(data: st.DataObject) -> None:
    events = data.draw(github_run(1, REF))
    extra = [job(1, "shards", Status.SUCCEEDED, 90, started_at=NOW, finished_at=NOW + 61_000)]
    told = [*events, *extra] if data.draw(st.booleans()) else events
    shuffled = data.draw(orders_of(list(told)))
    assert billed(*shuffled) == billed(*told) == slowly(told)
