"""What other rules about stages would make of runs that are known. Pure: nothing is changed by looking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import NamedTuple

from storage.model.board_row import BoardRow, usual_seconds_of
from storage.model.document import replace
from storage.model.entities import Execution, StageKind
from storage.model.facts import Fact
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import PipelineRecord
from storage.model.stage_rules import StageRule, budget_of, budgets_of, matches, rule_for

MOST_CHANGES = 200


@dataclass(frozen=True, slots=True)
class KnownPipeline:
    """A pipeline with what its record and row know of it."""

    record: PipelineRecord
    row: BoardRow

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of stages of all runs that are remembered or in flight."""
        cells = [cell for run in self.record.history.all() for cell in run.stages]
        cells += [cell for one in (*self.row.in_flight, self.row.ended) if one for cell in one.stages]
        return tuple(dict.fromkeys(cell.name for cell in cells))


@dataclass(frozen=True, slots=True)
class KindChange:
    """A stage that would be of another kind. `runs`: of those looked at, how many have it."""

    pipeline_id: str
    team_id: str
    pipeline: str
    stage: str
    before: StageKind
    after: StageKind
    runs: int


@dataclass(frozen=True, slots=True)
class RuleUse:
    """matched: how many stages of how many pipelines its pattern means. decided: for how many of them it would count,
    as nothing before it does."""

    rule: StageRule
    matched: int
    decided: int


class MeasureChange(NamedTuple):
    """What is counted in the runs looked at, by the present rules and by the others. None: there is nothing to count.
    `unit`: empty, or s for seconds."""

    name: str
    before: int | None
    after: int | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class RuleEffects:
    """known, pipelines: how many pipelines the rules are for, and how many were looked at. runs: how many of the newest
    runs of those whose stages may change were read; not_read: how many such pipelines were not."""

    known: int
    pipelines: int
    runs: int
    not_read: int
    changes: tuple[KindChange, ...]
    uses: tuple[RuleUse, ...]
    measures: tuple[MeasureChange, ...]


class ReadRun(NamedTuple):
    """A run as the one or the other rules read it. fact: None while nothing of it has ended."""

    execution: Execution
    fact: Fact | None


def may_change(one: KnownPipeline, after: PipelineOverrides) -> bool:
    """Whether another rule would count for a stage. What none counts for is as its tool or its name says."""
    before = one.record.arranged
    old, new = before.conventions.rules, after.conventions.rules
    if old == new:
        return False
    told = ((rule_for(old, name), rule_for(new, name)) for name in one.stages if before.chosen(name) is None)
    return any((was and was.kind) != (now and now.kind) for was, now in told)


def uses_of(
    rules: Sequence[StageRule], pipelines: Iterable[tuple[KnownPipeline, PipelineOverrides]]
) -> tuple[RuleUse, ...]:
    """`rules`: of the level that is edited; with each pipeline what it would be read by."""
    matched, decided = [0] * len(rules), [0] * len(rules)
    for one, after in pipelines:
        for name in one.stages:
            first = rule_for(after.conventions.rules, name) if after.chosen(name) is None else None
            for place, rule in enumerate(rules):
                if matches(rule.pattern, name):
                    matched[place] += 1
                    decided[place] += rule is first
    return tuple(RuleUse(*told) for told in zip(rules, matched, decided, strict=True))


def kind_changes(one: KnownPipeline, before: Sequence[ReadRun], after: Sequence[ReadRun]) -> list[KindChange]:
    """Of one pipeline, whose runs were read by both."""
    found: dict[str, tuple[StageKind, StageKind, int]] = {}
    for old, new in zip(before, after, strict=True):
        kinds = {stage.name: stage.kind for stage in new.execution.stages}
        for stage in old.execution.stages:
            if kinds[stage.name] is not stage.kind:
                was, now, runs = found.get(stage.name, (stage.kind, kinds[stage.name], 0))
                found[stage.name] = (was, now, runs + 1)
    return [
        KindChange(one.record.id, one.record.team_id, one.row.label, name, was, now, runs)
        for name, (was, now, runs) in found.items()
    ]


def over_budget(pipelines: Sequence[tuple[KnownPipeline, PipelineRecord]]) -> tuple[MeasureChange, ...]:
    """With each pipeline its record as it would be. Of each kind how many pipelines' stages usually take longer than
    they may, where that would be others."""
    told = []
    for kind in StageKind:
        before = sum(_is_over(one, one.record, kind) for one, _ in pipelines)
        after = sum(_is_over(one, wanted, kind) for one, wanted in pipelines)
        told.append(MeasureChange(f"pipelines over the budget of {kind} stages", before, after))
    return tuple(one for one in told if one.before != one.after)


def _is_over(one: KnownPipeline, wanted: PipelineRecord, kind: StageKind) -> bool:
    budget = budget_of(kind, budgets_of(wanted.overrides.conventions, wanted.inherited))
    if budget is None:
        return False
    known, rules = wanted.arranged, one.record.arranged.conventions.rules
    # What a rule of now says of a stage tells nothing of what it is without it.
    line = [
        replace(cell, kind=known.kind(cell.name, None if rule_for(rules, cell.name) else cell.kind))
        for cell in one.row.layout
    ]
    return (usual_seconds_of(kind, line) or 0) > budget.minutes * 60


def measure_changes(before: Sequence[ReadRun], after: Sequence[ReadRun]) -> tuple[MeasureChange, ...]:
    """What moves with the kinds of stages, of all runs that were read; what does not move is not told."""
    counted = (MeasureChange(name, count(before), count(after), unit) for name, unit, count in _COUNTED)
    return tuple(one for one in counted if one.before != one.after)


def _deployments(runs: Sequence[ReadRun]) -> int:
    return sum(len(run.fact.deployed) for run in runs if run.fact)


def _deploying(runs: Sequence[ReadRun]) -> int:
    return sum(any(attempt.deploys for attempt in run.fact.attempts) for run in runs if run.fact)


def _failed_deploying(runs: Sequence[ReadRun]) -> int:
    facts = [run.fact for run in runs if run.fact]
    return sum(any(attempt.deploys and attempt.status.red for attempt in fact.attempts) for fact in facts)


def _commit_seconds(runs: Sequence[ReadRun]) -> int | None:
    """Of a run, from when its commit stages began until they ended."""
    told = [seconds for run in runs if run.fact and (seconds := _commit_of(run.fact)) is not None]
    return median_low(told) if told else None


def _commit_of(fact: Fact) -> int | None:
    told = [stage for stage in fact.stages if stage.kind is StageKind.COMMIT and not stage.carried]
    spans = [(stage.begin, stage.end) for stage in told if stage.begin is not None and stage.end is not None]
    return max(end for _, end in spans) - min(begin for begin, _ in spans) if spans else None


_COUNTED: tuple[tuple[str, str, Callable[[Sequence[ReadRun]], int | None]], ...] = (
    ("deployments to production", "", _deployments),
    ("runs that deploy", "", _deploying),
    ("runs that deploy and are red", "", _failed_deploying),
    ("commit stages, median", "s", _commit_seconds),
)


def foremost(changes: Iterable[KindChange], teams: Mapping[str, str]) -> tuple[KindChange, ...]:
    """By team, pipeline and stage, at most MOST_CHANGES. `teams`: names by ids."""

    def place(one: KindChange) -> tuple[str, str, str, str]:
        return (teams.get(one.team_id, "").casefold(), one.pipeline.casefold(), one.pipeline_id, one.stage)

    return tuple(sorted(changes, key=place)[:MOST_CHANGES])
