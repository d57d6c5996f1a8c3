"""From a verified webhook body to an answer: parse, then apply at once, or keep for the worker what does not settle.

What is answered 2xx survives the death of every process. Nothing here knows HTTP beyond the number of the answer.
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.background import background
from dashboard.sources import Source
from dashboard.sources.kit.source import Parsed, Rejected
from dashboard.timekeeping import timekeeper
from dashboard.webhooks import posts
from dashboard.webhooks.following import follow
from dashboard.webhooks.inbox import FULL, words_of
from storage.errors import NotFound, StorageError, TooLarge
from storage.model.accounts import Actor
from storage.model.deliveries import APPLIED, PENDING, Delivery, DeliveryBrief
from storage.model.document import replace
from storage.model.entities import Connection
from storage.model.events import by_execution
from storage.recording.recorder import Applied, Unsettled
from storage.store import Store

logger = logging.getLogger(__name__)

DAY_MS = 86_400_000
YEAR_2000 = 946_684_800_000
PAUSED = "this connection is paused"


class NotApplied(Exception):
    """What a delivery says cannot be applied, now or later. The words are for people."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told. `body` is the JSON object."""

    code: int
    body: dict[str, str]


def ingest(store: Store, connection: Connection, source: Source, headers: Mapping[str, str], body: bytes) -> Answer:
    """Raises Throttled or Unavailable when nothing could be stored: the sender is to try again."""
    try:
        parsed = source.parse(headers, body)
    except Rejected as rejected:
        message = {"message": rejected.message, "path": rejected.path}
        _note(
            store, connection, _hash(body), "", Answer(400, message), "rejected", f"{rejected.message} {rejected.path}"
        )
        return Answer(400, message)
    key = parsed.delivery_key or _hash(body)
    if connection.paused:
        answer = Answer(200, {"status": "ignored", "reason": PAUSED})
        _note(store, connection, key, parsed.event, answer, "ignored", PAUSED, posts.pack(headers, body, source.kept))
        return answer
    reason = parsed.ignored or _out_of_time(parsed, store.now())
    if reason:
        answer = Answer(200, {"status": "ignored", "reason": reason})
        _note(store, connection, key, parsed.event, answer, "ignored", reason)
        return answer
    return _apply(store, connection, parsed, key, posts.pack(headers, body, source.kept))


def replay(store: Store, connection: Connection, source: Source, found: DeliveryBrief, by: Actor) -> Applied | None:
    """Take a kept post as if it came now. None where there is nothing in it for us. Raises Rejected, NotApplied, and
    Unsettled, Throttled or Unavailable when it is to be tried again."""
    post, parsed = _kept(store, connection, source, found)
    if parsed.ignored or _out_of_time(parsed, store.now()):
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


def refuse(store: Store, connection: Connection, code: int, reason: str) -> None:
    """Note on the connection's page that a post was refused. Nothing of its body is kept. One a minute is enough, so
    that a stranger cannot make us write."""
    _note_once_a_minute(store, connection, code, "refused", reason)


def put_off(store: Store, connection: Connection, code: int, reason: str) -> None:
    """As `refuse`, of a post that was neither believed nor refused and is to be sent again."""
    _note_once_a_minute(store, connection, code, "put off", reason)


MOST_NOTED = 10_000
_noted: OrderedDict[tuple[str, str, int], int] = OrderedDict()


def _note_once_a_minute(store: Store, connection: Connection, code: int, outcome: str, reason: str) -> None:
    """Of all processes; what this one noted it does not try again."""
    minute, what = store.now() // 60_000, (connection.id, outcome, code)
    if _noted.get(what) == minute:
        return
    _noted[what] = minute
    while len(_noted) > MOST_NOTED:
        _noted.popitem(last=False)
    try:
        _note(store, connection, f"{outcome} {minute} {code}", "", Answer(code, {}), outcome, reason)
    except StorageError as error:
        _noted.pop(what, None)
        logger.warning("a delivery that was %s could not be noted: %s", outcome, error)


def _apply(store: Store, connection: Connection, parsed: Parsed, key: str, post: str) -> Answer:
    delivery = Delivery(connection.id, key, parsed.event, store.now(), 202, APPLIED, post=post)
    accepted = Answer(202, {"status": "accepted", "delivery": key})
    if len(by_execution(parsed.events)) > 1:
        return _later(store, connection, parsed, delivery, accepted)
    try:
        applied = store.recorder.apply(connection.team_id, parsed.events, delivery, parsed.subjects)
    except Unsettled:
        return _later(store, connection, parsed, delivery, accepted)
    except TooLarge:
        answer = Answer(200, {"status": "ignored", "reason": FULL})
        _note(store, connection, key, parsed.event, answer, "ignored", FULL)
        return answer
    if applied.duplicate:
        return Answer(200, {"status": "duplicate"})
    timekeeper.hear(connection.id, max(event.at for event in (*parsed.events, *parsed.subjects)), store.now())
    follow(store, applied)
    return accepted


def _later(store: Store, connection: Connection, parsed: Parsed, delivery: Delivery, accepted: Answer) -> Answer:
    """Into the durable inbox; the background worker of any process applies it."""
    kept = replace(
        delivery, outcome=PENDING, events=parsed.events, subjects=parsed.subjects, team_id=connection.team_id
    )
    if not store.deliveries.accept(kept):
        return Answer(200, {"status": "duplicate"})
    background.waiting()
    return accepted


def _note(
    store: Store,
    connection: Connection,
    key: str,
    event: str,
    answer: Answer,
    outcome: str,
    reason: str,
    post: str = "",
) -> None:
    delivery = Delivery(connection.id, key, event, store.now(), answer.code, outcome, reason[:300], post=post)
    store.deliveries.note(delivery)


def _out_of_time(parsed: Parsed, now: int) -> str:
    """A clock that is far ahead would freeze what it speaks of, so such events are kept out, visibly."""
    for event in (*parsed.events, *parsed.subjects):
        if event.at > now + DAY_MS:
            return "the event's time is more than a day ahead"
        if event.at < YEAR_2000:
            return "the event's time is before the year 2000"
    return ""


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
