"""What must hold after every fault: nothing acknowledged is lost, the server recovers by itself, and it holds no more
of the machine than before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.error import URLError

from storage import keys
from storage.codec import items
from storage.model.deliveries import PENDING
from storage.model.merge import EMPTY, State, merge
from storage.store import Store
from tests.soak.place import Place, Usage, await_that
from tests.soak.traffic import Traffic, story

RECOVERY_SECONDS = 5.0
SETTLED_SECONDS = 30.0
# What a process may hold of what it had not before: a connection to SQLite (three files) or to DynamoDB a thread. In a
# process that is new all jobs begin at once, and how many do so side by side is chance: seven more, of two processes.
SPARE_FILES, SPARE_SOCKETS = 42, 6
# Of all workers: SQLite fills a cache of up to 16 MB for each connection that it keeps, as the file grows.
SPARE_MEGABYTES = 96.0


@dataclass(frozen=True)
class Result:
    """acknowledged: posts that were. refused: answers that told a sender to try again, and answers that never came.
    recovered: seconds until a post was taken and a page shown."""

    acknowledged: int
    refused: int
    recovered: float
    slowest: float
    before: Usage
    after: Usage
    seconds: float


def after(place: Place, traffic: Traffic, fault: Callable[[Place, Traffic], None]) -> Result:
    """Put the fault in and hold what came of it against what must be. Raises AssertionError."""
    if not place.is_warm:
        _warm(place, traffic)
    workers, before = set(place.server.worker_ids()), place.server.usage()
    logged, began = len(place.server.log.read_text()), time.monotonic()
    fault(place, traffic)
    seconds = time.monotonic() - began
    acknowledged, refused = len(traffic.acknowledged), traffic.refused
    recovered = await_recovery(place, traffic)
    await_that(lambda: not lost(place, traffic), SETTLED_SECONDS, lambda: f"lost: {lost(place, traffic)[:5]}")
    traffic.send_again()
    unlike = partial(unlike_in_order, place, traffic)
    await_that(lambda: not unlike(), SETTLED_SECONDS, lambda: f"not as if told in order: {unlike()}")
    replaced = workers != set(place.server.worker_ids())
    if replaced:
        # A new process has not yet held what one that has worked holds.
        _warm(place, traffic)
    usage = place.server.usage
    await_that(lambda: gave_back(before, usage()), SETTLED_SECONDS, lambda: f"held: {before} then {usage()}")
    _, traceback, rest = place.server.log.read_text()[logged:].partition("Traceback")
    assert not traceback, rest[:3000]
    return Result(acknowledged, refused, recovered, traffic.slowest, before, place.server.usage(), seconds)


def _warm(place: Place, traffic: Traffic) -> None:
    """Let every worker make once what it keeps: connections to the store, the hub's threads."""
    traffic.burst(5)
    for sock in place.open_streams(8):
        sock.close()
    traffic.send_again()
    place.is_warm = True


def gave_back(before: Usage, now: Usage) -> bool:
    return (
        now.sockets <= before.sockets + SPARE_SOCKETS
        and now.files <= before.files + SPARE_FILES
        and now.megabytes <= before.megabytes + SPARE_MEGABYTES
    )


def await_recovery(place: Place, traffic: Traffic) -> float:
    """Seconds until an event is taken by each server and the board is shown."""

    def works() -> bool:
        posts = story()
        if any(traffic.send(post, port) != 202 for post, port in zip(posts, traffic.ports, strict=False)):
            return False
        with suppress(URLError, TimeoutError):
            return bool(place.server.api("GET", f"/teams/{place.team_id}/pipelines")["items"])
        return False

    return await_that(works, RECOVERY_SECONDS)


def lost(place: Place, traffic: Traffic) -> list[str]:
    """Deliveries that were acknowledged and of which something is neither in the state nor in the inbox."""
    found = []
    with place.store() as store:
        states: dict[str, State] = {}
        for post in traffic.acknowledged:
            if post.run not in states:
                states[post.run] = _state(store, place, post.run)
            state = states[post.run]
            if merge(state, post.events()) != state and not _waits(store, place, post.key):
                found.append(f"{post.run} {post.key}")
    return found


def unlike_in_order(place: Place, traffic: Traffic) -> list[str]:
    """Runs whose state is not what their events make, told once and in order."""
    by_run: dict[str, dict[str, None]] = {}
    events = {post.key: post.events() for post in traffic.acknowledged}
    for post in traffic.acknowledged:
        by_run.setdefault(post.run, {})[post.key] = None
    with place.store() as store:
        return [
            run
            for run, told in by_run.items()
            if _state(store, place, run) != merge(EMPTY, [event for key in sorted(told) for event in events[key]])
        ]


def _state(store: Store, place: Place, run: str) -> State:
    key = items.execution_key(keys.execution_id(place.team_id, "github", run))
    item = store.table.engine.get(key, consistent=True)
    stored = items.execution_of([item]) if item else None
    return stored[0].state if stored else EMPTY


def _waits(store: Store, place: Place, key: str) -> bool:
    claim = store.table.engine.get(items.delivery_key(place.connection_id, key), consistent=True)
    return bool(claim and claim["outcome"] == PENDING)
