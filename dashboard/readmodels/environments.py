"""What is live where: over all teams in production, and in each place that one team's pipelines deploy to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.readmodels.network import TeamOverview
from storage.model.board_row import Arrival, BoardRow
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord
from storage.model.places import LiveVersion, places_of


@dataclass(frozen=True, slots=True)
class ProductionLine:
    """A pipeline's version in production. newer: the number of a run that ended since and is not there; green: whether
    it may go."""

    pipeline_id: str
    pipeline: str
    arrival: Arrival
    newer: str
    newer_id: str
    green: bool

    @property
    def said(self) -> str:
        """Whose change it is, and what it says."""
        author, message = self.arrival.author or "A run", self.arrival.message
        return f"{author}: {message}" if message else author


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
class PipelinePlaces:
    """stamp: what it looks like follows from it."""

    stamp: str
    row: BoardRow
    places: tuple[LiveVersion, ...]


@dataclass(frozen=True, slots=True)
class PlacesPage:
    """pipelines: by name, without those that deploy nowhere."""

    team: Team
    pipelines: tuple[PipelinePlaces, ...]


def environments_of(teams: Sequence[TeamOverview]) -> Environments:
    return Environments(tuple(_team(team) for team in teams if team.pipelines))


def _team(found: TeamOverview) -> TeamEnvironments:
    rows = [summary.row for summary, _ in found.pipelines]
    lines = [_line(row) for row in rows if row.arrival]
    lines.sort(key=lambda line: (-line.arrival.at, line.pipeline))
    return TeamEnvironments(found.team, tuple(lines), len(rows) - len(lines), found.stamp)


def _line(row: BoardRow) -> ProductionLine:
    arrival, result = row.arrival, row.result
    assert arrival is not None
    newer = result is not None and result.execution_id != arrival.execution_id and result.at > arrival.at
    return ProductionLine(
        pipeline_id=row.id,
        pipeline=row.label,
        arrival=arrival,
        newer=result.number if newer and result else "",
        newer_id=result.execution_id if newer and result else "",
        green=bool(newer and result and not result.red),
    )


def places_page(team: Team, lines: Sequence[tuple[str, BoardRow]], records: Mapping[str, PipelineRecord]) -> PlacesPage:
    """`lines`: each pipeline's stamp and row."""
    found = [
        PipelinePlaces(stamp, row, tuple(places_of(records[row.id].history)))
        for stamp, row in lines
        if row.id in records
    ]
    found.sort(key=lambda one: (one.row.label.casefold(), one.row.id))
    return PlacesPage(team, tuple(one for one in found if one.places))
