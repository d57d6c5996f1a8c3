"""Our stylesheets, read: rules with their selectors, and what is declared in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHEETS = sorted((ROOT / "static" / "css").rglob("*.css"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """inside: the at-rules around it, outermost first. head: its selectors, or an at-rule without a block."""

    sheet: str
    inside: tuple[str, ...]
    head: str
    declared: tuple[tuple[str, str], ...]

    @property
    def selectors(self) -> list[str]:
        return [one.strip() for one in re.split(r",(?![^(]*\))", self.head)]

    @property
    def is_asked_first(self) -> bool:
        """Whether a browser that lacks something never comes to it."""
        return any(one.startswith("@supports") for one in self.inside)


def rules() -> list[Rule]:
    return [rule for sheet in SHEETS for rule in _read(sheet)]


def _read(sheet: Path) -> Iterator[Rule]:
    text, inside, start = COMMENT.sub("", sheet.read_text()), [], 0
    for mark in re.finditer(r'"[^"]*"|[{};]', text):
        words = text[start : mark.start()].strip()
        if mark.group() == "{":
            inside.append(words)
        elif mark.group() == "}":
            head = inside.pop()
            if words or not head.startswith("@"):
                yield from _rule(sheet, inside, head, words)
        elif mark.group() == ";":
            # Within a rule it only ends a declaration.
            if inside and not inside[-1].startswith("@"):
                continue
            yield Rule(sheet.name, tuple(inside), words, ())
        else:
            continue
        start = mark.end()


def _rule(sheet: Path, inside: list[str], head: str, words: str) -> Iterator[Rule]:
    pairs = [one.partition(":")[::2] for one in re.split(r";(?![^(]*\))", words) if ":" in one]
    yield Rule(sheet.name, tuple(inside), head, tuple((name.strip(), value.strip()) for name, value in pairs))
