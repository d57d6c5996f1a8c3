"""How long something waited, for a person and for a runner, apart from each other and from how long it ran. Pure.

Where a tool tells only that something began, not when a person let it, nobody knows which part of the time before was
for whom: the wait then counts as the person's, and the time in the queue is unknown, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from storage.model.entities import Action, Stage
from storage.model.merge import Progress
from storage.model.spans import Span, covered, seconds_between

NOTHING = Progress()


def answered_at(progress: Progress) -> int | None:
    """When a person who was asked answered, as far as it is told: it was queued once more, else it began, else it
    ended. None where nobody was asked."""
    asked, started = progress.waiting_at, progress.started_at
    if asked is None:
        return None
    if (again := _queued_again(progress)) is not None:
        return again
    return started if started is not None and started > asked else progress.finished_at


def runner_at(progress: Progress) -> int | None:
    """From when on it could have begun, had there been a runner; None where that is not told."""
    if progress.word is not None and progress.word.told_to_wait:
        return None
    return progress.queued_at if progress.waiting_at is None else _queued_again(progress)


def _queued_again(progress: Progress) -> int | None:
    """When it was queued after a person was asked."""
    asked, again, started = progress.waiting_at, progress.queued_last_at, progress.started_at
    if asked is None or again is None or again <= asked or (started is not None and again > started):
        return None
    return again


def waits_and_runs(actions: Sequence[Action]) -> tuple[list[Span], list[Span]]:
    """When people were waited for, and when something ran."""
    waits, runs = [], []
    for action in actions:
        if action.waiting_at is not None and action.waited_until is not None:
            waits.append((action.waiting_at, action.waited_until))
        if ran(action) and action.started_at is not None:
            runs.append((action.started_at, action.finished_at or action.started_at))
    return waits, runs


def ran(action: Action) -> bool:
    """Whether it began to work: an approval begins when somebody is asked."""
    return action.started_at is not None and action.started_at != action.waiting_at


def human_wait(stages: Sequence[Stage], own: Progress, began: int | None) -> tuple[int, int]:
    """How long people were waited for while nothing else ran, milliseconds, and how much of that was before the
    execution `began`. A wait that goes on is not counted. `own`: the execution's progress."""
    waits, runs = waits_and_runs(_own_actions(stages))
    if began is None:
        return covered(waits, runs), 0
    waits += _wait_of_the_whole(waits, own, began)
    before = [(begin, min(end, began)) for begin, end in waits if begin < began]
    return covered(waits, runs), covered(before, runs)


def queue_seconds(stages: Sequence[Stage], own: Progress, queued: int | None, began: int | None) -> int | None:
    """From when the execution was told to run until it began, without waits for people; None where it is not known."""
    span = seconds_between(queued, began)
    if span is None or queued is None or began is None:
        return None
    actions = _own_actions(stages)
    first = [action for action in actions if action.started_at == began and ran(action)]
    if any(action.waiting_at is not None and action.runner_at is None for action in first):
        return None
    waits, _ = waits_and_runs(actions)
    whole = _wait_of_the_whole(waits, own, began)
    if any(end == began for _, end in whole):
        return None
    within = [(max(begin, queued), min(end, began)) for begin, end in (*waits, *whole)]
    return round((began - queued - covered(within)) / 1000)


class Before(NamedTuple):
    """What a stage waited for before it began, seconds. queue: None where it is not known. wait: for people."""

    queue: int | None
    wait: int


def before_it_began(stage: Stage) -> Before:
    queue = queue_seconds([stage], NOTHING, stage.queued_at, stage.started_at)
    _, wait_ms = human_wait([stage], NOTHING, stage.started_at)
    return Before(queue, round(wait_ms / 1000))


def _wait_of_the_whole(waits: Sequence[Span], own: Progress, began: int) -> list[Span]:
    """Of an execution that nobody had let begin, where no job of it tells that."""
    if own.waiting_at is None or own.waiting_at >= began or any(begin < began for begin, _ in waits):
        return []
    again = _queued_again(own)
    return [(own.waiting_at, min(again, began) if again is not None else began)]


def _own_actions(stages: Sequence[Stage]) -> list[Action]:
    return [action for stage in stages for action in stage.actions if not action.carried]
