"""The few lines of a failing step that are kept and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.failures.fingerprint import fingerprint_of
from dashboard.failures.normalise import line_hash, normalised
from dashboard.failures.redaction import redact
from dashboard.failures.rules import cause_lines
from dashboard.failures.steps import Step

MOST_BYTES, LONGEST_LINE, MOST_LINES = 4096, 400, 60
# The lines before the best one that belong to it.
BEFORE = 2
LEFT_OUT = "…"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """lines: the cause first, with what stands around it. truncated: whether the step has more lines than these."""

    step: str
    lines: tuple[str, ...]
    truncated: bool
    fingerprint: str


def excerpt_of(step: Step, green: frozenset[bytes] = frozenset()) -> Excerpt:
    """Redacted before anything else is done. `green`: hashes of the job's last green run."""
    lines = tuple(redact(step.lines))
    known = frozenset(text for text in map(normalised, lines) if line_hash(text) in green) if green else frozenset()
    causes = [number for number in cause_lines(lines, known) if 0 <= number < len(lines)]
    chosen = _chosen(lines, causes)
    name = "".join(redact([step.name]))
    return Excerpt(name, chosen, len(chosen) < len(lines), fingerprint_of([lines[number] for number in causes]))


def _chosen(lines: Sequence[str], causes: Sequence[int]) -> tuple[str, ...]:
    """From a little before the best line on, as much as fits in two thirds; then the other causes that are not among
    these. Where nothing looks like a cause, the end."""
    if not causes:
        start = max(0, len(lines) - 20)
        return _fitting([lines[number] for number in range(start, len(lines))], MOST_BYTES, from_end=True)
    start = max(0, causes[0] - BEFORE)
    first = _fitting(lines[start : start + MOST_LINES], MOST_BYTES * 2 // 3)
    others = [number for number in causes if not start <= number < start + len(first)]
    left = MOST_BYTES - _size(first) - len(LEFT_OUT.encode()) - 1
    more = _fitting([lines[number] for number in sorted(others)], left) if others else ()
    return (*first, LEFT_OUT, *more) if more else first


def _fitting(lines: Sequence[str], most: int, *, from_end: bool = False) -> tuple[str, ...]:
    found: list[str] = []
    size = 0
    for line in reversed(lines) if from_end else lines:
        shown = line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + LEFT_OUT
        size += len(shown.encode("utf-8", "surrogatepass")) + 1
        if size > most:
            break
        found.append(shown)
    return tuple(reversed(found) if from_end else found)


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode("utf-8", "surrogatepass")) + 1 for line in lines)
