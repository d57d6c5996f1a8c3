"""How often the excerpt of a failed job's log holds the cause, over the logs kept here.

    python -m tests.failure_logs.measure even
    python -m tests.failure_logs.measure even --missed

Of the odd half only figures are printed: rules that were changed by what it says could no longer be measured on it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dashboard.failures.excerpt import LONGEST_LINE, Excerpt, excerpt_of
from dashboard.failures.green_lines import packed, unpacked
from dashboard.failures.normalise import clean
from dashboard.failures.redaction import redact
from dashboard.failures.steps import Step, codebuild_steps, failing_step, github_steps

HERE = Path(__file__).parent
FIRST = 5
HALVES = {"even": 0, "odd": 1}


class Measured(NamedTuple):
    """place: of the first line of the excerpt that is marked, from 0; None where none is."""

    log: str
    tool: str
    place: int | None
    excerpt: Excerpt | None

    @property
    def right(self) -> bool:
        return self.place is not None and self.place < FIRST


def measured(half: str, *, with_green: bool = True) -> Iterator[Measured]:
    for mark in json.loads((HERE / "causes.json").read_text(encoding="utf-8")):
        if int(Path(mark["log"]).name[:3]) % 2 == HALVES[half]:
            yield _measured(mark, with_green=with_green)


def _measured(mark: dict, *, with_green: bool) -> Measured:
    text = _text(mark["log"])
    raw = text.split("\n")
    causes = {_shown(line) for line in redact(clean(raw[number - 1]) for number in mark["cause"])}
    step = failing_step(_steps(text))
    excerpt = excerpt_of(step, _green(mark["log"]) if with_green else frozenset()) if step else None
    shown = [line.strip() for line in excerpt.lines] if excerpt else []
    return Measured(
        mark["log"], mark["tool"], next((at for at, line in enumerate(shown) if line in causes), None), excerpt
    )


def _shown(line: str) -> str:
    return (line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…").strip()


def _text(name: str) -> str:
    """Line feeds alone end lines."""
    return (HERE / name).read_bytes().decode()


def _steps(text: str) -> list[Step]:
    return (github_steps if "##[group]" in text else codebuild_steps)(text)


def _green(name: str) -> frozenset[bytes]:
    path = name.replace(".log", ".green.log")
    return unpacked(packed(_steps(_text(path)))) if (HERE / path).exists() else frozenset()


def figures(found: list[Measured]) -> str:
    all_of, right = Counter(one.tool for one in found), Counter(one.tool for one in found if one.right)
    rows = [f"{tool:10} {right[tool]}/{all_of[tool]}" for tool in sorted(all_of)]
    share = sum(right.values()) / len(found)
    return "\n".join([*rows, f"{'all':10} {sum(right.values())}/{len(found)} = {share:.1%}"])


def main(half: str, *options: str) -> None:
    found = list(measured(half, with_green="--without-green" not in options))
    print(figures(found))
    if half == "even" and "--missed" in options:
        for one in found:
            if not one.right:
                print(f"\n{one.log}: {one.place}", *(one.excerpt.lines[:8] if one.excerpt else ()), sep="\n    ")


if __name__ == "__main__":
    main(*sys.argv[1:])
