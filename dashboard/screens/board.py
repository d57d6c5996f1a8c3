"""The team board: every pipeline of a team."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from heapq import nlargest
from typing import Any, TypeVar

from django.template.loader import render_to_string

from dashboard.auth.policy import VIEW, authorize
from dashboard.live.regions import Region
from dashboard.readmodels.facts import facts_of
from dashboard.readmodels.filters import Key
from dashboard.readmodels.first_steps import MOST_PIPELINES, FirstSteps, first_steps
from dashboard.readmodels.rows import LAST, row_of
from dashboard.readmodels.selections import Group, RowGroup, Selection, group_of, order_of, selection_of
from dashboard.readmodels.teams import Board, BoardLine, Count, build
from dashboard.screens.quiet import quiet_region
from dashboard.screens.rows import row_region
from dashboard.screens.screen import Moment, Screen, View
from dashboard.screens.stalls import stall_region
from dashboard.sources import SOURCES
from storage import topics
from storage.model.accounts import User
from storage.model.board_row import Arrival
from storage.model.entities import Condition, Team
from storage.model.windows import Window
from storage.repositories.pipelines import StoredRow
from storage.store import Store

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class TeamReading:
    """`steps`: what leads to a first pipeline, where the team is new. `windows`: what its pipelines delivered, where
    that was asked for."""

    team: Team
    rows: tuple[StoredRow, ...]
    steps: FirstSteps | None = None
    windows: tuple[Window, ...] = ()


class TeamScreen(Screen[TeamReading, M]):
    """A screen over a team's pipelines. Its key is the team's id."""

    def read(self, store: Store, key: str) -> TeamReading:
        return self.read_of(store, store.teams.get(key).team)

    def read_of(self, store: Store, team: Team) -> TeamReading:
        """Where the team is known already. One query; of a team without pipelines a few more."""
        rows = tuple(store.pipelines.list_board(team.id))
        few = len(rows) <= MOST_PIPELINES
        return TeamReading(
            team, rows, first_steps(store, team, [row_of(row) for row in rows], store.now()) if few else None
        )

    def source(self, key: str) -> str:
        return topics.team(key)

    def admit(self, reader: User, key: str, reading: TeamReading) -> tuple[str, ...]:
        return (topics.gate(authorize(reader, VIEW, reading.team).id),)

    def follows(self, key: str) -> tuple[str, ...]:
        return (topics.team(key),)

    def moment(self, reading: TeamReading, key: str, view: View, now: int) -> Moment:
        board = build(reading.team, reading.rows, now)
        stamps = sorted([line.stamp for line in board.lines])
        return Moment(
            "\n".join((f"{reading.team.slug} {reading.team.version}", f"{reading.steps or ''}{board.stalls}", *stamps)),
            board.turns_at,
        )


class BoardScreen(TeamScreen[Board]):
    kind = "team"
    parents = ("board", "livenow")

    def view(self, given: Mapping[str, str]) -> View:
        return View.of(selection_of(given))

    def build(self, reading: TeamReading, key: str, view: View, now: int) -> Board:
        return build(reading.team, reading.rows, now, reading.steps)

    def regions(self, model: Board, view: View) -> Sequence[Region]:
        selection = view.selection
        shown = _selected(model, selection)
        rows = sorted((order_of(line.row, line.condition, selection), line) for line in shown)
        tally = Region("tally", _tally(len(model.lines), model.counts, view))
        return [
            *_headings(shown, selection),
            *(row_region(line, model.team.slug, order) for order, line in rows),
            tally,
            stall_region(model.stalls, model.team.name),
            quiet_region(model.quiet),
            Region("blank", _blank(model.team, model.steps, empty=not model.lines)),
            Region("no-match", _no_match(nothing=bool(model.lines) and not shown)),
            *(
                Region(f"live-{id_}", _in_production(id_, label, arrival), "livenow")
                for id_, label, arrival in _arrived(shown)
            ),
        ]


# Of what is in production a board tells the latest.
MOST_ARRIVALS = 8


def _arrived(lines: Sequence[BoardLine]) -> list[tuple[str, str, Arrival]]:
    """Pipelines (id, name) with what they put into production last, the latest first."""
    found = [(line.row.id, line.row.label, line.row.arrival) for line in lines if line.row.arrival]
    return nlargest(MOST_ARRIVALS, found, key=lambda one: (one[2].at, one[0]))


@lru_cache(maxsize=4096)
def _in_production(pipeline_id: str, label: str, arrival: Arrival) -> str:
    context = {"id": pipeline_id, "label": label, "arrival": arrival, "order": f"{LAST - arrival.at:015d}"}
    return render_to_string("teams/in_production.html", context).strip()


def _selected(board: Board, selection: Selection) -> list[BoardLine]:
    if not selection.filter:
        return list(board.lines)
    kept = selection.filter.keep([facts_of(line.row, board.team, line.condition) for line in board.lines])
    ids = {facts.key for facts in kept}
    return [line for line in board.lines if line.row.id in ids]


def _headings(lines: Sequence[BoardLine], selection: Selection) -> list[Region]:
    """Of groups that do not speak for themselves."""
    if selection.group is Group.CONDITION:
        return []
    groups = Counter(group_of(line.row, line.condition, selection.group) for line in lines)
    return [Region(f"group-{_digest(each.order)}", _heading(each, groups[each]), "board") for each in sorted(groups)]


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


@lru_cache(maxsize=2048)
def _heading(group: RowGroup, number: int) -> str:
    context = {"group": group, "number": number, "id": _digest(group.order)}
    return render_to_string("teams/group.html", context).strip()


@lru_cache(maxsize=2)
def _no_match(*, nothing: bool) -> str:
    return render_to_string("teams/no_match.html", {"nothing": nothing}).strip()


@lru_cache(maxsize=2048)
def _tally(total: int, counts: tuple[Count, ...], view: View) -> str:
    context = {"total": total, **conditions_of(view, counts)}
    return render_to_string("teams/tally.html", context).strip()


@lru_cache(maxsize=512)
def _blank(team: Team, steps: FirstSteps | None, *, empty: bool) -> str:
    context = {"empty": empty, "team": team, "steps": steps, "sources": tuple(SOURCES.values())}
    return render_to_string("teams/blank.html", context).strip()


def conditions_of(view: View, counts: Sequence[Count]) -> dict[str, Any]:
    """Links that filter by condition: one that is chosen leads back to all."""
    chosen = {term.values for term in view.selection.filter.terms if term.key is Key.IS and not term.negated}
    others = " ".join(term.text for term in view.selection.filter.terms if term.key is not Key.IS)
    filters = []
    for count in counts:
        is_chosen = (str(count.condition),) in chosen
        query = others if is_chosen else f"is:{count.condition} {others}".strip()
        filters.append((view.text(q=query, page=""), count, is_chosen))
    failing = sum(count.number for count in counts if count.condition is Condition.FAILING)
    return {"failing": failing, "filters": filters, "all": view.text(q="", page=""), "any": bool(view.selection.filter)}
