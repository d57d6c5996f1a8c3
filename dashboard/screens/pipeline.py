"""One pipeline: its line, its runs page by page, its trends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string

from dashboard.auth.policy import VIEW, authorize
from dashboard.live.regions import Region
from dashboard.readmodels.pipelines import PipelinePage, build
from dashboard.readmodels.quiet import quiet_of_team
from dashboard.readmodels.rows import row_of
from dashboard.readmodels.selections import Selection, selection_of
from dashboard.screens.quiet import quiet_region
from dashboard.screens.screen import Moment, Screen, View
from storage import topics
from storage.errors import NotFound
from storage.model.accounts import User
from storage.model.conditions import FOREVER, phase_at, phases
from storage.model.entities import Team
from storage.repositories.executions import ExecutionPage
from storage.repositories.pipelines import PipelinePair
from storage.store import Cursor, Store

PARTS = ("chip", "line", "trends", "refs", "runs", "shares", "reds")


@dataclass(frozen=True, slots=True)
class PipelineReading:
    """`first_page`: whether the runs are the newest."""

    team: Team
    pair: PipelinePair
    runs: ExecutionPage
    first_page: bool = True


class PipelineScreen(Screen[PipelineReading, PipelinePage]):
    """Its key is the pipeline's id; by a former one it shows the pipeline that took over."""

    kind = "pipeline"

    def view(self, given: Mapping[str, str]) -> View:
        return View.of(Selection(selection_of(given).filter), before=given.get("before", ""))

    def read(self, store: Store, key: str) -> PipelineReading:
        found = store.pipelines.find_stored(key)
        if found is None:
            raise NotFound("Pipeline not found")
        record, version = found
        place = store.pipelines.find_place(record.team_id, record.id)
        if place.team is None or place.row is None:
            raise NotFound("Pipeline not found")
        return self.read_of(store, place.team, PipelinePair(record, place.row, version))

    def read_of(self, store: Store, team: Team, pair: PipelinePair, cursor: Cursor | None = None) -> PipelineReading:
        """Where the team and the pipeline are at hand. `cursor`: of a page of runs that are not the newest."""
        runs = store.executions.list_of_pipeline(pair.record.id, cursor=cursor)
        return PipelineReading(team, pair, runs, first_page=cursor is None)

    def admit(self, reader: User, key: str, reading: PipelineReading) -> tuple[str, ...]:
        return (topics.gate(authorize(reader, VIEW, reading.team).id),)

    def follows(self, key: str) -> tuple[str, ...]:
        return (topics.pipeline(key),)

    def moment(self, reading: PipelineReading, key: str, view: View, now: int) -> Moment:
        until, state = phase_at(phases(row_of(reading.pair.row)), now)
        team, (record, row, version) = reading.team, reading.pair
        stamp = f"{team.slug} {team.version} {record.id} {version} {row.version} {reading.runs.stamp} {state}"
        return Moment(stamp, until if until != FOREVER else None)

    def build(self, reading: PipelineReading, key: str, view: View, now: int) -> PipelinePage:
        record, row, _ = reading.pair
        wanted = view.selection.filter
        return build(reading.team, record, row, reading.runs, now, wanted, first_page=reading.first_page)

    def regions(self, model: PipelinePage, view: View) -> Sequence[Region]:
        parts = [Region(part, render_to_string(f"pipelines/{part}.html", {"page": model}).strip()) for part in PARTS]
        return [*parts, quiet_region(quiet_of_team(model.team, model.view.row.source))]
