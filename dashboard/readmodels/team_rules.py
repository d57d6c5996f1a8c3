"""What team rules take of the pipelines that were received, told before they are saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.sources import SOURCES
from storage import keys
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord, Placed
from storage.model.team_rules import (
    UNASSIGNED,
    PipelineFacts,
    RuledSource,
    TeamRule,
    covering,
    facts_of,
    first_fitting,
    patterns_of,
)

# Names that are told of each list; how many more there are is told, too.
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class RuleWords:
    """A rule as a sentence: "Pipelines of GitHub Actions with repository acme/pay-* go to Payments". tool: empty where
    it is for all. conditions: what it looks at beside, and the patterns. team: None where that is gone."""

    tool: str
    conditions: tuple[tuple[str, tuple[str, ...]], ...]
    team: Team | None


@dataclass(frozen=True, slots=True)
class ReceivedPipeline:
    """A pipeline that rules may decide about. told_to: the team of the connection that tells of it, empty where it came
    to Unassigned some other way."""

    record: PipelineRecord
    name: str
    told_to: str

    @property
    def is_by_hand(self) -> bool:
        """Whether a person put it where it is; before there were rules whoever moved one was a person."""
        placed, team_id = self.record.placed, self.record.team_id
        return placed is Placed.PERSON or (placed is Placed.CONNECTION and team_id not in (self.told_to, UNASSIGNED))


@dataclass(frozen=True, slots=True)
class NamedPipelines:
    """names: the first of `number`."""

    number: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        more = self.number - len(self.names)
        return ", ".join(self.names) + (f" and {more} more" if more else "")


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """What one rule takes. taken_by: the number of an earlier rule that leaves it nothing, whatever may come; 0 without
    one. taken_before: it fits pipelines, and earlier rules have all of them."""

    number: int
    words: RuleWords
    takes: NamedPipelines
    taken_by: int
    taken_before: bool


@dataclass(frozen=True, slots=True)
class RuledMove:
    """A pipeline that is to go from a team to another."""

    pipeline_id: str
    name: str
    home: Team
    to: Team


@dataclass(frozen=True, slots=True)
class TeamRulesPreview:
    """received: how many pipelines rules may decide about. moves: those that would change teams. by_hand: those that a
    rule would have elsewhere, and that stay where a person moved them. unmatched: those that no rule fits."""

    received: int
    findings: tuple[RuleFinding, ...]
    moves: tuple[RuledMove, ...]
    by_hand: NamedPipelines
    unmatched: NamedPipelines

    @property
    def named_moves(self) -> tuple[RuledMove, ...]:
        return self.moves[:MOST_NAMED]


def told_to(record: PipelineRecord, ruled: Sequence[RuledSource]) -> str:
    """Which of these teams' connections tells of it: its id follows from that. Empty where none does."""
    teams = (one.team_id for one in ruled if one.source == record.source)
    return next((team for team in teams if keys.pipeline_id(team, record.source, record.key) == record.id), "")


def received(
    records: Iterable[tuple[PipelineRecord, str]], ruled: Sequence[RuledSource]
) -> tuple[ReceivedPipeline, ...]:
    """Of records with their names those that connections tell of for which rules decide, and those in Unassigned, by
    name."""
    found = (ReceivedPipeline(record, name, told_to(record, ruled)) for record, name in records)
    decided = (one for one in found if one.told_to or one.record.team_id == UNASSIGNED)
    return tuple(sorted(decided, key=lambda one: (one.name.casefold(), one.record.id)))


def words_of(rule: TeamRule, teams: Mapping[str, Team]) -> RuleWords:
    tool = SOURCES[rule.source].label if rule.source in SOURCES else rule.source
    told = tuple((of, tuple(patterns_of(said))) for of, said in rule.conditions if of != "source")
    return RuleWords(tool, told, teams.get(rule.team_id))


def preview(
    rules: Sequence[TeamRule], pipelines: Sequence[ReceivedPipeline], teams: Mapping[str, Team]
) -> TeamRulesPreview:
    """`teams`: all that stand, by their ids."""
    takes: list[list[ReceivedPipeline]] = [[] for _ in rules]
    unmatched: list[ReceivedPipeline] = []
    facts = [facts_of(one.record) for one in pipelines]
    for one, told in zip(pipelines, facts, strict=True):
        place = first_fitting(rules, told, teams)
        (unmatched if place is None else takes[place]).append(one)
    changed = [
        (one, rule.team_id)
        for rule, some in zip(rules, takes, strict=True)
        for one in some
        if one.record.team_id != rule.team_id
    ]
    moves = [
        RuledMove(one.record.id, one.name, teams[one.record.team_id], teams[to])
        for one, to in changed
        if not one.is_by_hand and one.record.team_id in teams
    ]
    return TeamRulesPreview(
        received=len(pipelines),
        findings=tuple(_finding(rules, at, takes[at], facts, teams) for at in range(len(rules))),
        moves=tuple(sorted(moves, key=lambda move: (move.name.casefold(), move.pipeline_id))),
        by_hand=_named([one for one, _ in changed if one.is_by_hand]),
        unmatched=_named(unmatched),
    )


def _finding(
    rules: Sequence[TeamRule],
    at: int,
    takes: Sequence[ReceivedPipeline],
    facts: Sequence[PipelineFacts],
    teams: Mapping[str, Team],
) -> RuleFinding:
    rule = rules[at]
    covered = covering(rules, at, teams)
    fits = not takes and rule.team_id in teams and any(rule.fits(told) for told in facts)
    return RuleFinding(at + 1, words_of(rule, teams), _named(takes), 0 if covered is None else covered + 1, fits)


def _named(found: Sequence[ReceivedPipeline]) -> NamedPipelines:
    return NamedPipelines(len(found), tuple(one.name for one in found[:MOST_NAMED]))
