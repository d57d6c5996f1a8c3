"""The line that says what may be old on a page, as nothing is heard of a connection."""

from __future__ import annotations

from functools import lru_cache

from django.template.loader import render_to_string

from dashboard.live.regions import Region
from dashboard.readmodels.quiet import QuietNotice

ID = "quiet"


def quiet_region(notice: QuietNotice) -> Region:
    """It always stands on its page, nearly always empty."""
    return Region(ID, _quiet(notice))


@lru_cache(maxsize=256)
def _quiet(notice: QuietNotice) -> str:
    return render_to_string("includes/quiet.html", {"notice": notice}).strip()
