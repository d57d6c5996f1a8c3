"""From a verified webhook body to an answer: parse, then apply at once, or keep for the worker what does not settle.

What is answered 2xx survives the death of every process. Nothing here knows HTTP beyond the number of the answer.
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.sources import Source
from dashboard.sources.kit.payload import name
from dashboard.sources.kit.source import Parsed, Rejected
from dashboard.timekeeping import timekeeper
from dashboard.wakeups import WakeUp, wakeups
from dashboard.webhooks import posts
from dashboard.webhooks.activity import heard_events
from dashboard.webhooks.following import follow
from dashboard.webhooks.inbox import FULL, logs_through
from storage.errors import StorageError, TooLarge
from storage.model.deliveries import APPLIED, PENDING, Delivery
from storage.model.document import replace
from storage.model.entities import Connection
from storage.model.events import by_execution
from storage.recording.recorder import Unsettled
from storage.recording.wanted_logs import tells_of_failed_job
from storage.store import Store

logger = logging.getLogger(__name__)

DAY_MS = 86_400_000
YEAR_2000 = 946_684_800_000
PAUSED = "this connection is paused"
TOO_MUCH = "this says more than can be kept at once: send fewer events in one post"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told. `body` is the JSON object."""

    code: int
    body: dict[str, str]


def ingest(
    store: Store,
    connection: Connection,
    source: Source,
    headers: Mapping[str, str],
    body: bytes,
    *,
    arrived: bool = True,
) -> Answer:
    """`arrived`: its sender brought it just now; else it was fetched. Raises Throttled or Unavailable when nothing
    could be stored: the sender is to try again."""
    if arrived:
        heard_events.note(connection.id, store.now())
    try:
        parsed = source.parse(headers, body)
    except Rejected as rejected:
        return reject(store, connection, source, headers, body, rejected)
    key = parsed.delivery_key or _hash(body)
    if not parsed.ignored and (reason := not_chosen(connection, parsed)):
        return _ignore(store, connection, key, parsed.event, reason)
    if connection.paused:
        return _ignore(store, connection, key, parsed.event, PAUSED, posts.pack(headers, body, source.kept))
    if reason := parsed.ignored or out_of_time(parsed, store.now()):
        return _ignore(store, connection, key, parsed.event, reason)
    if arrived and (times := [event.at for event in (*parsed.events, *parsed.subjects)]):
        heard_events.tell(connection.id, max(times), store.now())
    return _apply(store, connection, parsed, key, posts.pack(headers, body, source.kept))


def reject(
    store: Store,
    connection: Connection,
    source: Source,
    headers: Mapping[str, str],
    body: bytes,
    rejected: Rejected,
) -> Answer:
    """Note a post that is genuine and cannot be used, and say so as its tool can bear it."""
    answer = Answer(400, {"message": rejected.message, "path": rejected.path})
    if source.ignores_unusable:
        answer = Answer(200, {"status": "ignored", "reason": str(rejected)})
    event = name(headers.get(source.event_header, ""))
    reason = rejected.message if rejected.path in rejected.message else f"{rejected.message} {rejected.path}"
    _note(store, connection, _hash(body), event, answer, "rejected", reason)
    return answer


def _ignore(store: Store, connection: Connection, key: str, event: str, reason: str, post: str = "") -> Answer:
    answer = Answer(200, {"status": "ignored", "reason": reason})
    _note(store, connection, key, event, answer, "ignored", reason, post)
    return answer


def not_chosen(connection: Connection, parsed: Parsed) -> str:
    """Why it is not for this connection, where its App sent it: one that others may install tells of all who did, while
    another one is installed by its owner alone."""
    app = connection.api.app
    if not app.is_public or parsed.installation in ("", app.installation):
        return ""
    return f"it is of installation {parsed.installation} of the App, which nobody chose for this connection"


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
        return _several(store, connection, parsed, delivery, accepted)
    try:
        through = logs_through(connection)
        applied = store.recorder.apply(
            connection.team_id, parsed.events, delivery, parsed.subjects, logs_through=through
        )
    except Unsettled:
        return _later(store, connection, parsed, delivery, accepted)
    except TooLarge:
        return _ignore(store, connection, key, parsed.event, FULL)
    if applied.duplicate:
        return Answer(200, {"status": "duplicate"})
    timekeeper.hear(connection.id, max(event.at for event in (*parsed.events, *parsed.subjects)), store.now())
    follow(store, applied)
    if through and tells_of_failed_job(parsed.events):
        wakeups.send(WakeUp.LOGS_ARE_WANTED)
    return accepted


def _several(store: Store, connection: Connection, parsed: Parsed, delivery: Delivery, accepted: Answer) -> Answer:
    """What is said of several executions, which no transaction takes together."""
    try:
        return _later(store, connection, parsed, delivery, accepted)
    except TooLarge:
        answer = Answer(413, {"message": TOO_MUCH})
        _note(store, connection, delivery.key, parsed.event, answer, "rejected", TOO_MUCH)
        return answer


def _later(store: Store, connection: Connection, parsed: Parsed, delivery: Delivery, accepted: Answer) -> Answer:
    """Into the durable inbox; a job of any process applies it."""
    kept = replace(
        delivery, outcome=PENDING, events=parsed.events, subjects=parsed.subjects, team_id=connection.team_id
    )
    if not store.deliveries.accept(kept):
        return Answer(200, {"status": "duplicate"})
    wakeups.send(WakeUp.INBOX_HAS_WORK)
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


def out_of_time(parsed: Parsed, now: int) -> str:
    """A clock that is far ahead would freeze what it speaks of, so such events are kept out, visibly."""
    for event in (*parsed.events, *parsed.subjects):
        if event.at > now + DAY_MS:
            return "the event's time is more than a day ahead"
        if event.at < YEAR_2000:
            return "the event's time is before the year 2000"
    return ""


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
