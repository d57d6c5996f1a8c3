"""What happens in one run, worked out beforehand: which job begins when, ends when and how. Pure; the same pipeline
and number always give the same run, so that a run begun by one process can be finished by another.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace

from dashboard.simulator.organisation import MESSAGES, PEOPLE, TROUBLED, Blueprint, Life, StagePlan

SECOND = 1000
FOREVER = 2**52


@dataclass(frozen=True, slots=True)
class Job:
    """`result`: success, failure, timed_out, cancelled. Times in milliseconds; `ended` far ahead: it never tells.
    `waits_until`: when somebody lets it begin, where it waits for that."""

    stage: StagePlan
    name: str
    queued: int
    began: int
    ended: int
    result: str
    waits_until: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`made`: when its first attempt was queued; `committed`: when its commit was made. `request`: the change request
    it is for, 0 for none. `rollback_to`: the number of the run whose version it puts back, 0 where it is no rollback.
    """

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
    made: int
    request: int = 0
    rollback_to: int = 0
    committed: int = 0


def plan(blueprint: Blueprint, number: int, queued: int, fate: str = "") -> Plan:
    """A first attempt. `fate`: how it goes, as a life or "green"; drawn by the pipeline's life when left out."""
    dice = random.Random(f"{blueprint.index}/{number}/1")
    fate = fate or draw_fate(blueprint, dice)
    began = queued + dice.randint(2, 20) * SECOND
    pace = dice.uniform(0.85, 1.15) * (3.2 if fate == Life.LATE else 1.0)
    if blueprint.life is Life.SLOW:
        pace *= 1 + 0.9 * min(1.0, number / blueprint.runs)
    breaks_at = _breaking_stage(blueprint, fate, dice)
    jobs, ended, result = _jobs(blueprint, began, pace, fate, breaks_at, dice)
    digest = hashlib.sha256(f"{blueprint.name}/{number}".encode()).hexdigest()[:40]
    request = 40 + number // 2 if blueprint.life is Life.REQUESTS else 0
    return Plan(
        blueprint=blueprint,
        number=number,
        attempt=1,
        queued=queued,
        began=FOREVER if fate == Life.QUEUED else began,
        ended=FOREVER if fate in (Life.NO_SIGNAL, Life.WAITING, Life.QUEUED) else ended,
        result=result,
        commit=digest,
        author=dice.choice(PEOPLE),
        message=_message(blueprint, number, dice.choice(MESSAGES)),
        branch=f"change-{request}" if request else "main",
        jobs=jobs,
        made=queued,
        request=request,
        committed=queued - dice.randint(4, 90) * 60 * SECOND,
    )


def _message(blueprint: Blueprint, number: int, usual: str) -> str:
    """Now and then a change is taken back; lately much more often in one team."""
    dice = random.Random(f"message/{blueprint.index}/{number}")
    troubled = blueprint.team == TROUBLED and 3 * number > 2 * blueprint.runs
    return f'Revert "{usual}"' if dice.random() < (0.3 if troubled else 0.04) else usual


def again(first: Plan, queued: int) -> Plan:
    """The next attempt: what failed runs again, then all that comes after it; of a green run what deploys. It goes
    well."""
    dice = random.Random(f"{first.blueprint.index}/{first.number}/{first.attempt + 1}")
    failed = [job for job in first.jobs if job.result != "success"]
    chosen = failed or [job for job in first.jobs if job.stage.production] or list(first.jobs[-1:])
    group, names = min(job.stage.group for job in chosen), {job.name for job in chosen}
    stages = tuple(stage for stage in first.blueprint.stages if stage.group >= group)
    began = queued + dice.randint(2, 9) * SECOND
    found: list[Job] = []
    at = began
    for place in sorted({stage.group for stage in stages}):
        for stage in (stage for stage in stages if stage.group == place):
            wanted = [name for name in stage.jobs or (stage.name,) if place > group or name in names]
            found += [_job(first.blueprint, stage, name, at, 1.0, dice) for name in wanted]
        at = max((job.ended for job in found), default=at) + 2 * SECOND
    attempt = first.attempt + 1
    return replace(first, attempt=attempt, queued=queued, began=began, ended=at, result="success", jobs=tuple(found))


def rollback(blueprint: Blueprint, number: int, queued: int, to: int) -> Plan:
    """A run that puts the version of run `to` back: its last stage alone."""
    old = plan(blueprint, to, queued, "green")
    again_ = again(old, queued)
    return replace(again_, number=number, attempt=1, made=queued, rollback_to=to)


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
    if fate == Life.ROLLBACK:
        return next((place for place, stage in enumerate(blueprint.stages) if stage.production), last)
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
                job = _job(blueprint, stage, name, at, pace, dice)
                if place == breaks_at and name == (stage.jobs or (stage.name,))[-1]:
                    stops = True
                    open_end = fate in (Life.NO_SIGNAL, Life.WAITING)
                    ended = FOREVER if open_end else job.ended * 1 if bad != "timed_out" else at + 1800 * SECOND
                    told = "success" if open_end else bad
                    job = replace(job, ended=ended, result=told) if not _waits(job, fate) else _kept_back(job)
                found.append(job)
                group_end = max(group_end, job.ended)
        at = group_end + dice.randint(1, 4) * SECOND
        if stops:
            return tuple(found), at, bad
    return tuple(found), at, "success"


def _waits(job: Job, fate: str) -> bool:
    return fate == Life.WAITING and job.waits_until is not None


def _kept_back(job: Job) -> Job:
    """Nobody lets it begin."""
    return replace(job, began=FOREVER, ended=FOREVER, waits_until=FOREVER)


def _job(blueprint: Blueprint, stage: StagePlan, name: str, at: int, pace: float, dice: random.Random) -> Job:
    queued = at + dice.randint(0, 2) * SECOND
    gated = stage.approval and blueprint.source == "github"
    until = queued + dice.randint(60, 1500) * SECOND if gated else None
    began = (until or queued) + dice.randint(1, 9) * SECOND
    seconds = max(2, round(stage.seconds * pace * dice.uniform(0.8, 1.1)))
    return Job(stage, name, queued, began, began + seconds * SECOND, "success", until)
