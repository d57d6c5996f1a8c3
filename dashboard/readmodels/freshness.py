"""How fresh what a connection tells is: whether its silence is usual, what its sender's clock says, its tool's quota
and what repair does, in words that say what to do. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.sources import SOURCES
from storage.model.connection_state import ConnectionState, clock_ahead_ms
from storage.model.entities import ApiQuota, Connection
from storage.model.quiet import QuietConnection, QuietReason
from storage.model.silence import LEAST_SLOTS, is_learned, learned_days, unusual_from

MINUTE_MS, DAY_MS = 60_000, 86_400_000
# A clock that is ahead shows at once; events are a minute or two behind on a slow day of their tool as well.
MOST_AHEAD_MS, MOST_BEHIND_MS = 30_000, 120_000
# Repair asks every ten minutes; of what it has not asked for so long it knows nothing.
ASKED_WITHIN_MS = 30 * MINUTE_MS
LEARNING_DAYS = LEAST_SLOTS // 96


class Line(NamedTuple):
    """A thing that can be wrong with a connection: the glyph it gets, what to say of it, how often, and when that was,
    milliseconds. `short`: what a list says of it, empty where it is well."""

    state: str
    words: str
    note: str
    at: int = 0
    short: str = ""


@dataclass(frozen=True, slots=True)
class Freshness:
    """unusual_at: since when its silence is unusual, None while it is not. is_learned: whether that can be told."""

    lines: tuple[Line, ...]
    unusual_at: int | None
    is_learned: bool


UNKNOWN = Freshness((), None, is_learned=False)


def freshness_of(connection: Connection, state: ConnectionState, now: int, share: float) -> Freshness:
    """`now` in milliseconds. `share`: of its tool's quota that may be used, 0 to 1."""
    due = unusual_from(state.activity)
    unusual = due if due is not None and due <= now and not connection.paused else None
    lines = (line for look in _LOOKS for line in look(connection, state, unusual))
    of_quota = _quota(state.quota, now, share)
    return Freshness((*lines, *of_quota), unusual, is_learned(state.activity))


def quiet_of(connection: Connection, state: ConnectionState, refused_at: int, now: int) -> QuietConnection | None:
    """What boards say of it, None where it is as usual. `refused_at`: when a post of it was refused last, milliseconds,
    0 where none was."""
    since, unusual = state.activity.last_at, unusual_from(state.activity)
    if connection.paused and since:
        return _quiet(connection, state, QuietReason.PAUSED, now)
    if unusual is None or now < unusual:
        return None
    return _quiet(connection, state, QuietReason.REFUSED if refused_at > since else QuietReason.SILENT, now)


def _quiet(connection: Connection, state: ConnectionState, reason: QuietReason, now: int) -> QuietConnection:
    repair, since = state.repair, state.activity.last_at
    asks = repair is not None and not repair.problem and now - repair.checked_at < ASKED_WITHIN_MS
    return QuietConnection(
        connection.id,
        connection.source,
        connection.name,
        reason,
        since,
        asked_at=repair.checked_at if repair and asks else 0,
        missed=bool(repair and asks and repair.repaired_at > since),
    )


def _silence(connection: Connection, state: ConnectionState, unusual: int | None) -> Iterator[Line]:
    activity, label = state.activity, SOURCES[connection.source].label
    if not activity.last_at or connection.paused:
        return
    if not is_learned(activity):
        words = f"What silence is usual for it is learned from {LEARNING_DAYS} days with events on them"
        yield Line("queued", words, f"{min(learned_days(activity), LEARNING_DAYS)} of {LEARNING_DAYS} days")
    elif unusual is None:
        yield Line("succeeded", "Silent no longer than is usual at this time of its week", "heard", activity.last_at)
    else:
        cure = f"look at {label} whether it still sends to this URL, and what it was answered"
        words = f"Silent for longer than is usual at this time of its week: {cure}"
        yield Line("unknown", words, "heard", activity.last_at, "unusually silent")


def _clock(connection: Connection, state: ConnectionState, _: int | None) -> Iterator[Line]:
    ahead, label = clock_ahead_ms(state.activity), SOURCES[connection.source].label
    if ahead is None or -MOST_BEHIND_MS <= ahead <= MOST_AHEAD_MS:
        return
    span = span_of(abs(ahead))
    if ahead > 0:
        words = (
            f"The clock of {label} is {span} ahead of this server's: runs seem to have begun that much later than they"
            " did, how long they took is right. Set the clock that is wrong (NTP)"
        )
        yield Line("waiting", words, f"{span} ahead", short=f"clock {span} ahead")
    else:
        words = (
            f"Events of {label} come {span} after what they tell: its clock is behind this server's, or it sends late."
            " Runs seem to have begun that much earlier than they did. Look at both clocks (NTP), then at its queue of"
            " webhooks"
        )
        yield Line("waiting", words, f"{span} behind", short=f"events {span} late")


def _repair(connection: Connection, state: ConnectionState, _: int | None) -> Iterator[Line]:
    repair, label = state.repair, SOURCES[connection.source].label
    if repair is not None and repair.problem:
        words = f"Runs are not kept as {label} has them: {repair.problem}. See access to its API below"
        yield Line("failed", words, "for", repair.problem_at, "repair fails")
    elif repair is not None and repair.checked_at:
        found = "none was otherwise"
        if repair.repaired:
            found = "one was otherwise" if repair.repaired == 1 else f"{repair.repaired} were otherwise"
        yield Line("succeeded", f"Runs are kept as {label} has them: {found} so far", "asked", repair.checked_at)
    if repair is not None and repair.repaired_at:
        yield Line("succeeded", "A run that stood otherwise than at the tool was put right", "last", repair.repaired_at)
    if state.missed is not None and state.missed.count:
        words = f"Events that {label} could not deliver were read from its record"
        yield Line("succeeded", words, f"{state.missed.count} in all")


_LOOKS: tuple[Callable[[Connection, ConnectionState, int | None], Iterator[Line]], ...] = (_silence, _clock, _repair)


def _quota(quota: ApiQuota | None, now: int, share: float) -> Iterator[Line]:
    """Nothing of one that has begun anew since it was told."""
    if quota is None or quota.resets_at <= now:
        return
    note = f"{quota.remaining} of {quota.limit} requests left"
    if is_used_up(quota, now, share):
        words = "Our share of its API's requests is used up: runs are not looked up until it begins anew"
        yield Line("waiting", words, note, short="API quota used up")
    else:
        yield Line("succeeded", "Its API takes requests", note)


def is_used_up(quota: ApiQuota, now: int, share: float) -> bool:
    return quota.resets_at > now and quota.remaining <= quota.limit * (1 - share)


def span_of(milliseconds: int) -> str:
    """In the largest unit of which there is one."""
    for size, unit in ((DAY_MS, "d"), (3_600_000, "h"), (MINUTE_MS, "min")):
        if milliseconds >= size:
            return f"{milliseconds / size:.0f} {unit}"
    return f"{milliseconds // 1000} s"
