"""The form about rules for stages: an ordered list that is arranged without being saved, and budgets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm
from storage.model.entities import StageKind
from storage.model.stage_rules import (
    LONGEST_BUDGET,
    LONGEST_PATTERN,
    MOST_RULES,
    Budget,
    Conventions,
    StageRule,
    says_something,
)

KINDS = [("", "choose"), *((str(kind), str(kind)) for kind in StageKind)]
UP, DOWN, REMOVE = "up", "down", "remove"


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has typed so far, whether it can be saved or not. rules: pattern and kind of each."""

    rules: tuple[tuple[str, str], ...]
    budgets: tuple[tuple[str, str], ...]

    def arranged(self, action: str) -> Draft:
        """After one of the buttons beside a rule, as in `up-2`, or with any other word as it is; without rules that
        have no pattern."""
        rules, (word, _, number) = list(self.rules), action.partition("-")
        place = int(number) if number.isdecimal() and len(number) < 4 else -1
        other = {UP: place - 1, DOWN: place + 1}.get(word, -1)
        if word == REMOVE and 0 <= place < len(rules):
            del rules[place]
        elif 0 <= place < len(rules) and 0 <= other < len(rules):
            rules[place], rules[other] = rules[other], rules[place]
        return Draft(tuple(rule for rule in rules if rule[0]), self.budgets)


def draft_of(conventions: Conventions) -> Draft:
    minutes = ((str(kind), conventions.minutes(kind)) for kind in StageKind)
    return Draft(
        tuple((rule.pattern, str(rule.kind)) for rule in conventions.rules),
        tuple((kind, "" if told is None else str(told)) for kind, told in minutes),
    )


def typed(data: Mapping[str, Any]) -> Draft:
    """Every line of the form, in its place."""

    def said(name: str) -> str:
        return " ".join(str(data.get(name, "")).split())

    rules = ((said(f"rule-{place}-pattern"), said(f"rule-{place}-kind")) for place in range(MOST_RULES + 1))
    return Draft(tuple(rules), tuple((str(kind), said(f"budget-{kind}")) for kind in StageKind))


def digest_of(conventions: Conventions) -> str:
    """Tells whether two are the same, as text that may be shown."""
    return hashlib.sha256(repr(conventions).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class RuleFields:
    """place: of the rule in the list; last: whether none follows; new: the line for another one."""

    place: int
    pattern: forms.BoundField
    kind: forms.BoundField
    last: bool
    new: bool

    @property
    def number(self) -> int:
        return self.place + 1


class StageRulesForm(StyledForm):
    """A line each rule, rule-<place>-pattern and -kind, an empty one below; a number of minutes each kind."""

    based_on = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, draft: Draft, *, based_on: str, check: bool) -> None:
        """`check`: whether what is wrong is to be told."""
        self.draft = draft
        told: dict[str, Any] = {"based_on": based_on}
        for place, (pattern, kind) in enumerate(draft.rules):
            told |= {f"rule-{place}-pattern": pattern, f"rule-{place}-kind": kind}
        told |= {f"budget-{kind}": minutes for kind, minutes in draft.budgets}
        super().__init__(told if check else None, initial=told)
        for place in range(self.shown):
            self._add_rule(place)
        for kind in StageKind:
            field = forms.IntegerField(
                min_value=0, max_value=LONGEST_BUDGET, required=False, label=f"{str(kind).capitalize()}, minutes"
            )
            self._add(f"budget-{kind}", field)

    @property
    def shown(self) -> int:
        """With the line for a new one."""
        return min(len(self.draft.rules) + 1, MOST_RULES)

    def _add_rule(self, place: int) -> None:
        pattern = forms.CharField(max_length=LONGEST_PATTERN, required=False, label=f"Names of rule {place + 1}")
        pattern.widget.attrs.update({"autocomplete": "off", "spellcheck": "false"})
        self._add(f"rule-{place}-pattern", pattern)
        kind = forms.ChoiceField(choices=KINDS, required=False, label=f"Kind of rule {place + 1}")
        self._add(f"rule-{place}-kind", kind)

    def _add(self, name: str, field: forms.Field) -> None:
        field.widget.attrs["class"] = "input"
        self.fields[name] = field

    def rules(self) -> list[RuleFields]:
        many = len(self.draft.rules)
        return [
            RuleFields(
                place, self[f"rule-{place}-pattern"], self[f"rule-{place}-kind"], place >= many - 1, place >= many
            )
            for place in range(self.shown)
        ]

    def budgets(self) -> list[tuple[StageKind, forms.BoundField]]:
        return [(kind, self[f"budget-{kind}"]) for kind in StageKind]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if len(self.draft.rules) > MOST_RULES:
            self.add_error(None, f"No more than {MOST_RULES} rules.")
        known = set[str]()
        for place, (pattern, kind) in enumerate(self.draft.rules[:MOST_RULES]):
            if not says_something(pattern):
                self.add_error(f"rule-{place}-pattern", "A pattern has a letter, a digit or *.")
            elif pattern.casefold() in known:
                self.add_error(f"rule-{place}-pattern", "It stands above already.")
            if not kind:
                self.add_error(f"rule-{place}-kind", "Say which kind they are.")
            known.add(pattern.casefold())
        return data

    def conventions(self) -> Conventions:
        """Of a valid form."""
        rules = tuple(StageRule(pattern, StageKind(kind)) for pattern, kind in self.draft.rules)
        minutes = ((kind, self.cleaned_data[f"budget-{kind}"]) for kind in StageKind)
        return Conventions(rules, tuple(Budget(kind, told) for kind, told in minutes if told is not None))
