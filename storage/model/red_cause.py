"""Why a pipeline is red, in as few words as its row has room for. Pure."""

from __future__ import annotations

from storage.model.document import Document
from storage.model.red_windows import RedWindow, red_windows
from storage.model.run_history import RunHistory
from storage.model.standing import StandingResult
from storage.model.verdicts import Cause, verdict_of_run

MOST_LETTERS = 40


class RedCause(Document, frozen=True):
    """Of a standing result that is red, at its stage: the cause of the run that was red there first.

    suspects: how many runs may have broken it, 0 where that is not known; author, commit: of the only one.
    tries: how often a run was run again there since; repeats: how often the stage had broken before.
    """

    cause: Cause
    suspects: int = 0
    author: str = ""
    commit: str = ""
    tries: int = 0
    repeats: int = 0


def red_cause(history: RunHistory, result: StandingResult | None) -> RedCause | None:
    """None where the result is not red, or the run that was red first is remembered no more."""
    if result is None or not result.red or result.redeploy:
        return None
    window = _lasting(history, result)
    # What only errored is in no window.
    first_id = window.first.execution_id if window else result.execution_id
    run = next((run for run in history.all() if run.id == first_id), None)
    verdict = verdict_of_run(run, history) if run else None
    if verdict is None:
        return None
    cause = next((one.cause for one in verdict.stages if window and one.stage == window.stage), verdict.cause)
    suspects = window.suspects if window and cause is Cause.BROKEN else ()
    only = suspects[0] if len(suspects) == 1 else None
    return RedCause(
        cause=cause,
        suspects=len(suspects),
        author=only.author[:MOST_LETTERS] if only else "",
        commit=only.commit[:7] if only else "",
        tries=window.tries if window else 0,
        repeats=window.repeats if window else 0,
    )


def _lasting(history: RunHistory, result: StandingResult) -> RedWindow | None:
    """The stretch at the result's stage that lasts."""
    return next((one for one in red_windows(history) if one.until is None and one.stage == result.stage), None)
