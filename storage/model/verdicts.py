"""Why a run is red, as far as what is remembered of its pipeline tells. Pure, and without the time of day: the same
runs give the same verdict, in whatever order they were heard of.

Rules and limits: docs/verdicts.md.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

from storage.model.document import Document
from storage.model.entities import Execution, Status, Voice
from storage.model.run import AttemptFact, Run
from storage.model.run_history import RunHistory

MOST_SUSPECTS = 20


class Cause(enum.StrEnum):
    """The most telling first: of several the first holds for the run."""

    BROKEN = "broken"
    FLAKY = "flaky"
    INHERITED = "inherited"
    TOOL = "tool"


class RunRef(Document, frozen=True):
    """A run that is evidence or a suspect."""

    execution_id: str
    number: str
    commit: str
    author: str
    message: str
    at: int | None


class StageVerdict(Document, frozen=True):
    """Of one red stage; its name is empty where the run is red without one.

    evidence: the run that shows it: that passed with the same commit, or that was red there first. suspects: of what
    broke on the default branch, the runs since the stage was last green, newest first, this one among them. times: how
    often it had gone red and green again before, as far as that is remembered.
    """

    stage: str
    cause: Cause
    evidence: RunRef | None = None
    suspects: tuple[RunRef, ...] = ()
    times: int = 0


class Verdict(Document, frozen=True):
    """stages: each that is red, in the run's order."""

    cause: Cause
    stages: tuple[StageVerdict, ...]

    @property
    def decisive(self) -> StageVerdict:
        return next(each for each in self.stages if each.cause is self.cause)


class _Red(Document, frozen=True):
    id: str
    order: int
    voice: Voice
    commit: str
    began_at: int
    attempt: int
    stages: tuple[str, ...]


def verdict_of(execution: Execution, history: RunHistory) -> Verdict | None:
    """Of an execution at one of its attempts; None where that did not end red. `history`: of its pipeline."""
    reds = {stage.name: stage.status for stage in execution.stages if stage.status.red and not stage.carried}
    if not reds and execution.status.red:
        reds = {"": execution.status}
    if not reds:
        return None
    red = _Red(
        id=execution.id,
        order=execution.order,
        voice=execution.voice,
        commit=execution.commit,
        began_at=execution.queued_at or execution.started_at or execution.last_event_at,
        attempt=execution.attempt,
        stages=tuple(stage.name for stage in execution.stages),
    )
    stages = tuple(_of_stage(red, name, status, history) for name, status in reds.items())
    found = {each.cause for each in stages}
    return Verdict(next(cause for cause in Cause if cause in found), stages)


def verdict_of_run(run: Run, history: RunHistory) -> Verdict | None:
    """The same of a run as its pipeline remembers it."""
    if not run.says or not run.verdict.status.red:
        return None
    reds = {cell.name: cell.status for cell in run.stages if cell.status and cell.status.red and not cell.carried}
    red = _Red(
        id=run.id,
        order=run.order,
        voice=run.voice,
        commit=run.commit,
        began_at=run.verdict.began_at,
        attempt=run.verdict.number,
        stages=tuple(cell.name for cell in run.stages),
    )
    told = reds or {run.verdict.stage: run.verdict.status}
    stages = tuple(_of_stage(red, name, status, history) for name, status in told.items())
    found = {each.cause for each in stages}
    return Verdict(next(cause for cause in Cause if cause in found), stages)


def _of_stage(red: _Red, stage: str, status: Status, history: RunHistory) -> StageVerdict:
    if status is Status.ERRORED:
        return StageVerdict(stage, Cause.TOOL)
    if (passed := _passed_with_same_commit(red, stage, history)) is not None:
        return StageVerdict(stage, Cause.FLAKY, evidence=ref_of(passed))
    line = _before(red, history)
    first = _first_red(line, stage)
    if first is not None:
        return StageVerdict(stage, Cause.INHERITED, evidence=ref_of(first))
    suspects = _suspects(red, line, stage, history) if red.voice is not Voice.OTHER else ()
    return StageVerdict(stage, Cause.BROKEN, suspects=suspects, times=_times(line, stage))


def _passed_with_same_commit(red: _Red, stage: str, history: RunHistory) -> Run | None:
    """The run itself at another attempt, or another run of its commit."""
    for run in history.all():
        if run.id == red.id:
            if any(fact.number != red.attempt and _passed(fact, red, stage) for fact in run.attempts):
                return run
        elif red.commit and _same(run.commit, red.commit) and result_at(run, stage) is Status.SUCCEEDED:
            return run
    return None


def _passed(fact: AttemptFact, red: _Red, stage: str) -> bool:
    """Whether another attempt came beyond the stage: it was green, or red first at a later one."""
    if fact.status is Status.SUCCEEDED:
        return True
    if not fact.stage or stage not in red.stages:
        return False
    return fact.stage not in red.stages or red.stages.index(fact.stage) > red.stages.index(stage)


def _same(one: str, other: str) -> bool:
    """Either may be cut short."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def result_at(run: Run, stage: str) -> Status | None:
    """How a run that says something left a stage: green, red, or None where it did not come by."""
    if not run.says:
        return None
    if run.status is Status.SUCCEEDED:
        return Status.SUCCEEDED
    if not run.stages:
        return run.status if run.verdict.stage == stage else None
    status = next((cell.status for cell in run.stages if cell.name == stage and not cell.pending), None)
    if status is not None and (status.red or status is Status.SUCCEEDED):
        return status
    return run.status if run.verdict.stage == stage else None


def _before(red: _Red, history: RunHistory) -> list[Run]:
    """The runs that it builds on, newest first: of its branch's line those before it, of another branch those of the
    default branch that had begun when it did."""
    if red.voice is Voice.TAG:
        return [run for run in history.tags if run.order < red.order]
    if red.voice is Voice.DEFAULT:
        return [run for run in history.runs if run.order < red.order]
    return [run for run in history.runs if run.says and run.attempts[0].began_at <= red.began_at]


def _first_red(line: Iterable[Run], stage: str) -> Run | None:
    """The first of the runs that left the stage red, without a green one since; None where it was green before."""
    first = None
    for run in line:
        result = result_at(run, stage)
        if result is Status.SUCCEEDED:
            break
        if result is not None and result is not Status.ERRORED:
            first = run
    return first


def _suspects(red: _Red, line: Sequence[Run], stage: str, history: RunHistory) -> tuple[RunRef, ...]:
    """Runs that brought commits since the stage was green: those that ended, whatever they said."""
    green = next((run.order for run in line if result_at(run, stage) is Status.SUCCEEDED), None)
    if green is None:
        return ()
    spoken = history.tags if red.voice is Voice.TAG else (*history.runs, *history.quiet)
    found = [run for run in spoken if green < run.order <= red.order]
    return tuple(ref_of(run) for run in sorted(found, key=lambda run: -run.order)[:MOST_SUSPECTS])


def _times(line: Iterable[Run], stage: str) -> int:
    """How often the stage went red after it had been green."""
    count, was_red = 0, False
    for run in line:
        result = result_at(run, stage)
        if result is Status.SUCCEEDED:
            count, was_red = count + was_red, False
        elif result is not None:
            was_red = True
    return count


def ref_of(run: Run) -> RunRef:
    return RunRef(run.id, run.number, run.commit, run.author, run.message, run.finished_at)
