"""Why a run is red, in words. Rules: docs/verdicts.md."""

from __future__ import annotations

from dataclasses import dataclass

from storage.model.entities import Execution, Voice
from storage.model.red_cause import RedCause
from storage.model.verdicts import Cause, RunRef, StageVerdict, Verdict

TITLES = {
    Cause.BROKEN: "Broken",
    Cause.FLAKY: "Flaky",
    Cause.INHERITED: "Not by this change",
    Cause.TOOL: "The CI system's error",
}


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """title: in two or three words. said: what shows it; `run`: that a sentence ends with. suspects: newest first."""

    stage: str
    title: str
    said: str
    run: RunRef | None
    suspects: tuple[RunRef, ...]
    times: str


def said_of_cause(found: RedCause) -> str:
    """Why a pipeline is red, for a row; empty where nothing is known."""
    match found.cause:
        case Cause.FLAKY:
            said = "flaky: passed with the same commit"
        case Cause.TOOL:
            said = "the CI system's error"
        case Cause.INHERITED:
            said = "red before"
        case Cause.BROKEN if found.suspects == 1:
            by = f" by {found.author.partition(' ')[0]}" if found.author else ""
            said = f"since {found.commit}{by}" if found.commit else ""
        case _:
            said = f"since one of {found.suspects} changes" if found.suspects else ""
    parts = [said] if said else []
    if found.tries:
        parts.append(f"run again {_counted(found.tries)}")
    if found.repeats:
        parts.append(f"red {_counted(found.repeats)} before")
    return ", ".join(parts)


def _counted(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def lines_of(verdict: Verdict | None, execution: Execution) -> tuple[VerdictLine, ...]:
    """One a red stage, in the run's order."""
    return tuple(_line(each, execution) for each in verdict.stages) if verdict else ()


def _line(found: StageVerdict, execution: Execution) -> VerdictLine:
    main = execution.voice is not Voice.OTHER
    own = found.evidence is not None and found.evidence.execution_id == execution.id
    said = {
        Cause.BROKEN: _broke(found, main),
        Cause.FLAKY: "it passed when it was run again" if own else "it passed with the same commit in",
        Cause.INHERITED: "it was red before, since" if main else "it is red on the default branch, too, since",
        Cause.TOOL: "nothing is said of the change",
    }[found.cause]
    return VerdictLine(
        stage=found.stage,
        title=TITLES[found.cause],
        said=said,
        run=None if own else found.evidence,
        suspects=found.suspects,
        times=_times(found.times) if found.cause is Cause.BROKEN else "",
    )


def _broke(found: StageVerdict, main: bool) -> str:
    if not main:
        return "it is not red on the default branch"
    if not found.suspects:
        return "when it was green last is not known"
    if len(found.suspects) == 1:
        return "it was green in the run before"
    return f"one of {len(found.suspects)} runs since it was green"


def _times(times: int) -> str:
    return "" if not times else f"; it had broken {_counted(times)} before"
