"""What stands behind each measure: every run, deployment or commit that counts, and those that are left out, with why.
Pure. The measures themselves are computed apart (storage.model.measures); a test holds both to the same numbers.

Definitions: docs/metrics.md.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from storage.model.deployments import ProductionDeployment
from storage.model.entities import Status
from storage.model.facts import Fact
from storage.model.measures import Delivered, first_at, made_at, undeployed, unreleasable


class Measure(enum.StrEnum):
    SUCCESS_RATE = "success_rate"
    FIRST_ATTEMPT_RATE = "first_attempt_rate"
    DURATION_P50 = "duration_p50"
    DURATION_P95 = "duration_p95"
    QUEUE_P50 = "queue_p50"
    HUMAN_WAIT_P50 = "human_wait_p50"
    TIME_TO_GREEN = "time_to_green"
    RELEASABLE_LAG = "releasable_lag"
    UNDEPLOYED_AGE = "undeployed_age"
    CHANGE_LEAD_TIME = "change_lead_time"
    DEPLOYMENT_FREQUENCY = "deployment_frequency"
    CHANGE_FAIL_RATE = "change_fail_rate"
    FAILED_DEPLOYMENT_RECOVERY_TIME = "failed_deployment_recovery_time"
    DEPLOYMENT_REWORK_RATE = "deployment_rework_rate"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a measure looked at. `at`: milliseconds, what says which day it counts on. value: seconds, or 1
    where it is one of those that are counted and 0 where it is one of the others; None where it is left out.
    why: what makes it so, or why it is left out. commit: what it is of, where a run brought several."""

    fact: Fact
    at: int
    value: int | None
    why: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """From `begin` until before `end`, milliseconds. `now`: what has not ended is counted to."""

    begin: int
    end: int
    now: int

    def has(self, at: int) -> bool:
        return self.begin <= at < self.end


def evidence(measure: Measure, pipelines: Iterable[Delivered], period: Period) -> list[Evidence]:
    """Newest first."""
    found = [one for each in pipelines for one in _BEHIND[measure](each, period)]
    return sorted(found, key=lambda one: (-one.at, one.fact.id, one.commit))


def _ends(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    for fact in pipeline.firsts:
        if period.has(fact.at):
            if fact.attempts:
                yield Evidence(fact, fact.at, int(fact.status is Status.SUCCEEDED), _status(fact.status))
            else:
                yield Evidence(fact, fact.at, None, _status(fact.status))


def _firsts(pipeline: Delivered, period: Period) -> Iterator[Fact]:
    return (fact for fact in pipeline.firsts if period.has(first_at(fact)))


def _first_attempts(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    for fact in _firsts(pipeline, period):
        if fact.first is None:
            yield Evidence(fact, first_at(fact), None, _unsaid(fact))
        else:
            yield Evidence(fact, first_at(fact), int(fact.first is Status.SUCCEEDED), _status(fact.first))


def _unsaid(fact: Fact) -> str:
    return "its first attempt is not known" if fact.attempts else _status(fact.status)


def _durations(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    for fact in _firsts(pipeline, period):
        if fact.first is not Status.SUCCEEDED:
            why = _status(fact.first) if fact.first else _unsaid(fact)
            yield Evidence(fact, first_at(fact), None, why)
        else:
            yield Evidence(fact, first_at(fact), fact.seconds, "" if fact.seconds is not None else "not timed")


def _queues(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    for fact in _firsts(pipeline, period):
        told = fact.queue_seconds is not None
        yield Evidence(fact, first_at(fact), fact.queue_seconds, "" if told else "the tool does not tell")


def _waits(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    for fact in _firsts(pipeline, period):
        yield Evidence(
            fact, first_at(fact), fact.wait_seconds or None, "" if fact.wait_seconds else "waited for nobody"
        )


def _greens(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    known = {fact.id: fact for fact in pipeline.firsts}
    for red in pipeline.reds:
        if red.until is not None and period.has(red.until):
            yield Evidence(known[red.execution_id], red.until, red.seconds, f"red at {red.stage}" if red.stage else "")
        elif red.until is None and red.since < period.end:
            yield Evidence(known[red.execution_id], red.since, None, "still red")


def _lags(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    found = unreleasable(pipeline, period.end)
    for fact in found[1:] or found:
        yield Evidence(fact, fact.at, max(0, round((made_at(fact) - made_at(found[0])) / 1000)), _status(fact.status))


def _undeployed(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    until = min(period.end, period.now)
    for fact in undeployed(pipeline, period.end):
        yield Evidence(fact, fact.at, max(0, round((until - made_at(fact)) / 1000)), _status(fact.status))


def _deployments(pipeline: Delivered, period: Period) -> Iterator[ProductionDeployment]:
    return (one for one in pipeline.deployments if period.has(one.at))


def _leads(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    for one in _deployments(pipeline, period):
        for commit, seconds in one.spans:
            if seconds is None:
                yield Evidence(one.fact, one.at, None, "when it was made is not known", commit)
            elif seconds <= 0:
                yield Evidence(one.fact, one.at, None, "made after it was deployed, by its own clock", commit)
            else:
                yield Evidence(one.fact, one.at, seconds, "", commit)


def _each(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    return (Evidence(one.fact, one.at, 1) for one in _deployments(pipeline, period))


def _failed(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    return (
        Evidence(one.fact, one.at, int(bool(one.failed_by)), one.failed_by) for one in _deployments(pipeline, period)
    )


def _recoveries(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    for one in _deployments(pipeline, period):
        if one.failed_by:
            seconds = one.recovery_seconds
            yield Evidence(one.fact, one.at, seconds, one.failed_by if seconds is not None else "not over")


def _unplanned(pipeline: Delivered, period: Period) -> Iterator[Evidence]:
    return (
        Evidence(one.fact, one.at, int(bool(one.unplanned_by)), one.unplanned_by)
        for one in _deployments(pipeline, period)
    )


def _status(status: Status) -> str:
    return status.value.replace("_", " ")


_BEHIND: dict[Measure, Callable[[Delivered, Period], Iterator[Evidence]]] = {
    Measure.SUCCESS_RATE: _ends,
    Measure.FIRST_ATTEMPT_RATE: _first_attempts,
    Measure.DURATION_P50: _durations,
    Measure.DURATION_P95: _durations,
    Measure.QUEUE_P50: _queues,
    Measure.HUMAN_WAIT_P50: _waits,
    Measure.TIME_TO_GREEN: _greens,
    Measure.RELEASABLE_LAG: _lags,
    Measure.UNDEPLOYED_AGE: _undeployed,
    Measure.CHANGE_LEAD_TIME: _leads,
    Measure.DEPLOYMENT_FREQUENCY: _each,
    Measure.CHANGE_FAIL_RATE: _failed,
    Measure.FAILED_DEPLOYMENT_RECOVERY_TIME: _recoveries,
    Measure.DEPLOYMENT_REWORK_RATE: _unplanned,
}
