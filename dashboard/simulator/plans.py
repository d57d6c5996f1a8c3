"""What happens in one run, worked out beforehand: which job begins when, ends when and how. Pure; the same pipeline
and number always give the same run, so that a run begun by one process can be finished by another.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from dashboard.simulator.organisation import MESSAGES, PEOPLE, Blueprint, Life, StagePlan

SECOND = 1000
FOREVER = 2**52


@dataclass(frozen=True, slots=True)
class Job:
    """`result`: success, failure, timed_out, cancelled. Times in milliseconds; `ended` far ahead: it never tells."""

    stage: StagePlan
    name: str
    queued: int
    began: int
    ended: int
    result: str


@dataclass(frozen=True, slots=True)
class Plan:
    blueprint: Blueprint
    number: int
    attempt: int
    queued: int
    began: int
    ended: int
    result: str
    commit: str
    author: str
    message: str
    branch: str
    jobs: tuple[Job, ...]


def plan(blueprint: Blueprint, number: int, queued: int, fate: str = "", attempt: int = 1) -> Plan:
    """`fate`: how it goes, as a life or "green"; drawn by the pipeline's life when left out."""
    dice = random.Random(f"{blueprint.index}/{number}/{attempt}")
    fate = fate or draw_fate(blueprint, dice)
    began = queued + dice.randint(2, 20) * SECOND
    pace = dice.uniform(0.85, 1.15) * (3.2 if fate == Life.LATE else 1.0)
    if blueprint.life is Life.SLOW:
        pace *= 1 + 0.9 * min(1.0, number / blueprint.runs)
    breaks_at = _breaking_stage(blueprint, fate, dice)
    jobs, ended, result = _jobs(blueprint, began, pace, fate, breaks_at, dice)
    digest = hashlib.sha256(f"{blueprint.name}/{number}".encode()).hexdigest()[:40]
    return Plan(
        blueprint=blueprint,
        number=number,
        attempt=attempt,
        queued=queued,
        began=FOREVER if fate == Life.QUEUED else began,
        ended=FOREVER if fate in (Life.NO_SIGNAL, Life.WAITING, Life.QUEUED) else ended,
        result=result,
        commit=digest,
        author=dice.choice(PEOPLE),
        message=dice.choice(MESSAGES),
        branch="main",
        jobs=jobs,
    )


def draw_fate(blueprint: Blueprint, dice: random.Random) -> str:
    chance = {Life.FLAKY: 0.3, Life.BROKEN: 0.12, Life.HEALTHY: 0.03, Life.SLOW: 0.05}.get(blueprint.life, 0.08)
    roll = dice.random()
    if roll < chance:
        return Life.FAILING
    return Life.CANCELLED if roll > 0.985 else "green"


def _breaking_stage(blueprint: Blueprint, fate: str, dice: random.Random) -> int:
    """The place of the stage where it goes wrong, waits or falls silent; past the end when it does not."""
    last = len(blueprint.stages) - 1
    if fate == Life.WAITING:
        return next((place for place, stage in enumerate(blueprint.stages) if stage.approval), last)
    if fate in ("green", Life.LATE, Life.RUNNING, Life.RERUN):
        return last + 1
    return min(last, dice.randint(1, max(1, last)))


_RESULTS = {Life.TIMED_OUT: "timed_out", Life.CANCELLED: "cancelled", Life.SUPERSEDED: "superseded"}


def _jobs(
    blueprint: Blueprint, began: int, pace: float, fate: str, breaks_at: int, dice: random.Random
) -> tuple[tuple[Job, ...], int, str]:
    found: list[Job] = []
    at, bad = began, _RESULTS.get(Life(fate), "failure") if fate in set(Life) else "failure"
    if fate == Life.QUEUED:
        return (), FOREVER, "success"
    for group in sorted({stage.group for stage in blueprint.stages}):
        group_end, stops = at, False
        for place, stage in enumerate(blueprint.stages):
            if stage.group != group:
                continue
            for name in stage.jobs or (stage.name,):
                job = _job(stage, name, at, pace, dice)
                if place == breaks_at and name == (stage.jobs or (stage.name,))[-1]:
                    stops = True
                    open_end = fate in (Life.NO_SIGNAL, Life.WAITING)
                    ended = FOREVER if open_end else job.ended * 1 if bad != "timed_out" else at + 1800 * SECOND
                    job = Job(stage, name, job.queued, job.began, ended, "success" if open_end else bad)
                found.append(job)
                group_end = max(group_end, job.ended)
        at = group_end + dice.randint(1, 4) * SECOND
        if stops:
            return tuple(found), at, bad
    return tuple(found), at, "success"


def _job(stage: StagePlan, name: str, at: int, pace: float, dice: random.Random) -> Job:
    queued = at + dice.randint(0, 2) * SECOND
    began = queued + dice.randint(1, 9) * SECOND
    seconds = max(2, round(stage.seconds * pace * dice.uniform(0.8, 1.1)))
    return Job(stage, name, queued, began, began + seconds * SECOND, "success")
