"""Reads what is known of pipelines by rules that nobody has saved, beside those that hold. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from storage.model.execution_view import build
from storage.model.facts import fact_of
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import PipelineRecord
from storage.model.rule_effects import (
    KindChange,
    KnownPipeline,
    ReadRun,
    RuleEffects,
    foremost,
    kind_changes,
    may_change,
    measure_changes,
    over_budget,
    uses_of,
)
from storage.model.run import run_of
from storage.model.stage_rules import StageRule
from storage.recording.histories import Found, Histories
from storage.recording.rebuild import Rebuilder
from storage.table import Table

# Pipelines that are looked at, team by team; of how many the runs are read, and how many of each.
MOST_PIPELINES, MOST_READ, RUNS = 400, 25, 8
Edit = Callable[[PipelineRecord], PipelineRecord]


class RulesPreview:
    def __init__(self, table: Table, rebuilder: Rebuilder) -> None:
        self._rebuilder = rebuilder
        self._histories = Histories(table)

    def of(self, team_names: dict[str, str], rules: Sequence[StageRule], edit: Edit, only: str = "") -> RuleEffects:
        """What these rules would make of what is known.

        team_names: of the teams whose pipelines they are for, by ids. edit: a record as it would be with them.
        only: the one pipeline they are for.
        """
        known, pipelines = 0, list[KnownPipeline]()
        for team_id in team_names:
            known += 1 if only else len(self._rebuilder.list_pipelines(team_id))
            if len(pipelines) < MOST_PIPELINES:
                pipelines += islice(self._known(team_id, only), MOST_PIPELINES - len(pipelines))
        wanted_records = [(one, edit(one.record)) for one in pipelines]
        edited = [(one, wanted.arranged) for one, wanted in wanted_records]
        moved = [(one, after) for one, after in edited if may_change(one, after)]
        changes, before, after = list[KindChange](), list[ReadRun](), list[ReadRun]()
        for one, wanted in moved[:MOST_READ]:
            found = [*self._newest(one.record.id)]
            old, new = ([_read(each, one.record, by) for each in found] for by in (one.record.arranged, wanted))
            changes += kind_changes(one, old, new)
            before += old
            after += new
        return RuleEffects(
            known=known,
            pipelines=len(pipelines),
            runs=len(before),
            not_read=max(0, len(moved) - MOST_READ),
            changes=foremost(changes, team_names),
            uses=uses_of(rules, edited),
            measures=(*measure_changes(before, after), *over_budget(wanted_records)),
        )

    def _known(self, team_id: str, only: str) -> Iterator[KnownPipeline]:
        for one in [self._rebuilder.read(only)] if only else self._rebuilder.boards.read(team_id):
            if one.record is not None and one.row is not None:
                yield KnownPipeline(one.record, one.row)

    def _newest(self, pipeline_id: str) -> Iterator[Found]:
        return self._histories.read(islice(self._histories.list_ids(pipeline_id, newest_first=True), RUNS))


def _read(found: Found, record: PipelineRecord, by: PipelineOverrides) -> ReadRun:
    stored = found.stored
    execution = build(stored.state, execution_id=stored.id, pipeline_id=record.id, team_id=record.team_id, overrides=by)
    run = run_of(stored.state, execution, by)
    return ReadRun(execution, fact_of(run, stored.state, execution, by, mark=stored.mark) if run else None)
