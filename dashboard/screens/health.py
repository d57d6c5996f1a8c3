"""Pipeline health: of all teams that people of one scope see, and of one team's pipelines."""

from __future__ import annotations

from collections.abc import Sequence

from django.template.loader import render_to_string

from dashboard.live.regions import Region
from dashboard.readmodels.health import TeamHealth, build_team
from dashboard.readmodels.network import Network
from dashboard.screens.board import TeamReading, TeamScreen
from dashboard.screens.network import ScopeScreen
from dashboard.screens.screen import View


class HealthScreen(ScopeScreen):
    kind = "health"

    def regions(self, model: Network, view: View) -> Sequence[Region]:
        return [Region("health", render_to_string("health/teams.html", {"teams": model.teams}).strip())]


class TeamHealthScreen(TeamScreen[TeamHealth]):
    kind = "team-health"
    rank = 1

    def build(self, reading: TeamReading, key: str, view: View, now: int) -> TeamHealth:
        return build_team(reading.team, reading.rows, now)

    def regions(self, model: TeamHealth, view: View) -> Sequence[Region]:
        return [Region("health", render_to_string("health/pipelines.html", {"opened": model}).strip())]
