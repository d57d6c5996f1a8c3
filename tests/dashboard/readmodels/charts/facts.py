"""Facts of one pipeline, a day each, for charts."""

from __future__ import annotations

from storage.model.entities import StageKind, Status, Voice
from storage.model.facts import DAY_MS, Fact, StageFact
from storage.model.run import AttemptFact

# A Monday, 2026-06-01.
MONDAY = 20_605
NOON = DAY_MS // 2


def a_fact(
    day: int,
    place: int = 0,
    *,
    seconds: int = 600,
    red: bool = False,
    deployed: bool = True,
    message: str = "",
    stages: tuple[StageFact, ...] = (),
) -> Fact:
    """At noon, or so many seconds later."""
    at = day * DAY_MS + NOON + place * 1000
    return Fact(
        id=f"e{day}-{place}", pipeline_id="p", number=str(day), order=day * 1000 + place, voice=Voice.DEFAULT,
        status=Status.FAILED if red else Status.SUCCEEDED, at=at, seconds=seconds, commit=f"c{day}-{place}",
        committed_at=at - 3_600_000, deployed=(at,) if deployed and not red else (), stages=stages,
        attempts=(AttemptFact(1, Status.FAILED if red else Status.SUCCEEDED, at, at - 1000),), message=message,
        repair=message.startswith("Revert"),
    )  # fmt: skip


def a_stage(name: str, begin: int, end: int, *, queue: int = 0, wait: int = 0) -> StageFact:
    return StageFact(name, StageKind.OTHER, Status.SUCCEEDED, begin, end, queue, wait)
