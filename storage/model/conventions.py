"""Which kind a stage is, and whether an environment is production, by what teams usually call it.

Reads names by the table in `storage.model.stage_words`: words and not parts of words, in linear time, since names
come from outside.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from storage.model.entities import StageKind
from storage.model.stage_words import RULES, SAYS_NOTHING, Rule, When

Words = tuple[str, ...]

_RUNS = re.compile(r"[^\W\d_]+|\d+|[&+,;/|>→–—]")
_HUMPS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def plain(form: Literal["NFD", "NFKD"], text: str) -> str:
    """Without accents; in NFKD, also without other ways to write a letter."""
    return "".join(letter for letter in unicodedata.normalize(form, text) if not unicodedata.combining(letter))


def _runs(text: str) -> list[str]:
    """Runs of letters, numbers, and marks that join, in the case in which they were written."""
    return _RUNS.findall(plain("NFD", text))


def _word(run: str) -> str:
    return plain("NFKD", run).casefold() if run[0].isalnum() else "and"


def _index() -> dict[Words, tuple[Rule, ...]]:
    found: dict[Words, tuple[Rule, ...]] = {}
    for rule in RULES:
        for phrase in rule.words:
            key = tuple(map(_word, _runs(phrase)))
            found[key] = (*found.get(key, ()), rule)
    return found


_MEANINGS = _index()
_MOST_WORDS = max(map(len, _MEANINGS))
_NOTHING = frozenset(_word(run) for word in SAYS_NOTHING for run in _runs(word))
_KNOWN = _NOTHING.union(*_MEANINGS)
_LONGEST = max(map(len, _KNOWN))
_PARTICULAR = (StageKind.COMMIT, StageKind.ACCEPTANCE, StageKind.CAPACITY)
_RUNNING_PLACES = ([StageKind.PRODUCTION], [StageKind.DEPLOY])


def _apart(run: str) -> Words:
    """Known words written as one (`deploytoprod`), the longest first; nothing when any letter is left over."""
    found: list[str] = []
    at = 0
    while at < len(run):
        ends = range(min(len(run), at + _LONGEST), at, -1)
        end = next((end for end in ends if run[at:end] in _KNOWN and (end - at > 1 or run[at] > "z")), 0)
        if not end:
            return ()
        found.append(run[at:end])
        at = end
    return tuple(found)


def _words(name: str) -> Iterator[str]:
    for run in _runs(name):
        word = _word(run)
        if word in _KNOWN or not word[:1].isalpha():
            yield word
        else:
            parts = _apart(word) or tuple(map(_word, _HUMPS.split(run)))
            for part in parts:
                yield from (part,) if part in _KNOWN else _apart(part) or (part,)


class _Name:
    """What the words of a name mean, in their order."""

    def __init__(self, text: str) -> None:
        words = tuple(_words(text))
        self.phrases: list[tuple[Rule, ...]] = []
        self.all_known = True
        at = 0
        while at < len(words):
            lengths = range(min(_MOST_WORDS, len(words) - at), 0, -1)
            length = next((length for length in lengths if words[at : at + length] in _MEANINGS), 0)
            if length:
                self.phrases.append(_MEANINGS[words[at : at + length]])
            elif words[at] not in _NOTHING and not words[at].isdigit():
                self.all_known = False
            at += length or 1

    def kinds(self, when: When) -> list[StageKind]:
        return [rule.kind for phrase in self.phrases for rule in phrase if rule.when is when]

    def places(self) -> list[StageKind]:
        """What is only made for a place counts as commit: `production image`."""
        return self.kinds(When.PLACE) or (self.kinds(When.ALONE) if self.all_known else [])

    def activity(self) -> StageKind | None:
        """What is done. A general word gives way to a particular one, but not to a deployment, which it is about."""
        for kind in self.kinds(When.ALWAYS):
            return kind
        acts = [rule for phrase in self.phrases for rule in phrase if rule.when in (When.FIRST, When.GENERAL)]
        if not acts or acts[0].when is When.FIRST:
            return acts[0].kind if acts else None
        later = [kind for kind in (*self.kinds(When.FIRST), *self.kinds(When.ELSE)) if kind in _PARTICULAR]
        if not later and acts[0].kind is StageKind.COMMIT and self.kinds(When.PLACE)[-1:] in _RUNNING_PLACES:
            return StageKind.ACCEPTANCE
        return later[0] if later else acts[0].kind


@lru_cache(maxsize=4096)
def kind_of(name: str) -> StageKind:
    """What is done decides first, then where; a build or a test is no deployment, whatever it is of."""
    read = _Name(name)
    kind, places = read.activity(), read.places()
    if kind is StageKind.DEPLOY:
        running = [place for place in places if place is not StageKind.COMMIT]
        return StageKind.PRODUCTION if running[-1:] == [StageKind.PRODUCTION] else StageKind.DEPLOY
    return kind or next(iter((*places[-1:], *read.kinds(When.ELSE))), StageKind.OTHER)


@lru_cache(maxsize=4096)
def is_production(environment: str) -> bool:
    """A part of production is production (`prod-eu`, `production-canary`); what stands before it is not."""
    return kind_of(environment) is StageKind.PRODUCTION


@lru_cache(maxsize=4096)
def names_environment(text: str) -> bool:
    """Whether what stands in a job name's brackets is where it deploys, and not with what it builds or tests.

    `test` alone says no: `ci (test)` beside `ci (lint)` would fall apart, while `Deploy (test)` beside
    `Deploy (production)` merely loses its brackets. A leading number is a version (`3.13-dev`).
    """
    return any(_names_one(value) for value in text.split(","))


def _names_one(value: str) -> bool:
    read = _Name(value)
    if value.strip()[:1].isdigit() or read.places()[-1:] not in _RUNNING_PLACES:
        return False
    return all(any(rule.when in (When.PLACE, When.ALONE) for rule in phrase) for phrase in read.phrases)


_DEPLOYS = frozenset({"deploy", "deployment", "release", "promote", "rollout"})
_BETWEEN = re.compile(r"[\s_:/-]+")
_BRACKETS = re.compile(r"\(([^()]*)\)\s*\Z")


@lru_cache(maxsize=4096)
def environment_in(stage: str) -> str:
    """Where a deploying stage puts versions, as its name has it: `staging` of `deploy (staging)`, `Deploy-staging` and
    `promote to staging`. The whole name where it names no place so."""
    if (brackets := _BRACKETS.search(stage)) and names_environment(brackets[1]):
        return brackets[1].strip()
    first, *rest = _BETWEEN.split(stage.strip(), maxsplit=1)
    place = (rest[0] if rest else "").removeprefix("to ").strip()
    return place if first.casefold() in _DEPLOYS and names_environment(place) else stage
