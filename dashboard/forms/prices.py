"""The form about what minutes on runners cost."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms

from dashboard.forms.fields import StyledForm
from storage.model.prices import LONGEST_PATTERN, MOST_MICROS, MOST_PRICES, PUBLISHED, Price, day_of

_AMOUNT = re.compile(r"\d{1,4}(\.\d{1,6})?")
LONGEST = MOST_PRICES * (LONGEST_PATTERN + 30)


class PricesField(forms.CharField):
    """A line a price: from when, for which labels (which may hold blanks), dollars a minute."""

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in super().clean(value).splitlines()]
        found = [self._price(number, line) for number, line in enumerate(lines, 1) if line]
        if len(found) > MOST_PRICES:
            raise forms.ValidationError(f"No more than {MOST_PRICES} prices.")
        if len({(one.pattern, one.since) for one in found}) < len(found):
            raise forms.ValidationError("A label has two prices from one day.")
        return tuple(found) or PUBLISHED.prices

    def _price(self, number: int, line: str) -> Price:
        since, _, rest = line.partition(" ")
        pattern, _, amount = rest.strip().rpartition(" ")
        pattern = pattern.strip()
        try:
            day = day_of(since)
        except ValueError:
            raise forms.ValidationError(f"Line {number} has to begin with a day, as in 2026-01-31.") from None
        if not pattern or len(pattern) > LONGEST_PATTERN:
            raise forms.ValidationError(f"Line {number} has no label, or one longer than {LONGEST_PATTERN}.")
        if not _AMOUNT.fullmatch(amount):
            raise forms.ValidationError(f"Line {number} has to end with US dollars a minute, as in 0.006.")
        micros = int(Decimal(amount) * 1_000_000)
        if micros > MOST_MICROS:
            raise forms.ValidationError(f"Line {number}: a minute costs no more than 1000 US dollars.")
        return Price(pattern, day, micros)


class PricesForm(StyledForm):
    prices = PricesField(
        required=False,
        max_length=LONGEST,
        label="Prices",
        help_text="A line each: the day it holds from, labels as a workflow asks for them (commas between several, "
        "* and ? as in file names), US dollars a minute. Left empty: as published.",
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "wrap": "off"}),
    )
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
