"""Raw logs cut into steps, and the step that failed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dashboard.failures.normalise import clean


class Step(NamedTuple):
    """lines: clean. began, ended: when its first and last lines were written, milliseconds; None where not told.
    failed: whether the log itself says that it went wrong."""

    name: str
    lines: tuple[str, ...]
    began: int | None = None
    ended: int | None = None
    failed: bool = False


class ToldStep(NamedTuple):
    """A step that failed, as the tool's API or event tells it. Times: milliseconds, to the second."""

    name: str
    began: int | None = None
    ended: int | None = None


_TIME = re.compile(r"\ufeff?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z ")
# A step of a raw GitHub log begins with its command; what follows the last step cleans up.
_GROUP, _ERROR, _CLEAN_UP = "##[group]Run ", "##[error]", "Post job cleanup."
_RUNNING = re.compile(r"\[Container\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? Running command (.*)")
_PHASE = re.compile(
    r"\[Container\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? (?:Entering phase|Phase complete:) (\w+)(.*)"
)
_FAILED_STATE = re.compile(r"\b(?:FAILED|FAULT|CLIENT_ERROR|TIMED_OUT|STOPPED)\b")
_UNSUCCESSFUL = re.compile(r"Command did not exit successfully ")
SET_UP, CLEAN_UP = "Set up job", "Clean up"
SLACK_MS = 1000


def github_steps(log: str) -> list[Step]:
    """Of a job's raw log. What comes before the first command is the set-up."""
    steps, name, part = [], SET_UP, list[str]()
    for line in log.split("\n"):
        content = _TIME.sub("", line, count=1)
        if content.startswith((_GROUP, _CLEAN_UP)):
            steps.append(_github_step(name, part))
            name, part = content.removeprefix("##[group]") if content.startswith(_GROUP) else CLEAN_UP, []
        part.append(line)
    steps.append(_github_step(name, part))
    return [step for step in steps if step.lines]


def _github_step(name: str, raw: Sequence[str]) -> Step:
    times = [at for line in (*raw[:1], *raw[-2:]) if (at := _time_of(line)) is not None]
    failed = any(_TIME.sub("", line, count=1).startswith(_ERROR) for line in raw)
    return Step(name.strip()[:200], _cleaned(raw), min(times, default=None), max(times, default=None), failed)


def _cleaned(raw: Iterable[str]) -> tuple[str, ...]:
    lines = [clean(line) for line in raw if not _TIME.sub("", line, count=1).startswith("##[endgroup]")]
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def _time_of(line: str) -> int | None:
    found = _TIME.match(line)
    return round(datetime.fromisoformat(f"{found[1]}+00:00").timestamp() * 1000) if found else None


def codebuild_steps(log: str) -> list[Step]:
    """Of a build's log: a step a command, as the buildspec has them."""
    steps, name, part, first = list[Step](), "Set up", list[str](), 0

    def end() -> None:
        if lines := _cleaned(part):
            steps.append(Step(name, lines))

    for line in log.split("\n"):
        if running := _RUNNING.match(line):
            end()
            name, part = running[1].strip()[:200], [line]
            continue
        part.append(line)
        phase = _PHASE.match(line)
        if phase and phase[2].strip():
            end()
            _mark_failed(steps, first, phase[2])
            name, part = f"After {phase[1]}", []
        if phase:
            first = len(steps)
    end()
    return [_with_context(step, steps[number + 1 :]) for number, step in enumerate(steps)]


def _mark_failed(steps: list[Step], first: int, state: str) -> None:
    """Of a phase that did not succeed the first command that says so, for others may run after it; else the last."""
    if not _FAILED_STATE.search(state) or first >= len(steps):
        return
    said = (number for number in range(first, len(steps)) if any(map(_UNSUCCESSFUL.match, steps[number].lines)))
    number = next(said, len(steps) - 1)
    steps[number] = steps[number]._replace(failed=True)


def _with_context(step: Step, after: Sequence[Step]) -> Step:
    """What the service says of the failure comes after its phase."""
    if not step.failed:
        return step
    ended = next((one for one in after if one.name.startswith("After ")), None)
    context = next((line for line in ended.lines if "Phase context status code" in line), "") if ended else ""
    return step._replace(lines=(*step.lines, context)) if context else step


def failing_step(steps: Sequence[Step], told: Sequence[ToldStep] = ()) -> Step | None:
    """The one that failed: by its time where the tool tells it, by its name, or the last that says so itself. None of
    an empty log."""
    for one in told:
        if found := _of(steps, one):
            return found._replace(name=one.name or found.name)
    said = [step for step in steps if step.failed]
    return said[-1] if said else (steps[-1] if steps else None)


def _of(steps: Sequence[Step], told: ToldStep) -> Step | None:
    named = [step for step in steps if step.name == told.name]
    within = [step for step in steps if _is_within(step, told)]
    for wanted in (within, named):
        if found := [step for step in wanted if step.failed] or [step for step in wanted if step in named]:
            return found[-1]
    return None


def _is_within(step: Step, told: ToldStep) -> bool:
    if step.began is None or step.ended is None or told.began is None or told.ended is None:
        return False
    return step.began >= told.began - SLACK_MS and step.ended <= told.ended + SLACK_MS
