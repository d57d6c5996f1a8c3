"""The laws of the join, and what follows from them: order, repetition and loss of events."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st

from storage.model.document import replace
from storage.model.entities import Execution, Status
from storage.model.events import AnyEvent, ExecutionChanged, by_execution
from storage.model.execution_view import build
from storage.model.merge import EMPTY, State, StatusRegister, join, merge, state_from_event
from tests.factories import NOW, REF, UNNAMED, action_changed, deployment_changed, execution_changed, stage_changed
from tests.storage.strategies import events, shuffled

# Eight properties over whole states; what is derived from them has thousands of examples in test_any_order.
many = settings(max_examples=120 if os.environ.get("CI") else 40)
quick = settings(phases=[Phase.generate], max_examples=500)
states = st.lists(events(), max_size=4).map(lambda told: merge(EMPTY, told))


@many
@given(states, states)
def test_join_is_commutative(a: State, b: State) -> None:
    assert join(a, b) == join(b, a)


@many
@given(states, states, states)
def test_join_is_associative(a: State, b: State, c: State) -> None:
    assert join(join(a, b), c) == join(a, join(b, c))


@many
@given(states)
def test_join_is_idempotent_and_empty_is_its_unit(a: State) -> None:
    assert join(a, a) == a
    assert join(a, EMPTY) == a == join(EMPTY, a)


@many
@given(shuffled(st.lists(events(), max_size=6)))
def test_order_and_repetition_of_events_do_not_matter(told: tuple[list[AnyEvent], list[AnyEvent]]) -> None:
    once, again = told
    assert merge(EMPTY, again) == merge(EMPTY, once)


@many
@given(st.lists(events(), max_size=6), st.lists(events(), max_size=6))
def test_two_halves_merged_apart_are_the_whole(a: list[AnyEvent], b: list[AnyEvent]) -> None:
    assert join(merge(EMPTY, a), merge(EMPTY, b)) == merge(merge(EMPTY, a), b)


@many
@given(st.lists(events(), min_size=1, max_size=6), st.data())
def test_lost_events_never_rank_above_and_their_redelivery_makes_good(
    told: list[AnyEvent], data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.sampled_from(told), unique_by=id))
    less, whole = merge(EMPTY, kept), merge(EMPTY, told)
    assert join(less, whole) == whole
    assert not _above(less, whole)
    assert merge(less, told) == whole


def _above(less: State, whole: State) -> list[str]:
    """Subjects whose word ranks higher than it does with all events."""
    return [name for name, word in _words(less).items() if word.rank > _words(whole)[name].rank]


def _words(state: State) -> dict[str, StatusRegister]:
    found = {f"{number}": progress for number, progress in state.attempts.items()}
    for parts in (state.stages, state.actions, state.deployments):
        found |= {f"{name} {n}": progress for name, part in parts.items() for n, progress in part.attempts.items()}
    return {name: progress.word for name, progress in found.items() if progress.word}


@many
@given(st.lists(events(absorbing=True), min_size=1, max_size=6), st.sampled_from(["late", "early"]))
def test_what_has_ended_stays_ended_within_an_attempt(told: list[AnyEvent], when: str) -> None:
    ended = merge(EMPTY, told)
    later = 10**13 if when == "late" else NOW - 10**12
    reopening = [_unfinished(event, later) for event in told]
    after = _words(merge(ended, reopening))
    finished = {name: word for name, word in _words(ended).items() if word.finished}
    assert {name: after[name] for name in finished} == finished


def _unfinished(event: AnyEvent, at: int) -> AnyEvent:
    return replace(event, status=Status.RUNNING, finished=False, finished_at=None, at=at)


@given(st.lists(events(), min_size=1, max_size=6))
def test_newest_attempt_decides_what_is_shown(told: list[AnyEvent]) -> None:
    newest = max(event.attempt for event in told)
    begun = execution_changed("1", attempt=newest + 1, status=Status.RUNNING, at=NOW - 10**12)
    shown = _read(merge(EMPTY, [*told, begun]))
    assert (shown.attempt, shown.attempts[-1].status) == (newest + 1, Status.RUNNING)
    assert not shown.status.finished


@given(st.lists(events(), max_size=6))
@example([])
def test_any_state_can_be_read(told: list[AnyEvent]) -> None:
    shown = _read(merge(EMPTY, told))
    assert {stage.name.partition(" (")[0] for stage in shown.stages} <= {"build", "test", "deploy production"}
    assert shown.attempt >= 1
    assert shown.finished_at is None or any(
        event.finished or (event.status and event.status.finished) for event in told
    )


@given(shuffled(st.lists(events(), max_size=6)))
def test_states_that_are_equal_are_read_alike(told: tuple[list[AnyEvent], list[AnyEvent]]) -> None:
    once, again = (merge(EMPTY, some) for some in told)
    for attempt in (1, 2, 3):
        assert _read(once, attempt) == _read(again, attempt)


def _read(state: State, attempt: int | None = None) -> Execution:
    return build(state, execution_id="e" * 32, pipeline_id="p" * 32, team_id="t", attempt=attempt)


# What an attempt has said is not erased by what runs after it.


@many
@given(st.lists(events(), min_size=1, max_size=6))
def test_verdict_of_an_attempt_outlives_whatever_is_told_after_it_that_says_nothing(told: list[AnyEvent]) -> None:
    before = merge(EMPTY, told)
    later = [replace(event, status=status, finished=status.finished, at=10**13) for event in told for status in QUIET]
    after = merge(before, later)
    assert {n: p.verdict for n, p in after.attempts.items()} == {n: p.verdict for n, p in before.attempts.items()}


QUIET = (Status.CANCELLED, Status.SKIPPED, Status.SUPERSEDED, Status.RUNNING, Status.QUEUED, Status.WAITING)


def test_red_of_an_attempt_is_since_it_was_first_told() -> None:
    told = [
        execution_changed(status=Status.FAILED, finished=True, absorbing=False, at=NOW + place) for place in (5, 0, 9)
    ]
    (progress,) = merge(EMPTY, told).attempts.values()
    assert progress.red_at == NOW
    assert progress.verdict is not None
    assert progress.verdict.rank.at == NOW + 9


def test_state_holds_so_many_parts_whichever_came_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.model.merge.MOST_PARTS", 3)
    told = [action_changed(name=name) for name in "edcba"]
    states = [merge(EMPTY, order) for order in (told, told[::-1])]
    states += [merge(merge(EMPTY, told[:4]), told[3:]), merge(merge(EMPTY, told[2:]), told)]
    assert [sorted(state.actions) for state in states] == [["5001-a", "5001-b", "5001-c"]] * 4


# A tool that resumes what has failed: FAILED, RESUMED, SUCCEEDED within one attempt.

REOPENED = [
    execution_changed(absorbing=False, status=Status.FAILED, raw_status="FAILED", finished=True, at=NOW),
    execution_changed(absorbing=False, status=Status.RUNNING, raw_status="RESUMED", at=NOW + 1000),
    execution_changed(absorbing=False, status=Status.SUCCEEDED, raw_status="SUCCEEDED", finished=True, at=NOW + 2000),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_failed_resumed_and_succeeded_read_right_in_every_order_and_doubled(order: Sequence[int]) -> None:
    told = [REOPENED[place] for place in order]
    shown = _read(merge(EMPTY, [*told, *told]))
    assert (shown.status, shown.raw_status) == (Status.SUCCEEDED, "SUCCEEDED")


def test_resumed_execution_runs_again_until_it_ends() -> None:
    shown = _read(merge(EMPTY, reversed(REOPENED[:2])))
    assert shown.status is Status.RUNNING
    assert shown.finished_at is None


def test_absorbing_execution_is_not_reopened_by_a_late_event() -> None:
    failed = execution_changed(status=Status.FAILED, finished=True, at=NOW)
    late = execution_changed(status=Status.RUNNING, at=NOW + 5000)
    assert _read(merge(EMPTY, [failed, late])).status is Status.FAILED


def test_started_and_succeeded_in_the_same_second_is_succeeded() -> None:
    told = [
        execution_changed(status=Status.SUCCEEDED, finished=True, absorbing=False),
        execution_changed(status=Status.RUNNING, absorbing=False),
    ]
    assert {_read(merge(EMPTY, some)).status for some in (told, told[::-1])} == {Status.SUCCEEDED}


def test_of_two_ends_of_one_attempt_the_later_holds() -> None:
    told = [
        execution_changed(status=Status.SUCCEEDED, finished=True, at=NOW + 1),
        execution_changed(status=Status.FAILED, finished=True, at=NOW),
    ]
    assert {_read(merge(EMPTY, some)).status for some in (told, told[::-1])} == {Status.SUCCEEDED}


def test_later_event_without_a_text_erases_nothing() -> None:
    told = [
        execution_changed(message="Retry once", author="Mara", at=NOW),
        execution_changed(message="", author="", url="", number="", pipeline=UNNAMED, at=NOW + 1),
    ]
    shown = _read(merge(EMPTY, told))
    assert (shown.message, shown.author, shown.number, shown.pipeline_name) == (
        "Retry once",
        "Mara",
        "17",
        "checkout · CI",
    )
    assert shown.url.endswith("/5001")


def test_unknown_word_ranks_lowest_at_equal_times() -> None:
    told = [
        execution_changed(status=Status.UNKNOWN, raw_status="mystery"),
        execution_changed(status=Status.QUEUED, raw_status="queued"),
    ]
    assert {_read(merge(EMPTY, some)).raw_status for some in (told, told[::-1])} == {"queued"}


def test_attempt_below_one_counts_as_the_first() -> None:
    assert list(state_from_event(execution_changed(attempt=0)).attempts) == [1]


@pytest.mark.parametrize(
    "event", [stage_changed(), action_changed(), deployment_changed()], ids=["stage", "action", "deployment"]
)
def test_child_before_its_parent_makes_the_execution_known(event: AnyEvent) -> None:
    state = state_from_event(event)
    assert (state.external_id, state.source) == ("5001", "github")
    assert not state.attempts


def test_event_without_a_status_says_nothing_about_one() -> None:
    assume_none = ExecutionChanged(pipeline=REF, execution="1", at=NOW, message="only words")
    shown = _read(merge(EMPTY, [assume_none]))
    assert (shown.status, shown.message) == (Status.UNKNOWN, "only words")


@pytest.mark.parametrize("naive", [lambda told: told[-1].status, lambda told: max(told, key=lambda e: e.at).status])
def test_shuffles_find_out_rules_that_go_by_arrival_or_time_alone(naive: Callable[[list[AnyEvent]], Status]) -> None:
    """From one seed: chance must not decide whether it is found."""
    told = shuffled(st.lists(events(), min_size=1))
    found = find(told, lambda pair: naive(pair[0]) != naive(pair[1]), settings=quick, random=random.Random(1))
    assert merge(EMPTY, found[0]) == merge(EMPTY, found[1])


def test_events_are_grouped_by_execution_and_its_server() -> None:
    here, there = execution_changed("42"), execution_changed("42", pipeline=replace(REF, host="ci.example"))
    job = action_changed("42")
    assert by_execution([here, there, job]) == [[here, job], [there]]
