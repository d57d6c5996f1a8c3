"""The form by which hooks are made at a tool."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm
from dashboard.tool_apis.hook_offers import HooksOffer

EITHER = "Name a group, or projects."
NAME_SOME = "Name some, by patterns; * is all."


class ToolHooksForm(StyledForm):
    """Of one place that stands for several, where the tool has such, or of places that patterns name."""

    group = forms.CharField(max_length=300, required=False, label="Group")
    only = forms.CharField(max_length=500, required=False)

    def __init__(self, *args: Any, offer: HooksOffer, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="hooks_%s", **kwargs)
        self.offer = offer
        self.fields["group"].help_text = offer.group
        self.fields["only"].label, self.fields["only"].help_text = offer.label, offer.hint
        if not offer.group:
            del self.fields["group"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["group"] = data.get("group", "").strip().strip("/")
        data["only"] = " ".join(data.get("only", "").split())
        if self.errors:
            return data
        if self.offer.group and bool(data["group"]) == bool(data["only"]):
            raise forms.ValidationError(EITHER)
        if not self.offer.group and self.offer.needed and not data["only"]:
            raise forms.ValidationError(NAME_SOME)
        return data
