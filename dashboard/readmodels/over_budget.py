"""Which stages take longer than their pipeline lets stages of their kind: said, and no alarm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.readmodels.appearance import timer
from dashboard.readmodels.stage_rules import budget_words
from storage.model.board_row import BoardRow, usual_seconds_of
from storage.model.entities import Execution, Stage, StageKind, Status
from storage.model.spans import seconds_between
from storage.model.stage_rules import StageBudget
from storage.model.waiting_times import before_it_began


@dataclass(frozen=True, slots=True)
class OverBudget:
    """Stages of one kind, in one run. seconds: how long they took together, without waits for people. stage: the last
    of them that began, of those that still run where some do; alone: whether it is the only one; moves: whether one of
    them still runs."""

    budget: StageBudget
    seconds: int
    stage: str
    alone: bool
    moves: bool

    @property
    def said(self) -> str:
        """As in: Commit stages took 12:30 together, more than 10 min, the standard."""
        kind, limit = self.budget.kind, budget_words(self.budget)
        if self.moves:
            return f"Longer than {kind} stages may take: {limit}."
        whose = f"Took {timer(self.seconds)}, and {kind} stages" if self.alone else f"{str(kind).capitalize()} stages"
        took = " may take" if self.alone else f" took {timer(self.seconds)} together and may take"
        return f"{whose}{took} {limit}."


def over_budget(execution: Execution, row: BoardRow, now: int) -> tuple[OverBudget, ...]:
    """Of the attempt that is shown. `now`: milliseconds, of one that is lost when it was last heard of."""
    found = []
    for kind, stages in _by_kind(execution, now):
        budget = row.budget(kind)
        seconds = _together(stages, now)
        if budget is not None and seconds > budget.minutes * 60:
            last = max(stages, key=lambda stage: (_moves(stage), stage.started_at or 0, stage.group))
            found.append(OverBudget(budget, seconds, last.name, len(stages) == 1, any(map(_moves, stages))))
    return tuple(found)


def over_at(execution: Execution, row: BoardRow, now: int) -> int | None:
    """When the next kind of stages will have taken longer than it may, if what runs goes on (milliseconds)."""
    times = []
    for kind, stages in _by_kind(execution, now):
        budget = row.budget(kind)
        left = budget.minutes * 60 - _together(stages, now) if budget else -1
        if left >= 0 and any(map(_moves, stages)):
            times.append(now + (left + 1) * 1000)
    return min(times, default=None)


def _by_kind(execution: Execution, now: int) -> Iterable[tuple[StageKind, Sequence[Stage]]]:
    ran = [
        stage
        for stage in execution.stages
        if not (stage.carried or stage.pending or stage.status is Status.SKIPPED) and _seconds(stage, now) is not None
    ]
    for kind in StageKind:
        if stages := [stage for stage in ran if stage.kind is kind]:
            yield kind, stages


def _moves(stage: Stage) -> bool:
    return stage.status is Status.RUNNING


def _together(stages: Sequence[Stage], now: int) -> int:
    """Of those side by side the longest."""
    groups: dict[int, int] = {}
    for stage in stages:
        groups[stage.group] = max(groups.get(stage.group, 0), _seconds(stage, now) or 0)
    return sum(groups.values())


def _seconds(stage: Stage, now: int) -> int | None:
    took = seconds_between(stage.started_at, now if _moves(stage) else stage.finished_at)
    return None if took is None else max(0, took - max(0, stage.wait_seconds - before_it_began(stage).wait))


def usually_over(row: BoardRow) -> tuple[str, ...]:
    """Kinds of stages that usually take longer than they may, each in words."""
    told = ((kind, usual_seconds_of(kind, row.layout), row.budget(kind)) for kind in StageKind)
    return tuple(
        f"{kind} stages usually take {timer(seconds)} and may take {budget_words(budget)}"
        for kind, seconds, budget in told
        if seconds is not None and budget is not None and seconds > budget.minutes * 60
    )
