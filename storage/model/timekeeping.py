"""Whether a clock may be believed where things are removed by it. Pure.

A machine that starts with its clock two years ahead would take everything for expired. So the latest time that was
believed is kept, and a jump beyond it removes nothing until it is confirmed.
"""

from __future__ import annotations

from storage.model.document import Document, replace

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# How long a server may have been off; nothing goes sooner than so long after it has expired, so that a clock that was
# ahead by less loses nothing either.
GRACE_MS = 14 * DAY_MS
# What a clock may be ahead of where it should be while the server runs.
JUMP_MS = DAY_MS
# A time that nobody speaks against is believed after so long.
WAIT_MS = DAY_MS


class Timekeeping(Document, frozen=True):
    """seen_at: the latest time that was believed, milliseconds. jumped_to: the time that is not, 0 where none is.
    waited_ms: for how long it has gone on from there, or since it was first looked at. checked_at: when it was last
    looked at, by the same clock. is_new: whether all that is known of the clock is what it says."""

    seen_at: int
    jumped_to: int = 0
    waited_ms: int = 0
    checked_at: int = 0
    is_new: bool = False


def checked(before: Timekeeping | None, now: int, *, running_ms: int | None, agreed: bool) -> Timekeeping:
    """At `now` by the clock. running_ms: how long this process has run since it last looked, by a clock that cannot be
    set; None at its first look. agreed: whether what tools say of the time agrees with it."""
    if agreed:
        return Timekeeping(now, checked_at=now)
    if before is None:
        return Timekeeping(now, checked_at=now, is_new=True)
    if now <= before.seen_at:
        return replace(before, jumped_to=0, waited_ms=0, checked_at=now)
    allowed = GRACE_MS if running_ms is None else running_ms + JUMP_MS
    if not before.jumped_to and now - before.seen_at > allowed:
        return replace(before, jumped_to=now, waited_ms=0, checked_at=now)
    if before.jumped_to or before.is_new:
        return _waited(before, now)
    return Timekeeping(now, checked_at=now)


def _waited(before: Timekeeping, now: int) -> Timekeeping:
    """Steps longer than looks are apart are jumps of their own, and no waiting."""
    waited = before.waited_ms + min(max(0, now - before.checked_at), 2 * HOUR_MS)
    if waited >= WAIT_MS:
        return Timekeeping(now, checked_at=now)
    seen = before.seen_at if before.jumped_to else now
    return replace(before, seen_at=seen, waited_ms=waited, checked_at=now)


def confirmed(now: int) -> Timekeeping:
    """Somebody says that the clock is right."""
    return Timekeeping(now, checked_at=now)


def removes_before(record: Timekeeping, now: int) -> int | None:
    """What expired before this time may go, milliseconds. None: nothing may."""
    return None if record.jumped_to or record.is_new else now - GRACE_MS
