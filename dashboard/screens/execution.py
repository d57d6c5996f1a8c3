"""One execution: live stage panels, jobs, timeline, attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string

from dashboard.auth.policy import LOGS_OF_TEAM, VIEW, authorize, may
from dashboard.live.regions import Region
from dashboard.readmodels import executions, over_budget, timeline
from dashboard.readmodels.executions import ExecutionPage
from dashboard.readmodels.quiet import NOTHING_QUIET, quiet_of_team
from dashboard.screens.kept import Kept
from dashboard.screens.quiet import quiet_region
from dashboard.screens.screen import Moment, Screen, View
from storage import topics
from storage.errors import NotFound
from storage.model.accounts import User
from storage.model.conditions import FOREVER, phase_at, phases
from storage.model.entities import Execution
from storage.model.failures import failed_jobs
from storage.repositories.executions import ExecutionHead
from storage.repositories.pipelines import Place
from storage.store import Store

# Of a view whose reader is a member.
LOGS = ("logs", "1")
PARTS = ("header", "line", "failure", "facts", "axis")


@dataclass(frozen=True, slots=True)
class ExecutionReading:
    """`stamp`: the versions of all that was read."""

    store: Store
    id: str
    head: ExecutionHead
    place: Place

    @property
    def stamp(self) -> str:
        team, row = self.place.team, self.place.row
        versions = (
            self.head.version,
            f"{team.slug} {team.version}" if team else "",
            f"{row.id} {row.version} {self.place.version}" if row else "",
        )
        told = [(each.place, each.attempt, each.job_key, each.at, each.pipelines) for each in self.place.failures]
        return " ".join(map(str, (self.id, *versions, *told)))

    def execution(self, attempt: int | None) -> Execution:
        """Raises NotFound where it has gone meanwhile."""
        found = self.store.executions.whole(self.id, self.head)
        if found is None:
            raise NotFound("Execution not found")
        return self.place.read(found[0], attempt)


_executions: Kept[tuple[str, int | None], Execution] = Kept(most=512)


class ExecutionScreen(Screen[ExecutionReading, ExecutionPage]):
    """Its key is the execution's id."""

    kind = "execution"
    parents = ("legs",)

    def view(self, given: Mapping[str, str]) -> View:
        attempt = given.get("attempt", "")
        known = attempt.isascii() and attempt.isdigit() and len(attempt) < 6
        return View((("attempt", attempt),) if known else ())

    def view_of(self, reader: User, reading: ExecutionReading, given: Mapping[str, str]) -> View:
        """Members see what logs say."""
        found = self.view(given)
        return View((*found.options, LOGS)) if may(reader, LOGS_OF_TEAM, reading.place.team) else found

    def read(self, store: Store, key: str) -> ExecutionReading:
        head = store.executions.find_head(key)
        if head is None:
            raise NotFound("Execution not found")
        return self.read_of(store, key, head)

    def read_of(self, store: Store, key: str, head: ExecutionHead) -> ExecutionReading:
        """Where its first item is at hand."""
        stored = head.stored()
        failed = failed_jobs(stored.state)
        place = store.pipelines.find_place(stored.board_id or stored.team_id, stored.pipeline_id, key, failed)
        return ExecutionReading(store, key, head, place)

    def admit(self, reader: User, key: str, reading: ExecutionReading) -> tuple[str, ...]:
        return (topics.gate(authorize(reader, VIEW, reading.place.team).id),)

    def follows(self, key: str) -> tuple[str, ...]:
        return (topics.execution(key),)

    def moment(self, reading: ExecutionReading, key: str, view: View, now: int) -> Moment:
        execution = self._execution(reading, view)
        shown = executions.as_row(execution, reading.place)
        until, state = phase_at(phases(shown), now)
        axis = timeline.axis_of(execution, shown, now)
        grown_at = timeline.turns_at(execution, axis, state)
        # While it moves, only what the browser cannot tell by itself is drawn anew.
        over_at = over_budget.over_at(execution, shown, now) if grown_at is not None else None
        over = [one.stage for one in over_budget.over_budget(execution, shown, now)] if grown_at is not None else []
        stamp = f"{reading.stamp} {state} {(axis.begin, axis.end) if axis else ''} {over}"
        times = (until, grown_at, over_at)
        return Moment(stamp, min((at for at in times if at is not None and at != FOREVER), default=None))

    def build(self, reading: ExecutionReading, key: str, view: View, now: int) -> ExecutionPage:
        return executions.build(self._execution(reading, view), reading.place, now, logs=LOGS in view.options)

    def _execution(self, reading: ExecutionReading, view: View) -> Execution:
        attempt = int(view.get("attempt")) if view.get("attempt") else None
        key = (reading.stamp, attempt)
        execution = _executions.get(key)
        if execution is None:
            execution = reading.execution(attempt)
            _executions.put(key, execution)
        return execution

    def regions(self, model: ExecutionPage, view: View) -> Sequence[Region]:
        parts = [Region(part, render_to_string(f"executions/{part}.html", {"page": model}).strip()) for part in PARTS]
        context = {"page": model, "table": model.timeline}
        of_ended = model.execution.ended
        parts.append(quiet_region(NOTHING_QUIET if of_ended else quiet_of_team(model.team, model.execution.source)))
        return parts + [
            Region(stage.id, render_to_string("executions/stage.html", {**context, "stage": stage}).strip(), "legs")
            for stage in model.timeline.stages
        ]
