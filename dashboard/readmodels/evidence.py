"""What stands behind one of a team's numbers, as a page: what counts, what is left out, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.readmodels.appearance import words
from dashboard.readmodels.measure_values import DEFINITIONS, RATIO, SECONDS, MeasureValue
from storage.model.entities import Team
from storage.model.evidence import Evidence, Measure

# Of each kind; the files have all.
MOST_SHOWN = 300
# What one of those that are counted is, and one of the others.
_KINDS = {
    Measure.SUCCESS_RATE: ("green", "not green"),
    Measure.FIRST_ATTEMPT_RATE: ("green", "not green"),
    Measure.CHANGE_FAIL_RATE: ("failed", "did not fail"),
    Measure.DEPLOYMENT_REWORK_RATE: ("unplanned", "planned"),
    Measure.DEPLOYMENT_FREQUENCY: ("deployed", ""),
}
_HOW = {
    Measure.SUCCESS_RATE: "Green runs out of those of the default branch that ended green, failed, timed out or with "
    "an error of the CI system, as their newest attempt did.",
    Measure.FIRST_ATTEMPT_RATE: "First attempts that were green out of those that said something.",
    Measure.DURATION_P50: "The middle one of the green first attempts, without the time in which only a person was "
    "waited for.",
    Measure.DURATION_P95: "95 of 100 green first attempts took no longer, without the time in which only a person was "
    "waited for.",
    Measure.QUEUE_P50: "From when a run was asked for until it began, the middle one.",
    Measure.HUMAN_WAIT_P50: "How long runs waited for people, the middle one of those that waited.",
    Measure.TIME_TO_GREEN: "From the first red end of the default branch until the next green one, the middle one of "
    "those that are over.",
    Measure.RELEASABLE_LAG: "How much younger the newest commit is than the newest green one; of several pipelines the "
    "longest.",
    Measure.UNDEPLOYED_AGE: "How old the oldest commit is that is not in production, of pipelines that deploy there.",
    Measure.CHANGE_LEAD_TIME: "From when a commit was made until the first deployment that contains it, the middle "
    "one.",
    Measure.DEPLOYMENT_FREQUENCY: "Versions that came into production, a day.",
    Measure.CHANGE_FAIL_RATE: "Failed deployments out of all.",
    Measure.FAILED_DEPLOYMENT_RECOVERY_TIME: "From a failed deployment until what remedied it was in production, the "
    "middle one of those that are over.",
    Measure.DEPLOYMENT_REWORK_RATE: "Deployments that put back or repair something out of all.",
}


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """`said`: its value in words, why it is left out where it has none."""

    at: int
    pipeline: str
    execution_id: str
    number: str
    commit: str
    message: str
    said: str
    why: str


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """counted, left_out: newest first, the newest of very many. value: in words, empty where nothing can be said."""

    team: Team
    measure: Measure
    label: str
    how: str
    days: int
    value: str
    reason: str
    sample: int
    counted: tuple[EvidenceLine, ...]
    all_counted: int
    left_out: tuple[EvidenceLine, ...]
    all_left_out: int


def build(
    team: Team, found: MeasureValue, rows: Sequence[Evidence], names: Mapping[str, str], days: int
) -> EvidencePage:
    """`names`: of pipelines, by their ids."""
    counted = [one for one in rows if one.value is not None]
    left_out = [one for one in rows if one.value is None]
    return EvidencePage(
        team=team,
        measure=found.measure,
        label=DEFINITIONS[found.measure].label,
        how=_HOW[found.measure],
        days=days,
        value=_in_words(found),
        reason=found.reason,
        sample=found.sample,
        counted=tuple(_line(found.measure, one, names) for one in counted[:MOST_SHOWN]),
        all_counted=len(counted),
        left_out=tuple(_line(found.measure, one, names) for one in left_out[:MOST_SHOWN]),
        all_left_out=len(left_out),
    )


def _in_words(found: MeasureValue) -> str:
    if found.value is None:
        return ""
    if found.unit == RATIO:
        return f"{100 * found.value:.0f} %"
    return words(round(found.value)) if found.unit == SECONDS else f"{found.value:.2f} a day"


def _line(measure: Measure, one: Evidence, names: Mapping[str, str]) -> EvidenceLine:
    kinds = _KINDS.get(measure)
    said = "" if one.value is None else kinds[not one.value] if kinds else words(one.value)
    return EvidenceLine(
        at=one.at,
        pipeline=names[one.fact.pipeline_id],
        execution_id=one.fact.id,
        number=one.fact.number,
        commit=(one.commit or one.fact.commit)[:7],
        message=one.fact.message,
        said=said,
        why=one.why,
    )
