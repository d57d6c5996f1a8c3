"""Logs of jobs that failed are read, where their connection says so: one execution after the other, within the tool's
quota, tried again with growing pauses."""

from __future__ import annotations

from dashboard.jobs.job import Job, Run, raise_first
from dashboard.tool_apis.errors import ApiError, OverQuota
from dashboard.wakeups import WakeUp, wakeups
from dashboard.webhooks.api_access import used_up_until
from dashboard.webhooks.failures import FINAL, FailureReader, give_up
from dashboard.webhooks.inbox import pause_ms
from dashboard.webhooks.job_logs import log_reader
from storage.errors import StorageError
from storage.model.entities import Connection
from storage.repositories.failures import WantedNote
from storage.store import Store

# About a quarter of an hour: a log that is not there by then does not come.
TRIES = 5


def is_needed(store: Store) -> bool:
    """One query of a partition that is empty nearly always."""
    return bool(store.failures.list_wanted(1))


def read_failures(run: Run) -> None:
    """What cannot be read keeps no other waiting."""
    errors = []
    for note in run.store.failures.list_wanted():
        if note.wanted.due_at > run.store.now():
            continue
        if not run.goes_on():
            return
        try:
            _read(run, note)
        except Exception as error:
            errors.append(error)
            _tried_in_vain(run.store, note, error)
    raise_first(errors)


def _tried_in_vain(store: Store, note: WantedNote, error: Exception) -> None:
    """A fault of ours is not tried for ever; the store's own is."""
    tries = note.wanted.tries + (not isinstance(error, StorageError))
    if tries >= TRIES:
        store.failures.settle(note)
    else:
        store.failures.put_off(note, store.now() + pause_ms(max(1, tries)), tries)


def _read(run: Run, note: WantedNote) -> None:
    store, wanted = run.store, note.wanted
    connection = store.connections.find(wanted.connection_id)
    if connection is None or not connection.api.reads_logs:
        store.failures.settle(note)
        return
    if until := used_up_until(store, connection):
        store.failures.put_off(note, until, wanted.tries)
        return
    tries = wanted.tries + 1
    try:
        done = _read_execution(run, note, connection, last=tries >= TRIES)
    except OverQuota as error:
        store.failures.put_off(note, max(error.until, store.now() + pause_ms(1)), wanted.tries)
    except ApiError:
        store.failures.put_off(note, store.now() + pause_ms(tries), tries)
    else:
        if done:
            store.failures.settle(note)


def _read_execution(run: Run, note: WantedNote, connection: Connection, *, last: bool) -> bool:
    """Whether all of it was. Raises ApiError where it is to be tried again."""
    store, execution_id = run.store, note.wanted.execution_id
    head = store.executions.find_head(execution_id)
    found = store.executions.whole(execution_id, head) if head else None
    record = store.pipelines.find(found[0].pipeline_id) if found and found[0].pipeline_id else None
    if head is None or found is None or (record is None and last):
        return True
    if record is None:
        raise ApiError("no event has named its pipeline yet")
    execution = store.executions.read(found[0], team_id=record.team_id)
    try:
        logs = log_reader(store, connection, record)
    except FINAL as error:
        give_up(store, record, execution, head.expires, str(error))
        wakeups.send(WakeUp.STORE_CHANGED)
        return True
    for _ in FailureReader(store, logs, record, execution, head.expires).read(last=last):
        wakeups.send(WakeUp.STORE_CHANGED)
        if not run.goes_on():
            return False
    return True


JOB = Job(
    name="read-failures",
    title="Read logs of jobs that failed",
    work=read_failures,
    period_seconds=20.0,
    wake_ups=(WakeUp.LOGS_ARE_WANTED,),
    lease_seconds=120.0,
    needed=is_needed,
)
