"""What changed for good, and since when: the moment at which a series of values took a step. Pure.

Pettitt's test (A. N. Pettitt, "A non-parametric approach to the change-point problem", Applied Statistics 28, 1979):
the place at which the ranks before and after differ most, and how likely chance makes that much difference. It asks for
no distribution, and a few wild values do not move it. Definition and limits: docs/metrics.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import mean, median_low
from typing import NamedTuple

from storage.model.document import Document
from storage.model.entities import Status
from storage.model.evidence import Measure
from storage.model.facts import Fact
from storage.model.measures import Delivered, first_at

FEWEST_VALUES, FEWEST_BESIDE = 12, 5
# Less likely by chance than this it is told, and than that it is told as sure.
LIKELY, SURE = 0.05, 0.01
MOST_TOLD = 4
# In order of harm: what users feel first.
SERIES = (
    Measure.CHANGE_FAIL_RATE,
    Measure.FAILED_DEPLOYMENT_RECOVERY_TIME,
    Measure.CHANGE_LEAD_TIME,
    Measure.FIRST_ATTEMPT_RATE,
    Measure.DURATION_P50,
    Measure.QUEUE_P50,
)
# What pipelines of one team have in common; times of runs are each pipeline's own.
TOGETHER = frozenset(SERIES) - {Measure.DURATION_P50, Measure.QUEUE_P50}
RATES = frozenset({Measure.CHANGE_FAIL_RATE, Measure.FIRST_ATTEMPT_RATE})
# The least that is worth a word: points of a rate, seconds, and the share of what it was before.
LEAST_POINTS, LEAST_SECONDS, LEAST_SHARE = 0.08, 30, 0.15


class StepChange(Document, frozen=True):
    """before, after: the median in seconds, or a rate from 0 to 1. at: when the first value after it was told, by a run
    of `pipeline_id`. sure: whether less than one in a hundred such steps is chance; of others less than one in twenty.
    stage: the one that makes the difference, where one does. pipeline: what pages call it."""

    measure: Measure
    before: float
    after: float
    at: int
    pipeline_id: str
    execution_id: str
    number: str
    commit: str
    sure: bool
    stage: str = ""
    stage_before: int = 0
    stage_after: int = 0
    pipeline: str = ""

    @property
    def worse(self) -> bool:
        return (self.after > self.before) is not (self.measure is Measure.FIRST_ATTEMPT_RATE)


class Value(NamedTuple):
    """What a run is to a series of values. `at`: milliseconds."""

    at: int
    value: float
    fact: Fact


def steps_of(pipelines: Sequence[Delivered], begin: int, end: int) -> tuple[StepChange, ...]:
    """What changed over these pipelines from `begin` until before `end` (milliseconds), in order of harm, worse before
    better: of what they have in common over all of them, of the rest in the one that changed most."""
    found = []
    for measure in SERIES:
        groups = [pipelines] if measure in TOGETHER else [[each] for each in pipelines]
        steps = [
            step
            for group in groups
            if (step := step_of(measure, list(_values(measure, group, begin, end)), len(groups)))
        ]
        found += [max(steps, key=_harm)] if steps else []
    found.sort(key=lambda step: not step.worse)
    return tuple(found[:MOST_TOLD])


def _harm(step: StepChange) -> tuple[float, str]:
    """How much worse, of what it was; ties by the id."""
    grown = (step.after - step.before) / max(step.before, 1)
    return grown if step.worse else -abs(grown), step.pipeline_id


def _values(measure: Measure, group: Sequence[Delivered], begin: int, end: int) -> Iterator[Value]:
    values = (one for each in group for one in _series(measure, each) if begin <= one.at < end)
    yield from sorted(values, key=lambda one: (one.at, one.fact.id))


def _series(measure: Measure, pipeline: Delivered) -> Iterator[Value]:
    match measure:
        case Measure.CHANGE_FAIL_RATE:
            yield from (Value(one.at, float(bool(one.failed_by)), one.fact) for one in pipeline.deployments)
        case Measure.FAILED_DEPLOYMENT_RECOVERY_TIME:
            for one in pipeline.deployments:
                if (seconds := one.recovery_seconds) is not None:
                    yield Value(one.at, seconds, one.fact)
        case Measure.CHANGE_LEAD_TIME:
            for one in pipeline.deployments:
                if one.lead_seconds:
                    yield Value(one.at, median_low(one.lead_seconds), one.fact)
        case Measure.FIRST_ATTEMPT_RATE:
            for fact in pipeline.firsts:
                if fact.first is not None:
                    yield Value(first_at(fact), float(fact.first is Status.SUCCEEDED), fact)
        case Measure.DURATION_P50:
            for fact in pipeline.firsts:
                if fact.first is Status.SUCCEEDED and fact.seconds is not None:
                    yield Value(first_at(fact), fact.seconds, fact)
        case _:
            for fact in pipeline.firsts:
                if fact.queue_seconds is not None:
                    yield Value(first_at(fact), fact.queue_seconds, fact)


def step_of(measure: Measure, values: Sequence[Value], asked: int) -> StepChange | None:
    """The step in these values, oldest first, if there is one to be told. `asked`: of how many series one is looked
    for, each of which chance may have made."""
    found = change_point([one.value for one in values])
    if found is None or found[1] * asked >= LIKELY:
        return None
    place, chance = found[0], found[1] * asked
    middle = mean if measure in RATES else median_low
    before = middle([one.value for one in values[:place]])
    after = middle([one.value for one in values[place:]])
    if not _tells(measure, before, after):
        return None
    first = values[place]
    return StepChange(
        measure=measure,
        before=round(before, 4),
        after=round(after, 4),
        at=first.at,
        pipeline_id=first.fact.pipeline_id,
        execution_id=first.fact.id,
        number=first.fact.number,
        commit=first.fact.commit,
        sure=chance < SURE,
    )


def _tells(measure: Measure, before: float, after: float) -> bool:
    difference = abs(after - before)
    if measure in RATES:
        return difference >= LEAST_POINTS
    return difference >= max(LEAST_SECONDS, LEAST_SHARE * before)


def change_point(values: Sequence[float]) -> tuple[int, float] | None:
    """The place of the first value after the likeliest step, and how likely chance makes one as great; None where it is
    no step or there are too few values."""
    count = len(values)
    if count < FEWEST_VALUES:
        return None
    best, place, total = 0.0, 0, 0.0
    ranks = _ranks(values)
    for at, rank in enumerate(ranks, 1):
        total += rank
        difference = abs(2 * total - at * (count + 1))
        if FEWEST_BESIDE <= at <= count - FEWEST_BESIDE and difference > best:
            best, place = difference, at
    chance = min(1.0, 2 * math.exp(-6 * best**2 / (count**3 + count**2)))
    return (place, chance) if chance < LIKELY else None


def _ranks(values: Sequence[float]) -> list[float]:
    """From 1 up; equal values share the middle of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    begin = 0
    while begin < len(order):
        end = begin
        while end + 1 < len(order) and values[order[end + 1]] == values[order[begin]]:
            end += 1
        for place in order[begin : end + 1]:
            found[place] = (begin + end) / 2 + 1
        begin = end + 1
    return found


def slower_stage(facts: Iterable[Fact], at: int) -> tuple[str, int, int] | None:
    """Of facts in full, from both sides of a step: the stage whose median of green runs grew most since then, with its
    seconds before and after; None where none grew by as much as is told."""
    sides: dict[str, tuple[list[int], list[int]]] = {}
    for fact in facts:
        if fact.first is not Status.SUCCEEDED:
            continue
        for stage in fact.stages:
            if (seconds := stage.run_seconds) is not None:
                sides.setdefault(stage.name, ([], []))[first_at(fact) >= at].append(seconds)
    grown = [
        (median_low(after) - median_low(before), name, median_low(before), median_low(after))
        for name, (before, after) in sides.items()
        if before and after
    ]
    difference, name, was, now = max(grown, default=(0, "", 0, 0))
    return (name, was, now) if difference >= max(LEAST_SECONDS, LEAST_SHARE * was) else None
