"""Find a pipeline, a team or a commit by part of its name."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import sees
from dashboard.auth.requests import SignedInRequest
from dashboard.readmodels.search import build, match
from dashboard.store import get_store
from dashboard.views.pages import page


@require_safe
def find(request: SignedInRequest) -> HttpResponse:
    query = request.GET.get("q", "")[:200]
    store = get_store()
    names = store.teams.list_names() if query.strip() else {}
    entries = store.teams.list_all() if query.strip() else []
    matches = match(query, [entry.team for entry in entries if sees(request.user, entry.team)], names)
    rows = store.teams.find_summaries([(team.id, one.id) for team, one in matches.pipelines])
    found = build(matches, rows, store.now())
    fragment = request.headers.get("X-Requested-With") == "palette" or request.headers.get("HX-Request") == "true"
    return page(request, "search/results.html" if fragment else "search/index.html", {"found": found})
