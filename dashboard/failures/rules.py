"""Which lines of a failing step are the cause, by rules alone: how tools print what is wrong, where in the log it
stands, and whether the job's last green run printed it too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from dashboard.failures import causes_in_code, causes_outside_code
from dashboard.failures.harmless import GENERIC, HARMLESS, LOGGED
from dashboard.failures.hints import HINTS
from dashboard.failures.normalise import normalised
from dashboard.failures.pattern_of_cause import LAST_IS_BEST, Level

__all__ = ["GENERIC", "MOST", "cause_lines", "level_of"]

MOST = 20
# Of longer steps the end: what ended the step is there.
MOST_LINES = 20_000
MOST_SHAPED = 2000
# Of a line so much: what is wrong is said at its beginning.
LONGEST_READ = 300
# A step begins with its script, which names the errors that it looks for.
LONGEST_SCRIPT = 200

_ALL = tuple(one for family in (*causes_in_code.FAMILIES, *causes_outside_code.FAMILIES) for one in family)
# What only names a failure is told apart first; else what a line says most counts.
_IN_ORDER = tuple(sorted(_ALL, key=lambda one: (one.level is not Level.HEADING, -one.level)))
_ANCHORED = tuple(one for one in _IN_ORDER if one.anchored)
# What BuildKit, compose, xdist, clocks and GitHub's annotations put before a line.
_PREFIX = re.compile(r"^(?:#\d+ (?:\d+\.\d+ )?|[\w.-]{1,40} +\| |\[gw\d+\] |\[\d\d:\d\d:\d\d\] |Error: )")
_RAISED_BY_COMMAND = re.compile(r"^(?:subprocess\.)?CalledProcessError: |^Error: Command failed")
# The line after one of these says what is wrong.
_HEADINGS = re.compile(
    r"^\s*● (?!Console)|^CMake Error at |^\* What went wrong:|^(?:✗ |x )?[Ee]rror during build:|<<< (?:FAILURE|ERROR)!"
    r"|^\s*FAIL +\S+ > |^Oops! Something went wrong|failed with message:$|^Caused by:$|^\s+Details:$"
    r"|^Execution failed for"
    r"|^ERROR in |^thread '.*' .*panicked at .*:\d+:$"
)
# Between it and what is wrong there may be another.
_NOT_YET = re.compile(rf"{_HEADINGS.pattern}|^\s+Jest encountered an unexpected token")
_FRAME = re.compile(r"^\s+at \S|^\s*❯ \S|^\s+from \S+:\d+")
_E_LINE = re.compile(r"^E {3,}\S")
_TRACEBACK = re.compile(r"^(\s*)Traceback \(most recent call last\):")
_GO_ENDED = re.compile(r"^(\s*)(?:---|===) (FAIL|PASS): ")
_GO_SAID = re.compile(r"^\s+\S+\.go:\d+: ")
_RUST_PLACE = re.compile(r"^\s*--> \S+:\d+:\d+")
# With -v so many lines above.
_MOST_ABOVE = 200
_GO_OTHER = re.compile(r"^\s*(?:=== |--- |PASS|FAIL|ok  )")


def cause_lines(lines: Sequence[str], green: frozenset[str]) -> Sequence[int]:
    """Numbers of lines from 0, the best first. `lines`: of the failing step, cleaned. `green`: normalised lines of the
    job's last green run, empty where there is none."""
    start = max(0, len(lines) - MOST_LINES)
    read = [line[:LONGEST_READ] for line in lines[start:]]
    levels = _levels(read)
    found = sorted(levels, key=lambda number: _order(levels[number], number)) or _last_words(read)
    return _fresh(lines, (start + number for number in found), green)


def _order(level: Level, number: int) -> tuple[int, int]:
    return -level, -number if level in LAST_IS_BEST else number


def _fresh(lines: Sequence[str], numbers: Iterable[int], green: frozenset[str]) -> Sequence[int]:
    """Those that the green run has not; all where it has all. A reason that is told forty times is one."""
    fresh, known = dict[str, int](), dict[str, int]()
    for number in numbers:
        text = normalised(lines[number])
        (known if text in green else fresh).setdefault(text, number)
        if len(fresh) == MOST:
            break
    return tuple((fresh or known).values())[:MOST]


def _last_words(lines: Sequence[str]) -> Iterator[int]:
    """Where nothing is shaped like an error: what was printed last."""
    for number in range(len(lines) - 1, _after_script(lines) - 1, -1):
        if lines[number].strip() and not any(each.finds(lines[number]) for each in HARMLESS):
            yield number


def level_of(line: str) -> Level | None:
    """Of one clean line, without those around it. None where it looks harmless."""
    bare = _PREFIX.sub("", line, count=1) if _PREFIX.match(line) else line
    small = bare.lower()
    patterns = _IN_ORDER if any(hint in small for hint in HINTS) else _ANCHORED
    found = next((one.level for one in patterns if one.finds(bare)), None)
    if line.startswith("Error: "):
        found = max(found or Level.SUMMARY, Level.SUMMARY)
    if found is None or not bare.strip() or GENERIC.match(line) or any(each.finds(bare) for each in HARMLESS):
        return None
    return Level.WORD if LOGGED.match(bare) else found


def _levels(lines: Sequence[str]) -> Mapping[int, Level]:
    found: dict[int, Level] = {}
    kept: dict[str, Level | None] = {}
    for number in range(len(lines) - 1, _after_script(lines) - 1, -1):
        line = lines[number]
        if line not in kept:
            kept[line] = level_of(line)
        if (level := kept[line]) is not None:
            found[number] = level
        if len(found) == MOST_SHAPED:
            break
    for part in (_after_headings, _raised, _of_pytest, _of_go, _of_rust):
        found.update((number, level) for number, level in part(lines, found))
    return found


def _after_script(lines: Sequence[str]) -> int:
    if not lines or not lines[0].startswith("Run "):
        return 0
    for number in range(1, min(len(lines), LONGEST_SCRIPT)):
        if lines[number].startswith("shell: "):
            following = number + 1
            if following < len(lines) and lines[following] == "env:":
                following += 1
                while following < len(lines) and re.match(r"  \w+: ?", lines[following]):
                    following += 1
            return following
    return 1


def _after_headings(lines: Sequence[str], found: Mapping[int, Level]) -> Iterator[tuple[int, Level]]:
    for number, line in enumerate(lines):
        if not _HEADINGS.search(line):
            continue
        following = next((at for at in range(number + 1, min(number + 4, len(lines))) if lines[at].strip()), None)
        if following is not None and not _NOT_YET.search(lines[following]):
            yield following, max(Level.SAYS, found.get(following, Level.SAYS))


def _raised(lines: Sequence[str], found: Mapping[int, Level]) -> Iterator[tuple[int, Level]]:
    """Where a traceback ends in Python; where one begins elsewhere."""
    indent: int | None = None
    for number, line in enumerate(lines):
        if begun := _TRACEBACK.match(line):
            indent = len(begun[1])
        elif indent is not None and line.strip() and len(line) - len(line.lstrip()) <= indent:
            indent = None
            wraps = _RAISED_BY_COMMAND.search(line)
            yield number, Level.HEADING if wraps else max(Level.RAISED, found.get(number, Level.RAISED))
        elif _FRAME.match(line) and number and found.get(number - 1) in (Level.SHAPED, Level.SUMMARY):
            yield number - 1, Level.HEADING if _RAISED_BY_COMMAND.search(lines[number - 1]) else Level.RAISED


def _of_pytest(lines: Sequence[str], _: Mapping[int, Level]) -> Iterator[tuple[int, Level]]:
    """The first of lines that begin with E is what was raised; the others show how it differs."""
    for number, line in enumerate(lines):
        if _E_LINE.match(line):
            first = not number or not lines[number - 1].startswith("E ")
            yield number, Level.SAYS if first else Level.WORD


def _of_go(lines: Sequence[str], _: Mapping[int, Level]) -> Iterator[tuple[int, Level]]:
    """What a failed test said stands below its name, or above it with -v."""
    for number, line in enumerate(lines):
        if not (ended := _GO_ENDED.match(line)):
            continue
        level = Level.SAYS if ended[2] == "FAIL" else Level.WORD
        below = takewhile(lambda at: lines[at].startswith(f"{ended[1]}  "), range(number + 1, len(lines)))
        above = range(number - 1, max(-1, number - 1 - _MOST_ABOVE), -1)
        for part in (below, above):
            same = takewhile(lambda at: not _GO_OTHER.match(lines[at]), part)
            yield from ((at, level) for at in same if _GO_SAID.match(lines[at]))


def _of_rust(lines: Sequence[str], _: Mapping[int, Level]) -> Iterator[tuple[int, Level]]:
    """Tools of all kinds begin a line with "error:"; the compiler says below where."""
    for number in range(1, len(lines)):
        if _RUST_PLACE.match(lines[number]) and lines[number - 1].startswith("error"):
            yield number - 1, Level.SAYS
