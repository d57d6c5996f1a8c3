"""The form about team rules: all of them at once, put in order by buttons. What is typed travels with each of them, so
that nothing is kept before it is saved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm
from dashboard.sources import SOURCES
from storage.model.entities import Team
from storage.model.team_rules import LONGEST_PATTERN, LOOKED_AT, MOST_RULES, TeamRule, patterns_of

PATTERNS = tuple(name for name in LOOKED_AT if name != "source")
LABELS = {"account": "Account or owner", "place": "Host or region"}
FIELDS = ("team_id", *LOOKED_AT)
# Of what is sent so much is looked at; a longer one is refused as too long all the same.
LONGEST_SENT = 2 * LONGEST_PATTERN
NOTHING = "Say what this rule looks at. A name of * fits every pipeline."
_DO = re.compile(r"(up|down|remove)-(\d{1,3})")
Draft = Mapping[str, str]
EMPTY: Draft = {}


class RuleForm(StyledForm):
    """One rule. Patterns as in file names; `gone`: teams that are no more, which a rule may go on naming."""

    team_id = forms.ChoiceField(label="Team")
    source = forms.ChoiceField(required=False, label="Tool")

    def __init__(
        self, draft: Draft, at: int, *, teams: Sequence[Team], gone: Sequence[str], checked: bool = True
    ) -> None:
        prefix = f"rule-{at}"
        sent = {f"{prefix}-{name}": value for name, value in draft.items()}
        super().__init__(sent if checked else None, prefix=prefix, initial=dict(draft))
        self._draft, self._at, self._teams, self._gone = draft, at, teams, gone
        for name in PATTERNS:
            field = forms.CharField(
                required=False, max_length=LONGEST_PATTERN, label=LABELS.get(name, name.capitalize())
            )
            field.widget.attrs |= {"class": "input", "spellcheck": "false", "autocapitalize": "off"}
            self.fields[name] = field
        tools = [(name, source.label) for name, source in SOURCES.items()]
        self.fields["source"].choices = [("", "All tools"), *tools]  # type: ignore[attr-defined]
        choices = [(team.id, team.name) for team in teams] + [(team_id, "A team that is gone") for team_id in gone]
        self.fields["team_id"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in PATTERNS:
            if name in data:
                data[name] = ", ".join(" ".join(pattern.split()) for pattern in patterns_of(data[name]))
        if not self.errors and not any(data.get(name) for name in LOOKED_AT):
            self.add_error("repository", NOTHING)
        return data

    @property
    def patterns(self) -> list[forms.BoundField]:
        return [self[name] for name in PATTERNS]

    def unchecked(self) -> RuleForm:
        """The same without a word of what is wrong."""
        return RuleForm(self._draft, self._at, teams=self._teams, gone=self._gone, checked=False)

    def rule(self) -> TeamRule:
        return TeamRule(**{name: self.cleaned_data[name] for name in FIELDS})


def drafts_of(rules: Sequence[TeamRule]) -> list[Draft]:
    return [{name: getattr(rule, name) for name in FIELDS} for rule in rules]


def drafts_sent(sent: Mapping[str, str]) -> list[Draft]:
    """What was typed, as it came; no more of it than there may be rules."""
    told = sent.get("count", "")
    number = int(told) if told.isascii() and told.isdigit() and len(told) < 4 else 0
    return [
        {name: sent.get(f"rule-{at}-{name}", "")[:LONGEST_SENT] for name in FIELDS}
        for at in range(min(number, MOST_RULES))
    ]


def rearranged(drafts: Sequence[Draft], wanted: str) -> list[Draft] | None:
    """After a button that saves nothing: one more rule, one less, or another order. None for any other."""
    some = list(drafts)
    if wanted == "add":
        return [*some, EMPTY][:MOST_RULES]
    found = _DO.fullmatch(wanted)
    at = int(found[2]) if found else len(some)
    if found is None or at >= len(some):
        return None
    taken = some.pop(at)
    if found[1] != "remove":
        some.insert(max(0, at - 1) if found[1] == "up" else at + 1, taken)
    return some


def forms_of(drafts: Sequence[Draft], teams: Sequence[Team], standing: Sequence[TeamRule]) -> list[RuleForm]:
    """`standing`: the rules that are kept, of which some may name teams that are gone."""
    known = {team.id for team in teams}
    gone = list(dict.fromkeys(rule.team_id for rule in standing if rule.team_id not in known))
    return [RuleForm(draft, at, teams=teams, gone=gone) for at, draft in enumerate(drafts)]
