"""What is live where: over all teams in production, and in each place that one team's pipelines deploy to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.readmodels.arrivals import said_of as said_of_arrival
from dashboard.readmodels.network import TeamOverview
from dashboard.readmodels.rows import waiting_of
from dashboard.readmodels.way_to_production import said_in_flight, said_of
from storage.model.board_row import Arrival, BoardRow, LatestExecution
from storage.model.conventions import environment_in
from storage.model.entities import Status, Team
from storage.model.pipeline_record import PipelineRecord
from storage.model.places import DEPLOYING, LiveVersion, places_of
from storage.model.subject_views import PRODUCTION, Environment, EnvironmentDeployment


@dataclass(frozen=True, slots=True)
class ComingRun:
    """A run that may bring another version. said: what it is at, as the board says it."""

    execution_id: str
    number: str
    said: str


@dataclass(frozen=True, slots=True)
class ProductionLine:
    """A pipeline's version in production, None where a first one waits to come. newer: a run that is not there: one in
    flight, else one that has ended since."""

    pipeline_id: str
    pipeline: str
    arrival: Arrival | None
    newer: ComingRun | None

    @property
    def said(self) -> str:
        """Whose change it is, and what it says."""
        return (said_of_arrival(self.arrival) if self.arrival else "") or "A run"


@dataclass(frozen=True, slots=True)
class TeamEnvironments:
    """lines: the latest into production first. others: pipelines that have put nothing there. services: by name, with
    what is in production; other_services: how many have nothing there."""

    team: Team
    lines: tuple[ProductionLine, ...]
    others: int
    stamp: str
    services: tuple[ServicePlaces, ...] = ()
    other_services: int = 0


@dataclass(frozen=True, slots=True)
class Environments:
    teams: tuple[TeamEnvironments, ...]


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place, what is live there, None where nothing came yet, and what is on its way there."""

    stage: str
    live: LiveVersion | None
    coming: tuple[ComingRun, ...]

    @property
    def environment(self) -> str:
        return environment_in(self.stage)


@dataclass(frozen=True, slots=True)
class PipelinePlaces:
    """stamp: what it looks like follows from it."""

    stamp: str
    row: BoardRow
    places: tuple[PlaceLine, ...]


@dataclass(frozen=True, slots=True)
class ServicePlace:
    """An environment of a service, and the version that is live there, None where that is not known or it is gone."""

    environment: Environment
    live: EnvironmentDeployment | None
    how: str


@dataclass(frozen=True, slots=True)
class ServicePlaces:
    """A service, or what else a tool says it has deployed by no run of a pipeline. key: tells it from others."""

    key: str
    name: str
    places: tuple[ServicePlace, ...]


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """pipelines, services: by name, without pipelines that deploy nowhere."""

    team: Team
    pipelines: tuple[PipelinePlaces, ...]
    services: tuple[ServicePlaces, ...] = ()


def environments_of(teams: Sequence[TeamOverview], environments: Sequence[Environment] = ()) -> Environments:
    """`environments`: of services, of any teams."""
    of_teams: dict[str, list[Environment]] = defaultdict(list)
    for one in environments:
        of_teams[one.team_id].append(one)
    shown = (team for team in teams if team.pipelines or of_teams[team.team.id])
    return Environments(tuple(_team(team, services_of(of_teams[team.team.id])) for team in shown))


def _team(found: TeamOverview, services: Sequence[ServicePlaces]) -> TeamEnvironments:
    rows = [summary.row for summary, _ in found.pipelines]
    lines = [line for row in rows if (line := _line(row))]
    lines.sort(key=lambda line: (-(line.arrival.at if line.arrival else 0), line.pipeline))
    live = [one for each in services if (one := _in_production(each))]
    others = (len(rows) - len(lines), len(services) - len(live))
    return TeamEnvironments(found.team, tuple(lines), others[0], found.stamp, tuple(live), others[1])


def _in_production(service: ServicePlaces) -> ServicePlaces | None:
    """None where nothing of it is there."""
    places = tuple(one for one in service.places if one.live and one.environment.tier == PRODUCTION)
    return replace(service, places=places) if places else None


def _line(row: BoardRow) -> ProductionLine | None:
    arrival, waits = row.arrival, waiting_of(row)
    if arrival is None and waits is None:
        return None
    flying = waits or next((one for one in row.in_flight if one.production_at is None), None)
    newer = coming_of(flying) if flying and (arrival is None or flying.execution_id != arrival.execution_id) else None
    return ProductionLine(row.id, row.label, arrival, newer or _ended_since(row))


def _ended_since(row: BoardRow) -> ComingRun | None:
    arrival, result = row.arrival, row.result
    if arrival is None or result is None or result.execution_id == arrival.execution_id or result.at <= arrival.at:
        return None
    return ComingRun(result.execution_id, result.number, said_of(result.status, result.stage if result.red else ""))


def coming_of(one: LatestExecution) -> ComingRun:
    return ComingRun(one.execution_id, one.number, said_in_flight(one))


def places_page(
    team: Team,
    lines: Sequence[tuple[str, BoardRow]],
    records: Mapping[str, PipelineRecord],
    environments: Sequence[Environment] = (),
) -> PlacesPage:
    """`lines`: each pipeline's stamp and row."""
    found = [
        PipelinePlaces(stamp, row, tuple(_places(row, records[row.id]))) for stamp, row in lines if row.id in records
    ]
    found.sort(key=lambda one: (one.row.label.casefold(), one.row.id))
    return PlacesPage(team, tuple(one for one in found if one.places), services_of(environments))


def services_of(environments: Sequence[Environment]) -> tuple[ServicePlaces, ...]:
    by_service: dict[tuple[str, str, str], list[Environment]] = {}
    for one in environments:
        if one.is_of_a_service:
            by_service.setdefault((one.repository or one.scope, one.source, one.scope), []).append(one)
    return tuple(
        ServicePlaces(
            f"{source} {scope}",
            name,
            tuple(_service_place(one) for one in sorted(found, key=lambda one: (one.name.casefold(), one.id))),
        )
        for (name, source, scope), found in sorted(by_service.items(), key=lambda one: (one[0][0].casefold(), one[0]))
    )


_HOW = {"rolledback": "rolled back", "upgraded": "upgraded"}


def _service_place(found: Environment) -> ServicePlace:
    if found.live is not None:
        return ServicePlace(found, found.live, _HOW.get(found.live.raw_status, "deployed"))
    gone = any(one.live_until is not None for one in found.deployments)
    return ServicePlace(found, None, "removed" if gone else "not known")


def _places(row: BoardRow, record: PipelineRecord) -> Iterator[PlaceLine]:
    """Those that have a version, then those that a run in flight is to bring the first one to."""
    live = places_of(record.history, row.in_flight)
    for place in live:
        yield PlaceLine(place.stage, place, tuple(_coming(row, place.stage)))
    known = {place.stage for place in live}
    cells = (cell for one in row.in_flight for cell in one.stages)
    for stage in dict.fromkeys(cell.name for cell in cells if cell.kind in DEPLOYING and cell.name not in known):
        yield PlaceLine(stage, None, tuple(_coming(row, stage)))


def _coming(row: BoardRow, stage: str) -> Iterator[ComingRun]:
    for one in row.in_flight:
        cell = next((cell for cell in one.stages if cell.name == stage), None)
        if cell is None or cell.status is not Status.SUCCEEDED:
            yield coming_of(one)
