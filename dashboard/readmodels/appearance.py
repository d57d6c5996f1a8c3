"""How statuses and conditions are drawn and named: the design's status language as data."""

from __future__ import annotations

from dataclasses import dataclass

from storage.model.entities import Condition, Status


@dataclass(frozen=True, slots=True)
class Appearance:
    """`css`: the status class. `glyph`: id of the symbol. `label`: the words."""

    css: str
    glyph: str
    label: str


APPEARANCES: dict[Status | None, Appearance] = {
    Status.QUEUED: Appearance("st-queued", "g-queued", "queued"),
    Status.WAITING: Appearance("st-waiting", "g-waiting", "waiting for approval"),
    Status.RUNNING: Appearance("st-running", "g-running", "running"),
    Status.SUCCEEDED: Appearance("st-succeeded", "g-succeeded", "succeeded"),
    Status.FAILED: Appearance("st-failed", "g-failed", "failed"),
    Status.ERRORED: Appearance("st-failed", "g-failed", "CI error"),
    Status.TIMED_OUT: Appearance("st-timedout", "g-timedout", "timed out"),
    Status.CANCELLED: Appearance("st-cancelled", "g-cancelled", "cancelled"),
    Status.SKIPPED: Appearance("st-skipped", "g-skipped", "skipped"),
    Status.SUPERSEDED: Appearance("st-superseded", "g-superseded", "superseded"),
    Status.UNKNOWN: Appearance("st-unknown", "g-unknown", "unknown"),
    None: Appearance("st-none", "g-none", "not reached"),
}
SLOW = Appearance("st-slow", "g-slow", "slow")
NEVER = Appearance("st-none", "g-none", "never run")

CONDITION_APPEARANCES = {
    Condition.FAILING: Appearance("st-failed", "g-failed", "failing"),
    Condition.WAITING: Appearance("st-waiting", "g-waiting", "waiting for approval"),
    Condition.SLOW: Appearance("st-slow", "g-slow", "slow"),
    Condition.NO_SIGNAL: Appearance("st-unknown", "g-unknown", "no signal"),
    Condition.RUNNING: Appearance("st-running", "g-running", "running"),
    Condition.QUEUED: Appearance("st-queued", "g-queued", "queued"),
    Condition.PASSING: Appearance("st-succeeded", "g-succeeded", "passing"),
    Condition.IDLE: Appearance("st-none", "g-none", "idle"),
}
HOT = frozenset({Condition.FAILING, Condition.WAITING, Condition.NO_SIGNAL})
ATTENTION = frozenset({Condition.FAILING, Condition.WAITING, Condition.SLOW, Condition.NO_SIGNAL})

RED_WORDS = {Status.FAILED: "Failed", Status.ERRORED: "CI error", Status.TIMED_OUT: "Timed out"}


def timer(seconds: int) -> str:
    """6:42, or 1:06:42 from an hour on."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def words(seconds: int) -> str:
    """40 s, 12 min, 1 h 12 min, 14 h, 3 d."""
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 60:
        return f"{seconds} s"
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60} min" if hours < 10 and minutes % 60 else f"{hours} h"
    return f"{hours // 24} d"


def initials(name: str) -> str:
    letters = [word[0] for word in name.replace("-", " ").split() if word[0].isalnum()]
    if len(letters) > 1:
        return (letters[0] + letters[1]).upper()
    return name[:2].upper()
