"""Which lines of a failing step are the cause, by rules alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dashboard.failures.normalise import normalised

MOST = 20
_ERROR_SHAPED = re.compile(
    r"(?i)\b(?:\w*errors?|\w*exception|fatal|failed|failure|failing|panic|traceback|assert\w*|undefined reference|"
    r"not found|cannot|could not|unable to|denied|refused|timed? ?out|killed|out of memory|segmentation fault)\b|^E  "
)
# What every step that fails ends with says nothing of why.
GENERIC = re.compile(r"(?i)^(?:Error: )?(?:The )?process (?:'.*' )?(?:completed|failed|exited) with (?:exit )?code \d+")


def cause_lines(lines: Sequence[str], green: frozenset[str]) -> Sequence[int]:
    """Numbers of lines from 0, the best first. `lines`: of the failing step, cleaned. `green`: normalised lines of the
    job's last green run, empty where there is none."""
    shaped = [number for number, line in enumerate(lines) if _ERROR_SHAPED.search(line)]
    telling = [number for number in shaped if not GENERIC.match(lines[number])]
    fresh = [number for number in telling if normalised(lines[number]) not in green]
    return tuple(reversed(fresh or telling or shaped))[:MOST]
