"""Making hooks at a tool, in one place after the other: what was made, what was there, what was refused and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from dashboard.tool_apis.errors import NothingThere, NotPermitted, NotTaken
from dashboard.tool_apis.session import Budget

# Somebody waits for the page.
SECONDS, MOST_NAMED = 20.0, 3


class Refusals(NamedTuple):
    """Why it may not be made in a place, and why the tool does not take it, in words that go on after a colon."""

    not_permitted: str
    not_taken: str


class Place(NamedTuple):
    """put: makes the hook or, where one sends to our URL already, brings that up to date: whether it was made. Raises
    ApiError."""

    name: str
    put: Callable[[], bool]


@dataclass
class HooksMade:
    """made, renewed: names of places. refused: with the reason, in words. left: for how many there was no time."""

    made: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    left: int = 0

    @property
    def works(self) -> bool:
        return bool(self.made or self.renewed) and not self.refused

    @property
    def words(self) -> str:
        told = [
            *([f"Made: {_named(self.made)}."] if self.made else []),
            *([f"There already, and brought up to date: {_named(self.renewed)}."] if self.renewed else []),
            *[f"{name}: {why}." for name, why in self.refused[:MOST_NAMED]],
        ]
        if len(self.refused) > MOST_NAMED:
            told.append(f"{len(self.refused) - MOST_NAMED} more were refused.")
        if self.left:
            told.append(f"There was no time for {self.left} more: ask again, with fewer.")
        return " ".join(told) or "Nothing fits."


def make_each(places: Iterable[Place], refusals: Refusals) -> HooksMade:
    """A place that refuses keeps no other waiting. Raises ApiError where the tool is out of reach or does not accept
    the token."""
    done, budget = HooksMade(), Budget(SECONDS)
    for place in places:
        if budget.left() <= 0:
            done.left += 1
            continue
        try:
            (done.made if place.put() else done.renewed).append(place.name)
        except (NothingThere, NotPermitted):
            done.refused.append((place.name, refusals.not_permitted))
        except NotTaken:
            done.refused.append((place.name, refusals.not_taken))
    return done


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown
