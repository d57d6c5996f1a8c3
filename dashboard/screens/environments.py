"""What is live where: production over all teams, and every place of one team's pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.template.loader import get_template

from dashboard.live.reader import Notice
from dashboard.live.regions import Region
from dashboard.readmodels.environments import (
    Environments,
    PlacesPage,
    environments_of,
    places_page,
)
from dashboard.readmodels.teams import build
from dashboard.screens.board import TeamReading, TeamScreen
from dashboard.screens.network import AllTeamsScreen, scope_behind
from dashboard.screens.overview import Overview
from dashboard.screens.screen import Moment, View
from storage import topics
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord
from storage.model.subject_views import Environment
from storage.model.subjects import SubjectKind
from storage.store import Store


@dataclass(slots=True)
class EnvironmentsReading(Overview):
    """services: their environments, of all teams."""

    services: Sequence[Environment] = ()

    @property
    def stamps(self) -> list[str]:
        return [stamp_of(one) for one in self.services]


class EnvironmentsScreen(AllTeamsScreen[Environments]):
    kind = "environments"
    parents = ("environments",)

    def view(self, given: Mapping[str, str]) -> View:
        return View()

    def read(self, store: Store, key: str) -> EnvironmentsReading:
        return self._with_services(store, super().read(store, key))

    def reread(self, store: Store, key: str, reading: Overview, notices: Sequence[Notice]) -> EnvironmentsReading:
        return self._with_services(store, super().reread(store, key, reading, notices))

    def _with_services(self, store: Store, overview: Overview) -> EnvironmentsReading:
        return EnvironmentsReading(overview.entries, services=store.subjects.list_services())

    def source(self, key: str) -> str:
        """Other pages over all teams read less."""
        return self.kind

    def follows(self, key: str) -> tuple[str, ...]:
        return (*super().follows(key), topics.SERVICES)

    def moment(self, reading: Overview, key: str, view: View, now: int) -> Moment:
        of_teams = super().moment(reading, key, view, now)
        told = reading.stamps if isinstance(reading, EnvironmentsReading) else ()
        return Moment("\n".join((of_teams.stamp, *told)), of_teams.until)

    def build(self, reading: Overview, key: str, view: View, now: int) -> Environments:
        services = reading.services if isinstance(reading, EnvironmentsReading) else ()
        return environments_of(reading.seen_by(scope_behind(key), now), services)

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
        services = tuple(one for one in told if isinstance(one, Environment) and one.is_of_a_service)
        records = store.pipelines.list_records([row.id for row in rows])
        return PlacesReading(team, rows, records=records, environments=services)

    def source(self, key: str) -> str:
        """A board reads less."""
        return f"{self.kind}:{key}"

    def moment(self, reading: TeamReading, key: str, view: View, now: int) -> Moment:
        of_board = super().moment(reading, key, view, now)
        environments = reading.environments if isinstance(reading, PlacesReading) else ()
        return Moment("\n".join((of_board.stamp, *sorted(map(stamp_of, environments)))), of_board.until)

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


def stamp_of(environment: Environment) -> str:
    """What it looks like follows from it."""
    return f"{environment.id} {environment.url} {environment.deployments[0].at} {environment.live}"


def _rendered(template: str, context: dict[str, Any]) -> str:
    return get_template(f"environments/{template}.html").render(context).strip()
