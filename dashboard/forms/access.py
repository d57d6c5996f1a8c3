"""Forms about tokens and screen links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm
from storage.model.accounts import Scope
from storage.model.entities import Team


class TokenForm(StyledForm):
    name = forms.CharField(max_length=80, label="What is it for?")
    scopes = forms.MultipleChoiceField(
        choices=[
            (str(Scope.READ), "Read: what you may see"),
            (str(Scope.MANAGE), "Manage: what you may change"),
            (str(Scope.INGEST), "Ingest: post events"),
        ],
        initial=[str(Scope.READ)],
        label="May be used to",
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        choices=[(30, "30 days"), (90, "90 days"), (365, "a year"), (0, "until it is revoked")],
        coerce=int,
        initial=90,
        label="Expires in",
    )
    team_id = forms.ChoiceField(required=False, label="Team")

    def __init__(self, *args: Any, teams: Sequence[Team] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "All I may see"), *((team.id, team.name) for team in teams)]
        self.fields["team_id"].choices = choices  # type: ignore[attr-defined]
        self.fields["scopes"].widget.attrs.pop("class", None)


class ScreenForm(StyledForm):
    name = forms.CharField(max_length=80, label="Where does it hang?")
