"""The form that adds people to a team, or invites them: several at once, and to several teams."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from dashboard.forms.fields import StyledForm
from dashboard.forms.teams import ROLES
from storage.model.accounts import Role
from storage.model.entities import Team

MOST_AT_ONCE, MOST_TEAMS = 20, 20
LONGEST_EMAIL, LONGEST_NAME = 254, 80


@dataclass(frozen=True, slots=True)
class Invitee:
    """By e-mail, or by a name alone; by neither where the link is for anybody."""

    email: str = ""
    name: str = ""

    @property
    def whom(self) -> str:
        return self.email or self.name or "whoever has the link"


class InviteesField(forms.CharField):
    """Addresses and names, between commas, semicolons or on lines of their own."""

    def __init__(self) -> None:
        super().__init__(
            max_length=6000,
            required=False,
            label="E-mail addresses or names",
            help_text="One a line. Whoever is known here by an e-mail address is added at once, everybody else gets a "
            "link of their own. Empty: a link for anybody.",
            widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        )

    def clean(self, value: Any) -> tuple[Invitee, ...]:
        told = (" ".join(word.split()) for word in re.split(r"[,;\n]", super().clean(value)))
        words = (word for line in told for word in _apart(line) if word)
        found = tuple(dict.fromkeys(self._invitee(word) for word in words))
        if len(found) > MOST_AT_ONCE:
            raise ValidationError(f"At most {MOST_AT_ONCE} people at once.")
        return found or (Invitee(),)

    @staticmethod
    def _invitee(word: str) -> Invitee:
        """Mail programs write an address behind its name: Mara Lindqvist <mara@example.com>."""
        if word.endswith(">"):
            word = word[word.rfind("<") + 1 : -1].strip()
        if "@" not in word:
            if len(word) > LONGEST_NAME:
                raise ValidationError(f"A name has at most {LONGEST_NAME} letters.")
            return Invitee(name=word)
        try:
            validate_email(word)
        except ValidationError as error:
            raise ValidationError(f"{word} is no e-mail address.") from error
        if len(word) > LONGEST_EMAIL:
            raise ValidationError(f"An e-mail address has at most {LONGEST_EMAIL} letters.")
        return Invitee(email=word)


def _apart(line: str) -> list[str]:
    """Addresses may have blanks between them, names have them inside."""
    words = line.split(" ")
    return words if len(words) > 1 and all("@" in word for word in words) else [line]


class MemberForm(StyledForm):
    """`others`: teams beside this one that can be chosen too."""

    email = InviteesField()
    role = forms.ChoiceField(choices=ROLES, initial=str(Role.MEMBER))
    teams = forms.MultipleChoiceField(
        required=False,
        label="In these teams, too",
        help_text="With the same role. One link is good for all of them.",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, others: Sequence[Team] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {team.id: team for team in others}
        self.fields["teams"].choices = [(team.id, team.name) for team in others]  # type: ignore[attr-defined]
        self.fields["teams"].widget.attrs.pop("class", None)
        if not others:
            del self.fields["teams"]

    def clean_teams(self) -> tuple[Team, ...]:
        chosen: list[str] = self.cleaned_data["teams"]
        if len(chosen) >= MOST_TEAMS:
            raise ValidationError(f"At most {MOST_TEAMS - 1} more teams at once.")
        return tuple(self.others[team_id] for team_id in chosen)
