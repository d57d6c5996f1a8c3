"""What health pages read and write, for the table of access patterns."""

from __future__ import annotations

from collections.abc import Callable

from storage.model.document import replace
from storage.model.prices import PUBLISHED
from storage.model.team_rules import TeamRuleSet
from storage.store import Store
from tests.factories import BY
from tests.storage.recording.tables import fold_facts


def calls_of_health(store: Store, pipeline_id: str) -> dict[str, Callable[[], object]]:
    fold_facts(store)
    fewer = replace(PUBLISHED, prices=PUBLISHED.prices[:1])
    return {
        "Windows.list_all": store.windows.list_all,
        "Windows.list_facts": lambda: store.windows.list_facts(pipeline_id, 0),
        "Windows.list_short_facts": lambda: store.windows.list_short_facts(pipeline_id, 0),
        "Windows.list_newest_facts": lambda: store.windows.list_newest_facts(pipeline_id, 0, 9),
        "Prices.find": store.prices.find,
        "Pipelines.list_without_histories": lambda: store.pipelines.list_without_histories([pipeline_id]),
        "TeamRuleSets.find": store.team_rule_sets.find,
        "TeamRuleSets.put": lambda: store.team_rule_sets.put(TeamRuleSet(), TeamRuleSet(), BY),
        "Teams.create_unassigned": lambda: store.teams.create_unassigned(BY),
        "Prices.put": lambda: store.prices.put(PUBLISHED, fewer, BY),
    }
