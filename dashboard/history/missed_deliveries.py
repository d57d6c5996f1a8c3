"""Webhooks that GitHub could not deliver are read from its record and taken as if they came. Of what was sent several
times one success is enough.

After ubicloud/ubicloud, prog/redeliver_github_failures.rb: group by guid, drop those with an OK, go on from a cursor,
give up at a deadline.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dashboard.sources import SOURCES
from dashboard.tool_apis.errors import NothingThere, NotPermitted
from dashboard.tool_apis.github_hooks import HOOK_OF_APP, GitHubHooksApi, HookDelivery
from dashboard.webhooks.connecting import webhook_url
from dashboard.webhooks.ingest import ingest
from storage.model.backfill import MissedDeliveries, Project
from storage.model.document import replace
from storage.model.entities import Connection
from storage.store import Store

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
# GitHub keeps them for three days.
DEADLINE_MS = 72 * HOUR_MS
# A delivery may be under way while the record is read.
OVERLAP_MS = 2 * MINUTE_MS
MOST_AT_ONCE = 50
# Where hooks are is looked for so often; one that may not be read is not asked for before.
LOOKED_FOR_SECONDS = 3600.0
MOST_REPOSITORIES = 20


@dataclass
class KnownHooks:
    """Of this process: by connection where its hooks are, and when that was looked for, seconds of the process."""

    found: dict[str, tuple[float, tuple[str, ...]]] = field(default_factory=dict)

    def of(self, store: Store, connection: Connection, api: GitHubHooksApi) -> tuple[str, ...]:
        """Those that send to this connection, as far as its token may see them."""
        if connection.api.app.id:
            return (HOOK_OF_APP,)
        known = self.found.get(connection.id)
        if known is not None and time.monotonic() - known[0] < LOOKED_FOR_SECONDS:
            return known[1]
        places = tuple(_look_for(api, webhook_url(connection), list(store.backfills.list_projects(connection.id))))
        self.found[connection.id] = (time.monotonic(), places)
        return places


known_hooks = KnownHooks()


def read_missed(
    store: Store, connection: Connection, api: GitHubHooksApi, missed: MissedDeliveries
) -> MissedDeliveries:
    """What stands then; also where it ended early, which the next turn goes on from. Raises ApiError."""
    now = store.now()
    since = max(missed.upto - OVERLAP_MS, now - DEADLINE_MS) if missed.upto else now - HOUR_MS
    failed = [
        (hook, one)
        for hook in known_hooks.of(store, connection, api)
        for one in undelivered(list(api.deliveries(hook, since)))
    ]
    failed.sort(key=lambda each: each[1].at)
    new = 0
    for hook, one in failed[:MOST_AT_ONCE]:
        sent = api.sent(hook, one.id)
        headers = {name: sent.headers.get(name, "") for name in SOURCES[connection.source].kept}
        body = json.dumps(sent.payload).encode()
        answer = ingest(store, connection, SOURCES[connection.source], headers, body, arrived=False)
        new += answer.code == 202
    upto = failed[MOST_AT_ONCE - 1][1].at if len(failed) > MOST_AT_ONCE else now
    return replace(missed, upto=upto, count=missed.count + new)


def undelivered(deliveries: Sequence[HookDelivery]) -> list[HookDelivery]:
    """Of each thing that was sent and never taken, the latest try."""
    taken = {one.guid for one in deliveries if one.taken}
    tries: dict[str, HookDelivery] = {}
    for one in deliveries:
        if one.guid not in taken and (one.guid not in tries or one.at > tries[one.guid].at):
            tries[one.guid] = one
    return list(tries.values())


def _look_for(api: GitHubHooksApi, url: str, projects: Sequence[Project]) -> Iterator[str]:
    """Of the organisations, then of the most active repositories. What the token may not see is left out."""
    names = [one.id for one in sorted(projects, key=lambda one: -(one.active_at or 0))]
    owners = dict.fromkeys(name.partition("/")[0] for name in names)
    asked: list[tuple[Callable[[str], Iterator[tuple[str, str]]], str]] = [
        *((api.hooks_of_organisation, owner) for owner in owners),
        *((api.hooks_of_repository, name) for name in names[:MOST_REPOSITORIES]),
    ]
    for ask, name in asked:
        try:
            yield from (place for place, target in ask(name) if target == url)
        except (NothingThere, NotPermitted):
            continue
