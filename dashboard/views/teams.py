"""The team board."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.formats import board as format_board
from dashboard.readmodels.teams import Board, load
from dashboard.store import get_store
from dashboard.views.pages import LONGEST, kept, live, news, page, polls
from storage import topics
from storage.model.entities import Condition


@for_people
@require_safe
def board(request: SignedInRequest, slug: str) -> HttpResponse:
    team = authorize(request.user, VIEW, request.team)
    built = load(get_store(), team)
    tag = format_board.tag_of(built)
    if polls(request):
        return news(request, tag, lambda: format_board.snapshot(built))
    show = request.GET.get("show", "")
    show, longest = show if show in set(Condition) else "", request.GET.get("order") == LONGEST
    return kept(
        (tag, show, team, request.user, request.get_full_path()),
        lambda: page(
            request,
            "teams/board.html",
            {**_context(built, show, longest=longest), **live(topics.team(team.id), tag, request)},
        ),
    )


def _context(built: Board, show: str, *, longest: bool) -> dict[str, Any]:
    return {
        "board": built,
        "rows": format_board.rows_html(built, longest=longest),
        "tally": format_board.tally_html(built, show, longest=longest),
        "blank": format_board.blank_html(built),
        "show": show,
        "longest": longest,
        "nav": "network",
    }
