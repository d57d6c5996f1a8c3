"""What is live where: over all teams in production, and in each place that one team's pipelines deploy to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboard.readmodels.network import TeamOverview
from dashboard.readmodels.rows import waiting_of
from dashboard.readmodels.way_to_production import said_in_flight, said_of
from storage.model.board_row import Arrival, BoardRow, LatestExecution
from storage.model.entities import Status, Team
from storage.model.pipeline_record import PipelineRecord
from storage.model.places import DEPLOYING, LiveVersion, places_of


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
        author, message = (self.arrival.author, self.arrival.message) if self.arrival else ("", "")
        return f"{author or 'A run'}: {message}" if message else author or "A run"


@dataclass(frozen=True, slots=True)
class TeamEnvironments:
    """lines: the latest into production first. others: pipelines that have put nothing there."""

    team: Team
    lines: tuple[ProductionLine, ...]
    others: int
    stamp: str


@dataclass(frozen=True, slots=True)
class Environments:
    teams: tuple[TeamEnvironments, ...]


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place, what is live there, None where nothing came yet, and what is on its way there."""

    stage: str
    live: LiveVersion | None
    coming: tuple[ComingRun, ...]


@dataclass(frozen=True, slots=True)
class PipelinePlaces:
    """stamp: what it looks like follows from it."""

    stamp: str
    row: BoardRow
    places: tuple[PlaceLine, ...]


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """pipelines: by name, without those that deploy nowhere."""

    team: Team
    pipelines: tuple[PipelinePlaces, ...]


def environments_of(teams: Sequence[TeamOverview]) -> Environments:
    return Environments(tuple(_team(team) for team in teams if team.pipelines))


def _team(found: TeamOverview) -> TeamEnvironments:
    rows = [summary.row for summary, _ in found.pipelines]
    lines = [line for row in rows if (line := _line(row))]
    lines.sort(key=lambda line: (-(line.arrival.at if line.arrival else 0), line.pipeline))
    return TeamEnvironments(found.team, tuple(lines), len(rows) - len(lines), found.stamp)


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


def places_page(team: Team, lines: Sequence[tuple[str, BoardRow]], records: Mapping[str, PipelineRecord]) -> PlacesPage:
    """`lines`: each pipeline's stamp and row."""
    found = [
        PipelinePlaces(stamp, row, tuple(_places(row, records[row.id]))) for stamp, row in lines if row.id in records
    ]
    found.sort(key=lambda one: (one.row.label.casefold(), one.row.id))
    return PlacesPage(team, tuple(one for one in found if one.places))


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
