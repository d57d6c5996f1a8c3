"""Tasks of Azure Pipelines' jobs, each of which has a log of its own: which of them failed, and what they wrote.

https://learn.microsoft.com/en-us/rest/api/azure/devops/build/timeline/get
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard.failures.normalise import clean
from dashboard.failures.steps import Step
from dashboard.tool_apis.times import milliseconds

FAILED = frozenset({"failed", "canceled", "abandoned"})
# What the agent writes around a task: that it begins and ends, and between two rules what it is.
_AROUND = re.compile(r"(?:Starting|Finishing): ")
_RULE, _WHAT = "=" * 78, "Task         : "
MOST_OF_WHAT = 10


class Task(NamedTuple):
    """log: its number. began, ended: milliseconds."""

    name: str
    log: int
    failed: bool
    began: int | None
    ended: int | None


def tasks_of(records: Sequence[Mapping[str, Any]], job: str) -> list[Task]:
    """Of a job, in order, those that wrote something. `records`: of the timeline that it is in."""
    own = [one for one in records if one.get("type") == "Task" and one.get("parentId") == job]
    return [task for one in sorted(own, key=_order) if (task := _task(one))]


def _order(record: Mapping[str, Any]) -> int:
    order = record.get("order")
    return order if isinstance(order, int) else 0


def _task(record: Mapping[str, Any]) -> Task | None:
    log = record.get("log")
    number = log.get("id") if isinstance(log, dict) else None
    if not isinstance(number, int):
        return None
    times = milliseconds(record.get("startTime")), milliseconds(record.get("finishTime"))
    return Task(clean(str(record.get("name")))[:200], number, record.get("result") in FAILED, *times)


def azuredevops_step(task: Task, log: str) -> Step:
    """Without what the agent writes around each task."""
    lines = list(_own_lines([clean(line) for line in log.split("\n")]))
    while lines and not lines[-1]:
        lines.pop()
    return Step(task.name, tuple(lines), task.began, task.ended, task.failed)


def _own_lines(lines: Sequence[str]) -> Iterator[str]:
    over = 0
    for number, line in enumerate(lines):
        if number < over or (number in (0, len(lines) - 1, len(lines) - 2) and _AROUND.match(line)):
            continue
        if line == _RULE and number + 1 < len(lines) and lines[number + 1].startswith(_WHAT):
            end = next((n for n in range(number + 1, number + MOST_OF_WHAT) if lines[n : n + 1] == [_RULE]), None)
            if end is not None:
                over = end + 1
                continue
        yield line
