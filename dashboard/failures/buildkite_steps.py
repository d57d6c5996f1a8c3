"""Logs of Buildkite's jobs cut into the groups that the agent and commands open.

https://buildkite.com/docs/pipelines/configure/managing-log-output
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from dashboard.failures.normalise import clean
from dashboard.failures.steps import SET_UP, Step

# Before each line, unless it was switched off: an application program command (ECMA-48) with the time in milliseconds.
_TIME = re.compile(r"\x1b_bk;t=(\d{1,15})\x07")
_COMMAND = re.compile(r"\x1b_[^\x07\x1b]*(?:\x07|\x1b\\)")
_GROUP = re.compile(r"(?:---|\+\+\+|~~~) (.*)")
# What looks like a group and is none: a test of Go, and the two first lines of a difference.
_GO_TEST = re.compile(r"--- (?:FAIL|PASS|SKIP|BENCH): ")
_OLD, _NEW = "--- ", "+++ "
# Opens the group above it: the agent does so where a command failed.
_OPENED = "^^^ +++"
# The agent's own word.
_ERROR = "🚨 Error: "


def buildkite_steps(log: str) -> list[Step]:
    """Of a job's raw log. What comes before the first group is the set-up."""
    raw = log.split("\n")
    shown = [clean(_COMMAND.sub("", line)) for line in raw]
    groups = list(_groups(shown))
    steps = [
        _step(raw[first:last], shown[first:last], named=first in groups)
        for first, last in pairwise([0, *groups, len(raw)])
    ]
    return [step for step in steps if step.lines]


def _groups(shown: Sequence[str]) -> Iterator[int]:
    """The numbers of the lines that open one."""
    differs = False
    for number, line in enumerate(shown):
        after = shown[number + 1] if number + 1 < len(shown) else ""
        if differs:
            differs = False
        elif line.startswith(_OLD) and after.startswith(_NEW):
            differs = True
        elif _GROUP.match(line) and not _GO_TEST.match(line):
            yield number


def _step(raw: Sequence[str], shown: Sequence[str], *, named: bool) -> Step:
    """`named`: its first line opens a group."""
    name = _GROUP.sub(r"\1", shown[0]).strip() if named and shown else SET_UP
    times = [int(found[1]) for line in (*raw[:2], *raw[-3:]) if (found := _TIME.search(line))]
    lines = [line for line in shown[named:] if line != _OPENED]
    while lines and not lines[-1]:
        lines.pop()
    failed = any(line == _OPENED or line.startswith(_ERROR) for line in shown)
    return Step(name[:200], tuple(lines), min(times, default=None), max(times, default=None), failed)
