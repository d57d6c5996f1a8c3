"""The form by which hooks are made at a tool."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm

EITHER = "Name a group, or projects."


class ToolHooksForm(StyledForm):
    """Of a group, or of projects."""

    group = forms.CharField(
        max_length=300,
        required=False,
        label="Group",
        help_text="Its path, such as acme or acme/platform: one hook for all its projects, on the Premium plan.",
    )
    only = forms.CharField(
        max_length=500,
        required=False,
        label="Or projects",
        help_text="Patterns such as acme/shop-* acme/api: a hook for each.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="hooks_%s", **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["group"] = data.get("group", "").strip().strip("/")
        if not self.errors and bool(data["group"]) == bool(data.get("only", "").split()):
            raise forms.ValidationError(EITHER)
        return data
