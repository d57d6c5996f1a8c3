"""What people agree on about stages: rules that give names a kind, and how long stages of a kind may take. Pure.

Names and patterns come from outside: a pattern is matched in linear time.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from storage.model.conventions import plain
from storage.model.document import Document
from storage.model.entities import StageKind

MOST_RULES, LONGEST_PATTERN = 40, 60
LONGEST_BUDGET = 7 * 24 * 60
ANYTHING = "*"
_PATTERN_WORDS = re.compile(r"(?:[^\W_]|\*)+")
_NAME_WORDS = re.compile(r"[^\W_]+")


class StageRule(Document, frozen=True):
    """Stages whose name matches are of this kind. `pattern`: as somebody wrote it."""

    pattern: str
    kind: StageKind


class Budget(Document, frozen=True):
    """How long the stages of a kind may take together. `minutes` 0: as long as they like."""

    kind: StageKind
    minutes: int


class Conventions(Document, frozen=True):
    """Of one level: the first rule that matches counts; kinds that no budget names are left to the levels below."""

    rules: tuple[StageRule, ...] = ()
    budgets: tuple[Budget, ...] = ()

    def minutes(self, kind: StageKind) -> int | None:
        return next((budget.minutes for budget in self.budgets if budget.kind is kind), None)


NO_CONVENTIONS = Conventions()


class Inherited(Document, frozen=True):
    """What counts below a pipeline's own."""

    team: Conventions = NO_CONVENTIONS
    installation: Conventions = NO_CONVENTIONS


NOTHING_INHERITED = Inherited()


class ConventionLevel(enum.StrEnum):
    """Who says so. What stands first counts before what follows."""

    PIPELINE = "pipeline"
    TEAM = "team"
    INSTALLATION = "installation"
    STANDARD = "standard"


class StageBudget(Document, frozen=True):
    """What holds for a pipeline, and who says so."""

    kind: StageKind
    minutes: int
    level: ConventionLevel


# J. Humble and D. Farley, Continuous Delivery (2010), chapter 7: a commit stage of less than five minutes, at the most
# ten. They name no limit for other stages that holds everywhere.
STANDARD = (StageBudget(StageKind.COMMIT, 10, ConventionLevel.STANDARD),)


def levels_of(own: Conventions, inherited: Inherited) -> tuple[tuple[ConventionLevel, Conventions], ...]:
    """In the order in which they count."""
    return (
        (ConventionLevel.PIPELINE, own),
        (ConventionLevel.TEAM, inherited.team),
        (ConventionLevel.INSTALLATION, inherited.installation),
    )


def rules_of(own: Conventions, inherited: Inherited) -> tuple[StageRule, ...]:
    """Of all levels, in the order in which they count."""
    return (*own.rules, *inherited.team.rules, *inherited.installation.rules)


def budgets_of(own: Conventions, inherited: Inherited) -> tuple[StageBudget, ...]:
    """Of each kind what the first level says that says something; without those of the standard."""
    found: dict[StageKind, StageBudget] = {}
    for level, conventions in levels_of(own, inherited):
        for budget in conventions.budgets:
            found.setdefault(budget.kind, StageBudget(budget.kind, budget.minutes, level))
    return tuple(found[kind] for kind in StageKind if kind in found)


def budget_of(kind: StageKind, told: Iterable[StageBudget]) -> StageBudget | None:
    """`told`: as `budgets_of` gives them. None where stages of the kind may take as long as they like."""
    found = next((budget for budget in (*told, *STANDARD) if budget.kind is kind), None)
    return found if found is not None and found.minutes else None


def rule_for(rules: Sequence[StageRule], name: str) -> StageRule | None:
    """The first that matches."""
    return next((rule for rule in rules if matches(rule.pattern, name)), None)


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern means a stage of this name.

    Both are read as words; their case and accents do not matter, nor what stands between them. `*` beside letters is
    any text, `*` as a word of its own any words; both may be nothing.
    """
    pieces, words = _pieces(pattern), _words(name)
    first, *others = pieces
    if not others:
        return words == first
    *between, last = others
    if len(words) < len(first) + len(last) or not words.startswith(first) or not words.endswith(last):
        return False
    at, end = len(first), len(words) - len(last)
    for piece in between:
        found = words.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def says_something(pattern: str) -> bool:
    """Whether it could mean any stage."""
    return bool(_PATTERN_WORDS.search(plain("NFKD", pattern)))


@lru_cache(maxsize=4096)
def _words(name: str) -> str:
    """Each with a blank on either side, which no other word shares."""
    return "".join(f" {word} " for word in _NAME_WORDS.findall(plain("NFKD", name).casefold()))


@lru_cache(maxsize=4096)
def _pieces(pattern: str) -> tuple[str, ...]:
    """What has to stand in a name, one after another: the first at its beginning, the last at its end."""
    words = _PATTERN_WORDS.findall(plain("NFKD", pattern).casefold())
    return tuple("".join(f" {word} " if word.strip(ANYTHING) else ANYTHING for word in words).split(ANYTHING))
