"""The team board as live regions. A row is rendered once a version and condition, and reused by pages and streams."""

from __future__ import annotations

import hashlib

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from dashboard.live.regions import Region, Snapshot
from dashboard.readmodels.rows import view_of
from dashboard.readmodels.teams import Board, BoardLine
from dashboard.sources import SOURCES
from storage.entities import Condition

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


def rows_html(board: Board) -> SafeString:
    slug = board.team.slug
    return mark_safe("".join([row_html(line, slug) for line in board.lines]))  # noqa: S308 - rendered by templates


def tag_of(board: Board) -> str:
    """Changes exactly when any row's version or condition does."""
    digest = hashlib.blake2b(digest_size=12)
    for line in sorted(board.lines, key=lambda line: line.row.id):
        digest.update(f"{line.row.id}:{line.version}:{line.condition}\n".encode())
    return digest.hexdigest()


def tally_html(board: Board, show: str = "") -> SafeString:
    context = {"total": len(board.lines), "counts": board.counts, "show": show}
    return render_to_string("teams/tally.html", context)


def blank_html(board: Board) -> SafeString:
    context = {"empty": not board.lines, "team": board.team, "sources": SOURCES.values()}
    return render_to_string("teams/blank.html", context)


def snapshot(board: Board) -> Snapshot:
    slug = board.team.slug
    regions = [Region(f"pl-{line.row.id}", row_html(line, slug), "board") for line in board.lines]
    regions += [Region("tally", tally_html(board)), Region("blank", blank_html(board))]
    fresh_until = board.turns_at / 1000 if board.turns_at else None
    return Snapshot(tag_of(board), tuple(regions), ("board",), fresh_until)
