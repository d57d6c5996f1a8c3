"""An organisation whose pipelines go to teams by rules."""

from __future__ import annotations

from collections.abc import Sequence

from storage.model.document import replace
from storage.model.entities import Team
from storage.model.events import AnyEvent, PipelineRef
from storage.model.pipeline_record import PipelineRecord
from storage.model.team_rules import RuledSource, TeamRule, TeamRuleSet
from storage.store import Store
from tests.factories import BY, NOW, a_team, execution_changed


class Office:
    """An organisation's connections in one team, and two teams that rules send pipelines to."""

    def __init__(self, store: Store, rules: Sequence[TeamRule] | None = None) -> None:
        self.store = store
        self.platform, self.pay, self.web = (a_team(store, name, name.lower()) for name in ("Platform", "Pay", "Web"))
        store.teams.create_unassigned(BY)
        self.write(rules if rules is not None else [self.rule(self.pay, repository="acme/pay-*")])

    @staticmethod
    def rule(team: Team, **looks_at: str) -> TeamRule:
        return TeamRule(team.id, **looks_at)

    def write(self, rules: Sequence[TeamRule], sources: Sequence[str] = ("github", "generic", "codepipeline")) -> None:
        ruled = tuple(RuledSource(self.platform.id, source) for source in sources)
        sets = self.store.team_rule_sets
        sets.put(sets.find(), TeamRuleSet(tuple(rules), ruled, version=sets.find().version), BY)

    def tell(self, *events: AnyEvent, store: Store | None = None) -> None:
        for event in events:
            (store or self.store).recorder.apply(self.platform.id, [event])

    def record(self, ref: PipelineRef) -> PipelineRecord:
        found = self.store.pipelines.find_by_key(self.platform.id, ref.source, ref.key)
        assert found is not None
        return found

    def boards(self) -> dict[str, list[str]]:
        """The pipelines of each board, by rows and by summaries, which say the same."""
        entries = self.store.teams.list_boards()
        found = {one.team.name: [row.id for row in self.store.pipelines.list_board(one.team.id)] for one in entries}
        assert found == {one.team.name: sorted(row.id for row in one.rows) for one in entries}
        return {name: ids for name, ids in found.items() if ids}


def named(ref: PipelineRef, key: str) -> PipelineRef:
    return replace(ref, key=key)


def changed(execution: str, ref: PipelineRef, at: int = NOW) -> AnyEvent:
    return execution_changed(execution, pipeline=ref, at=at, order=None)
