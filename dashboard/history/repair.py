"""Keeping runs as their tool has them, though webhooks were lost: each project's newest runs are asked for every ten
minutes, and with them those that have not ended here and are not among them. What is told as it was told the last time
is not applied again. A run that the tool knows no more is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from dashboard.history.applying import apply, digest_of, gone, used_up_until
from dashboard.history.reader import HistoryReader, ToldRun
from dashboard.tool_apis.errors import ApiError, NothingThere, NotPermitted
from dashboard.tool_apis.patterns import fits
from storage.errors import Conflict
from storage.model.backfill import BackfillState, Paging, Project, Repair
from storage.model.briefs import ExecutionBrief
from storage.model.document import replace
from storage.model.entities import Connection
from storage.model.events import AnyEvent, ExecutionChanged, PipelineRef
from storage.model.expectation import expectation_of
from storage.model.pipeline_record import PipelineRecord
from storage.model.told_schedule import is_as_told, schedule_text
from storage.model.tool_state import DELETED, tool_state_of, tool_state_text
from storage.store import Store

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
CHECKED_EVERY_MS, LISTED_EVERY_MS, STATES_EVERY_MS = 10 * MINUTE_MS, HOUR_MS, HOUR_MS
# Schedules seldom change: those by which a run should have come are asked for more often.
SCHEDULES_EVERY_MS, MISSED_EVERY_MS = DAY_MS, HOUR_MS
# Runs that were asked for before are looked up one by one, where they have not ended here.
LOOKS_BACK_MS = 7 * DAY_MS
STILL_MS = 30 * DAY_MS
# A run of which nothing was heard for so long is told to have been asked for.
QUIET_MS = 30 * MINUTE_MS
# Of a project at once; the rest with the next turn.
MOST_LOOKED_AT, MOST_LOOKED_UP, MOST_JOBS_READ, MOST_SEEN, MOST_SCHEDULES = 100, 50, 30, 100, 50


class Repairer:
    """Of one connection. share: of the tool's quota that may be used up, 0 to 1."""

    def __init__(
        self, store: Store, connection: Connection, reader: HistoryReader, repair: Repair, share: float
    ) -> None:
        self._store, self._connection, self._reader, self._share = store, connection, reader, share
        self.repair = repair

    def steps(self) -> Iterator[None]:
        """One after the other, each a few requests, as long as something is due and may be asked for."""
        try:
            for project in self._due():
                if used_up_until(self._reader.quota, self._share, self._store.now()):
                    return
                self._check(project)
                yield
            self._note(replace(self.repair, problem="", problem_at=0, checked_at=self._store.now()))
        except ApiError as error:
            now = self._store.now()
            self._note(replace(self.repair, problem=str(error), problem_at=self.repair.problem_at or now))

    def _due(self) -> Iterator[Project]:
        """Those that were asked for the longest ago first."""
        now = self._store.now()
        if now - self.repair.listed_at >= LISTED_EVERY_MS:
            self._list()
        known = sorted(self._store.backfills.list_projects(self._connection.id), key=lambda one: one.checked_at)
        yield from (one for one in known if now - one.checked_at >= _interval(one, now))

    def _list(self) -> None:
        """New ones come to those that are known; what the tool says of them may have changed."""
        known = {one.id: one for one in self._store.backfills.list_projects(self._connection.id)}
        backfill = self._store.backfills.find(self._connection.id)
        only = backfill.only if backfill else ""
        cursor, new, paging = "", False, Paging()
        while not paging.is_endless:
            page = self._reader.projects(cursor)
            paging = paging.after([found.id for found in page.projects])
            for found in page.projects:
                old = known.get(found.id)
                if old is None and not fits(found.id, only):
                    continue
                wanted = replace(old or Project(found.id), told=found.told, active_at=found.active_at)
                if wanted != old:
                    self._store.backfills.put_project(self._connection.id, wanted)
                    new |= old is None
            cursor = page.next
            if not cursor:
                break
        if new and backfill is not None and backfill.state is BackfillState.DONE:
            with suppress(Conflict):
                # The past of those that came since.
                self._store.backfills.put(backfill, replace(backfill, state=BackfillState.NEWEST, ended_at=None))
        self._note(replace(self.repair, listed_at=self._store.now()))

    def _check(self, project: Project) -> None:
        """One that may not be read is tried again with its next turn."""
        try:
            checked = self._checked(project)
        except (NothingThere, NotPermitted) as error:
            checked = replace(project, problem=str(error))
        self._store.backfills.put_project(self._connection.id, replace(checked, checked_at=self._store.now()))

    def _checked(self, project: Project) -> Project:
        now = self._store.now()
        page = self._reader.runs(project, now - LOOKS_BACK_MS, "")
        digests = {run.execution: digest_of(run) for run in page.runs}
        news = [run for run in page.runs if digests[run.execution] not in project.seen]
        pipelines = dict.fromkeys(project.pipelines)
        for place, run in enumerate(sorted(news, key=lambda run: -run.asked_at)):
            pipelines |= dict.fromkeys(self._take(project, run, with_jobs=place < MOST_JOBS_READ))
        project = replace(project, pipelines=tuple(pipelines)[:MOST_SEEN], problem="")
        records = self._store.pipelines.list_records(list(project.pipelines))
        told = {run.execution: run for run in page.runs}
        for brief in self._unended(records)[:MOST_LOOKED_UP]:
            self._look_up(project, brief, told)
        if now - project.states_at >= STATES_EVERY_MS:
            self._ask_states(project, records)
            project = replace(project, states_at=now)
        if asked := _asked_for_schedules(project, records, now):
            self._ask_schedules(project, asked)
            project = replace(project, schedules_at=now)
        return replace(project, seen=tuple(digests.values())[:MOST_SEEN])

    def _take(self, project: Project, run: ToldRun, *, with_jobs: bool) -> list[str]:
        """The ids of its pipeline. Its jobs are asked for, too: a webhook of one of them may have been lost alone."""
        done = apply(self._store, self._connection, run.events)
        if with_jobs and not run.has_jobs:
            done += apply(self._store, self._connection, self._reader.jobs(project, run.execution, run.attempt))
        self._count(changed=any(one.changed for one in done))
        return [one.pipeline_id for one in done if one.pipeline_id]

    def _unended(self, records: Mapping[str, PipelineRecord]) -> list[ExecutionBrief]:
        """Of each pipeline's newest executions those that have not ended here, the oldest first."""
        found: list[ExecutionBrief] = []
        for pipeline_id in records:
            page = self._store.executions.list_of_pipeline(pipeline_id, MOST_LOOKED_AT)
            found += [brief for brief in page.items if not brief.ended]
        return sorted(found, key=lambda brief: brief.order)

    def _look_up(self, project: Project, brief: ExecutionBrief, told: Mapping[str, ToldRun]) -> None:
        """One that is among the newest runs was told just now."""
        execution = self._store.executions.find(brief.id)
        if execution is None or execution.ended:
            return
        run = told.get(execution.external_id) or self._reader.run(project, execution.external_id)
        if run is None:
            self._count(changed=True)
            ended = gone(self._reader.ref(project), execution, self._store.now())
            apply(self._store, self._connection, [ended])
        elif run.moves:
            known_at = max(execution.last_event_at, execution.checked_at or 0)
            if self._store.now() - known_at >= QUIET_MS:
                apply(self._store, self._connection, [self._asked_for(event) for event in run.events])
        else:
            self._take(project, run, with_jobs=True)

    def _asked_for(self, event: AnyEvent) -> AnyEvent:
        return replace(event, checked_at=self._store.now()) if isinstance(event, ExecutionChanged) else event

    def _ask_states(self, project: Project, records: Mapping[str, PipelineRecord]) -> None:
        """Whether the tool still runs each of them."""
        states = {one.key: one.state for one in self._reader.pipelines(project)}
        if not states:
            return
        now = self._store.now()
        for record in records.values():
            state = states.get(record.key, DELETED)
            if tool_state_of(record.text("tool_state"), None).state != state:
                self._tell(record, replace(self._reader.ref(project), tool_state=tool_state_text(state, now)))

    def _ask_schedules(self, project: Project, records: Sequence[PipelineRecord]) -> None:
        """When the tool runs them by itself. Of those that it never did nothing needs to be told."""
        known = {record.key: record for record in records}
        for told in self._reader.schedules(project, records):
            record, text = known[told.key], schedule_text(told.crons, self._store.now())
            runs_by_it = told.crons or (told.crons is not None and record.history.scheduled.minutes)
            if (runs_by_it or record.text("schedule")) and not is_as_told(record.text("schedule"), text):
                self._tell(record, replace(self._reader.ref(project), schedule=text))

    def _tell(self, record: PipelineRecord, ref: PipelineRef) -> None:
        """By its newest execution, as only executions tell of pipelines."""
        page = self._store.executions.list_of_pipeline(record.id, 1)
        for brief in page.items:
            found = self._store.executions.find(brief.id)
            if found is not None:
                event = ExecutionChanged(
                    pipeline=replace(ref, key=record.key),
                    tells_run=False,
                    execution=found.external_id,
                    attempt=found.attempt,
                    at=found.last_event_at,
                )
                apply(self._store, self._connection, [event])

    def _count(self, *, changed: bool) -> None:
        if changed:
            self.repair = replace(self.repair, repaired=self.repair.repaired + 1, repaired_at=self._store.now())

    def _note(self, repair: Repair) -> None:
        self.repair = repair
        self._store.backfills.put_repair(repair)


def _asked_for_schedules(project: Project, records: Mapping[str, PipelineRecord], now: int) -> Sequence[PipelineRecord]:
    """All of them once a day; those by which a run should have come meanwhile every hour, as they may have changed."""
    since = now - project.schedules_at
    if since >= SCHEDULES_EVERY_MS:
        ran_first = sorted(records.values(), key=lambda one: not one.history.scheduled.minutes)
        return ran_first[:MOST_SCHEDULES]
    if since < MISSED_EVERY_MS:
        return ()
    expected = ((record, expectation_of(record, None)) for record in records.values())
    return [record for record, expects in expected if expects and expects.due_at < now][:MOST_SCHEDULES]


def _interval(project: Project, now: int) -> int:
    """Milliseconds. Where nothing has happened for a month nothing is expected within minutes."""
    still = project.active_at is not None and max(project.active_at, project.newest_at) < now - STILL_MS
    return HOUR_MS if still else CHECKED_EVERY_MS
