"""What a team or a pipeline delivers in a period: DORA's five measures and those of its pipelines, from facts. Pure.

Definitions and their sources: docs/metrics.md. Percentiles are nearest-rank; spans are seconds; days are whole days
since the epoch, UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from storage.model.deployments import ProductionDeployment, deployments_of
from storage.model.document import Document
from storage.model.entities import Status, Voice
from storage.model.facts import DAY_MS, Fact
from storage.model.subject_views import Incident

# A range of commits begins at the deployment before, which is looked for so many days back.
LOOK_BACK_DAYS = 90
FEWEST = 5


class Spread(Document, frozen=True):
    """Of `count` spans: the one in the middle, and the one that 95 of 100 do not exceed. None of none."""

    count: int = 0
    median: int | None = None
    p95: int | None = None


class Backlog(Document, frozen=True):
    """What is made but not delivered at a moment.

    lag_seconds: how much younger the newest commit is than the newest green one, None where nothing was green; of
    several pipelines the longest. undeployed: commits that are not in production, of pipelines that deploy there;
    undeployed_since: when the oldest of them was made, in milliseconds.
    """

    lag_seconds: int | None = None
    undeployed: int = 0
    undeployed_since: int | None = None


class Measures(Document, frozen=True):
    """Of one period.

    deployments: into production; deploy_days: days with one. lead: of each commit. failed: deployments; recovery: of
    those that are over. unplanned: deployments.
    ended: runs that say something in the end, succeeded: those that are green then.
    runs: first attempts that say something, green: those that succeeded, errored: the tool's fault; others: cancelled.
    duration, queue, wait: of first attempts, of green ones for the duration. to_green: from red until green.
    backlog: as the period ends. main_days: days with a run of the default branch.
    """

    deployments: int = 0
    deploy_days: int = 0
    lead: Spread = Spread()
    failed: int = 0
    recovery: Spread = Spread()
    unplanned: int = 0
    runs: int = 0
    green: int = 0
    errored: int = 0
    others: int = 0
    duration: Spread = Spread()
    queue: Spread = Spread()
    wait: Spread = Spread()
    to_green: Spread = Spread()
    ended: int = 0
    succeeded: int = 0
    backlog: Backlog = Backlog()
    main_days: int = 0


class RedSpan(Document, frozen=True):
    """From the first red end of the default branch until the next green one; `until` None while it lasts."""

    since: int
    until: int | None
    execution_id: str
    stage: str

    @property
    def seconds(self) -> int | None:
        return round((self.until - self.since) / 1000) if self.until is not None else None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the facts of one pipeline tell, for all periods. first_day: of the first fact."""

    firsts: Sequence[Fact]
    deployments: Sequence[ProductionDeployment]
    reds: Sequence[RedSpan]
    first_day: int | None


def delivered(facts: Sequence[Fact], incidents: Sequence[Incident] = ()) -> Delivered:
    """`facts`: of one pipeline, in any order, from LOOK_BACK_DAYS before the first day that is measured until now;
    `incidents`: of what it deploys."""
    firsts = [fact for fact in facts if fact.voice is Voice.DEFAULT]
    return Delivered(
        firsts,
        deployments_of(facts, incidents),
        red_spans(firsts),
        first_day=min((fact.day for fact in facts), default=None),
    )


def spread(values: Iterable[int]) -> Spread:
    found = sorted(values)
    if not found:
        return Spread()
    return Spread(len(found), median_low(found), found[math.ceil(0.95 * len(found)) - 1])


def measure(pipelines: Sequence[Delivered], first_day: int, last_day: int) -> Measures:
    """Of the days from the first to the last one, over these pipelines."""
    begin, end = first_day * DAY_MS, (last_day + 1) * DAY_MS
    deployments = [one for each in pipelines for one in each.deployments if begin <= one.at < end]
    firsts = [fact for each in pipelines for fact in each.firsts if begin <= first_at(fact) < end]
    reds = [red for each in pipelines for red in each.reds if red.until is not None and begin <= red.until < end]
    says = [fact for fact in firsts if fact.first is not None]
    ends = [fact for each in pipelines for fact in each.firsts if begin <= fact.at < end and fact.attempts]
    return Measures(
        deployments=len(deployments),
        deploy_days=len({one.at // DAY_MS for one in deployments}),
        lead=spread(seconds for one in deployments for seconds in one.lead_seconds),
        failed=sum(bool(one.failed_by) for one in deployments),
        recovery=spread(seconds for one in deployments if (seconds := one.recovery_seconds) is not None),
        unplanned=sum(bool(one.unplanned_by) for one in deployments),
        runs=len(says),
        green=sum(fact.first is Status.SUCCEEDED for fact in says),
        errored=sum(fact.first is Status.ERRORED for fact in says),
        others=sum(not fact.attempts for fact in firsts),
        duration=spread(f.seconds for f in says if f.first is Status.SUCCEEDED and f.seconds is not None),
        queue=spread(f.queue_seconds for f in firsts if f.queue_seconds is not None),
        wait=spread(f.wait_seconds for f in firsts if f.wait_seconds),
        to_green=spread(seconds for red in reds if (seconds := red.seconds) is not None),
        ended=len(ends),
        succeeded=sum(fact.status is Status.SUCCEEDED for fact in ends),
        main_days=len({first_at(fact) // DAY_MS for fact in firsts}),
    )


def backlog(pipelines: Sequence[Delivered], end: int) -> Backlog:
    """As it stood at that moment, in milliseconds."""
    lags = [seconds for each in pipelines if (seconds := _lag(each, end)) is not None]
    waiting = [fact for each in pipelines for fact in undeployed(each, end)]
    return Backlog(
        lag_seconds=max(lags, default=None),
        undeployed=len({(fact.pipeline_id, fact.commit or fact.id) for fact in waiting}),
        undeployed_since=min(map(made_at, waiting), default=None),
    )


def unreleasable(pipeline: Delivered, end: int) -> list[Fact]:
    """Runs of the default branch after the newest green one at that moment, which is first; none where none was."""
    said = _said_by(pipeline, end)
    green = max((fact.order for fact in said if fact.status is Status.SUCCEEDED), default=None)
    return [fact for fact in said if green is not None and fact.order >= green]


def _lag(pipeline: Delivered, end: int) -> int | None:
    found = unreleasable(pipeline, end)
    return max(0, round((made_at(found[-1]) - made_at(found[0])) / 1000)) if found else None


def undeployed(pipeline: Delivered, end: int) -> list[Fact]:
    """Runs of the default branch after the version that was in production at that moment, in their order."""
    live = [one for one in pipeline.deployments if one.at < end and one.fact.voice is Voice.DEFAULT]
    if not live:
        return []
    there = {fact.commit for fact in pipeline.firsts if fact.commit and fact.order <= live[-1].version}
    said = _said_by(pipeline, end)
    return [fact for fact in said if fact.order > live[-1].version and fact.commit not in there]


def _said_by(pipeline: Delivered, end: int) -> list[Fact]:
    said = (fact for fact in pipeline.firsts if fact.attempts and fact.at < end and not fact.rollback)
    return sorted(said, key=lambda fact: (fact.order, fact.id))


def made_at(fact: Fact) -> int:
    """When its commit was made, as far as that is known, in milliseconds."""
    return next(at for at in (fact.committed_at, fact.began_at, fact.at) if at is not None)


def first_at(fact: Fact) -> int:
    """When its first attempt ended, as far as that is known."""
    return fact.attempts[0].at if fact.attempts else fact.at


def red_spans(facts: Sequence[Fact]) -> list[RedSpan]:
    """Oldest first, by when each attempt said what it said. `facts`: of the default branch."""
    said = [
        (attempt.at, fact.order, fact.id, attempt) for fact in facts if not fact.rollback for attempt in fact.attempts
    ]
    found: list[RedSpan] = []
    began: RedSpan | None = None
    for at, _, execution_id, attempt in sorted(said, key=lambda one: (*one[:3], one[3].number)):
        if attempt.status.red and began is None:
            began = RedSpan(attempt.red_at if attempt.red_at is not None else at, None, execution_id, attempt.stage)
        elif attempt.status is Status.SUCCEEDED and began is not None:
            found.append(RedSpan(began.since, at, began.execution_id, began.stage))
            began = None
    return [*found, began] if began else found
