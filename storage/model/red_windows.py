"""From the first red of a stage on the default branch to its next green: one record each. Pure.

It follows from the runs that the pipeline remembers. Definition: docs/verdicts.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from storage.model.document import Document, replace
from storage.model.entities import Status
from storage.model.pipeline_record import Acknowledgement
from storage.model.run import Run
from storage.model.run_history import RunHistory
from storage.model.verdicts import MOST_SUSPECTS, RunRef, ref_of


class RedWindow(Document, frozen=True):
    """since, until: milliseconds; `until` and `fixed_by` are None while it lasts. first: the run that was red first.
    suspects: the runs since the stage was green, up to the first red one, newest first; none where that is not known.
    reds: runs that were red there; tries: attempts to run one of them again. repeats: how often the stage had been red
    before. taken: who has it, while it lasts."""

    stage: str
    since: int
    until: int | None
    first: RunRef
    fixed_by: RunRef | None = None
    suspects: tuple[RunRef, ...] = ()
    reds: int = 1
    tries: int = 0
    repeats: int = 0
    taken: Acknowledgement | None = None


class _Told(NamedTuple):
    """What an attempt says: that it was red at a stage, or which it passed, all where `passed` is None."""

    at: int
    order: int
    attempt: int
    run: Run
    red: str | None
    since: int
    passed: frozenset[str] | None


def red_windows(history: RunHistory, taken: Acknowledgement | None = None) -> list[RedWindow]:
    """Newest first. `taken`: who has what fails now."""
    spoken = history.tags if history.by_tags else history.runs
    brought = sorted((*spoken, *(() if history.by_tags else history.quiet)), key=lambda run: run.order)
    open_: dict[str, RedWindow] = {}
    seen: dict[str, set[str]] = {}
    green_at: dict[str, int] = {}
    closed: list[RedWindow] = []
    counts: dict[str, int] = {}
    for told in sorted(_told(spoken), key=lambda one: one[:3]):
        ended = [stage for stage in open_ if told.passed is None or stage in told.passed]
        closed += [replace(open_.pop(stage), until=told.at, fixed_by=ref_of(told.run)) for stage in ended]
        for stage in _known(spoken) if told.passed is None else told.passed:
            green_at[stage] = max(told.order, green_at.get(stage, told.order))
        if told.red is None:
            continue
        if (found := open_.get(told.red)) is None:
            suspects = _between(brought, green_at.get(told.red), told.order)
            repeats = counts.get(told.red, 0)
            counts[told.red] = repeats + 1
            seen[told.red] = {told.run.id}
            open_[told.red] = RedWindow(
                told.red, told.since, None, ref_of(told.run), suspects=suspects, repeats=repeats
            )
        else:
            again = told.run.id in seen[told.red]
            seen[told.red].add(told.run.id)
            open_[told.red] = replace(found, reds=found.reds + (not again), tries=found.tries + again)
    lasting = [replace(one, taken=taken) for one in open_.values()]
    return sorted((*closed, *lasting), key=lambda one: (-one.since, one.stage))


def _told(runs: Sequence[Run]) -> Iterator[_Told]:
    for run in runs:
        if run.rollback:
            continue
        for fact in run.attempts:
            red = fact.stage if fact.status.red and fact.status is not Status.ERRORED else None
            passed: frozenset[str] | None = frozenset()
            if fact.status is Status.SUCCEEDED:
                passed = None
            elif fact is run.attempts[-1]:
                passed = frozenset(
                    cell.name for cell in run.stages if cell.status is Status.SUCCEEDED and not cell.carried
                )
            since = fact.red_at if fact.red_at is not None else fact.at
            yield _Told(fact.at, run.order, fact.number, run, red, since, passed)


def _known(runs: Sequence[Run]) -> set[str]:
    return {cell.name for run in runs for cell in run.stages} | {fact.stage for run in runs for fact in run.attempts}


def _between(runs: Sequence[Run], green: int | None, red: int) -> tuple[RunRef, ...]:
    if green is None:
        return ()
    found = [run for run in runs if green < run.order <= red]
    return tuple(ref_of(run) for run in reversed(found[-MOST_SUSPECTS:]))
