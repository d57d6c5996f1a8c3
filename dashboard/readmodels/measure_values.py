"""Every measure of a window as a bare number, for those who compute with it: the API. Definitions: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.readmodels.bands import BANDS, EDITION, fail_place, frequency_place, lead_place, recovery_place
from storage.model.evidence import Measure
from storage.model.facts import DAY_MS
from storage.model.measures import FEWEST, Measures, Spread
from storage.model.windows import Window

RATIO, SECONDS, PER_DAY = "ratio", "s", "1/d"


@dataclass(frozen=True, slots=True)
class MeasureValue:
    """value, previous: None where nothing can be said, and `reason` says why of the first; ratios from 0 to 1, seconds,
    or how many a day. sample: what it is of. formula: where docs/metrics.md defines it. band, edition: empty where no
    band is drawn."""

    measure: Measure
    value: float | None
    unit: str
    sample: int
    formula: str
    previous: float | None = None
    band: str = ""
    edition: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """Of one period. `few`: whether so small a sample says nothing."""

    value: float | None
    sample: int
    few: bool


@dataclass(frozen=True, slots=True)
class _Given:
    """A period's measures, its days, and the moment that it ended, or now, in milliseconds."""

    measures: Measures
    days: int
    until: int


_Found = Callable[[_Given], _Known]


@dataclass(frozen=True, slots=True)
class Definition:
    """anchor: of docs/metrics.md. place: among BANDS, of a value; None where there are no bands."""

    label: str
    unit: str
    anchor: str
    found: _Found
    place: Callable[[float], int] | None = None


def _share(part: Callable[[Measures], int], whole: Callable[[Measures], int]) -> _Found:
    def found(given: _Given) -> _Known:
        of = whole(given.measures)
        return _Known(part(given.measures) / of if of else None, of, of < FEWEST)

    return found


def _span(chosen: Callable[[Measures], Spread], p95: bool = False) -> _Found:
    def found(given: _Given) -> _Known:
        spread = chosen(given.measures)
        return _Known(spread.p95 if p95 else spread.median, spread.count, spread.count < FEWEST)

    return found


def _frequency(given: _Given) -> _Known:
    count = given.measures.deployments
    return _Known(count / given.days, count, count < FEWEST)


def _lag(given: _Given) -> _Known:
    return _Known(given.measures.backlog.lag_seconds, given.measures.ended, few=False)


def _undeployed(given: _Given) -> _Known:
    """How old the oldest is; 0 where all is in production."""
    found = given.measures.backlog
    if found.undeployed_since is None:
        return _Known(0 if given.measures.deployments else None, 0, few=False)
    return _Known(max(0, round((given.until - found.undeployed_since) / 1000)), found.undeployed, few=False)


DEFINITIONS: dict[Measure, Definition] = {
    Measure.SUCCESS_RATE: Definition(
        "Success rate", RATIO, "success-rate", _share(lambda m: m.succeeded, lambda m: m.ended)
    ),
    Measure.FIRST_ATTEMPT_RATE: Definition(
        "Green at the first attempt", RATIO, "first-attempt-rate", _share(lambda m: m.green, lambda m: m.runs)
    ),
    Measure.DURATION_P50: Definition("Duration, median", SECONDS, "duration-queue-waits", _span(lambda m: m.duration)),
    Measure.DURATION_P95: Definition(
        "Duration, 95th percentile", SECONDS, "duration-queue-waits", _span(lambda m: m.duration, p95=True)
    ),
    Measure.QUEUE_P50: Definition("Queue, median", SECONDS, "duration-queue-waits", _span(lambda m: m.queue)),
    Measure.HUMAN_WAIT_P50: Definition(
        "Waits for people, median", SECONDS, "duration-queue-waits", _span(lambda m: m.wait)
    ),
    Measure.TIME_TO_GREEN: Definition("Time to green, median", SECONDS, "time-to-green", _span(lambda m: m.to_green)),
    Measure.RELEASABLE_LAG: Definition("Releasable lag", SECONDS, "releasable-lag", _lag),
    Measure.UNDEPLOYED_AGE: Definition("Undeployed age", SECONDS, "undeployed-age", _undeployed),
    Measure.CHANGE_LEAD_TIME: Definition(
        "Change lead time", SECONDS, "change-lead-time", _span(lambda m: m.lead), lead_place
    ),
    Measure.DEPLOYMENT_FREQUENCY: Definition(
        "Deployment frequency", PER_DAY, "deployments", _frequency, frequency_place
    ),
    Measure.CHANGE_FAIL_RATE: Definition(
        "Change fail rate", RATIO, "change-fail-rate", _share(lambda m: m.failed, lambda m: m.deployments),
        lambda share: fail_place(100 * share),
    ),
    Measure.FAILED_DEPLOYMENT_RECOVERY_TIME: Definition(
        "Failed deployment recovery time", SECONDS, "failed-deployment-recovery-time", _span(lambda m: m.recovery),
        recovery_place,
    ),
    Measure.DEPLOYMENT_REWORK_RATE: Definition(
        "Deployment rework rate", RATIO, "deployment-rework-rate",
        _share(lambda m: m.unplanned, lambda m: m.deployments),
    ),
}  # fmt: skip


def values_of(window: Window | None, days: int, now: int) -> tuple[MeasureValue, ...]:
    """In the order of Measure. `now`: milliseconds. Without a window nothing is known yet."""
    return tuple(value_of(measure, window, days, now) for measure in Measure)


def value_of(measure: Measure, window: Window | None, days: int, now: int) -> MeasureValue:
    definition = DEFINITIONS[measure]
    formula = f"#{definition.anchor}"
    if window is None:
        return MeasureValue(measure, None, definition.unit, 0, formula, reason="too few")
    known = definition.found(_Given(window.now, days, now))
    value = None if known.few else known.value
    before = definition.found(_Given(window.before, days, (window.last_day - days + 1) * DAY_MS))
    previous = before.value if window.knows_before and not before.few else None
    banded = definition.place is not None and value is not None
    return MeasureValue(
        measure=measure,
        value=value,
        unit=definition.unit,
        sample=known.sample,
        formula=formula,
        previous=previous,
        band=BANDS[definition.place(value)] if definition.place is not None and value is not None else "",
        edition=EDITION if banded else "",
        reason="" if value is not None else "too few" if known.few else "not known",
    )
