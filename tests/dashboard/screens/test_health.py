"""A team's own page says of the team what the page over all teams says of it."""

from __future__ import annotations

from dashboard.screens import HEALTH, TEAM_HEALTH
from dashboard.screens.network import scope_key
from dashboard.screens.screen import View
from storage.store import Store
from tests.dashboard.views.delivering import delivering_team
from tests.factories import administrator


def test_teams_page_has_the_numbers_and_changes_of_the_page_over_all_teams(store: Store) -> None:
    team, key = delivering_team(store), scope_key(administrator(store))
    now = store.now()
    of_all = HEALTH.build(HEALTH.read(store, key), key, View(), now)
    own = TEAM_HEALTH.build(TEAM_HEALTH.read(store, team.id), team.id, View(), now).delivery
    (row,) = of_all.rows
    assert [cell for _, cell in own.cards] == list(row.cells)
    assert {change.said for change in of_all.changes} <= {change.said for change in own.changes}


def test_page_of_some_pipelines_of_a_team_pools_those(store: Store) -> None:
    team = delivering_team(store)
    reading = TEAM_HEALTH.read(store, team.id)
    filtered = TEAM_HEALTH.build(reading, team.id, TEAM_HEALTH.view({"q": "service-0"}), store.now()).delivery
    whole = TEAM_HEALTH.build(reading, team.id, View(), store.now()).delivery
    assert len(filtered.rows) == 1
    assert filtered.cards[0] != whole.cards[0]
