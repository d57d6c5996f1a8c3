"""Rules about stages as people read them: every level in the order in which it counts, budgets, how far a change has
come, and what an edited list would make of what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.links import pipeline_href
from dashboard.readmodels.appearance import words
from storage.model.apply_progress import ApplyProgress
from storage.model.entities import StageKind
from storage.model.rule_effects import KindChange, MeasureChange, RuleEffects, RuleUse
from storage.model.stage_rules import ConventionLevel, StageBudget, StageRule
from storage.model.stage_words import RULES


@dataclass(frozen=True, slots=True)
class RuleLevel:
    """One that counts where none above it says anything. href: where the reader may change it; empty where not."""

    title: str
    rules: tuple[StageRule, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class WordRule:
    """A line of the words that nobody can change."""

    kind: StageKind
    when: str
    words: str


WORDS = tuple(WordRule(rule.kind, rule.when, ", ".join(rule.words)) for rule in RULES)


def budget_words(budget: StageBudget | None) -> str:
    """As in 10 min, the standard."""
    return f"{words(budget.minutes * 60)}, {WHOSE[budget.level]}" if budget else "no limit"


WHOSE = {
    ConventionLevel.PIPELINE: "this pipeline's own",
    ConventionLevel.TEAM: "as the team says",
    ConventionLevel.INSTALLATION: "as all teams have it",
    ConventionLevel.STANDARD: "the standard",
}


@dataclass(frozen=True, slots=True)
class ApplyLine:
    """How far the last change has come. sign: the status its symbol is drawn as; done, total: pipelines."""

    words: str
    sign: str
    done: int
    total: int
    works: bool
    at: int
    by: str


def apply_line(progress: ApplyProgress | None) -> ApplyLine | None:
    if progress is None:
        return None
    done, total = progress.applied, progress.total
    if not progress.works:
        said = f"Applied to {'all ' if total > 1 else ''}{_many(total, 'pipeline')}"
    elif not total:
        said = "About to be applied"
    else:
        said = f"Applied to {done} of {_many(total, 'pipeline')}"
        if failed := len(progress.failed):
            said += f"; {failed} could not be read and {'is' if failed == 1 else 'are'} tried again"
    sign = "succeeded" if not progress.works else "failed" if progress.failed else "running"
    return ApplyLine(said, sign, done, total, progress.works, progress.ended_at or progress.asked_at, progress.asked_by)


@dataclass(frozen=True, slots=True)
class EffectLine:
    """A stage that would be of another kind. team: where several are concerned."""

    change: KindChange
    team: str
    href: str


@dataclass(frozen=True, slots=True)
class StageRulesPreview:
    """What would move. looked_at: in words, of how much that was read. idle: rules that would never count, and why."""

    lines: tuple[EffectLine, ...]
    measures: tuple[str, ...]
    idle: tuple[str, ...]
    looked_at: str
    more: int

    @property
    def moves(self) -> bool:
        return bool(self.lines or self.measures or self.more)


def preview_of(effects: RuleEffects, slugs: Mapping[str, str], teams: Mapping[str, str]) -> StageRulesPreview:
    """`slugs`: of all teams that are concerned, by their ids; `teams`: names, empty where there is one alone."""

    def href_of(one: KindChange) -> str:
        return pipeline_href(slugs[one.team_id], one.pipeline_id) if one.team_id in slugs else ""

    return StageRulesPreview(
        lines=tuple(EffectLine(one, teams.get(one.team_id, ""), href_of(one)) for one in effects.changes),
        measures=tuple(_moved(one) for one in effects.measures),
        idle=tuple(said for use in effects.uses if (said := _idle(use))),
        looked_at=_looked_at(effects),
        more=effects.not_read,
    )


def _looked_at(effects: RuleEffects) -> str:
    some = f"{effects.pipelines} of " if effects.pipelines < effects.known else ""
    return f"Names of stages in {some}{_many(effects.known, 'pipeline')}, and {_many(effects.runs, 'run')} in full"


def _moved(one: MeasureChange) -> str:
    before, after = (_value(value, one.unit) for value in (one.before, one.after))
    return f"{one.name[0].upper()}{one.name[1:]}: {before} now, {after} then"


def _value(value: int | None, unit: str) -> str:
    if value is None:
        return "none"
    return words(value) if unit == "s" else str(value)


def _idle(use: RuleUse) -> str:
    if not use.matched:
        return f"“{use.rule.pattern}” matches no stage that is known"
    if not use.decided:
        return f"“{use.rule.pattern}” never counts: something before it does for each stage that it matches"
    return ""


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
