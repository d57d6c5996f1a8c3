"""The inbox: what was accepted and could not be applied at once is tried again, with growing pauses, by any process.

What cannot be applied at all becomes a dead letter: kept, shown on its connection's page, replayable, in nobody's way.
"""

from __future__ import annotations

import logging
import random
import time

from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Parsed
from dashboard.webhooks import posts
from dashboard.webhooks.following import follow
from storage.errors import StorageError, TableMissing, Throttled, TooLarge, Unavailable
from storage.model.entities import Connection
from storage.model.events import by_execution
from storage.recording.recorder import Unsettled
from storage.recording.wanted_logs import tells_of_failed_job
from storage.repositories.deliveries import InboxEntry
from storage.store import Store

logger = logging.getLogger(__name__)

TRIES = 8
# Eight tries take about an hour: 4, 16, 64 and 256 seconds apart, then a quarter of an hour.
FIRST_PAUSE_MS, PAUSE_GROWTH, LONGEST_PAUSE_MS = 4_000, 4, 900_000
# The thread that sweeps has other work as well.
SWEEP_SECONDS = 2.0
FULL = "this execution holds as much as can be kept"
CONTENDED = "others kept writing this run"


def sweep(store: Store, shards: range, older_than_seconds: float = 0.0) -> int:
    """Try what is due, for a moment. How many were applied. Raises what the store raises where it takes nothing."""
    before, applied = store.now() - int(older_than_seconds * 1000), 0
    until = time.monotonic() + SWEEP_SECONDS
    # In another order each time, so that one that is long keeps no other waiting.
    for shard in random.sample(shards, len(shards)):
        for entry in store.deliveries.list_pending(shard, before):
            applied += _try(store, entry)
            if time.monotonic() > until:
                return applied
    return applied


def settle(store: Store, entry: InboxEntry) -> None:
    """Apply one entry. It stays where it is when this raises."""
    team_id, events, subjects = entry.team_id, entry.events, entry.subjects
    if not events and not subjects:
        parsed = _parsed_again(store, entry)
        events, subjects = parsed.events, parsed.subjects
    if not events and not subjects:
        raise ValueError(entry.reason or "there are no events in it")
    *first, last = by_execution(events) or [[]]
    connection = store.connections.find(entry.connection_id) if tells_of_failed_job(events) else None
    through = logs_through(connection)
    for part in first:
        follow(store, store.recorder.apply(team_id, part, logs_through=through))
    follow(store, store.recorder.settle(team_id, last, entry, subjects, logs_through=through))


def logs_through(connection: Connection | None) -> str:
    """The connection's id where logs of jobs that failed are read by it."""
    return connection.id if connection is not None and connection.api.reads_logs else ""


def _parsed_again(store: Store, entry: InboxEntry) -> Parsed:
    """What an earlier version left in the inbox comes without events, with its post."""
    connection = store.connections.find(entry.connection_id) if entry.post else None
    return SOURCES[connection.source].parse(*posts.unpack(entry.post)) if connection else Parsed((), "", "")


def pause_ms(tries: int) -> int:
    """How long one waits that was tried so often: half of it by chance, so that those which failed together part."""
    longest = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * PAUSE_GROWTH ** (tries - 1))
    return int(longest * random.uniform(0.5, 1.0))


def words_of(error: Exception) -> str:
    """Why something cannot be applied, for people."""
    if isinstance(error, Unsettled):
        return CONTENDED
    if isinstance(error, TooLarge):
        return FULL
    return f"{type(error).__name__}: {error}"[:300]


def _try(store: Store, entry: InboxEntry) -> bool:
    """Whether it was applied."""
    try:
        settle(store, entry)
    except Unsettled as error:
        _tried_in_vain(store, entry, error)
    except (Throttled, Unavailable, TableMissing) as error:
        # That is the store's fault, or its place's in it: others may go through.
        logger.warning("delivery %s still waits: %s", entry.key, error)
        store.deliveries.put_back(entry, store.now() + pause_ms(1), entry.tries, str(error))
    except Exception as error:
        # Once is enough: hundreds that fail alike must not fill the log.
        if not isinstance(error, StorageError) and not entry.tries:
            logger.exception("delivery %s cannot be applied", entry.key)
        _tried_in_vain(store, entry, error)
    else:
        return True
    return False


def _tried_in_vain(store: Store, entry: InboxEntry, error: Exception) -> None:
    tries, reason = entry.tries + 1, words_of(error)
    if tries >= TRIES:
        logger.warning("delivery %s is a dead letter after %s tries: %s", entry.key, tries, reason)
        store.deliveries.bury(entry, reason)
        return
    logger.warning("delivery %s still waits after %s tries: %s", entry.key, tries, reason)
    store.deliveries.put_back(entry, store.now() + pause_ms(tries), tries, reason)
