"""Stages of runs that were read by list alone are asked for when somebody opens such a run."""

from __future__ import annotations

from collections import OrderedDict

from dashboard.history.applying import apply
from dashboard.history.registry import READERS, reader_of
from dashboard.jobs.job import Job, Run, raise_first
from dashboard.tool_apis.errors import ApiError
from dashboard.wakeups import WakeUp
from dashboard.webhooks.api_access import used_up_until
from storage.model.entities import Connection, Execution
from storage.store import Store

# Runs that were asked for by this process, so that a page that is loaded again costs nothing.
MOST_REMEMBERED = 1000
_asked_for: OrderedDict[str, None] = OrderedDict()


def read_opened_runs(run: Run) -> None:
    """One that cannot be read keeps no other waiting."""
    errors: list[Exception] = []
    for execution_id in run.subjects:
        if not run.goes_on():
            return
        if execution_id not in _asked_for:
            try:
                _read(run.store, execution_id)
            except ApiError:
                # It is asked for again when it is opened again.
                run.done(execution_id)
                continue
            except Exception as error:
                errors.append(error)
                continue
        _asked_for[execution_id] = None
        while len(_asked_for) > MOST_REMEMBERED:
            _asked_for.popitem(last=False)
        run.done(execution_id)
    raise_first(errors)


def _read(store: Store, execution_id: str) -> None:
    """By the first connection that knows its pipeline. Raises ApiError."""
    execution = store.executions.find(execution_id)
    if execution is None or execution.stages or execution.source not in READERS:
        return
    for connection in _connections(store, execution):
        reader = None if used_up_until(store, connection) else reader_of(store, connection)
        projects = store.backfills.list_projects(connection.id) if reader else ()
        project = next((one for one in projects if execution.pipeline_id in one.pipelines), None)
        if reader is not None and project is not None:
            apply(store, connection, reader.jobs(project, execution.external_id, execution.attempt))
            return


def _connections(store: Store, execution: Execution) -> list[Connection]:
    listed = store.connections.list_of_team(execution.team_id)
    return store.connections.find_all([one.id for one in listed if one.source == execution.source and not one.paused])


JOB = Job(
    name="read-opened-runs",
    title="Read stages of runs that somebody opens",
    work=read_opened_runs,
    wake_ups=(WakeUp.RUN_WITHOUT_STAGES_WAS_OPENED,),
)
