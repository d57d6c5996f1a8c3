"""What waits for a runner, by what its jobs ask for, and how long others waited before. Pure.

A label is all that a job asks for, as its tool tells it ("self-hosted, linux, gpu"), else the group of its runner;
empty where neither is told. Jobs that wait for a person, or that their tool keeps back, are in no queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from storage.model.document import Document
from storage.model.entities import Action, Execution, Stage, Status
from storage.model.spans import seconds_between
from storage.model.waiting_times import ran

# Of one execution and of one pipeline; of the jobs of a label those that have waited longest; of an execution's and of
# a pipeline's latest jobs how long they waited.
MOST_LABELS, MOST_SINCE = 6, 6
MOST_OF_RUN, MOST_SECONDS = 4, 10
LONGEST_LABEL = 60
MINUTE = 60_000


class JobQueue(Document, frozen=True):
    """Jobs of one execution that ask for the same. queued: how many wait; since: when the longest waiting ones were
    queued, oldest first. started_at: when the last one began, a whole minute."""

    label: str
    queued: int = 0
    since: tuple[int, ...] = ()
    started_at: int | None = None


class QueueTimes(Document, frozen=True):
    """How long jobs of one execution that asked for the same waited, in seconds: some of very many, over their whole
    range. started_at: when the last one began, a whole minute."""

    label: str
    started_at: int
    seconds: tuple[int, ...] = ()


class LabelQueue(Document, frozen=True):
    """Jobs of all executions of a pipeline that ask for the same. queued, since: as in JobQueue. started_at: when the
    last one that is known began. seconds: how long the latest waited."""

    label: str
    queued: int = 0
    since: tuple[int, ...] = ()
    started_at: int | None = None
    seconds: tuple[int, ...] = ()


class Queueing(Protocol):
    @property
    def queues(self) -> tuple[JobQueue, ...]: ...


class Remembered(Protocol):
    """A run whose jobs have ended."""

    @property
    def id(self) -> str: ...
    @property
    def order(self) -> int: ...
    @property
    def queues(self) -> tuple[QueueTimes, ...]: ...


def queues_of(execution: Execution) -> tuple[JobQueue, ...]:
    """Of one that has not ended. Those in which jobs wait before the others."""
    if execution.ended:
        return ()
    queued, started = defaultdict[str, list[int]](list), dict[str, int]()
    held = execution.told_to_wait and execution.status is Status.QUEUED
    for stage in execution.stages:
        for label, since, began, jobs in _jobs_of(stage, execution):
            if since is not None and not held:
                queued[label] += [since] * jobs
            if began is not None:
                started[label] = max(began, started.get(label, began))
    if not execution.stages:
        if execution.status is Status.QUEUED and not held and execution.queued_at is not None:
            queued[""].append(execution.queued_at)
        elif execution.started_at is not None:
            started[""] = execution.started_at
    found = [
        JobQueue(label, len(queued[label]), tuple(sorted(queued[label])[:MOST_SINCE]), _minute(started.get(label)))
        for label in sorted({*queued, *started})
    ]
    return tuple(sorted(found, key=lambda one: not one.queued)[:MOST_LABELS])


def _jobs_of(stage: Stage, execution: Execution) -> Iterator[tuple[str, int | None, int | None, int]]:
    """Of jobs of this attempt: the label, since when they wait for a runner, when they began, how many they are."""
    if stage.pending or stage.carried or stage.attempt != execution.attempt:
        return
    jobs = [action for action in stage.actions if action.attempt == execution.attempt and not action.carried]
    for action in jobs:
        waits = action.status is Status.QUEUED
        began = action.started_at if ran(action) and not waits else None
        if action.weight > 1 and began is not None:
            # It stands for many jobs, of which only the first start and the last end are told.
            began = max(began, action.finished_at or began)
        yield label_of(action), action.runner_at if waits else None, began, action.weight
    if not jobs:
        waits = stage.status is Status.QUEUED
        yield "", stage.queued_at if waits else None, None if waits else stage.started_at, 1


def label_of(action: Action) -> str:
    return action.runner[:LONGEST_LABEL]


def queue_times_of(views: Mapping[int, Execution]) -> tuple[QueueTimes, ...]:
    """Of all jobs of these attempts that began."""
    found, started = defaultdict[str, list[int]](list), dict[str, int]()
    for number, view in views.items():
        for action in (action for stage in view.stages for action in stage.actions):
            if action.attempt != number or action.carried or not ran(action) or action.started_at is None:
                continue
            label = label_of(action)
            started[label] = max(action.started_at, started.get(label, 0))
            seconds = seconds_between(action.runner_at, action.started_at)
            if seconds is not None and action.weight == 1:
                found[label].append(seconds)
    labels = sorted(started, key=lambda label: (-len(found[label]), label))[:MOST_LABELS]
    return tuple(QueueTimes(label, started[label] // MINUTE * MINUTE, _some(sorted(found[label]))) for label in labels)


def _some(values: Sequence[int]) -> tuple[int, ...]:
    """The longest, and others evenly down to the shortest."""
    if len(values) <= MOST_OF_RUN:
        return tuple(values)
    last = len(values) - 1
    return tuple(values[last * place // (MOST_OF_RUN - 1)] for place in range(MOST_OF_RUN))


def past_queues(history: Iterable[Remembered]) -> tuple[LabelQueue, ...]:
    """By label, of the runs that a pipeline remembers."""
    times, started = defaultdict[str, list[int]](list), dict[str, int]()
    for run in sorted(history, key=lambda run: (run.order, run.id), reverse=True):
        for one in run.queues:
            started[one.label] = max(one.started_at, started.get(one.label, 0))
            times[one.label] += one.seconds
    return tuple(
        LabelQueue(label, started_at=started[label], seconds=tuple(times[label][:MOST_SECONDS]))
        for label in sorted(started)
    )


def label_queues(past: Sequence[LabelQueue], opened: Iterable[Queueing]) -> tuple[LabelQueue, ...]:
    """Of a pipeline. Of very many labels those in which jobs wait, then those used last."""
    found = {one.label: one for one in past}
    for each in (queue for one in opened for queue in one.queues):
        known = found.get(each.label, LabelQueue(each.label))
        started = [at for at in (known.started_at, each.started_at) if at is not None]
        found[each.label] = LabelQueue(
            label=each.label,
            queued=known.queued + each.queued,
            since=tuple(sorted((*known.since, *each.since))[:MOST_SINCE]),
            started_at=max(started, default=None),
            seconds=known.seconds,
        )
    kept = sorted(found.values(), key=lambda one: (not one.queued, -(one.started_at or 0), one.label))
    return tuple(kept[:MOST_LABELS])


def _minute(at: int | None) -> int | None:
    return None if at is None else at // MINUTE * MINUTE
