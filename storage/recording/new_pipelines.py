"""How a pipeline begins that nobody heard of before: on whose board, where rules decide that.

Rules decide when a pipeline is new, and again when its tool tells something that they look at for the first time (the
repository of a pipeline of CodePipeline comes with its first source action): so the order in which that is told does
not matter. They are read together with the first event that a process hears of a pipeline, and else only to decide
again. Whatever is decided is guarded by the pipeline's version.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from storage import topics
from storage.codec import fact_items, items
from storage.model.document import replace
from storage.model.execution_view import order_of
from storage.model.merge import State
from storage.model.pipeline_record import PipelineRecord, Placed, told
from storage.model.team_rules import TEXT_OF, UNASSIGNED, TeamRuleSet, facts_of, first_fitting
from storage.recording import inheritance, projections
from storage.recording.current_state import CurrentState
from storage.recording.hints import Hints
from storage.recording.projections import Pipeline
from storage.repositories.team_rule_sets import RULES_KEY, find_rules, rules_of
from storage.table import Delete, Item, Key, Put, Table, VersionIs, Write


@dataclass(frozen=True, slots=True)
class Begun:
    """The pipeline with its team, and what stood of it before on that team's board. `writes` take it from the board it
    left; `left_team_id` is empty where it left none."""

    pipeline: Pipeline
    before: Pipeline
    writes: Sequence[Write] = ()
    topics: Sequence[str] = ()
    left_team_id: str = ""


class NewPipelines:
    def __init__(self, table: Table) -> None:
        self._table = table
        self._known = Hints()

    def keys_for(self, pipeline_id: str) -> list[Key]:
        """What is to be read with a pipeline, as it may be new."""
        return [RULES_KEY] if pipeline_id and not self._known.find(pipeline_id) else []

    def begun(self, team_id: str, pipeline_id: str, state: State, current: CurrentState, pipeline: Pipeline) -> Begun:
        """`team_id`: of the connection that tells of it. `pipeline`: with what it took over of others."""
        before, record = current.pipeline, pipeline.record
        if before.record is None:
            return self._new(team_id, pipeline_id, state, current, pipeline) if pipeline_id else Begun(pipeline, before)
        self._known.keep(pipeline_id, pipeline_id)
        if record is not None and record.placed is Placed.RULES and _tells_more(record, state):
            return self._again(record, state, before, pipeline)
        return Begun(pipeline, before)

    def _new(self, team_id: str, pipeline_id: str, state: State, current: CurrentState, pipeline: Pipeline) -> Begun:
        """One that took over another has its place. It begins with a copy of what its team agrees on about stages."""
        record = pipeline.record
        if record is None:
            text = state.texts.get("pipeline_key")
            record = projections.blank(pipeline_id, team_id, state.source, text.value if text else "")
            record = self._first(record, state, current.rules) if pipeline.row is None else record
        copy = inheritance.read(self._table, record.team_id)
        begun = dataclasses.replace(pipeline, record=replace(record, inherited=copy.inherited))
        return Begun(begun, current.pipeline, copy.checks)

    def _first(self, record: PipelineRecord, state: State, read: Sequence[Item | None]) -> PipelineRecord:
        rules = rules_of(read[0]) if read else find_rules(self._table)
        if not rules.decide_for(record.team_id, record.source):
            return record
        return replace(record, team_id=self._team(rules, record, state) or UNASSIGNED, placed=Placed.RULES)

    def _again(self, record: PipelineRecord, state: State, before: Pipeline, pipeline: Pipeline) -> Begun:
        """It moves where an earlier rule fits now; where none does it stays."""
        team_id = self._team(find_rules(self._table), record, state)
        if team_id in ("", record.team_id):
            return Begun(pipeline, before)
        left = record.team_id
        row = replace(pipeline.row, team_id=team_id) if pipeline.row else None
        copy = inheritance.read(self._table, team_id)
        begun = inheritance.stale_with(replace(record, team_id=team_id), copy.inherited)
        moved = dataclasses.replace(pipeline, record=begun, row=row)
        writes: list[Write] = [*copy.checks, *(Put(fact_items.stale_team_item(each)) for each in (left, team_id))]
        writes.append(Delete(items.summary_key(left, record.id)))
        if before.row_version:
            writes.append(Delete(items.row_key(left, record.id), VersionIs(before.row_version)))
        stood = dataclasses.replace(before, row=None, row_version=0)
        return Begun(moved, stood, writes, (topics.team(left), topics.gate(left), topics.NETWORK), left)

    def _team(self, rules: TeamRuleSet, record: PipelineRecord, state: State) -> str:
        """By the first rule that fits and whose team stands; empty where none does."""
        facts = facts_of(told(record, state, order_of(state)))
        wanted = list(dict.fromkeys(rule.team_id for rule in rules.rules if rule.fits(facts)))
        found = self._table.batch_get([items.team_key(team_id) for team_id in wanted]) if wanted else []
        standing = {team_id for team_id, team in zip(wanted, found, strict=True) if team}
        place = first_fitting(rules.rules, facts, standing)
        return "" if place is None else rules.rules[place].team_id


def _tells_more(record: PipelineRecord, state: State) -> bool:
    """Whether the state has something that rules look at and that nothing told before."""
    return any(f"pipeline_{name}" in state.texts and not record.text(name) for name in TEXT_OF.values())
