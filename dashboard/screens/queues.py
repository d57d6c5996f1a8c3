"""What waits for a runner, over all teams that people of one scope see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.template.loader import get_template

from dashboard.live.regions import Region
from dashboard.readmodels.queues import Queues, RunnerLine, build, queues_until
from dashboard.screens.network import AllTeamsScreen, scope_behind
from dashboard.screens.overview import Overview
from dashboard.screens.screen import Moment, View
from dashboard.screens.stalls import seen_stalls, stall_region
from storage import topics
from storage.model.conditions import FOREVER
from storage.model.runners_online import BELIEVED_MS


class QueuesScreen(AllTeamsScreen[Queues]):
    kind = "queues"
    parents = ("queues",)

    def follows(self, key: str) -> tuple[str, ...]:
        return (*super().follows(key), topics.RUNNERS)

    def view(self, given: Mapping[str, str]) -> View:
        return View()

    def moment(self, reading: Overview, key: str, view: View, now: int) -> Moment:
        teams = reading.seen_by(scope_behind(key), now)
        model = self.build(reading, key, view, now)
        names = sorted({f"{team.team.id} {team.team.version}" for team in teams})
        told = reading.online.told
        doubted_at = min((at for one in told if (at := one.told_at + BELIEVED_MS) > now), default=FOREVER)
        until = min(queues_until(teams, now), reading.stalls(now).until, doubted_at)
        return Moment("\n".join((*names, repr(model))), until if until < FOREVER else None)

    def build(self, reading: Overview, key: str, view: View, now: int) -> Queues:
        teams = reading.seen_by(scope_behind(key), now)
        return build(teams, seen_stalls(reading, teams, now), now, reading.online)

    def regions(self, model: Queues, view: View) -> Sequence[Region]:
        return [
            stall_region(model.stalls, links=False),
            *(Region(line.id, _line(line), "queues") for line in model.lines),
            Region("queues-rest", _rendered("rest", {"model": model})),
        ]


@lru_cache(maxsize=512)
def _line(line: RunnerLine) -> str:
    return _rendered("line", {"line": line})


def _rendered(template: str, context: dict[str, Any]) -> str:
    return get_template(f"queues/{template}.html").render(context).strip()
