"""Reading a tool's past, a few requests at a time. What was read is applied before how far it came is noted, and
applying it again changes nothing: it may be killed anywhere.

Newest first: the latest runs of every project with the jobs of those that move, so that boards are right at once, then
the older runs by list, then the jobs of each pipeline's newest runs. A run costs a request of its own only there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dashboard.history.applying import apply, digest_of, used_up_until
from dashboard.history.reader import HistoryReader, RunsPage, ToldRun
from dashboard.tool_apis.errors import ApiError, HostRefused, NothingThere, NotPermitted, OverQuota, TokenRefused
from dashboard.tool_apis.patterns import fits
from dashboard.webhooks.following import tell_apart
from dashboard.webhooks.inbox import pause_ms
from storage.errors import Conflict
from storage.model.backfill import Backfill, BackfillState, Project
from storage.model.document import replace
from storage.model.entities import Connection
from storage.model.events import AnyEvent
from storage.store import Store

# Of each pipeline the jobs of so many runs are read; of older ones when somebody looks at them.
NEWEST_WITH_JOBS = 20
MOST_PIPELINES = 100
# So often in a row, with growing pauses: some two hours.
MOST_FAILURES = 12
ENDLESS = "The tool's list of its runs does not end: what came of it is kept"


class Superseded(Exception):
    """Somebody stopped it, or began it anew."""


class Backfiller:
    """Of one connection. share: of the tool's quota that it may use up, 0 to 1."""

    def __init__(
        self, store: Store, connection: Connection, reader: HistoryReader, backfill: Backfill, share: float
    ) -> None:
        self._store, self._connection, self._reader, self._share = store, connection, reader, share
        self.backfill = backfill
        self._projects: list[Project] = []
        self._loaded = False
        self._missing: list[tuple[str, int]] | None = None
        self._counted = reader.calls
        # Each older run may show that its pipeline took another's place, which takes reading the team's pipelines to
        # tell. Who goes on where a process died does not know what that one had left.
        self._renames = {connection.team_id} if backfill.state.works else set[str]()

    def steps(self) -> Iterator[Backfill]:
        """One after the other, each a few requests; what stands after it. Ends when all is read, or when it has to wait
        or was stopped, which its `resumes_at` and `state` say."""
        try:
            yield from self._steps()
        finally:
            self._tell_apart()

    def _steps(self) -> Iterator[Backfill]:
        while self.backfill.state.works:
            try:
                if until := used_up_until(self._reader.quota, self._share, self._store.now()):
                    self._note(replace(self.backfill, resumes_at=until))
                    return
                self._step()
                yield self.backfill
            except Superseded:
                return
            except ApiError as error:
                self._stumbled(error)
                return

    def _step(self) -> None:
        match self.backfill.state:
            case BackfillState.LISTING:
                self._list()
            case BackfillState.NEWEST:
                self._of_next(lambda one: one.newest_at < 0, self._newest, BackfillState.OLDER)
            case BackfillState.OLDER:
                self._of_next(lambda one: not one.all_read, self._older, BackfillState.JOBS)
            case _:
                self._of_next(lambda one: not one.jobs_read, self._jobs, BackfillState.DONE)

    def _list(self) -> None:
        before = self.backfill
        page = self._reader.projects(before.cursor)
        found = [one for one in page.projects if fits(one.id, before.only)]
        for one in found:
            self._store.backfills.put_project(
                self._connection.id, Project(one.id, told=one.told, active_at=one.active_at)
            )
        paging = before.paging.after([one.id for one in page.projects])
        after = replace(before, cursor=page.next, projects=before.projects + len(found), paging=paging)
        goes_on = page.next and not paging.is_endless
        self._well(after if goes_on else replace(after, state=BackfillState.NEWEST, finished=0))

    def _of_next(self, wanted: Callable[[Project], bool], work: Callable[[Project], None], then: BackfillState) -> None:
        project = next((one for one in self._known() if wanted(one)), None)
        if project is None:
            ended_at = None if then.works else self._store.now()
            self._well(replace(self.backfill, state=then, finished=0, ended_at=ended_at))
            return
        try:
            work(project)
        except (NothingThere, NotPermitted) as error:
            hidden = replace(project, newest_at=max(0, project.newest_at), all_read=True, jobs_read=True)
            self._done_with(replace(hidden, problem=str(error)))

    def _newest(self, project: Project) -> None:
        page = self._reader.runs(project, self.backfill.since, "")
        shown: set[str] = set()
        jobs = 0
        # First what a row is drawn of, with its stages; then what its rates and usual times follow from.
        for run in page.runs:
            if run.moves or run.pipeline not in shown:
                self._apply(run.events)
                if not run.has_jobs:
                    jobs += self._apply(self._reader.jobs(project, run.execution, run.attempt)) != ""
            shown.add(run.pipeline)
        pipelines = self._apply_all(page.runs)
        newest = max((run.asked_at for run in page.runs), default=0)
        paging = project.paging.after([run.execution for run in page.runs])
        known = replace(project, newest_at=newest, cursor=page.next, all_read=not page.next, pipelines=pipelines)
        known = replace(known, paging=paging)
        seen = tuple(digest_of(run) for run in page.runs)
        self._tell_apart()
        self._done_with(replace(known, checked_at=self._store.now(), seen=seen), page, jobs)

    def _tell_apart(self) -> None:
        tell_apart(self._store, self._renames)
        self._renames.clear()

    def _older(self, project: Project) -> None:
        page = self._reader.runs(project, self.backfill.since, project.cursor)
        pipelines = self._apply_all(page.runs, project.pipelines)
        paging = project.paging.after([run.execution for run in page.runs])
        known = replace(project, cursor=page.next, all_read=not page.next, pipelines=pipelines, paging=paging)
        if paging.is_endless and page.next:
            known = replace(known, all_read=True, problem=ENDLESS)
        if known.all_read:
            self._tell_apart()
        self._done_with(known, page, finished=known.all_read)

    def _jobs(self, project: Project) -> None:
        """Of one run a step. What is gone at the tool is left out."""
        if self._missing is None:
            self._missing = list(self._without_jobs(project))
        if not self._missing:
            self._missing = None
            self._done_with(replace(project, jobs_read=True))
            return
        execution, attempt = self._missing[0]
        try:
            told = self._apply(self._reader.jobs(project, execution, attempt)) != ""
        except NothingThere:
            told = False
        self._missing.pop(0)
        self._well(replace(self.backfill, jobs=self.backfill.jobs + told))

    def _without_jobs(self, project: Project) -> Iterator[tuple[str, int]]:
        """The tool's ids and attempts of each pipeline's newest runs of which no stage is known."""
        records = self._store.pipelines.list_records(list(project.pipelines))
        for record in records.values():
            newest = sorted(record.history.all(), key=lambda run: -run.order)[:NEWEST_WITH_JOBS]
            for run in newest:
                if not run.stages and (found := self._store.executions.find(run.id)) and not found.stages:
                    yield found.external_id, found.attempt

    def _apply_all(self, runs: Sequence[ToldRun], known: Sequence[str] = ()) -> tuple[str, ...]:
        """The ids of their pipelines, beside those known."""
        told = (self._apply(run.events) for run in sorted(runs, key=lambda run: -run.asked_at))
        return tuple(dict.fromkeys((*known, *filter(None, told))))[:MOST_PIPELINES]

    def _apply(self, events: Sequence[AnyEvent]) -> str:
        """The id of the pipeline they were of; empty where there is nothing in them, or as much as can be kept is."""
        done = apply(self._store, self._connection, events, self._renames)
        return done[-1].pipeline_id if done else ""

    def _known(self) -> list[Project]:
        """The most active first."""
        if not self._loaded:
            found = self._store.backfills.list_projects(self._connection.id)
            self._projects = sorted(found, key=lambda one: (-(one.active_at or 0), one.id))
            self._loaded = True
        return self._projects

    def _done_with(
        self, project: Project, page: RunsPage | None = None, jobs: int = 0, *, finished: bool = True
    ) -> None:
        """For this time. The project and how far all came are noted together."""
        before, runs = self.backfill, page.runs if page else ()
        oldest = min((run.asked_at for run in runs), default=before.oldest_at)
        known = [at for at in (before.oldest_at, oldest) if at is not None]
        self._well(
            replace(
                before,
                runs=before.runs + len(runs),
                jobs=before.jobs + jobs,
                oldest_at=min(known, default=None),
                finished=before.finished + finished,
            ),
            project,
        )
        self._projects = [project if one.id == project.id else one for one in self._projects]

    def _well(self, backfill: Backfill, project: Project | None = None) -> None:
        self._note(replace(backfill, problem="", failures=0, resumes_at=0), project)

    def _stumbled(self, error: ApiError) -> None:
        """Stopped where another try would not help."""
        failures, now = self.backfill.failures + 1, self._store.now()
        after = replace(self.backfill, problem=str(error), failures=failures)
        if isinstance(error, OverQuota):
            after = replace(self.backfill, resumes_at=max(error.until, now + pause_ms(1)))
        elif isinstance(error, (TokenRefused, HostRefused)) or failures >= MOST_FAILURES:
            after = replace(after, state=BackfillState.STOPPED, ended_at=now)
        else:
            after = replace(after, resumes_at=now + pause_ms(failures))
        try:
            self._note(after)
        except Superseded:
            return

    def _note(self, backfill: Backfill, project: Project | None = None) -> None:
        calls, self._counted = self._reader.calls - self._counted, self._reader.calls
        wanted = replace(backfill, calls=backfill.calls + calls, worked_at=self._store.now())
        try:
            self.backfill = self._store.backfills.put(self.backfill, wanted, project)
        except Conflict as conflict:
            raise Superseded from conflict
