"""Minutes as tools bill them, from an execution's merged state: each job's own time, rounded up. Pure.

GitHub "rounds the minutes and partial minutes each job uses up to the nearest whole minute"
(https://docs.github.com/en/billing/reference/actions-runner-pricing). Definition: docs/metrics.md.
"""

from __future__ import annotations

from collections import defaultdict

from storage.model.document import Document
from storage.model.entities import Status
from storage.model.merge import SEPARATOR, ComponentState, Progress, State

MINUTE_MS = 60_000
# Of a run the labels with most minutes; those of all others are told together.
MOST_LABELS, LONGEST_LABEL = 6, 40
# Where the tool does not tell; what is left of very many labels; of a run whose jobs lie apart: nobody adds them up.
NOT_TOLD, OTHERS, TOO_MANY = "", "others", "too many jobs"


class BilledMinutes(Document, frozen=True):
    """Of the jobs of a run that asked for runners by one label. minutes: of its first attempt, rerun_minutes: of all
    later ones."""

    label: str
    minutes: int = 0
    rerun_minutes: int = 0


def billed_minutes(state: State, upto: int | None) -> tuple[BilledMinutes, ...]:
    """Of the jobs that ended, by label. `upto`: the last attempt that counts, None for all of them."""
    if state.split:
        return (BilledMinutes(TOO_MANY),)
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for part in state.actions.values():
        label = _label(state, part)
        for number, progress in part.attempts.items():
            if (upto is None or number <= upto) and (minutes := _minutes(progress)):
                found[label][number > 1] += minutes
    kept = sorted(found, key=lambda label: (-sum(found[label]), label))
    for label in kept[MOST_LABELS:]:
        first, again = found.pop(label)
        others = found[OTHERS]
        found[OTHERS] = [others[0] + first, others[1] + again]
    return tuple(BilledMinutes(label, *found[label]) for label in sorted(found))


def _label(state: State, part: ComponentState) -> str:
    """Of another server than the tool's public one with its name: its runners are its owner's."""
    told = part.texts.get("runner_labels") or part.texts.get("runner_group")
    label = ",".join(told.value.split(SEPARATOR)) if told else NOT_TOLD
    return (f"{state.host}/{label}" if state.host and label else label)[:LONGEST_LABEL]


def _minutes(progress: Progress) -> int:
    """0 of what did not run, or has not ended; of what waited for a person from its begin, too."""
    word, began, ended = progress.word, progress.started_at, progress.finished_at
    if word is None or not word.finished or word.status is Status.SKIPPED or began is None or ended is None:
        return 0
    if progress.waiting_at is not None and progress.waiting_at <= began and progress.running_at is None:
        # An approval: a protected job is told to run once somebody has let it begin.
        return 0
    return max(1, -(-(ended - began) // MINUTE_MS)) if ended >= began else 0
