"""What a pattern that points at a cause is made of."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """How much a line tells of why a build failed."""

    # A word that errors are told in, anywhere.
    WORD = 1
    # What failed, not why.
    HEADING = 2
    # It calls itself an error.
    SHAPED = 3
    # A system's or a service's own reason.
    REASON = 4
    # A tool's summary of one failure, with its reason.
    SUMMARY = 5
    # An exception where its traceback ends.
    RAISED = 6
    # A compiler's message, an assertion, what a tool refuses.
    SAYS = 7
    # Ended from outside, and no more is told.
    CANCELLED = 8
    # Ended from outside: by a limit of time or memory.
    ENDED = 9


# Of these the last one in a log is the best: what went before was survived. Of the others the first is: what follows
# follows from it.
LAST_IS_BEST = frozenset({Level.WORD, Level.SHAPED, Level.REASON, Level.RAISED, Level.CANCELLED, Level.ENDED})


class CausePattern(NamedTuple):
    """anchored: whether it can only begin where the line does, so that nowhere else need be tried."""

    level: Level
    regex: re.Pattern[str]
    examples: tuple[str, ...]
    anchored: bool

    def finds(self, line: str) -> bool:
        return (self.regex.match(line) if self.anchored else self.regex.search(line)) is not None


def of(level: Level, regex: str, *examples: str) -> CausePattern:
    return CausePattern(level, re.compile(regex), examples, is_anchored(regex))


def is_anchored(regex: str) -> bool:
    """Whether each of its alternatives begins with ^."""
    depth, begins = 0, True
    for sign in _TOKEN.findall(regex):
        if begins and depth == 0 and sign != "^":
            return False
        depth += {"(": 1, ")": -1}.get(sign, 0)
        begins = depth == 0 and sign == "|"
    return True


# What a pattern is read by: escapes, classes, and single signs.
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\]){0,80}\]|.", re.DOTALL)


def says(regex: str, *examples: str) -> CausePattern:
    return of(Level.SAYS, regex, *examples)


def summary(regex: str, *examples: str) -> CausePattern:
    return of(Level.SUMMARY, regex, *examples)


def heading(regex: str, *examples: str) -> CausePattern:
    return of(Level.HEADING, regex, *examples)
