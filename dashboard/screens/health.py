"""Pipeline health: of all teams that people of one scope see, and of one team's pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.template.loader import render_to_string

from dashboard.live.regions import Region
from dashboard.readmodels.health import TeamHealth, build_team
from dashboard.readmodels.network import Network
from dashboard.readmodels.selections import Selection, selection_of
from dashboard.screens.board import TeamReading, TeamScreen
from dashboard.screens.network import ScopeScreen
from dashboard.screens.screen import View


def filtered(given: Mapping[str, str]) -> View:
    """These pages are sorted by name, whatever an address says."""
    return View.of(Selection(selection_of(given).filter))


class HealthScreen(ScopeScreen):
    kind = "health"

    def view(self, given: Mapping[str, str]) -> View:
        return filtered(given)

    def regions(self, model: Network, view: View) -> Sequence[Region]:
        return [Region("health", render_to_string("health/teams.html", {"teams": model.teams}).strip())]


class TeamHealthScreen(TeamScreen[TeamHealth]):
    kind = "team-health"
    rank = 1

    def view(self, given: Mapping[str, str]) -> View:
        return filtered(given)

    def build(self, reading: TeamReading, key: str, view: View, now: int) -> TeamHealth:
        return build_team(reading.team, reading.rows, now, view.selection.filter)

    def regions(self, model: TeamHealth, view: View) -> Sequence[Region]:
        return [Region("health", render_to_string("health/pipelines.html", {"opened": model}).strip())]
