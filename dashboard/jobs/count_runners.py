"""How many runners are online for what jobs ask for, asked every five minutes where a connection may."""

from __future__ import annotations

from collections import defaultdict

from dashboard.history.runners import COUNTED, online_of
from dashboard.jobs.job import Job, Run, raise_first
from dashboard.jobs.repair_runs import let_in
from dashboard.tool_apis.errors import ApiError
from dashboard.wakeups import WakeUp, wakeups
from dashboard.webhooks.api_access import used_up_until
from storage.model.runners_online import LabelOnline, renewed
from storage.store import Store


def count_runners(run: Run) -> None:
    """A connection that cannot be asked keeps no other waiting."""
    asked, told, errors = _asked_for(run.store), list[LabelOnline](), list[Exception]()
    for connection in let_in(run.store, asked) if asked else []:
        if not run.goes_on() or used_up_until(run.store, connection):
            continue
        try:
            told += online_of(run.store, connection, sorted(asked[connection.source]))
        except ApiError:
            # Unknown, then; its page says what is wrong with its access.
            continue
        except Exception as error:
            errors.append(error)
    _keep(run.store, told)
    raise_first(errors)


def _asked_for(store: Store) -> dict[str, set[str]]:
    """Labels that jobs ask for, by the tool: pipelines of one connection may be in any team."""
    found: dict[str, set[str]] = defaultdict(set)
    rows = (row for entry in store.teams.list_boards() for row in entry.rows if row.source in COUNTED)
    for row in rows:
        found[row.source] |= {queue.label for queue in row.queues if queue.label}
    return {source: labels for source, labels in found.items() if labels}


def _keep(store: Store, told: list[LabelOnline]) -> None:
    if not told:
        return
    before = store.runners.find()
    after = renewed(before, told, store.now())
    changed = {(one.source, one.label, one.online) for one in before.told} != {
        (one.source, one.label, one.online) for one in after.told
    }
    store.runners.put(after, changed=changed)
    if changed:
        wakeups.send(WakeUp.STORE_CHANGED)


JOB = Job(
    name="count-runners",
    title="Ask tools how many runners are online",
    work=count_runners,
    period_seconds=300.0,
    lease_seconds=120.0,
)
