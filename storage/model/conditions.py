"""What a pipeline is in as a whole: follows from its board row and the time of day. Pure."""

from __future__ import annotations

from storage.model.board_row import BoardRow, LatestExecution
from storage.model.entities import Condition, Status

FOREVER = 2**62
Phase = tuple[int, Condition]


def phases(row: BoardRow) -> tuple[Phase, ...]:
    """The conditions the pipeline goes through by itself, were no event to come: each with the time (milliseconds) at
    which it ends. The last one lasts. They hold in the order of Condition: the first that does."""
    leader = row.leader
    if row.red:
        return ((FOREVER, Condition.FAILING),)
    if any(one.status is Status.WAITING for one in row.in_flight):
        return ((FOREVER, Condition.WAITING),)
    if leader is None:
        calm = Condition.PASSING if row.result else Condition.IDLE
        return (
            ((FOREVER, calm),) if row.expected_at is None else ((row.expected_at, calm), (FOREVER, Condition.NO_SIGNAL))
        )
    moves = any(one.status in (Status.RUNNING, Status.UNKNOWN) for one in row.in_flight)
    now = Condition.RUNNING if moves else Condition.QUEUED
    silent_at = leader.heard_at + row.silent_seconds * 1000
    later = (FOREVER, Condition.QUEUED if leader.held else Condition.NO_SIGNAL)
    late_at = _late_at(row, leader)
    if late_at is None or late_at >= silent_at:
        return ((silent_at, now), later)
    return ((late_at, now), (silent_at, Condition.SLOW), later)


def _late_at(row: BoardRow, leader: LatestExecution) -> int | None:
    """When the leader becomes slower than 19 of 20. Runs that are run again and re-deploys are never slow."""
    runs_first = leader.attempt == 1 and not leader.redeploy and leader.status is Status.RUNNING
    if not runs_first or row.late_seconds is None or leader.started_at is None:
        return None
    return leader.started_at + leader.wait_ms + row.late_seconds * 1000


def phase_at(found: tuple[Phase, ...], now: int) -> Phase:
    """The phase that holds at `now` (milliseconds)."""
    return next((phase for phase in found if now < phase[0]), found[-1])


def condition(row: BoardRow, now: int) -> Condition:
    """What the pipeline is in as a whole at `now` (milliseconds)."""
    return phase_at(phases(row), now)[1]


def turns_at(row: BoardRow, now: int) -> int | None:
    """When the condition next changes by itself (milliseconds), if it does."""
    until = phase_at(phases(row), now)[0]
    return None if until == FOREVER else until
