"""What waits for a person, over all teams that people of one scope see."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.template.loader import get_template

from dashboard.live.regions import Region
from dashboard.readmodels.waiting import Waiting, WaitingItem, asked_of, build, waiting_until
from dashboard.screens.kept import Kept
from dashboard.screens.network import AllTeamsScreen, scope_behind
from dashboard.screens.overview import Overview
from dashboard.screens.screen import Moment, View
from storage.model.conditions import FOREVER

_lines: Kept[tuple[str, str], str] = Kept(most=5_000)
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,100}")


class WaitingScreen(AllTeamsScreen[Waiting]):
    kind = "waiting"
    parents = ("waiting",)

    def view(self, given: Mapping[str, str]) -> View:
        team = given.get("team", "")
        return View((("team", team),)) if SLUG.fullmatch(team) else View()

    def moment(self, reading: Overview, key: str, view: View, now: int) -> Moment:
        """Of all that pages over all teams show only what waits."""
        teams = reading.seen_by(scope_behind(key), now)
        told = [
            f"{team.team.id} {team.team.version} {summary.stamp}"
            for team in teams
            for summary, _ in team.pipelines
            if summary.row.waiting
        ]
        until = waiting_until(teams, now)
        return Moment("\n".join((str(len(asked_of(teams, now))), *told)), until if until < FOREVER else None)

    def build(self, reading: Overview, key: str, view: View, now: int) -> Waiting:
        return build(reading.seen_by(scope_behind(key), now), now, view.get("team"))

    def regions(self, model: Waiting, view: View) -> Sequence[Region]:
        return [
            Region("waiting-teams", _rendered("teams", {"model": model})),
            *(Region(one.id, _line(one), "waiting") for one in model.asked),
            Region("waiting-rest", _rendered("rest", {"model": model})),
        ]


def _line(one: WaitingItem) -> str:
    key = (one.id, one.stamp)
    html = _lines.get(key)
    if html is None:
        html = _rendered("line", {"one": one})
        _lines.put(key, html)
    return html


def _rendered(template: str, context: dict[str, Any]) -> str:
    return get_template(f"waiting/{template}.html").render(context).strip()
