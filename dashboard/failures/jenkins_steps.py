"""What a run of Jenkins wrote, which is one text, cut into the stages of its Pipeline, else into its shells' commands.

https://www.jenkins.io/doc/book/pipeline/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from dashboard.failures.normalise import clean
from dashboard.failures.steps import SET_UP, Step

# The Timestamper plugin writes one before each line.
_TIME = re.compile(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\] ?")
_PIPELINE, _END = "[Pipeline] ", "[Pipeline] End of Pipeline"
_STAGE = re.compile(r"\[Pipeline\] \{ \((?!Branch: )(.+)\)")
# `sh -x`, as Jenkins calls a shell, writes each command before it runs.
_COMMAND = re.compile(r"\+{1,9} (\S.*)")
_SKIPPED = re.compile(r"Stage \".*\" skipped due to ")
_RED = re.compile(r"Finished: (?:FAILURE|UNSTABLE|ABORTED)")
# What runs whatever came before.
POST = "Declarative: Post Actions"


def jenkins_steps(log: str) -> list[Step]:
    """Of a run that ended red the last stage that was not left out failed, or the last command."""
    lines = [clean(_TIME.sub("", line, count=1)) for line in log.split("\n")]
    red = any(_RED.match(line) for line in lines[-5:])
    if not any(line.startswith(_PIPELINE) for line in lines):
        return _marked(list(_cut(lines, _command)), (), red=red)
    end = lines.index(_END) + 1 if _END in lines else len(lines)
    steps = [step for step in _cut(lines[:end], _stage) if not any(map(_SKIPPED.match, step.lines))]
    return _marked(steps, lines[end:], red=red)


def _command(line: str) -> str:
    found = _COMMAND.fullmatch(line)
    return found[1] if found else ""


def _stage(line: str) -> str:
    found = _STAGE.fullmatch(line)
    return found[1] if found else ""


def _cut(lines: Sequence[str], opens: Callable[[str], str]) -> Iterator[Step]:
    """`opens`: the name of the step that a line begins; empty for none. What comes before the first is the set-up."""
    name, part = SET_UP, list[str]()
    for line in lines:
        if called := opens(line):
            yield from _step(name, part)
            name, part = called, []
        elif not line.startswith(_PIPELINE):
            part.append(line)
    yield from _step(name, part)


def _step(name: str, lines: list[str]) -> Iterator[Step]:
    while lines and not lines[-1]:
        lines.pop()
    if lines:
        yield Step(name[:200], tuple(lines))


def _marked(steps: list[Step], last: Sequence[str], *, red: bool) -> list[Step]:
    """`last`: what Jenkins says of all of it at its end, which is why the step failed."""
    number = max((number for number, step in enumerate(steps) if step.name != POST), default=None)
    if red and number is not None:
        why = tuple(line for line in last if line)
        steps[number] = steps[number]._replace(failed=True, lines=(*steps[number].lines, *why))
    elif last and any(last):
        steps += _step("End of Pipeline", list(last))
    return steps
