"""Connections as their pages show them: whether events arrive, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.readmodels.freshness import UNKNOWN, Freshness, Line, freshness_of
from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Need, Source
from storage.model.deliveries import APPLIED, PENDING, DeliveryBrief
from storage.model.entities import Connection
from storage.store import Store

SILENT_MS = 24 * 3_600_000
# A run of very many jobs must not look like jobs without runs.
LONG_LOOK = 500
DEAD_LETTERS = "Some deliveries could not be applied: see the dead letters"
IGNORED = "ignored"
NOT_TAKEN = ("refused", "rejected", "put off")
UNSIGNED, WRONG_TYPE = 401, 415
WAITING = "Waiting for the first event"
# So that whoever tries again at once does not take silence for success.
NOTED = "At most one refusal a minute is noted"


@dataclass(frozen=True, slots=True)
class Heard:
    """Of which run the newest event told. `pipeline`: its name."""

    pipeline: str
    execution_id: str


@dataclass(frozen=True, slots=True)
class Check:
    """`state` and `words` say how a connection does as a whole, `event` what came last where all is well, and `heard`
    of what. `previous_until`: until when the secret before this one works, milliseconds; 0 where there is none. `dead`:
    how many dead letters it has. `is_waiting`: whether nothing was taken yet, so that the next post is looked out
    for."""

    connection: Connection
    state: str
    words: str
    event: str
    last: DeliveryBrief | None
    lines: tuple[Line, ...]
    previous_until: int
    dead: int
    heard: Heard | None = None

    @property
    def is_waiting(self) -> bool:
        return self.last is None

    @property
    def shorts(self) -> tuple[str, ...]:
        """What a list says of it beside its state."""
        return tuple(line.short for line in self.lines if line.short and self.state != "unknown")


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
    heard: Heard | None = None,
    freshness: Freshness = UNKNOWN,
) -> Check:
    """`deliveries`: the newest, newest first. `now` in milliseconds. `readable`: whether its secret can be opened.
    `unmet`: what its tool does not send though it should. `dead`: how many of its deliveries are dead letters. `heard`:
    of what the newest event told. `freshness`: where more is known than its deliveries tell."""
    taken = [delivery for delivery in deliveries if delivery.outcome not in NOT_TAKEN]
    last = taken[0] if taken else None
    if not readable:
        state, words = "failed", "Secret unreadable"
    elif connection.paused:
        state, words = "waiting", "Paused"
    elif last is None:
        told = _nothing_taken(deliveries[0]) if deliveries else ""
        state, words = ("failed", told) if told else ("queued", WAITING)
    elif deliveries[0].outcome in NOT_TAKEN:
        state, words = "failed", "Last post not taken"
    elif freshness.unusual_at is not None:
        state, words = "unknown", "Silent for longer than is usual"
    elif now - last.received_at > SILENT_MS and not freshness.is_learned:
        state, words = "unknown", "Silent for more than a day"
    else:
        state, words = "succeeded", "Receiving"
    until = connection.previous_until if connection.previous_until > now else 0
    source = SOURCES[connection.source]
    lines = (
        _secret(connection, source.label, deliveries, readable=readable),
        *_content_type(deliveries),
        _payloads(deliveries),
        *_put_off(deliveries),
        *(Line("failed", need.words, "not sent") for need in unmet),
        *_endings(source, deliveries),
        *([Line("failed", DEAD_LETTERS, f"{dead} dead")] if dead else []),
        *freshness.lines,
    )
    well = state == "succeeded"
    event = last.event if last and well else ""
    return Check(connection, state, words, event, last, lines, until, dead, heard if well else None)


def check_of(
    store: Store, connection: Connection, deliveries: Sequence[DeliveryBrief], *, readable: bool, share: float
) -> Check:
    """As its own page says it. `share`: of its tool's quota that may be used, 0 to 1."""
    now = store.now()
    return check(
        connection,
        deliveries,
        now,
        readable=readable,
        unmet=unmet_needs(store, connection, deliveries),
        dead=store.deliveries.count_dead(connection.team_id).get(connection.id, 0),
        heard=heard(store, deliveries),
        freshness=freshness_of(connection, store.connection_states.find(connection.id), now, share),
    )


def _nothing_taken(newest: DeliveryBrief) -> str:
    """What a connection says as a whole, by the newest post, while none was taken. Empty where none was judged."""
    if newest.answer == WRONG_TYPE:
        return "Content type not taken"
    return {"refused": "Refused", "rejected": "Not understood"}.get(newest.outcome, "")


def _secret(connection: Connection, label: str, deliveries: Sequence[DeliveryBrief], *, readable: bool) -> Line:
    """A wrong one is said to be wrong until a post with the right one comes."""
    wrong = [delivery for delivery in deliveries if delivery.answer == UNSIGNED]
    right = [delivery for delivery in deliveries if delivery.answer not in (UNSIGNED, WRONG_TYPE, 503)]
    note, at = (f"{len(wrong)} refused, last", wrong[0].received_at) if wrong else ("0 refused", 0)
    if not readable:
        return Line("failed", "Secret cannot be read with the present signing key: rotate it", note, at)
    if wrong and _newer(wrong, right):
        by_app = bool(connection.api.app.key)
        cure = f"rotate it, which tells {label}" if by_app else f"enter this connection's at {label}, or rotate it"
        words = f"Secret wrong in {len(wrong)} of the latest posts: {cure}. {NOTED}"
        return Line("failed", words, note, at, "secret wrong")
    if wrong:
        return Line("succeeded", "Secret right since the latest post; it was wrong before", note, at)
    if right:
        return Line("succeeded", f"Secret right in all of the latest {len(right)}", note)
    return Line("queued", "Secret not tried yet", note)


def _content_type(deliveries: Sequence[DeliveryBrief]) -> list[Line]:
    """Looked at before the secret, so it says nothing of that."""
    wrong = [delivery for delivery in deliveries if delivery.answer == WRONG_TYPE]
    if not wrong or not _newer(wrong, [delivery for delivery in deliveries if delivery.answer != WRONG_TYPE]):
        return []
    return [Line("failed", f"Content type wrong in {len(wrong)} of the latest posts: {wrong[0].reason}", "not taken")]


def _payloads(deliveries: Sequence[DeliveryBrief]) -> Line:
    wrong = [delivery for delivery in deliveries if delivery.outcome == "rejected"]
    right = [delivery for delivery in deliveries if delivery.outcome not in NOT_TAKEN]
    note = f"{len(wrong)} rejected"
    if wrong and _newer(wrong, right):
        return Line("failed", f"Payloads not readable in {len(wrong)} of the latest posts: {wrong[0].reason}", note)
    return Line("succeeded", "Payloads understood", note) if right else Line("queued", "Payloads: none yet", note)


def _newer(some: Sequence[DeliveryBrief], others: Sequence[DeliveryBrief]) -> bool:
    """Whether the first of some, newest first as all here, came after that of the others."""
    return not others or some[0].received_at > others[0].received_at


def _put_off(deliveries: Sequence[DeliveryBrief]) -> list[Line]:
    """What could not be verified for a time, for the reason that was given last."""
    found = [delivery for delivery in deliveries if delivery.outcome == "put off"]
    if not found:
        return []
    return [Line("waiting", f"The sender was asked to send again: {found[0].reason}", f"{len(found)} put off")]


def _endings(source: Source, deliveries: Sequence[DeliveryBrief]) -> list[Line]:
    """What the tool said of that nothing more will come, and did not take back."""
    found: list[Line] = []
    for ending in source.endings:
        told = next((each for each in deliveries if each.event in (ending.event, ending.undone_by)), None)
        if told is not None and told.event == ending.event:
            found.append(Line("failed", ending.words, told.reason))
    return found


def heard(store: Store, deliveries: Sequence[DeliveryBrief]) -> Heard | None:
    """Of which run the newest event told that told of one."""
    found = next((delivery for delivery in deliveries if delivery.execution_id and delivery.outcome == APPLIED), None)
    head = store.executions.find_head(found.execution_id) if found else None
    if found is None or head is None:
        return None
    return Heard(store.executions.read(head.stored()).pipeline_name, found.execution_id)


def unmet_needs(store: Store, connection: Connection, deliveries: Sequence[DeliveryBrief]) -> list[Need]:
    """What the tool does not send though others arrive that are of no use without it. Where the newest deliveries look
    like that, more of them are read."""
    seeming = [need for need in SOURCES[connection.source].needs if _is_unmet(need, deliveries)]
    if not seeming:
        return []
    now = store.now()
    more = store.deliveries.list_of_connection(connection.id, limit=LONG_LOOK)
    return [need for need in seeming if _is_unmet(need, more) and _is_late(need, more, now)]


def _is_late(need: Need, deliveries: Sequence[DeliveryBrief], now: int) -> bool:
    """Of a need that is not met: whether it should be by now."""
    first = min((each.received_at for each in deliveries if _is(each, need.beside)), default=0)
    return now - first >= need.patience_seconds * 1000


def _is_unmet(need: Need, deliveries: Sequence[DeliveryBrief]) -> bool:
    """By what arrives without it, or by what the tool itself said."""
    others = (each for each in deliveries if each.outcome in (APPLIED, PENDING) and _is(each, need.beside))
    said = (each for each in deliveries if need.told and each.outcome == IGNORED and need.told in each.reason)
    return (any(others) or any(said)) and not any(_is(each, need.event) for each in deliveries)


def _is(delivery: DeliveryBrief, event: str) -> bool:
    return delivery.event.partition(".")[0] == event


def listed(
    store: Store,
    connections: Sequence[Connection],
    is_readable: Callable[[Connection], bool],
    dead: Mapping[str, int],
    share: float,
) -> list[Listed]:
    """Connections as an index lists them, each with what its newest deliveries say. `dead`: how many dead letters each
    has, by its id. `share`: of a tool's quota that may be used, 0 to 1."""
    now = store.now()
    found = store.connections.find_all([connection.id for connection in connections])
    states = store.connection_states.find_all([connection.id for connection in found])
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
                freshness=freshness_of(connection, states[connection.id], now, share),
            ),
        )
        for connection in found
    ]
