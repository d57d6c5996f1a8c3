"""Raw logs of GitLab's jobs cut into steps: a section a step, and within the script a command a step.

https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections. Newer runners put the time before each line, with
the stream it came by; "+" says that it goes on with the line before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dashboard.failures.normalise import clean
from dashboard.failures.steps import SET_UP, Step

_TIMED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z [0-9a-f]{2}[OE](?P<joined>[+ ])?")
_SECTION = re.compile(r"section_(?P<what>start|end):(?P<at>\d{1,12}):(?P<name>[\w.-]{1,200})(?:\[[^\]\n]{0,200}\])?")
# Commands are written so, in green.
_COMMAND = re.compile(r"\x1b\[32;1m\$ (?P<command>.*)")
_FAILED = "ERROR: Job failed"
# What runs whether the script went well or not.
_AFTER = ("after_script", "archive_", "upload_artifacts", "cleanup_")
END = "End of the job"


@dataclass
class _Part:
    """section: which it belongs to, empty outside of all. headed: its name is to be the first line."""

    name: str
    section: str = ""
    began: int | None = None
    headed: bool = False
    lines: list[str] = field(default_factory=list)
    ended: int | None = None
    failed: bool = False

    @property
    def may_fail(self) -> bool:
        """Whether the job's end in red is its doing."""
        return bool(self.lines) and self.name != END and not self.section.startswith(_AFTER)


def gitlab_steps(log: str) -> list[Step]:
    """What comes before the first section is the set-up. The step that failed is the last one before the log says that
    the job did, of those that do not run in any case."""
    parts = _Parts()
    for line in _lines(log):
        parts.take(line)
    found = [part for part in parts.all if any(part.lines)]
    _mark_failed(found)
    return [Step(part.name[:200], _trimmed(part.lines), part.began, part.ended, part.failed) for part in found]


def _lines(log: str) -> Iterator[str]:
    """Without their times, each whole."""
    held: str | None = None
    for raw in log.split("\n"):
        timed = _TIMED.match(raw)
        text = raw[timed.end() :] if timed else raw
        if timed and timed["joined"] == "+" and held is not None:
            held += text
            continue
        if held is not None:
            yield held
        held = text
    yield held or ""


class _Parts:
    def __init__(self) -> None:
        self.all = [_Part(SET_UP)]
        self._open: list[_Part] = []

    def take(self, line: str) -> None:
        place = 0
        for found in _SECTION.finditer(line):
            self._text(line[place : found.start()])
            at = int(found["at"]) * 1000
            if found["what"] == "start":
                self._begin(found["name"], at)
            else:
                self._end(at)
            place = found.end()
        self._text(line[place:], whole=not place)

    def _begin(self, section: str, at: int) -> None:
        part = _Part(section, section, at, headed=True)
        self._open.append(part)
        self.all.append(part)

    def _end(self, at: int) -> None:
        """What follows goes on with the section around it."""
        self.all[-1].ended = at
        if self._open:
            self._open.pop().ended = at
        around = self._open[-1] if self._open else None
        self.all.append(_Part(around.name, around.section) if around else _Part(END))

    def _text(self, raw: str, *, whole: bool = False) -> None:
        text = clean(raw)
        part = self.all[-1]
        if command := _COMMAND.search(raw):
            section = self._open[-1].section if self._open else ""
            self.all.append(_Part(clean(command["command"]), section, lines=[text]))
        elif text and part.headed and not part.lines:
            part.name, part.headed = text, False
        elif text or (whole and part.lines):
            part.lines.append(text)


def _mark_failed(parts: Sequence[_Part]) -> None:
    said = next((line for part in parts for line in part.lines if line.startswith(_FAILED)), "")
    blamed = next((part for part in reversed(parts) if part.may_fail), None) if said else None
    if blamed is None:
        return
    blamed.failed = True
    if said not in blamed.lines:
        blamed.lines.append(said)


def _trimmed(lines: Sequence[str]) -> tuple[str, ...]:
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return tuple(lines[:end])
