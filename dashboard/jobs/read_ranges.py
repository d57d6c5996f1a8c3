"""Commits that came without a push event are read from the tool, where a connection has a token: every few minutes the
newest runs of default branches are looked at, and each range that is not known is asked for once."""

from __future__ import annotations

from collections import OrderedDict

from dashboard.jobs.job import Job, Run, raise_first
from dashboard.jobs.repair_runs import let_in
from dashboard.tool_apis.errors import ApiError, NothingThere, NotPermitted
from dashboard.tool_apis.github import GitHubApi
from dashboard.wakeups import WakeUp, wakeups
from dashboard.webhooks.api_access import github_api, used_up_until
from dashboard.webhooks.ranges import ranges_of, read_range
from storage.model.entities import Connection

# At once, of a connection: the rest with the next turn.
MOST_AT_ONCE = 20
# Heads that were looked at, so that what is known or cannot be compared is not asked for again by this process.
MOST_REMEMBERED = 10_000
_looked_at: OrderedDict[tuple[str, int, str], None] = OrderedDict()


def read_ranges(run: Run) -> None:
    """A connection that cannot be read keeps no other waiting."""
    errors: list[Exception] = []
    for connection in let_in(run.store, ("github",)):
        if not run.goes_on():
            return
        try:
            _read(run, connection)
        except Exception as error:
            errors.append(error)
    raise_first(errors)


def _read(run: Run, connection: Connection) -> None:
    api = github_api(run.store, connection, GitHubApi)
    if api is None or used_up_until(run.store, connection):
        return
    told = 0
    for wanted in ranges_of(run.store, connection.team_id, connection.source):
        if told >= MOST_AT_ONCE or not run.goes_on():
            return
        # Another token may read what this one may not.
        key = (connection.id, connection.version, wanted.head)
        if key in _looked_at:
            continue
        try:
            told += read_range(run.store, api, connection, wanted)
        except (NothingThere, NotPermitted):
            # Not of this token's repositories, or a branch that was made anew.
            told += 1
        except ApiError:
            # Nothing else can be read now either: with the next turn.
            return
        _looked_at[key] = None
        while len(_looked_at) > MOST_REMEMBERED:
            _looked_at.popitem(last=False)
    if told:
        wakeups.send(WakeUp.STORE_CHANGED)


JOB = Job(
    name="read-ranges",
    title="Read commits that no push told",
    work=read_ranges,
    period_seconds=120.0,
    lease_seconds=120.0,
)
