"""Where the time goes on the way to green: which stages lie on the critical path of a run, for how long each, and what
there is to save. Pure.

After Datadog's "exclusive time on the critical path"; what a stage costs is its "drag" (S. Devaux, Total Project
Control, 1999). Tools tell no graph of stages: it is read from when they began and ended. Definition: docs/metrics.md.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from statistics import median_low
from typing import NamedTuple

from storage.model.document import Document
from storage.model.entities import Status, Voice
from storage.model.evidence import Measure
from storage.model.facts import DAY_MS, Fact, StageFact
from storage.model.measures import FEWEST, first_at
from storage.model.steps import StepChange, Value, step_of

# Of a pipeline's runs the newest so many are looked at stage by stage.
MOST_RUNS = 400
# Clocks of two jobs differ: a stage may seem to begin so many seconds before what it waited for ended.
SLIP_SECONDS = 1


class PathStage(NamedTuple):
    """A stage on the critical path of one run, seconds. `between`: before it, while it was neither queued nor waited
    for a person. saving: how much sooner the run had ended, had it taken no time."""

    stage: str
    run: int
    queue: int
    wait: int
    between: int
    saving: int

    @property
    def exclusive(self) -> int:
        return self.run + self.queue


class GreenPath(NamedTuple):
    """The critical path of one green first attempt, first to last."""

    fact: Fact
    stages: tuple[PathStage, ...]

    @property
    def seconds(self) -> int:
        """Without waits for people."""
        return sum(stage.exclusive + stage.between for stage in self.stages)


class StageShare(Document, frozen=True):
    """A stage over the runs of a period. runs: on whose critical path it lies, of `counted`. exclusive, run, queue:
    medians of those, seconds; wait: of those that waited. saving: seconds, over all runs together."""

    stage: str
    runs: int
    counted: int
    exclusive: int
    run: int
    queue: int
    wait: int
    saving: int

    @property
    def share(self) -> float:
        return self.runs / self.counted

    @property
    def weight(self) -> float:
        """What stages are ranked by: its median exclusive seconds times the share of runs on whose path it lies."""
        return self.exclusive * self.share


class Bottleneck(Document, frozen=True):
    """The stage that ranks first. total: the median of the whole way to green, seconds; days: that were looked at."""

    stage: StageShare
    total: int
    days: int

    @property
    def weekly_saving(self) -> int:
        return weekly(self.stage.saving, self.days)


def weekly(seconds: int, days: int) -> int:
    return round(seconds * 7 / days)


def left_out(fact: Fact) -> str | None:
    """Why a run of the default branch is not looked at; None where it is."""
    if fact.first is not Status.SUCCEEDED:
        return "not green at first attempt"
    if fact.attempts[-1].number != 1:
        return "run again: its stages are those of its last attempt"
    return None if any(map(_span, fact.stages)) else "its stages are not timed"


def green_paths(facts: Iterable[Fact]) -> list[GreenPath]:
    """Of those of the default branch that were green at first, newest first."""
    found = [
        GreenPath(fact, critical_path(fact.stages))
        for fact in facts
        if fact.voice is Voice.DEFAULT and left_out(fact) is None
    ]
    return sorted(found, key=lambda path: (-first_at(path.fact), path.fact.id))


def critical_path(stages: Iterable[StageFact]) -> tuple[PathStage, ...]:
    """Back from the stage that ended last: each one's predecessor is the one that ended last before it began."""
    spans = sorted(filter(None, map(_span, stages)))
    gates = _gates(spans)
    floats = _floats(spans, gates)
    found: list[PathStage] = []
    place: int | None = len(spans) - 1 if spans else None
    while place is not None:
        gate = gates[place]
        found.append(_on_path(spans[place], None if gate is None else spans[gate], _least_beside(place, spans, floats)))
        place = gate
    return tuple(reversed(found))


class _Span(NamedTuple):
    """Ordered by what ended last."""

    end: int
    begin: int
    name: str
    queue: int
    wait: int


def _span(stage: StageFact) -> _Span | None:
    if stage.begin is None or stage.end is None or stage.carried:
        return None
    return _Span(max(stage.begin, stage.end), stage.begin, stage.name, stage.queue_seconds or 0, stage.wait_seconds)


def _gates(spans: Sequence[_Span]) -> list[int | None]:
    """For each the place of the one that ended last before it began."""
    ends, found = [span[0] for span in spans], list[int | None]()
    for span in spans:
        begin = span[1]
        place = bisect_right(ends, begin + SLIP_SECONDS) - 1
        while place >= 0 and spans[place][1] >= begin:
            place -= 1
        found.append(place if place >= 0 else None)
    return found


def _floats(spans: Sequence[_Span], gates: Sequence[int | None]) -> list[int]:
    """How much later each could end without the run ending later, if each had waited for all that had ended before it
    began: for no less than it did."""
    last = spans[-1].end if spans else 0
    found = [0] * len(spans)
    latest: list[tuple[int, int]] = []
    for place in sorted(range(len(spans)), key=lambda place: -spans[place].begin):
        end, begin = spans[place][:2]
        after = [until for began, until in latest if end <= began + SLIP_SECONDS and begin < began]
        found[place] = (min(after) if after else last) - end
        gate = gates[place]
        if gate is not None:
            latest.append((begin, spans[gate].end + found[place]))
    return found


def _least_beside(place: int, spans: Sequence[_Span], floats: Sequence[int]) -> int | None:
    """Of those that neither ended before it began nor began after it ended."""
    end, begin = spans[place][:2]
    beside = [
        floats[other]
        for other, (ended, began, *_) in enumerate(spans)
        if other != place
        and not (ended <= begin + SLIP_SECONDS and began < begin)
        and not (end <= began + SLIP_SECONDS and begin < began)
    ]
    return min(beside) if beside else None


def _on_path(at: _Span, before: _Span | None, allowed: int | None) -> PathStage:
    """`allowed`: how much there is to save at the most, None where nothing is beside it."""
    start = before.end if before else at.begin - at.queue
    gap, work = max(0, at.begin - start), at.end - max(at.begin, start)
    if at.wait <= at.queue:
        # A tool that asks a person before it begins tells that time as queue, too.
        wait = min(at.wait, gap)
        queue, run, between = min(at.queue - at.wait, gap - wait), work, gap - wait
    else:
        wait = min(at.wait, work)
        queue, run, between = min(at.queue, gap), work - wait, gap
    saving = run + queue if allowed is None else min(run + queue, allowed)
    return PathStage(at.name, run, queue, wait, between - queue, saving)


def stage_shares(facts: Iterable[Fact]) -> Sequence[StageShare]:
    """Of all stages that lie on the path to green of some of these runs, what ranks first before all others."""
    return shares_of(green_paths(facts))


def shares_of(paths: Sequence[GreenPath]) -> Sequence[StageShare]:
    by_stage: dict[str, list[PathStage]] = {}
    for path in paths:
        for stage in path.stages:
            by_stage.setdefault(stage.stage, []).append(stage)
    found = [
        StageShare(
            stage=name,
            runs=len(found),
            counted=len(paths),
            exclusive=median_low([one.exclusive for one in found]),
            run=median_low([one.run for one in found]),
            queue=median_low([one.queue for one in found]),
            wait=median_low([one.wait for one in found if one.wait] or [0]),
            saving=sum(one.saving for one in found),
        )
        for name, found in by_stage.items()
    ]
    return sorted(found, key=lambda share: (-share.weight, share.stage))


def bottleneck_of(paths: Sequence[GreenPath], days: int) -> Bottleneck | None:
    """None of too few runs. `days`: that these are of."""
    if len(paths) < FEWEST:
        return None
    return Bottleneck(shares_of(paths)[0], median_low([path.seconds for path in paths]), days)


def first_day_of(facts: Sequence[Fact], first_day: int, last_day: int) -> int:
    """From which day on all runs are among these, a pipeline's newest facts and MOST_RUNS at the most."""
    if len(facts) < MOST_RUNS:
        return first_day
    # Of the oldest day some may not have been read.
    return max(first_day, min(min(fact.day for fact in facts) + 1, last_day))


def since_day(paths: Iterable[GreenPath], first_day: int) -> list[GreenPath]:
    return [path for path in paths if first_at(path.fact) >= first_day * DAY_MS]


def slower_since(facts: Iterable[Fact], stages: Iterable[str]) -> dict[str, StepChange]:
    """Those of the stages that take longer for good, each with the run and the commit it began with: the same test as
    for all that changes."""
    values: dict[str, list[Value]] = {stage: [] for stage in stages}
    for path in green_paths(facts):
        for stage in path.fact.stages:
            if stage.name in values and (run_seconds := stage.run_seconds) is not None:
                values[stage.name].append(Value(first_at(path.fact), run_seconds, path.fact))
    found = {
        name: step_of(Measure.DURATION_P50, sorted(of, key=lambda one: (one.at, one.fact.id)), len(values))
        for name, of in values.items()
    }
    return {name: step for name, step in found.items() if step is not None and step.worse}
