"""What changed for good, in one sentence each: which team or pipeline, what, by how much, since when and since which
run. Definition: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.readmodels.appearance import words
from storage.model.evidence import Measure
from storage.model.steps import RATES, SERIES, StepChange
from storage.model.windows import Window

MOST_LINES = 6
_NAMES = {
    Measure.CHANGE_FAIL_RATE: "change fail rate",
    Measure.FAILED_DEPLOYMENT_RECOVERY_TIME: "recovery from failed deployments",
    Measure.CHANGE_LEAD_TIME: "change lead time",
    Measure.FIRST_ATTEMPT_RATE: "first attempts that succeed",
    Measure.DURATION_P50: "runs",
    Measure.QUEUE_P50: "queue",
}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """name, href: of the team or pipeline. said: what changed and by how much; range: from what to what. at: since
    when, with the first run since, by its pipeline where `name` is a team. stage: which makes the difference, and by
    how much; empty where none does."""

    name: str
    href: str
    said: str
    range: str
    at: int
    execution_id: str
    run: str
    commit: str
    stage: str
    sure: bool
    worse: bool


def changes_of(found: Iterable[tuple[str, str, Window | None]]) -> tuple[ChangeLine, ...]:
    """`found`: name, address and window of each team or pipeline. One sentence for each that changed, the greatest harm
    first; what got better only where nothing got worse."""
    steps = [(name, href, window.steps[0]) for name, href, window in found if window is not None and window.steps]
    worse = [one for one in steps if one[2].worse]
    ordered = sorted(worse or steps, key=lambda one: (_harm(one[2]), one[0].casefold()))
    return tuple(_line(*one) for one in ordered[:MOST_LINES])


def _harm(step: StepChange) -> tuple[int, float]:
    return SERIES.index(step.measure), -abs(step.after - step.before) / max(step.before, 0.01)


def _line(name: str, href: str, step: StepChange) -> ChangeLine:
    difference, rate = abs(step.after - step.before), step.measure in RATES
    if rate:
        by, span = f"{100 * difference:.0f} points", f"{100 * step.before:.0f} % to {100 * step.after:.0f} %"
    else:
        by, span = words(round(difference)), f"{words(round(step.before))} to {words(round(step.after))}"
    verb = ("worse" if step.worse else "better") if rate else ("longer" if step.worse else "shorter")
    takes = "take " if step.measure is Measure.DURATION_P50 else ""
    more = step.stage_after - step.stage_before
    return ChangeLine(
        name=name,
        href=href,
        said=f"{_NAMES[step.measure]} {takes}{by} {verb}",
        range=span,
        at=step.at,
        execution_id=step.execution_id,
        run=f"{step.pipeline if step.pipeline != name else ''} run {step.number}".strip(),
        commit=step.commit[:7],
        stage=f"; stage {step.stage} {words(more)} longer" if step.stage and step.worse else "",
        sure=step.sure,
        worse=step.worse,
    )
