"""The network: every team that people of one scope see, trouble first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, TypeVar

from django.http import Http404
from django.template.loader import render_to_string

from dashboard.auth.policy import MANY, scope_name, scope_of, scope_takes
from dashboard.live.reader import Notice
from dashboard.live.regions import Region
from dashboard.live.scopes import Scopes
from dashboard.readmodels.network import ArrivalView, AttentionGroup, AttentionItem, Network, TeamLine, build, narrowed
from dashboard.readmodels.selections import Group, Sort, selection_of
from dashboard.readmodels.teams import Count
from dashboard.screens.board import conditions_of
from dashboard.screens.kept import Kept
from dashboard.screens.overview import Overview, read_overview, reread_overview
from dashboard.screens.quiet import quiet_region
from dashboard.screens.screen import Moment, Screen, View
from dashboard.screens.stalls import seen_stalls, stall_region
from storage import topics
from storage.model.accounts import User
from storage.model.conditions import FOREVER
from storage.model.entities import Condition
from storage.store import Store

M = TypeVar("M")

ATTENTION_PARENTS = tuple(
    f"attention-{state}" for state in (Condition.FAILING, Condition.WAITING, Condition.SLOW, Condition.NO_SIGNAL)
)
MOST_PAGES = 200
# What the digests of long scopes stand for.
scopes = Scopes()
_items: Kept[tuple[str, bool, Sort], str] = Kept(most=20_000)
_lines: Kept[str, str] = Kept(most=5_000)


def scope_key(reader: User) -> str:
    """The key of what this person sees of all teams."""
    scope = scope_of(reader)
    name = scope_name(scope)
    if name != scope:
        scopes.remember(name, scope)
    return name


def scope_behind(key: str) -> str:
    """Raises NotFound for a digest that nobody has opened a page by."""
    return scopes.resolve(key) if key.startswith(MANY) else key


class AllTeamsScreen(Screen[Overview, M]):
    """A screen over all teams. Its key is a scope."""

    rank = 1

    def read(self, store: Store, key: str) -> Overview:
        return read_overview(store)

    def reread(self, store: Store, key: str, reading: Overview, notices: Sequence[Notice]) -> Overview:
        return reread_overview(store, reading, notices)

    def source(self, key: str) -> str:
        return topics.NETWORK

    def admit(self, reader: User, key: str, reading: Overview) -> tuple[str, ...]:
        if key != scope_key(reader):
            raise Http404("No such topic")
        return ()

    def follows(self, key: str) -> tuple[str, ...]:
        return (topics.NETWORK,)

    def moment(self, reading: Overview, key: str, view: View, now: int) -> Moment:
        teams = reading.seen_by(scope_behind(key), now)
        until = reading.until(now)
        return Moment("\n".join([team.stamp for team in teams]), until)


class ScopeScreen(AllTeamsScreen[Network]):
    def build(self, reading: Overview, key: str, view: View, now: int) -> Network:
        scope, selection = scope_behind(key), view.selection
        teams = reading.seen_by(scope, now)
        left = narrowed(teams, selection.filter) if selection.filter else teams
        page = int(view.get("page", "1"))
        stalls = seen_stalls(reading, teams, now)
        return build(left, partial(scope_takes, scope), of=teams, sort=selection.sort, page=page, stalls=stalls)


class NetworkScreen(ScopeScreen):
    kind = "network"
    parents = (*ATTENTION_PARENTS, "teams-rows")

    def moment(self, reading: Overview, key: str, view: View, now: int) -> Moment:
        found, stalls = super().moment(reading, key, view, now), reading.stalls(now)
        seen = seen_stalls(reading, reading.seen_by(scope_behind(key), now), now)
        until = min(stalls.until, FOREVER if found.until is None else found.until)
        return Moment(f"{found.stamp}\n{seen}", until if until < FOREVER else None)

    def view(self, given: Mapping[str, str]) -> View:
        page = given.get("page", "")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 1
        return View.of(replace(selection_of(given), group=Group.CONDITION), page=str(number) if number > 1 else "")

    def regions(self, model: Network, view: View) -> Sequence[Region]:
        sort = view.selection.sort
        return [
            stall_region(model.stalls),
            quiet_region(model.quiet),
            Region("tally", _tally(model.total, model.counts, view)),
            *(region for group in model.groups for region in _group(group, model.takes, sort)),
            Region("attention-calm", _rendered("calm", {"network": model})),
            Region("attention-pages", _pages(model, view)),
            Region("arrivals", _arrivals(model.arrivals)),
            *(Region(f"team-{line.team.id}", _line(line), "teams-rows") for line in model.teams),
        ]


def _group(group: AttentionGroup, takes: frozenset[str], sort: Sort) -> Iterator[Region]:
    parent = f"attention-{group.condition}"
    yield Region(f"{parent}-head", _rendered("group", {"group": group}), parent)
    for item in group.items:
        yield Region(item.id, _item(item, sort, takes=item.team.id in takes), parent)


def _item(item: AttentionItem, sort: Sort, *, takes: bool) -> str:
    key = (item.stamp, takes, sort)
    html = _items.get(key)
    if html is None:
        html = _rendered("item", {"item": item, "can_take": takes and item.nobody, "order": item.order(sort)})
        _items.put(key, html)
    return html


def _line(line: TeamLine) -> str:
    html = _lines.get(line.stamp)
    if html is None:
        html = _rendered("team", {"line": line})
        _lines.put(line.stamp, html)
    return html


@lru_cache(maxsize=256)
def _tally(total: int, counts: tuple[Count, ...], view: View) -> str:
    context = {"total": total, **conditions_of(view, counts)}
    return render_to_string("teams/tally.html", context).strip()


@lru_cache(maxsize=256)
def _arrivals(arrivals: tuple[ArrivalView, ...]) -> str:
    return _rendered("arrivals", {"arrivals": arrivals})


def _rendered(template: str, context: dict[str, Any]) -> str:
    return render_to_string(f"network/{template}.html", context).strip()


def _pages(model: Network, view: View) -> str:
    before, after = (view.text(page=str(number)) for number in (model.page - 1, model.page + 1))
    return _rendered("pages", {"network": model, "before": before, "after": after})
