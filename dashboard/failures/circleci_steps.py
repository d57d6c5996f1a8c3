"""What CircleCI tells of a job's steps, and what each of them wrote, which lies apart.

https://circleci.com/docs/api/v1/#single-job
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard.failures.normalise import clean
from dashboard.failures.steps import Step
from dashboard.tool_apis.answers import listed_in
from dashboard.tool_apis.times import milliseconds

FAILED = frozenset({"failed", "timedout", "canceled", "infrastructure_fail"})
MOST_CHARACTERS = 1_048_576


class Output(NamedTuple):
    """Of a step, in one of the containers that share a job. url: where it lies. began, ended: milliseconds."""

    name: str
    url: str
    failed: bool
    began: int | None
    ended: int | None


def outputs_of(steps: Sequence[Mapping[str, Any]]) -> list[Output]:
    """In order. What runs in the background is no step that others wait for."""
    return [found for step in steps for found in _outputs(step)]


def _outputs(step: Mapping[str, Any]) -> Iterator[Output]:
    for action in listed_in(step, "actions"):
        url, name = action.get("output_url"), action.get("name") or step.get("name")
        if isinstance(url, str) and url and action.get("background") is not True:
            failed = action.get("failed") is True or action.get("status") in FAILED
            times = milliseconds(action.get("start_time")), milliseconds(action.get("end_time"))
            yield Output(clean(str(name))[:200], url, failed, *times)


def circleci_step(output: Output, parts: Sequence[Mapping[str, Any]]) -> Step:
    """`parts`: of what it wrote, in order. Of very much the end."""
    text = "".join(str(part.get("message") or "") for part in parts)
    if len(text) > MOST_CHARACTERS:
        text = text[-MOST_CHARACTERS:].partition("\n")[2]
    lines = [clean(line) for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return Step(output.name, tuple(lines), output.began, output.ended, output.failed)
