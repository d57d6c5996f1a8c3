"""Connections as their pages show them: whether events arrive, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Need
from storage.model.deliveries import APPLIED, PENDING, DeliveryBrief
from storage.model.entities import Connection
from storage.store import Store

SILENT_MS = 24 * 3_600_000
# A run of very many jobs must not look like jobs without runs.
LONG_LOOK = 500
DEAD_LETTERS = "Some deliveries could not be applied: see the dead letters"
NOT_TAKEN = ("refused", "rejected", "put off")


class Line(NamedTuple):
    """A thing that can be wrong with a connection: the glyph it gets, what to say of it, how often."""

    state: str
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class Check:
    """`state` and `words` say how a connection does as a whole, `event` what came last where all is well.
    `previous_until`: until when the secret before this one works, milliseconds; 0 where there is none. `dead`: how many
    dead letters it has."""

    connection: Connection
    state: str
    words: str
    event: str
    last: DeliveryBrief | None
    lines: tuple[Line, ...]
    previous_until: int
    dead: int


@dataclass(frozen=True, slots=True)
class Listed:
    connection: Connection
    label: str
    check: Check


def check(
    connection: Connection,
    deliveries: Sequence[DeliveryBrief],
    now: int,
    *,
    readable: bool,
    unmet: Sequence[Need] = (),
    dead: int = 0,
) -> Check:
    """`deliveries`: the newest, newest first. `now` in milliseconds. `readable`: whether its secret can be opened.
    `unmet`: what its tool does not send though it should. `dead`: how many of its deliveries are dead letters."""
    arrived = [delivery for delivery in deliveries if delivery.outcome not in NOT_TAKEN]
    refused = sum(delivery.outcome == "refused" for delivery in deliveries)
    rejected = sum(delivery.outcome == "rejected" for delivery in deliveries)
    last = arrived[0] if arrived else None
    if not readable:
        state, words = "failed", "Secret unreadable"
    elif connection.paused:
        state, words = "waiting", "Paused"
    elif last is None:
        state, words = ("failed", "Refused") if refused else ("queued", "Waiting for the first event")
    elif deliveries[0].outcome in NOT_TAKEN:
        state, words = "failed", "Last post not taken"
    elif now - last.received_at > SILENT_MS:
        state, words = "unknown", "Silent for more than a day"
    else:
        state, words = "succeeded", "Receiving"
    until = connection.previous_until if connection.previous_until > now else 0
    lines = (
        _secret(len(arrived), refused, readable=readable),
        _payloads(len(arrived), rejected),
        *_put_off(deliveries),
        *(Line("failed", need.words, "not sent") for need in unmet),
        *([Line("failed", DEAD_LETTERS, f"{dead} dead")] if dead else []),
    )
    event = last.event if last and state == "succeeded" else ""
    return Check(connection, state, words, event, last, lines, until, dead)


def _secret(good: int, refused: int, *, readable: bool) -> Line:
    note = f"{refused} refused"
    if not readable:
        return Line("failed", "Secret cannot be read with the present signing key: rotate it", note)
    if refused:
        return Line("failed", f"Secret wrong in {refused} of the latest posts", note)
    if good:
        return Line("succeeded", f"Secret right in all of the latest {good}", note)
    return Line("queued", "Secret not tried yet", note)


def _payloads(good: int, rejected: int) -> Line:
    note = f"{rejected} rejected"
    if rejected:
        return Line("failed", f"Payloads not readable in {rejected} of the latest posts", note)
    return Line("succeeded", "Payloads understood", note) if good else Line("queued", "Payloads: none yet", note)


def _put_off(deliveries: Sequence[DeliveryBrief]) -> list[Line]:
    """What could not be verified for a time, for the reason that was given last."""
    found = [delivery for delivery in deliveries if delivery.outcome == "put off"]
    if not found:
        return []
    return [Line("waiting", f"The sender was asked to send again: {found[0].reason}", f"{len(found)} put off")]


def unmet_needs(store: Store, connection: Connection, deliveries: Sequence[DeliveryBrief]) -> list[Need]:
    """What the tool does not send though others arrive that are of no use without it. Where the newest deliveries look
    like that, more of them are read."""
    seeming = [need for need in SOURCES[connection.source].needs if _is_unmet(need, deliveries)]
    if not seeming:
        return []
    more = store.deliveries.list_of_connection(connection.id, limit=LONG_LOOK)
    return [need for need in seeming if _is_unmet(need, more)]


def _is_unmet(need: Need, deliveries: Sequence[DeliveryBrief]) -> bool:
    others = (each for each in deliveries if each.outcome in (APPLIED, PENDING) and _is(each, need.beside))
    return any(others) and not any(_is(each, need.event) for each in deliveries)


def _is(delivery: DeliveryBrief, event: str) -> bool:
    return delivery.event.partition(".")[0] == event


def listed(
    store: Store,
    connections: Sequence[Connection],
    is_readable: Callable[[Connection], bool],
    dead: Mapping[str, int],
) -> list[Listed]:
    """Connections as an index lists them, each with what its newest deliveries say. `dead`: how many dead letters each
    has, by its id."""
    now = store.now()
    found = store.connections.find_all([connection.id for connection in connections])
    return [
        Listed(
            connection,
            SOURCES[connection.source].label,
            check(
                connection,
                store.deliveries.list_of_connection(connection.id, limit=10),
                now,
                readable=is_readable(connection),
                dead=dead.get(connection.id, 0),
            ),
        )
        for connection in found
    ]
