"""What people change of a pipeline: how it is shown, whose it is, and who has it. Each change is one transaction with
its entry in the audit log; what is derived is folded again where the change asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from storage import topics
from storage.codec import fact_items, items
from storage.errors import Conflict, NotFound
from storage.model.accounts import Actor
from storage.model.board_row import BoardRow
from storage.model.document import replace
from storage.model.entities import Team
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import Acknowledgement, PipelineRecord, Placed
from storage.model.stage_rules import Conventions
from storage.model.team_rules import UNASSIGNED
from storage.recording import inheritance, projections
from storage.recording.projections import Pipeline
from storage.recording.rebuild import Rebuilder, row_and_record
from storage.repositories import audit, changes
from storage.repositories.stage_conventions import difference
from storage.table import Absent, Delete, Put, Table, VersionIs, Write

TRIES = 5
# Executions that are looked at while somebody waits; the others follow in the background.
AT_ONCE = 100
SHOWN = (
    *("name", "default_branch", "hidden", "stages", "ordered", "expected_hours", "labels"),
    "ignores_schedule",
)


class OverrideWriter:
    def __init__(self, table: Table, now: Callable[[], int], rebuilder: Rebuilder) -> None:
        self._table = table
        self._now = now
        self._rebuilder = rebuilder

    def override(
        self, team_id: str, pipeline_id: str, wanted: PipelineOverrides, based_on: PipelineOverrides, by: Actor
    ) -> None:
        """Who says how often a run is expected is noted with it. Raises Conflict when somebody changed it since
        `based_on` was read or it is not this team's any more, NotFound when it is gone. Events that come between only
        make this begin again."""
        same = wanted.expected_hours == based_on.expected_hours
        said_by = based_on.expected_by if same else by.name if wanted.expected_hours else ""
        wanted = replace(wanted, expected_by=said_by)

        def change(record: PipelineRecord) -> PipelineRecord:
            if record.overrides != based_on or record.team_id != team_id:
                raise Conflict("the pipeline was changed by somebody else")
            name = wanted.name or record.full_name
            named = (name, name) if wanted.name else (record.label, record.full_name)
            return replace(record, overrides=wanted, label=named[0], full_name=named[1])

        def noted(before: Pipeline) -> Sequence[Write]:
            record, row = row_and_record(before)
            old, new = audit.difference(record.overrides, wanted, SHOWN)
            return [self._entry(by, "pipeline.changed", row.name, pipeline_id, team_id, before=old, after=new)]

        self._rebuilder.fold(pipeline_id, change, noted, AT_ONCE)

    def set_conventions(
        self, team_id: str, pipeline_id: str, wanted: Conventions, based_on: Conventions, by: Actor
    ) -> None:
        """What holds for the pipeline's stages alone. Raises as `override` does."""

        def change(record: PipelineRecord) -> PipelineRecord:
            if record.overrides.conventions != based_on or record.team_id != team_id:
                raise Conflict("the pipeline's rules were changed by somebody else")
            return replace(record, overrides=replace(record.overrides, conventions=wanted))

        def noted(before: Pipeline) -> Sequence[Write]:
            _, row = row_and_record(before)
            old, new = difference(based_on, wanted)
            return [
                self._entry(by, "stage_rules.changed", row.name, pipeline_id, team_id, before=old, after=new),
            ]

        self._rebuilder.fold(pipeline_id, change, noted, AT_ONCE)

    def take(
        self,
        team_id: str,
        pipeline_id: str,
        holder: Acknowledgement | None,
        by: Actor,
        action: str,
        only_if: Callable[[BoardRow], bool] = lambda row: True,
    ) -> bool:
        """Say who has a failing pipeline, None: nobody any more. Whether that is new. `only_if`: asked of the row as it
        stands then. Raises NotFound where the pipeline is not the team's, Conflict where others kept writing."""
        for _ in range(TRIES):
            before = self._read(pipeline_id)
            record, row = row_and_record(before)
            if record.team_id != team_id:
                raise NotFound("Pipeline not found")
            if record.taken == holder or not only_if(row):
                return False
            after = projections.rederived(before, replace(record, taken=holder))
            shown = [topics.execution(one.execution_id) for one in (*row.in_flight, row.ended) if one]
            was = (("holder", row.taken.name),) if row.taken else ()
            now_has = (("holder", holder.name),) if holder else ()
            noted = self._entry(by, action, row.name, row.id, team_id, before=was, after=now_has)
            made = projections.changes(before, after)
            named = [*made.topics, *shown]
            try:
                notice = changes.notice(self._now(), dict.fromkeys(named))
                self._table.transact([*made.writes, notice, noted])
            except Conflict:
                continue
            return True
        raise Conflict("the pipeline is being written by others")

    def move(self, pipeline_id: str, home: Team, to: Team, by: Actor, placed: Placed = Placed.PERSON) -> None:
        """To another team's board, with all it remembers; where that team has other rules about stages it is to be
        folded again. `placed`: by what it is there; in Unassigned it waits for rules, whoever put it there. Raises
        Conflict when it is not `home`'s any more."""
        placed = Placed.RULES if to.id == UNASSIGNED else placed
        for _ in range(TRIES):
            before = self._read(pipeline_id)
            record, row = row_and_record(before)
            if record.team_id != home.id:
                raise Conflict("the pipeline belongs to another team by now")
            copy = inheritance.read(self._table, to.id)
            moved = replace(row, team_id=to.id)
            named = [topics.pipeline(row.id), topics.team(home.id), topics.team(to.id), topics.gate(home.id)]
            writes: list[Write] = [
                Put(
                    items.record_item(
                        inheritance.stale_with(replace(record, team_id=to.id, placed=placed), copy.inherited),
                        before.record_version + 1,
                    ),
                    VersionIs(before.record_version),
                ),
                *copy.checks,
                Delete(items.row_key(home.id, pipeline_id), VersionIs(before.row_version)),
                Put(items.row_item(moved, before.row_version + 1), Absent()),
                Delete(items.summary_key(home.id, pipeline_id)),
                *projections.summary_writes(None, moved),
                *(Put(fact_items.stale_team_item(team.id)) for team in (home, to)),
                changes.notice(self._now(), [*named, topics.NETWORK]),
                self._entry(
                    by,
                    "pipeline.moved",
                    row.name,
                    row.id,
                    home.id,
                    before=(("team", home.name),),
                    after=(("team", to.name),),
                ),
            ]
            try:
                self._table.transact(writes)
            except Conflict:
                continue
            return
        raise Conflict("the pipeline is being written by others")

    def _read(self, pipeline_id: str) -> Pipeline:
        return self._rebuilder.read(pipeline_id)

    def _entry(
        self,
        by: Actor,
        action: str,
        target: str,
        target_id: str,
        team_id: str,
        *,
        before: Sequence[tuple[str, str]] = (),
        after: Sequence[tuple[str, str]] = (),
    ) -> Put:
        return audit.put(
            audit.entry(
                by,
                self._now(),
                action,
                target,
                target_id=target_id,
                team_id=team_id,
                before=tuple(before),
                after=tuple(after),
            )
        )
