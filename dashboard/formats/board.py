"""The team board as live regions. A row is rendered once a version and condition, and reused by pages and streams."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from dashboard.live.regions import Region, Snapshot
from dashboard.readmodels.first_steps import FirstSteps
from dashboard.readmodels.rows import order_of, view_of
from dashboard.readmodels.teams import Board, BoardLine, Count
from dashboard.sources import SOURCES
from storage.model.entities import Condition, Team

_KEPT = 20_000
_rows: dict[tuple[str, str, int, Condition], str] = {}


def row_html(line: BoardLine, slug: str) -> str:
    key = (slug, *line.key)
    html = _rows.get(key)
    if html is None:
        if len(_rows) >= _KEPT:
            _rows.clear()
        view = view_of(line.row, line.version, slug, line.condition)
        html = _rows[key] = render_to_string("teams/row.html", {"view": view})
    return html


def rows_html(board: Board, *, longest: bool = False) -> SafeString:
    """All rows in their order, or within each condition with what has lasted longest first."""
    slug, lines = board.team.slug, list(board.lines)
    if longest:
        lines.sort(key=lambda line: order_of(line.row, line.condition, longest=True))
    return mark_safe("".join([row_html(line, slug) for line in lines]))  # noqa: S308 - rendered by templates


def tag_of(board: Board) -> str:
    """Changes exactly when any row's version or condition does, or a first step is done."""
    stamps = "\n".join([*sorted([line.stamp for line in board.lines]), str(board.steps or "")])
    return hashlib.blake2b(stamps.encode(), digest_size=12).hexdigest()


def tally_html(board: Board, show: str = "", *, longest: bool = False) -> SafeString:
    return _tally(len(board.lines), board.counts, show, longest=longest)


@lru_cache(maxsize=2048)
def _tally(total: int, counts: tuple[Count, ...], show: str, *, longest: bool) -> SafeString:
    context = {"total": total, "counts": counts, "show": show, "longest": longest}
    return render_to_string("teams/tally.html", context)


def blank_html(board: Board) -> SafeString:
    return _blank(board.team, board.steps, empty=not board.lines)


@lru_cache(maxsize=512)
def _blank(team: Team, steps: FirstSteps | None, *, empty: bool) -> SafeString:
    context = {"empty": empty, "team": team, "steps": steps, "sources": tuple(SOURCES.values())}
    return render_to_string("teams/blank.html", context)


def snapshot(board: Board) -> Snapshot:
    slug = board.team.slug
    regions = [Region(f"pl-{line.row.id}", row_html(line, slug), "board") for line in board.lines]
    regions += [Region("tally", tally_html(board)), Region("blank", blank_html(board))]
    fresh_until = board.turns_at / 1000 if board.turns_at else None
    return Snapshot(tag_of(board), tuple(regions), ("board",), fresh_until)
