"""A delivery that was kept, taken again as if it came now."""

from __future__ import annotations

import logging

from dashboard.sources.kit.source import Parsed, Source
from dashboard.webhooks import posts
from dashboard.webhooks.following import follow
from dashboard.webhooks.inbox import FULL, words_of
from dashboard.webhooks.ingest import not_chosen, out_of_time
from storage.errors import NotFound, StorageError, TooLarge
from storage.model.accounts import Actor
from storage.model.deliveries import APPLIED, Delivery, DeliveryBrief
from storage.model.document import replace
from storage.model.entities import Connection
from storage.model.events import by_execution
from storage.recording.recorder import Applied
from storage.store import Store

logger = logging.getLogger(__name__)


class NotApplied(Exception):
    """What a delivery says cannot be applied, now or later. The words are for people."""


def replay(store: Store, connection: Connection, source: Source, found: DeliveryBrief, by: Actor) -> Applied | None:
    """Take a kept post as if it came now. None where there is nothing in it for us. Raises Rejected, NotApplied, and
    Unsettled, Throttled or Unavailable when it is to be tried again."""
    post, parsed = _kept(store, connection, source, found)
    if parsed.ignored or not_chosen(connection, parsed) or out_of_time(parsed, store.now()):
        return None
    applied = _applied_again(store, connection, parsed)
    delivery = Delivery(connection.id, found.key, parsed.event, found.received_at, found.answer, APPLIED, "replayed")
    store.deliveries.put_replayed(replace(delivery, execution_id=applied[-1].execution_id, post=post), connection, by)
    for done in applied:
        follow(store, done)
    return next((done for done in applied if done.changed), applied[-1])


def _applied_again(store: Store, connection: Connection, parsed: Parsed) -> list[Applied]:
    *first, last = by_execution(parsed.events) or [[]]
    try:
        return [
            *(store.recorder.apply(connection.team_id, part) for part in first),
            store.recorder.apply(connection.team_id, last, subjects=parsed.subjects),
        ]
    except TooLarge as error:
        raise NotApplied(FULL) from error
    except StorageError:
        raise
    except Exception as error:
        logger.exception("a delivery cannot be applied again")
        raise NotApplied(words_of(error)) from error


def _kept(store: Store, connection: Connection, source: Source, found: DeliveryBrief) -> tuple[str, Parsed]:
    """The packed post of a delivery, and what it says. A dead letter whose post was too long to keep has its events
    alone."""
    if packed := store.deliveries.find_post(connection.id, found.key):
        return packed, source.parse(*posts.unpack(packed))
    dead = store.deliveries.find_dead(connection.id, found.key)
    if dead is None:
        raise NotFound("Nothing is kept of this delivery")
    nothing = "" if dead.events or dead.subjects else "there are no events in it"
    return "", Parsed(dead.events, dead.event, dead.key, nothing, dead.subjects)
