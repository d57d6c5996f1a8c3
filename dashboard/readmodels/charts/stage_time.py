"""Where the time of a pipeline's runs goes: for each stage how long it ran, was queued and waited for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from dashboard.readmodels.appearance import words
from dashboard.readmodels.charts.axes import WIDTH
from storage.model.facts import Fact
from storage.model.measures import FEWEST

HEIGHT, GAP = 26, 2
# A segment that is narrower has no room for its number.
LEAST_FOR_NUMBER = 20


class StageTime(NamedTuple):
    """Of one stage over some runs, seconds together."""

    stage: str
    runs: int
    run: int
    queue: int
    wait: int

    @property
    def seconds(self) -> int:
        return self.run + self.queue + self.wait


class StagePart(NamedTuple):
    """kind: run, queue or wait. number: of its stage, 0 where it has no room."""

    x: float
    width: float
    kind: str
    number: int


class StageTimeLine(NamedTuple):
    """A stage in words: its part of all time, and what of it was no running."""

    number: int
    stage: str
    percent: str
    per_run: str
    run: str
    queue: str
    wait: str


@dataclass(frozen=True, slots=True)
class StageBar:
    """Of one pipeline. few: too few runs to say much. says: in words."""

    pipeline_id: str
    pipeline: str
    runs: int
    few: bool
    says: str
    segments: tuple[StagePart, ...]
    lines: tuple[StageTimeLine, ...]
    width: int = WIDTH
    height: int = HEIGHT


def stage_times(facts: Iterable[Fact]) -> tuple[int, list[StageTime]]:
    """How many runs tell of timed stages, and each stage in the order in which they begin. Stages side by side count
    each: these are seconds of stages, not of runs."""
    found: dict[str, list[int]] = {}
    begins: dict[str, list[int]] = {}
    runs = 0
    for fact in facts:
        timed = [
            stage for stage in fact.stages if stage.begin is not None and stage.end is not None and not stage.carried
        ]
        runs += bool(timed)
        for stage in timed:
            of = found.setdefault(stage.name, [0, 0, 0, 0])
            for place, seconds in enumerate((1, stage.run_seconds or 0, stage.own_queue_seconds, stage.wait_seconds)):
                of[place] += seconds
            begins.setdefault(stage.name, []).append(stage.begin or 0)
    order = sorted(found, key=lambda name: (sum(begins[name]) / len(begins[name]), name))
    return runs, [StageTime(name, *found[name]) for name in order]


def bar_of(pipeline_id: str, pipeline: str, runs: int, times: Sequence[StageTime]) -> StageBar | None:
    """None where no stage took any time."""
    total = sum(time.seconds for time in times)
    if not total:
        return None
    most = max(times, key=lambda time: time.seconds)
    waits, queues = sum(time.wait for time in times), sum(time.queue for time in times)
    apart = [
        f"{_percent(seconds, total)} {what}"
        for seconds, what in ((queues, "queue"), (waits, "waits for people"))
        if seconds
    ]
    also = f"Of all of it {' and '.join(apart)}." if apart else ""
    return StageBar(
        pipeline_id=pipeline_id,
        pipeline=pipeline,
        runs=runs,
        few=runs < FEWEST,
        says=f"{most.stage} takes {_percent(most.seconds, total)} of the time of {pipeline}'s stages, "
        f"{words(most.seconds // most.runs)} a run. {also}".strip(),
        segments=tuple(_segments(times, total)),
        lines=tuple(
            StageTimeLine(
                number, time.stage, _percent(time.seconds, total), words(time.seconds // time.runs),
                *(words(seconds // time.runs) if seconds else "–" for seconds in (time.run, time.queue, time.wait)),
            )
            for number, time in enumerate(times, 1)
        ),
    )  # fmt: skip


def _percent(part: int, of: int) -> str:
    share = 100 * part / of
    return f"{share:.0f} %" if share >= 1 or not part else "under 1 %"


def _segments(times: Sequence[StageTime], total: int) -> Iterator[StagePart]:
    """Side by side over the whole width; a gap stands before each stage but the first."""
    edges, at = [0.0], 0
    for time in times:
        for seconds in (time.queue, time.run, time.wait):
            at += seconds
            edges.append(WIDTH * at / total)
    for place, (begin, end) in enumerate(pairwise(edges)):
        number, part = divmod(place, 3)
        gap = GAP if begin > 0 and begin == edges[3 * number] else 0
        width = round(end - begin - gap, 1)
        if width > 0:
            kind = ("queue", "run", "wait")[part]
            yield StagePart(
                round(begin + gap, 1), width, kind, number + 1 if width >= LEAST_FOR_NUMBER and kind == "run" else 0
            )
