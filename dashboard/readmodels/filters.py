"""The query language of lists: text of a person in, a `Filter` out, which keeps what matches. Pure. docs/filters.md has
it by example; what is known of a pipeline or a run to match against comes from dashboard.readmodels.facts.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MOST_LETTERS = 500
MOST_TERMS = 20


class Key(enum.StrEnum):
    """What a term asks about, in the order in which canonical text has them. `words` is written without a key."""

    IS = "is"
    TEAM = "team"
    REPO = "repo"
    BRANCH = "branch"
    STAGE = "stage"
    BY = "by"
    LABEL = "label"
    WORDS = "words"


_ORDER = {key: place for place, key in enumerate(Key)}
KEYS = {str(key): key for key in Key if key is not Key.WORDS}
KEYS |= {"repository": Key.REPO, "author": Key.BY}
# Conditions of pipelines, then what else runs may be, then what people do.
STATES = (
    *("failing", "waiting", "slow", "no_signal", "running", "queued", "passing", "idle"),
    *("errored", "timed_out", "cancelled", "skipped", "superseded", "unknown"),
    "taken",
)
_SAME = {
    **dict.fromkeys(("failed", "red", "broken"), "failing"),
    **dict.fromkeys(("passed", "succeeded", "green"), "passing"),
    "canceled": "cancelled",
}
# Nothing of the language's own in it: written without quotes.
_PLAIN = re.compile(r'[^\s",:-][^\s",:]*')
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
_VALUE = re.compile(r'(?:[^,"]|"[^"]*(?:"|$))+')
_KEY = re.compile(r"\A([a-z]+):")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one pipeline or run, folded (see `fold`). `key`: its id. `words`: what a bare word looks at;
    parts that are not one text are on lines of their own, as are several branches, people and names of a team."""

    key: str
    states: frozenset[str]
    words: str = ""
    team: str = ""
    repo: str = ""
    branch: str = ""
    stage: str = ""
    by: str = ""
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Term:
    """Something has one of `values`, or has not. Of `is` and `label` a value is the whole word, else a part of it."""

    key: Key
    values: tuple[str, ...]
    negated: bool = False

    @property
    def text(self) -> str:
        values = ",".join(_quoted(value) for value in self.values)
        return f"{'-' if self.negated else ''}{'' if self.key is Key.WORDS else f'{self.key}:'}{values}"

    def keep(self, found: Sequence[Facts]) -> list[Facts]:
        wanted = not self.negated
        if self.key in (Key.IS, Key.LABEL):
            values, name = frozenset(self.values), "states" if self.key is Key.IS else "labels"
            return [one for one in found if values.isdisjoint(getattr(one, name)) is self.negated]
        if len(self.values) == 1:
            value, name = self.values[0], str(self.key)
            return [one for one in found if (value in getattr(one, name)) is wanted]
        return [one for one in found if _any_in(self.values, getattr(one, str(self.key))) is wanted]


@dataclass(frozen=True, slots=True)
class Filter:
    """All terms hold. Two spellings of one query are equal and have one `text`. `problems`: sentences for whoever wrote
    it about what was left out."""

    terms: tuple[Term, ...] = ()
    problems: tuple[str, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def text(self) -> str:
        """Canonical: what addresses, saved views and caches hold."""
        return " ".join(term.text for term in self.terms)

    def keep(self, facts: Iterable[Facts]) -> list[Facts]:
        """Those that match, in their order. About 0.1 microseconds for each and term: many at once are far cheaper than
        one by one."""
        found = list(facts)
        for term in self.terms:
            found = term.keep(found)
        return found

    def matches(self, facts: Facts) -> bool:
        return bool(self.keep((facts,)))


EVERYTHING = Filter()


def fold(text: str) -> str:
    """As texts are compared: no case, and one space where there is any."""
    return " ".join(text.casefold().split())


def parse(text: str) -> Filter:
    """Whatever somebody wrote. Never raises: what cannot be understood is left out and told in `problems`."""
    if not text or text.isspace():
        return EVERYTHING
    text, problems = text.casefold(), []
    if len(text) > MOST_LETTERS:
        problems.append(f"Only the first {MOST_LETTERS} characters count.")
    found: dict[Term, None] = {}
    for token in _TOKEN.findall(text[:MOST_LETTERS]):
        term = _term(token, problems)
        if term is not None:
            found[term] = None
    terms = list(found)
    if len(terms) > MOST_TERMS or _length(terms) > MOST_LETTERS:
        problems.append(f"Only the first terms count, up to {MOST_TERMS}.")
    terms = terms[:MOST_TERMS]
    while _length(terms) > MOST_LETTERS:
        terms.pop()
    terms.sort(key=lambda term: (_ORDER[term.key], term.negated, term.values))
    return Filter(tuple(terms), tuple(dict.fromkeys(problems)))


def _length(terms: Sequence[Term]) -> int:
    return sum(len(term.text) + 1 for term in terms) - 1


def _term(token: str, problems: list[str]) -> Term | None:
    negated = token.startswith("-") and len(token) > 1
    rest = token[1:] if negated else token
    named = _KEY.match(rest)
    if named is None:
        word = fold(rest.replace('"', " "))
        return Term(Key.WORDS, (word,), negated) if word else None
    key = KEYS.get(named[1])
    if key is None:
        known = ", ".join(f"{key}:" for key in Key if key is not Key.WORDS)
        problems.append(f"“{named[1]}:” is nothing to look for, so it was left out. There are {known}")
        return None
    values = dict.fromkeys(fold(value.replace('"', " ")) for value in _VALUE.findall(rest[named.end() :]))
    values.pop("", None)
    if not values:
        problems.append(f"“{key}:” was left out, since nothing stands behind it.")
        return None
    known_values = _states(values, problems) if key is Key.IS else list(values)
    return Term(key, tuple(sorted(set(known_values))), negated) if known_values else None


def _states(values: Iterable[str], problems: list[str]) -> list[str]:
    found = []
    for value in values:
        word = value.replace(" ", "_").replace("-", "_")
        word = _SAME.get(word, word)
        if word in STATES:
            found.append(word)
        else:
            problems.append(f"Nothing is ever “{value}”, so it was left out. It may be {', '.join(STATES)}.")
    return found


def _any_in(values: Sequence[str], text: str) -> bool:
    for value in values:  # noqa: SIM110 (a generator costs three times as much)
        if value in text:
            return True
    return False


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else f'"{value}"'
