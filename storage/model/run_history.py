"""What a pipeline remembers of its executions, and the usual times and rates that follow from it. Pure.

Rates and usual times are of first attempts of the default branch: a run that went green only when it was run again has
failed. Medians and percentiles are nearest-rank.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import median_low

from storage.model.document import MOST_REMEMBERED, Document, remembered, replace
from storage.model.entities import Status, Voice
from storage.model.merge import VERDICTS
from storage.model.run import ProductionMark, Run, mark_order, production_of
from storage.model.scheduled_runs import NO_SCHEDULED_RUNS, ScheduledRuns, with_time

KEPT = 30
KEPT_QUIET, KEPT_REDEPLOYS, KEPT_REFS = 20, 8, 30
SHOWN = 20
STAGES_BYTES = 250_000
FEWEST_FOR_ESTIMATE = 5
HOUR_SECONDS = 3600


class Forgotten(Document, frozen=True):
    """What is left of the runs of the default branch that are remembered no more.

    order: the highest of theirs. until: when the last of them said something.
    red:   how they left the pipeline, since when, and since which run.
    """

    order: int = -1
    until: int = 0
    red: bool = False
    since: int | None = None
    execution_id: str = ""
    number: str = ""
    production: ProductionMark | None = None


class RunHistory(Document, frozen=True):
    """A pipeline's executions as far as they are remembered, newest first.

    runs:      of the default branch, that say something. quiet: of it, that say nothing (cancelled, skipped).
    tags:      on tags. others: the newest of each other branch and change request.
    redeploys: rollbacks, and runs older than the remembered ones that were run again.
    stale:     an execution older than what is remembered was heard of, or one turned out not to speak as it had: fold
               it again from the executions.
    scheduled: when its schedule began runs, of whatever branch, also those that have not ended.
    """

    runs: tuple[Run, ...] = ()
    quiet: tuple[Run, ...] = ()
    tags: tuple[Run, ...] = ()
    redeploys: tuple[Run, ...] = ()
    others: tuple[Run, ...] = ()
    forgotten: Forgotten = Forgotten()
    stale: bool = False
    scheduled: ScheduledRuns = NO_SCHEDULED_RUNS

    def all(self) -> tuple[Run, ...]:
        return (*self.runs, *self.quiet, *self.tags, *self.redeploys, *self.others)

    @property
    def by_tags(self) -> bool:
        """Whether tags speak for the pipeline, as nothing else that is remembered does."""
        return not (self.runs or self.quiet or self.redeploys)

    @property
    def ended(self) -> list[Run]:
        """The runs that rates and sparks are about: of the default branch, else on tags; newest first."""
        return list(self.tags) if self.by_tags else _newest_first([*self.runs, *self.quiet])


def remember(history: RunHistory, mine: str, run: Run | None) -> RunHistory:
    """With the execution `mine` as it now is, whatever it was before; None: nothing of it has ended."""
    known = [other for other in history.all() if other.id == mine]
    if known == ([run] if run else []):
        return history

    def without(runs: Sequence[Run]) -> list[Run]:
        return [known for known in runs if known.id != mine]

    runs, quiet, tags = without(history.runs), without(history.quiet), without(history.tags)
    redeploys, others = without(history.redeploys), without(history.others)
    stale, forgotten = history.stale or _speaks_otherwise(history, mine, run), history.forgotten
    if run is None:
        pass
    elif run.voice is Voice.DEFAULT and run.says and not run.rollback:
        if run.order <= forgotten.order and not any(known.id == mine for known in history.runs):
            stale = stale or not _came_too_late(run, runs)
            redeploys += [run] if run.verdict.number > 1 else []
        else:
            stale = stale or run.attempts[0].at < forgotten.until
            runs.append(run)
    elif run.voice is Voice.DEFAULT and run.says:
        redeploys.append(run)
    elif run.voice is Voice.DEFAULT:
        quiet.append(_slim(run))
    elif run.voice is Voice.TAG:
        tags.append(run)
    elif run.voice is Voice.OTHER:
        others.append(_slim(run))
    runs, left, forgotten = _forget(runs, forgotten)
    redeploys += [each for each in left if each.verdict.number > 1]
    return RunHistory(
        runs=tuple(_fitting(runs)),
        quiet=tuple(_newest_first(quiet)[:KEPT_QUIET]),
        tags=tuple(_newest_first(tags)[:KEPT]),
        redeploys=tuple(_newest_first(redeploys)[:KEPT_REDEPLOYS]),
        others=tuple(_newest_of_each_ref(others)[:KEPT_REFS]),
        forgotten=forgotten,
        stale=stale,
        scheduled=history.scheduled,
    )


def with_scheduled(history: RunHistory, at: int | None) -> RunHistory:
    """With a run that its schedule began then, milliseconds; None: no schedule did. The very same object where that
    tells nothing new."""
    scheduled = history.scheduled if at is None else with_time(history.scheduled, at)
    return history if scheduled is history.scheduled else replace(history, scheduled=scheduled)


def _speaks_otherwise(history: RunHistory, mine: str, run: Run | None) -> bool:
    """Whether it turned out not to speak for what, or not from where in the order, it was taken to, so that others may
    have been left out for it."""
    if run is None:
        return False
    as_it_is = (run.voice, run.rollback, run.order)
    return any(known.id == mine and (known.voice, known.rollback, known.order) != as_it_is for known in history.all())


def _came_too_late(run: Run, runs: Sequence[Run]) -> bool:
    """Whether all that it says was said after a newer run had spoken: it then never was the pipeline's result."""
    spoken = min((known.attempts[0].at for known in runs), default=math.inf)
    return all(fact.at > spoken for fact in run.attempts)


def _slim(run: Run) -> Run:
    return replace(run, stages=())


def _newest_first(runs: Iterable[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: (run.order, run.id), reverse=True)


def _newest_of_each_ref(runs: Iterable[Run]) -> list[Run]:
    newest: dict[str, Run] = {}
    for run in _newest_first(runs):
        newest.setdefault(run.ref, run)
    return list(newest.values())


def _forget(runs: Iterable[Run], forgotten: Forgotten) -> tuple[list[Run], list[Run], Forgotten]:
    """Those that stay, those that do not, and what is left of these."""
    kept, left = _newest_first(runs), list[Run]()
    while len(kept) > KEPT:
        left.append(kept.pop())
        forgotten = _left(left[-1], kept, forgotten)
    return kept, left, forgotten


def _left(run: Run, newer: Sequence[Run], forgotten: Forgotten) -> Forgotten:
    spoken = min((known.attempts[0].at for known in newer), default=math.inf)
    for fact in run.attempts:
        if fact.at > spoken:
            continue
        red = fact.status.red
        forgotten = replace(forgotten, until=max(forgotten.until, fact.at))
        if forgotten.since is None or red != forgotten.red:
            since = (fact.red_at if red else fact.at) or fact.at
            forgotten = replace(forgotten, red=red, since=since, execution_id=run.id, number=run.number)
    mark = production_of(run)
    newest = max((m for m in (mark, forgotten.production) if m), key=mark_order, default=None)
    return replace(forgotten, order=max(forgotten.order, run.order), production=newest)


def _fitting(kept: Sequence[Run]) -> Iterator[Run]:
    """Runs stand in one item with their pipeline: where names are very long, the oldest forget their stages."""
    left = STAGES_BYTES
    for run in kept:
        left -= _stages_bytes_of(run)
        yield run if left >= 0 else replace(run, stages=())


def _stages_bytes(run: Run) -> int:
    return sum(len(stage.name.encode()) + 50 for stage in run.stages)


# All but one of a history are the very objects they were.
_stages_bytes_of = remembered(_stages_bytes, most=8 * MOST_REMEMBERED)


def green(history: RunHistory) -> list[Run]:
    """The latest runs that were green at the first attempt, newest first, at most as many as estimates look at."""
    return [run for run in history.ended if run.first is Status.SUCCEEDED][:SHOWN]


def usual_seconds(values: Iterable[int | None]) -> int | None:
    """The median, from enough values on."""
    known = [value for value in values if value is not None]
    return median_low(known) if len(known) >= FEWEST_FOR_ESTIMATE else None


def late_seconds(values: Iterable[int | None]) -> int | None:
    """The 95th percentile by nearest rank: slower than 19 of 20. None with too few values."""
    known = sorted(value for value in values if value is not None)
    if len(known) < FEWEST_FOR_ESTIMATE:
        return None
    return known[math.ceil(0.95 * len(known)) - 1]


def silent_seconds(late: int | None) -> int:
    """How long a run may say nothing before it counts as lost: three times the slow time, never under an hour;
    six hours while nothing is known."""
    return 6 * HOUR_SECONDS if late is None else max(3 * late, HOUR_SECONDS)


class Rate(Document, frozen=True):
    """Runs whose first attempt was green, out of those whose first attempt says something. `rerun`: how many of the
    others went green when they were run again."""

    green: int
    counted: int
    rerun: int = 0


def success_rate(history: RunHistory) -> Rate:
    counted = [run for run in history.ended if run.first in VERDICTS][:SHOWN]
    greens = sum(run.first is Status.SUCCEEDED for run in counted)
    rerun = sum(run.first is not Status.SUCCEEDED and run.status is Status.SUCCEEDED for run in counted)
    return Rate(greens, len(counted), rerun)
