"""Forms about saved views."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm
from dashboard.readmodels.selections import Selection, selection_of
from storage.model.saved_views import Screen


class ViewNameForm(StyledForm):
    name = forms.CharField(max_length=60, label="Name of the view")


class SavedViewForm(ViewNameForm):
    """A selection of a page, as its address says it. `team`: its slug; `pipeline`: its id."""

    screen = forms.ChoiceField(choices=[(str(each), str(each)) for each in Screen])
    team = forms.SlugField(max_length=80, required=False)
    pipeline = forms.CharField(max_length=64, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        screen = data.get("screen")
        if screen == Screen.NETWORK:
            data["team"] = ""
        if screen != Screen.HISTORY:
            data["pipeline"] = ""
        if screen in (Screen.BOARD, Screen.HISTORY) and not data.get("team"):
            self.add_error("team", "Whose it is has to be said.")
        if screen == Screen.HISTORY and not data.get("pipeline"):
            self.add_error("pipeline", "Which pipeline has to be said.")
        return data

    @property
    def selection(self) -> Selection:
        """Put into its one spelling."""
        return selection_of({name: str(value) for name, value in self.data.items()})
