"""Health: what teams deliver, of all that people of one scope see, and of one team with its pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from threading import Lock
from typing import Any

from django.http import Http404
from django.template.loader import get_template

from dashboard.auth.policy import scope_sees
from dashboard.live.reader import Notice
from dashboard.live.regions import Region
from dashboard.readmodels.delivery import DAYS, DeliveryHealth, MeasuredRow, delivery_of_teams
from dashboard.readmodels.health import TeamHealth, build_team, pipeline_health
from dashboard.readmodels.network import narrowed
from dashboard.readmodels.selections import Selection, selection_of
from dashboard.readmodels.teams import BoardLine
from dashboard.screens.board import TeamReading, TeamScreen
from dashboard.screens.kept import Kept
from dashboard.screens.network import scope_behind, scope_key
from dashboard.screens.overview import read_overview
from dashboard.screens.screen import Moment, Screen, View
from storage import topics
from storage.model.accounts import User
from storage.model.document import remembered
from storage.model.entities import Team
from storage.model.windows import Window
from storage.repositories.windows import TeamWindows
from storage.store import Store

TABLES = ("measures-rows", "runs-rows")


def health_view(given: Mapping[str, str]) -> View:
    """These pages are sorted by name, whatever an address says."""
    days = given.get("days", "")
    return View.of(Selection(selection_of(given).filter), days=days if days in DAYS[1:] else "")


def days_of(view: View) -> int:
    return int(view.get("days", DAYS[0]))


@dataclass(frozen=True, slots=True)
class HealthReading:
    """`store`: what filters look at is read only where somebody filters."""

    teams: Sequence[TeamWindows]
    store: Store


_lock = Lock()
_last: tuple[Store, int, Sequence[TeamWindows]] | None = None


def read_windows(store: Store) -> Sequence[TeamWindows]:
    """From the table, unless the engine can tell that nobody has written to it since it was read last."""
    global _last
    with _lock:
        # Before the read: what is written while it reads is read again.
        pulse = store.table.engine.pulse()
        if pulse is not None and _last is not None and _last[:2] == (store, pulse):
            return _last[2]
        found = store.windows.list_all()
        if pulse is not None:
            _last = store, pulse, found
        return found


class HealthScreen(Screen[HealthReading, DeliveryHealth]):
    """Its key is a scope."""

    kind = "health"
    rank = 1
    parents = TABLES

    def view(self, given: Mapping[str, str]) -> View:
        return health_view(given)

    def read(self, store: Store, key: str) -> HealthReading:
        return HealthReading(read_windows(store), store)

    def reread(self, store: Store, key: str, reading: HealthReading, notices: Sequence[Notice]) -> HealthReading:
        """What runs tell shows here only once it was worked out."""
        return self.read(store, key) if any(topics.HEALTH in notice for notice in notices) else reading

    def source(self, key: str) -> str:
        return topics.HEALTH

    def admit(self, reader: User, key: str, reading: HealthReading) -> tuple[str, ...]:
        if key != scope_key(reader):
            raise Http404("No such topic")
        return ()

    def follows(self, key: str) -> tuple[str, ...]:
        return (topics.NETWORK, topics.HEALTH)

    def moment(self, reading: HealthReading, key: str, view: View, now: int) -> Moment:
        days = days_of(view)
        shown = self._shown(reading, key, view, now)
        return Moment("\n".join([_stamp(one.team, one.windows, days) for one in shown]))

    def build(self, reading: HealthReading, key: str, view: View, now: int) -> DeliveryHealth:
        return delivery_of_teams(self._shown(reading, key, view, now), days_of(view))

    def _shown(self, reading: HealthReading, key: str, view: View, now: int) -> list[TeamWindows]:
        """Those that people of this scope see, where somebody filters those with a pipeline that is left."""
        scope, wanted = scope_behind(key), view.selection.filter
        seen = [one for one in reading.teams if scope_sees(scope, one.team)]
        if not wanted:
            return seen
        left = {one.team.id for one in narrowed(read_overview(reading.store).seen_by(scope, now), wanted)}
        return [one for one in seen if one.team.id in left]

    def regions(self, model: DeliveryHealth, view: View) -> Sequence[Region]:
        return _regions(model)


class TeamHealthScreen(TeamScreen[TeamHealth]):
    kind = "team-health"
    rank = 1
    parents = (*TABLES, "health-rows")

    def view(self, given: Mapping[str, str]) -> View:
        return health_view(given)

    def read_of(self, store: Store, team: Team) -> TeamReading:
        rows, windows = store.pipelines.list_health(team.id)
        return TeamReading(team, tuple(rows), windows=tuple(windows))

    def source(self, key: str) -> str:
        return topics.health(key)

    def follows(self, key: str) -> tuple[str, ...]:
        return (topics.team(key), topics.health(key))

    def moment(self, reading: TeamReading, key: str, view: View, now: int) -> Moment:
        moment = super().moment(reading, key, view, now)
        return Moment(f"{_stamp(reading.team, reading.windows, days_of(view))}\n{moment.stamp}", moment.until)

    def build(self, reading: TeamReading, key: str, view: View, now: int) -> TeamHealth:
        wanted = view.selection.filter
        return build_team(reading.team, reading.rows, now, wanted, reading.windows, days_of(view))

    def regions(self, model: TeamHealth, view: View) -> Sequence[Region]:
        now = [_pipeline_region(line, model.team.slug) for line in model.pipelines]
        practices = Region("practices", _rendered("practices", {"opened": model}))
        bottlenecks = Region("bottlenecks", _rendered("bottlenecks", {"opened": model}))
        return [
            *_regions(model.delivery),
            bottlenecks,
            practices,
            *(now or [_no_rows("health", 8, "No pipelines yet.")]),
        ]


def _digest(window: Window) -> str:
    return blake2b(repr(window).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


# What was read before and has not changed is the same object.
_digest_of = remembered(_digest, most=16_384)


def _stamp(team: Team, windows: Iterable[Window], days: int) -> str:
    said = " ".join([_digest_of(window) for window in windows if window.days == days])
    return f"{team.id} {team.version} {said}"


def _regions(delivery: DeliveryHealth) -> list[Region]:
    context = {"delivery": delivery}
    found = [Region(f"delivery-{part}", _rendered(part, context)) for part in ("cards", "moved")]
    for table, columns in (("measures", 6), ("runs", 7)):
        rows = [_measured_region(table, row) for row in delivery.rows]
        found += rows or [_no_rows(table, columns, "Nothing here yet.")]
    return found


@lru_cache(maxsize=20_000)
def _measured_region(table: str, row: MeasuredRow) -> Region:
    """Of many rows, most are as they were."""
    id_ = f"{table}-{row.id}"
    return Region(id_, _rendered(f"{table}_row", {"row": row, "id": id_}), f"{table}-rows")


_pipelines: Kept[tuple[str, str], Region] = Kept(most=20_000)


def _pipeline_region(line: BoardLine, slug: str) -> Region:
    key = (slug, line.stamp)
    region = _pipelines.get(key)
    if region is None:
        id_ = f"health-{line.row.id}"
        context = {"p": pipeline_health(line), "slug": slug, "id": id_}
        region = Region(id_, _rendered("pipeline_row", context), "health-rows")
        _pipelines.put(key, region)
    return region


def _no_rows(table: str, columns: int, words: str) -> Region:
    id_ = f"{table}-none"
    return Region(id_, _rendered("no_rows", {"id": id_, "columns": columns, "words": words}), f"{table}-rows")


def _rendered(template: str, context: dict[str, Any]) -> str:
    return get_template(f"health/{template}.html").render(context).strip()
