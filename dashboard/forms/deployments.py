"""A form about a deployment: what people say of it that no tool tells."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm

ANSWERS = (("", "as computed"), ("yes", "yes"), ("no", "no"))


class MarkForm(StyledForm):
    failed = forms.ChoiceField(choices=ANSWERS, required=False, label="Failed")
    unplanned = forms.ChoiceField(choices=ANSWERS, required=False, label="Unplanned")
    reason = forms.CharField(max_length=200, required=False, label="Why")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if (found.get("failed") or found.get("unplanned")) and not found.get("reason"):
            self.add_error("reason", "Say why: it changes numbers that others read.")
        return found

    def answer(self, name: str) -> bool | None:
        """None: left to what is computed."""
        said = self.cleaned_data[name]
        return said == "yes" if said else None
