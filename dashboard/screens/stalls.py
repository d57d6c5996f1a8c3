"""The notice that a tool or a pool starts nothing, on pages of the pipelines that wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.template.loader import render_to_string

from dashboard.live.regions import Region
from dashboard.readmodels.network import TeamOverview
from dashboard.readmodels.stalls import Stall
from dashboard.screens.overview import Overview

ID = "stalls"


def seen_stalls(reading: Overview, teams: Sequence[TeamOverview], now: int) -> tuple[Stall, ...]:
    """Those that concern these teams, judged by the pipelines of all."""
    return reading.stalls(now).seen_by({team.team.id for team in teams})


def stall_region(stalls: tuple[Stall, ...], of: str = "", *, links: bool = True) -> Region:
    """It always stands on its page, mostly empty. `of`: whose pipelines it was judged by, where not by those of all.
    `links`: whether it leads to the queues."""
    return Region(ID, _stalls(stalls, of, links=links))


@lru_cache(maxsize=64)
def _stalls(stalls: tuple[Stall, ...], of: str, *, links: bool) -> str:
    return render_to_string("includes/stalls.html", {"stalls": stalls, "of": of, "links": links}).strip()
