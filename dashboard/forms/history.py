"""The form by which a tool's past is asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from dashboard.forms.fields import StyledForm


class HistoryForm(StyledForm):
    """How far back, and of which projects."""

    days = forms.IntegerField(min_value=1, label="Days back")
    only = forms.CharField(
        max_length=500,
        required=False,
        label="Only these projects",
        help_text="Patterns such as acme/shop-* acme/api; empty for all that may be read.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="history_%s", **kwargs)
        days = self.fields["days"]
        days.initial = settings.BACKFILL_DAYS or 90
        days.widget.attrs["max"] = settings.RETENTION_DAYS

    def clean_days(self) -> int:
        days: int = self.cleaned_data["days"]
        if days > settings.RETENTION_DAYS:
            raise forms.ValidationError(f"Runs are kept for {settings.RETENTION_DAYS} days.")
        return days
