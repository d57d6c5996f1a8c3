"""What is live where: production over all teams, and every place of one team's pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import get_template

from dashboard.live.regions import Region
from dashboard.readmodels.environments import Environments, PlacesPage, environments_of, places_page
from dashboard.readmodels.teams import build
from dashboard.screens.board import TeamReading, TeamScreen
from dashboard.screens.network import AllTeamsScreen, scope_behind
from dashboard.screens.overview import Overview
from dashboard.screens.screen import View
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord
from storage.store import Store


class EnvironmentsScreen(AllTeamsScreen[Environments]):
    kind = "environments"
    parents = ("environments",)

    def view(self, given: Mapping[str, str]) -> View:
        return View()

    def build(self, reading: Overview, key: str, view: View, now: int) -> Environments:
        return environments_of(reading.seen_by(scope_behind(key), now))

    def regions(self, model: Environments, view: View) -> Sequence[Region]:
        return [
            Region(f"env-{one.team.id}", _rendered("team", {"one": one}), "environments") for one in model.teams
        ] or [Region("env-none", _rendered("none", {}), "environments")]


@dataclass(frozen=True, slots=True)
class PlacesReading(TeamReading):
    records: Mapping[str, PipelineRecord] | None = None


class PlacesScreen(TeamScreen[PlacesPage]):
    """Its key is the team's id."""

    kind = "places"
    parents = ("places",)

    def view(self, given: Mapping[str, str]) -> View:
        return View()

    def read_of(self, store: Store, team: Team) -> PlacesReading:
        rows = tuple(store.pipelines.list_board(team.id))
        return PlacesReading(team, rows, records=store.pipelines.list_records([row.id for row in rows]))

    def build(self, reading: TeamReading, key: str, view: View, now: int) -> PlacesPage:
        records = (reading.records if isinstance(reading, PlacesReading) else None) or {}
        lines = build(reading.team, reading.rows, now).lines
        return places_page(reading.team, [(line.stamp, line.row) for line in lines], records)

    def regions(self, model: PlacesPage, view: View) -> Sequence[Region]:
        return [
            Region(f"places-{one.row.id}", _rendered("pipeline", {"one": one, "team": model.team}), "places")
            for one in model.pipelines
        ] or [Region("places-none", _rendered("none", {}), "places")]


def _rendered(template: str, context: dict[str, Any]) -> str:
    return get_template(f"environments/{template}.html").render(context).strip()
