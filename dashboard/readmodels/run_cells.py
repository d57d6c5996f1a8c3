"""What pipelines do beside deploying, as health's tables show it: rates, times, and what is made but not delivered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.readmodels.appearance import timer, words
from storage.model.evidence import Measure
from storage.model.measures import FEWEST, Backlog, Measures, Spread
from storage.model.windows import Window


@dataclass(frozen=True, slots=True)
class RunCell:
    """value: in words, empty where nothing can be said; basis: what it is of, or why not. since: when it began, where
    it goes on."""

    value: str = ""
    basis: str = ""
    since: int | None = None


RUNS = (
    (Measure.SUCCESS_RATE, "Success rate"),
    (Measure.FIRST_ATTEMPT_RATE, "At first attempt"),
    (Measure.DURATION_P50, "Duration"),
    (Measure.DURATION_P95, "95 %"),
    (Measure.QUEUE_P50, "Queue"),
    (Measure.HUMAN_WAIT_P50, "Waits for people"),
    (Measure.TIME_TO_GREEN, "Time to green"),
    (Measure.RELEASABLE_LAG, "Releasable lag"),
    (Measure.UNDEPLOYED_AGE, "Undeployed"),
)


def runs_of(window: Window | None) -> tuple[RunCell, ...]:
    """What pipelines do beside deploying, in the order of RUNS."""
    if window is None:
        return tuple(RunCell() for _ in RUNS)
    now = window.now
    enough = now.duration.p95 is not None and now.duration.count >= FEWEST
    return (
        _share_of(now.succeeded, now.ended),
        _share_of(now.green, now.runs),
        _timed(now.duration, timer),
        RunCell(timer(now.duration.p95)) if enough and now.duration.p95 is not None else RunCell(),
        _timed(now.queue, timer),
        _timed(now.wait, words),
        _timed(now.to_green, words),
        _lag(now.backlog),
        _undeployed(now),
    )


def _share_of(part: int, whole: int) -> RunCell:
    if whole < FEWEST:
        return RunCell("", f"too few, {whole}")
    return RunCell(f"{round(100 * part / whole)} %", f"of {whole}")


def _lag(backlog: Backlog) -> RunCell:
    if backlog.lag_seconds is None:
        return RunCell("", "nothing green")
    return RunCell(words(backlog.lag_seconds)) if backlog.lag_seconds else RunCell("none")


def _undeployed(now: Measures) -> RunCell:
    found = now.backlog
    if found.undeployed:
        return RunCell(str(found.undeployed), "oldest", found.undeployed_since)
    return RunCell("none") if now.deployments else RunCell("", "not deployed")


def _timed(found: Spread, said: Callable[[int], str]) -> RunCell:
    return RunCell(said(found.median), f"of {found.count}") if found.median is not None else RunCell("", "none")
