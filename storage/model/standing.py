"""A pipeline's standing result: the last finished result that says something, whatever runs since. Pure.

The rules, case by case, are in docs/rows.md. Nothing here depends on the order in which executions were heard of.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from storage.model.document import Document
from storage.model.entities import Status
from storage.model.run import AttemptFact, Run
from storage.model.run_history import Forgotten, RunHistory


class StandingResult(Document, frozen=True):
    """The result that stands.

    status, at, stage: how, when and where (red only) the execution ended. since: since when its colour has held.
    first_red_id, first_red_number: the first red execution since then. redeploy: whether an older execution that was
    deployed again, or a rollback, said so; rollback: whether it was one. rolled_back_at: when an older version was last
    put back since, rolled_back_to: which.
    """

    execution_id: str
    number: str
    order: int
    status: Status
    at: int
    since: int
    stage: str = ""
    first_red_id: str = ""
    first_red_number: str = ""
    redeploy: bool = False
    rolled_back_at: int | None = None
    rolled_back_to: str = ""
    attempt: int = 1
    rollback: bool = False

    @property
    def red(self) -> bool:
        return self.status.red


class _Streak(Document, frozen=True):
    since: int
    execution_id: str
    number: str


def standing_of(history: RunHistory) -> StandingResult | None:
    """None where nothing says anything."""
    runs = history.tags if history.by_tags else history.runs
    said = sorted((run for run in runs if run.says), key=lambda run: (run.order, run.id), reverse=True)
    newest = said[0] if said else None
    again = _redeploys(history, newest)
    spoken = [(fact, run) for fact, run in again if fact.number]
    latest = max(spoken, key=lambda pair: (pair[0].at, pair[1].order), default=None)
    if latest is not None and latest[0].status.red:
        return _of_redeploy(latest, spoken)
    if newest is None:
        return None
    fact = newest.verdict
    streak = _streak(said, Forgotten() if history.by_tags else history.forgotten)
    return StandingResult(
        execution_id=newest.id,
        number=newest.number,
        order=newest.order,
        status=fact.status,
        at=fact.at,
        since=streak.since,
        stage=fact.stage,
        first_red_id=streak.execution_id if fact.status.red else "",
        first_red_number=streak.number if fact.status.red else "",
        rolled_back_at=latest[0].at if latest else None,
        rolled_back_to=(latest[1].rollback_to or latest[1].commit) if latest else "",
        attempt=fact.number,
    )


def is_redeploy(order: int, attempt: int, began_at: int, *, rollback: bool, deploys: bool, newest: Run | None) -> bool:
    """Whether an attempt puts an older version back: begun after the newest result was known, it ran a stage that
    deploys."""
    older = newest is not None and order < newest.order and attempt > 1
    after = newest is None or began_at >= newest.verdict.at
    return deploys and after and (rollback or older)


def newest_run(history: RunHistory) -> Run | None:
    """The run of highest order that says something."""
    runs = history.tags if history.by_tags else history.runs
    return max((run for run in runs if run.says), key=lambda run: (run.order, run.id), default=None)


def _redeploys(history: RunHistory, newest: Run | None) -> list[tuple[AttemptFact, Run]]:
    return [
        (fact, run)
        for run in (*history.runs, *history.redeploys)
        for fact in run.attempts
        if (newest is None or run.id != newest.id)
        and is_redeploy(
            run.order, fact.number, fact.began_at, rollback=run.rollback, deploys=fact.deploys, newest=newest
        )
    ]


def _of_redeploy(latest: tuple[AttemptFact, Run], spoken: Iterable[tuple[AttemptFact, Run]]) -> StandingResult:
    fact, run = latest
    first_fact, first_run = fact, run
    for earlier, other in sorted(spoken, key=lambda pair: (pair[0].at, pair[1].order), reverse=True):
        if not earlier.status.red:
            break
        first_fact, first_run = earlier, other
    return StandingResult(
        execution_id=run.id,
        number=run.number,
        order=run.order,
        status=fact.status,
        at=fact.at,
        since=first_fact.red_at or first_fact.at,
        stage=fact.stage,
        first_red_id=first_run.id,
        first_red_number=first_run.number,
        redeploy=True,
        rolled_back_to=run.rollback_to,
        attempt=fact.number,
        rollback=run.rollback,
    )


def _streak(said: Sequence[Run], forgotten: Forgotten) -> _Streak:
    """Since when the newest result's colour has held without a break. `said`: newest order first. What an execution
    said after a newer one had spoken was never the pipeline's result."""
    red = said[0].verdict.status.red
    found = _Streak(0, "", "")
    spoken = math.inf
    for run in said:
        for fact in reversed(run.attempts):
            if fact.at > spoken:
                continue
            if fact.status.red != red:
                return found
            since = fact.red_at if red and fact.red_at is not None else fact.at
            found = _Streak(since, run.id, run.number)
        spoken = min(spoken, run.attempts[0].at)
    if forgotten.since is not None and forgotten.red == red:
        return _Streak(forgotten.since, forgotten.execution_id, forgotten.number)
    return found
