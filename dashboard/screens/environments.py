"""What is live where: production over all teams, and every place of one team's pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.template.loader import get_template

from dashboard.live.regions import Region
from dashboard.readmodels.environments import (
    Environments,
    PlacesPage,
    environments_of,
    is_of_a_service,
    places_page,
)
from dashboard.readmodels.teams import build
from dashboard.screens.board import TeamReading, TeamScreen
from dashboard.screens.network import AllTeamsScreen, scope_behind
from dashboard.screens.overview import Overview
from dashboard.screens.screen import Moment, View
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord
from storage.model.subject_views import Environment
from storage.model.subjects import SubjectKind
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
    """environments: those of services, the newest of them."""

    records: Mapping[str, PipelineRecord] | None = None
    environments: tuple[Environment, ...] = ()


class PlacesScreen(TeamScreen[PlacesPage]):
    """Its key is the team's id."""

    kind = "places"
    parents = ("places",)

    def view(self, given: Mapping[str, str]) -> View:
        return View()

    def read_of(self, store: Store, team: Team) -> PlacesReading:
        rows = tuple(store.pipelines.list_board(team.id))
        told = store.subjects.list_of_team(SubjectKind.ENVIRONMENT, team.id).items
        services = tuple(one for one in told if isinstance(one, Environment) and is_of_a_service(one))
        records = store.pipelines.list_records([row.id for row in rows])
        return PlacesReading(team, rows, records=records, environments=services)

    def source(self, key: str) -> str:
        """A board reads less."""
        return f"{self.kind}:{key}"

    def moment(self, reading: TeamReading, key: str, view: View, now: int) -> Moment:
        of_board = super().moment(reading, key, view, now)
        environments = reading.environments if isinstance(reading, PlacesReading) else ()
        told = (f"{one.id} {one.url} {one.deployments[0].at} {one.live}" for one in environments)
        return Moment("\n".join((of_board.stamp, *sorted(told))), of_board.until)

    def build(self, reading: TeamReading, key: str, view: View, now: int) -> PlacesPage:
        read = reading if isinstance(reading, PlacesReading) else PlacesReading(reading.team, reading.rows)
        lines = build(read.team, read.rows, now).lines
        stamped = [(line.stamp, line.row) for line in lines]
        return places_page(read.team, stamped, read.records or {}, read.environments)

    def regions(self, model: PlacesPage, view: View) -> Sequence[Region]:
        found = [
            Region(f"places-{one.row.id}", _rendered("pipeline", {"one": one, "team": model.team}), "places")
            for one in model.pipelines
        ]
        for service in model.services:
            name = f"service-{blake2b(service.key.encode(), digest_size=6).hexdigest()}"
            found.append(Region(name, _rendered("service", {"one": service, "id": name}), "places"))
        return found or [Region("places-none", _rendered("none", {}), "places")]


def _rendered(template: str, context: dict[str, Any]) -> str:
    return get_template(f"environments/{template}.html").render(context).strip()
