"""Webhooks that GitHub could not deliver are read from its record, every minute."""

from __future__ import annotations

from dashboard.history.missed_deliveries import read_missed
from dashboard.jobs.job import Job, Run, raise_first
from dashboard.jobs.repair_runs import let_in
from dashboard.tool_apis.errors import ApiError
from dashboard.tool_apis.github_hooks import GitHubHooksApi
from dashboard.webhooks.api_access import github_api, used_up_until
from dashboard.webhooks.github_app import api_as_app
from storage.model.backfill import MissedDeliveries
from storage.model.entities import Connection
from storage.store import Store


def read_missed_deliveries(run: Run) -> None:
    """A connection that cannot be read keeps no other waiting."""
    errors: list[Exception] = []
    for connection in let_in(run.store, ("github",)):
        if not run.goes_on():
            return
        try:
            _read(run.store, connection)
        except ApiError:
            # With the next turn, from where this one began.
            continue
        except Exception as error:
            errors.append(error)
    raise_first(errors)


def _read(store: Store, connection: Connection) -> None:
    api = api_as_app(store, connection, GitHubHooksApi) or github_api(store, connection, GitHubHooksApi)
    if api is None or used_up_until(store, connection):
        return
    before = store.backfills.find_missed(connection.id) or MissedDeliveries(connection.id)
    store.backfills.put_missed(read_missed(store, connection, api, before))


JOB = Job(
    name="read-missed-deliveries",
    title="Read webhooks that GitHub could not deliver",
    work=read_missed_deliveries,
    period_seconds=60.0,
    lease_seconds=90.0,
)
