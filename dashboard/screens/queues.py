"""What waits for a runner, over all teams that people of one scope see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.template.loader import get_template

from dashboard.live.reader import Notice
from dashboard.live.regions import Region
from dashboard.readmodels.queues import NOBODY_TOLD, Queues, RunnerLine, build, queues_until
from dashboard.screens.network import AllTeamsScreen, scope_behind
from dashboard.screens.overview import Overview
from dashboard.screens.screen import Moment, View
from dashboard.screens.stalls import seen_stalls, stall_region
from storage import topics
from storage.model.conditions import FOREVER
from storage.model.runners_online import BELIEVED_MS, RunnersOnline
from storage.store import Store


@dataclass(slots=True)
class QueuesReading(Overview):
    online: RunnersOnline = NOBODY_TOLD


class QueuesScreen(AllTeamsScreen[Queues]):
    kind = "queues"
    parents = ("queues",)

    def read(self, store: Store, key: str) -> QueuesReading:
        return QueuesReading(super().read(store, key).entries, online=store.runners.find())

    def reread(self, store: Store, key: str, reading: Overview, notices: Sequence[Notice]) -> QueuesReading:
        return QueuesReading(super().reread(store, key, reading, notices).entries, online=store.runners.find())

    def source(self, key: str) -> str:
        """Other pages over all teams read less."""
        return self.kind

    def follows(self, key: str) -> tuple[str, ...]:
        return (*super().follows(key), topics.RUNNERS)

    def view(self, given: Mapping[str, str]) -> View:
        return View()

    def moment(self, reading: Overview, key: str, view: View, now: int) -> Moment:
        teams = reading.seen_by(scope_behind(key), now)
        model = self.build(reading, key, view, now)
        names = sorted({f"{team.team.id} {team.team.version}" for team in teams})
        told = _online(reading).told
        doubted_at = min((at for one in told if (at := one.told_at + BELIEVED_MS) > now), default=FOREVER)
        until = min(queues_until(teams, now), reading.stalls(now).until, doubted_at)
        return Moment("\n".join((*names, repr(model))), until if until < FOREVER else None)

    def build(self, reading: Overview, key: str, view: View, now: int) -> Queues:
        teams = reading.seen_by(scope_behind(key), now)
        return build(teams, seen_stalls(reading, teams, now), now, _online(reading))

    def regions(self, model: Queues, view: View) -> Sequence[Region]:
        return [
            stall_region(model.stalls, links=False),
            *(Region(line.id, _line(line), "queues") for line in model.lines),
            Region("queues-rest", _rendered("rest", {"model": model})),
        ]


def _online(reading: Overview) -> RunnersOnline:
    return reading.online if isinstance(reading, QueuesReading) else NOBODY_TOLD


@lru_cache(maxsize=512)
def _line(line: RunnerLine) -> str:
    return _rendered("line", {"line": line})


def _rendered(template: str, context: dict[str, Any]) -> str:
    return get_template(f"queues/{template}.html").render(context).strip()
