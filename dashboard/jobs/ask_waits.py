"""What waits for a person is asked for again when somebody looks, of tools that let go on without a word: nobody is to
be sent to where nothing waits any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dashboard.history.applying import apply, gone
from dashboard.history.reader import HistoryReader
from dashboard.history.registry import READERS, reader_of
from dashboard.history.remembered import Remembered
from dashboard.jobs.job import Job, Run, raise_first
from dashboard.jobs.repair_runs import let_in
from dashboard.screens.overview import read_overview
from dashboard.sources import SOURCES
from dashboard.tool_apis.errors import ApiError
from dashboard.wakeups import WakeUp
from dashboard.webhooks.api_access import used_up_until
from storage.model.backfill import Project
from storage.model.board_row import BoardRow
from storage.model.document import replace
from storage.model.entities import Connection, Execution, Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged
from storage.store import Store

# One run not more often, whoever looks; and of all so many at a time, those first that were not asked for the longest.
ASKED_EVERY_MS = 60_000
MOST_ASKED = 50
_asked_for: Remembered[bool] = Remembered(1000, ASKED_EVERY_MS)


@dataclass
class Readers:
    """Of one run of the job: who may ask a tool. Pipelines may be of another team than the connection they came by."""

    store: Store
    known: dict[str, list[tuple[Connection, HistoryReader, Sequence[Project]]]] = field(default_factory=dict)

    def of(self, row: BoardRow) -> tuple[Connection, HistoryReader, Project] | None:
        """The first that knows the pipeline, and may ask now."""
        if row.source not in self.known:
            self.known[row.source] = list(self._found(row.source))
        for connection, reader, projects in self.known[row.source]:
            if project := next((one for one in projects if row.id in one.pipelines), None):
                return connection, reader, project
        return None

    def _found(self, source: str) -> Iterator[tuple[Connection, HistoryReader, Sequence[Project]]]:
        for connection in let_in(self.store, (source,)):
            reader = None if used_up_until(self.store, connection) else reader_of(self.store, connection)
            if reader is not None:
                yield connection, reader, list(self.store.backfills.list_projects(connection.id))


def ask_waits(run: Run) -> None:
    """One that cannot be asked for keeps no other waiting."""
    errors: list[Exception] = []
    readers = Readers(run.store)
    for row, execution_id in _due(run.store)[:MOST_ASKED]:
        if not run.goes_on():
            return
        _asked_for.put((execution_id,), True, run.store.now())
        try:
            if found := readers.of(row):
                _ask(run.store, *found, execution_id)
        except ApiError:
            # The page says when it was last told, or asked for.
            continue
        except Exception as error:
            errors.append(error)
    raise_first(errors)


def _due(store: Store) -> list[tuple[BoardRow, str]]:
    """Runs that wait, with their pipelines."""
    now = store.now()
    found = [
        (waiting.checked_at or 0, row, waiting.execution_id)
        for entry in read_overview(store).entries
        for row in entry.rows
        if row.source in READERS and SOURCES[row.source].lifts_waits
        for waiting in row.waiting
        if now - (waiting.checked_at or 0) >= ASKED_EVERY_MS and not _asked_for.find((waiting.execution_id,), now)
    ]
    return [(row, execution) for _, row, execution in sorted(found, key=lambda one: one[0])]


def _ask(store: Store, connection: Connection, reader: HistoryReader, project: Project, execution_id: str) -> None:
    """Raises ApiError."""
    execution = store.executions.find(execution_id)
    if execution is None or execution.ended:
        return
    told = reader.run(project, execution.external_id)
    if told is None:
        apply(store, connection, [gone(reader.ref(project), execution, store.now())])
        return
    jobs = () if told.has_jobs else reader.jobs(project, execution.external_id, told.attempt)
    apply(store, connection, [_as_asked(event, execution, store.now()) for event in (*told.events, *jobs)])


def _as_asked(event: AnyEvent, execution: Execution, now: int) -> AnyEvent:
    """GitHub tells a job that it let go on with the times that it had while it waited: what it says now is newer than
    all that was heard."""
    if isinstance(event, ExecutionChanged):
        waits, event = execution.status is Status.WAITING, replace(event, checked_at=now)
    else:
        jobs = {action.key: action.status for stage in execution.stages for action in stage.actions}
        waits = isinstance(event, ActionChanged) and jobs.get(event.action) is Status.WAITING
    lifted = waits and event.status not in (None, Status.WAITING) and not event.finished
    return replace(event, at=max(event.at, execution.last_event_at + 1)) if lifted else event


JOB = Job(
    name="ask-waits",
    title="Ask again for what waits for people",
    work=ask_waits,
    wake_ups=(WakeUp.WAITS_ARE_LOOKED_AT,),
)
