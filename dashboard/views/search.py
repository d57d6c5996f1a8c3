"""Find a pipeline, a team or a commit by part of its name."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import sees
from dashboard.auth.requests import SignedInRequest
from dashboard.readmodels.search import build
from dashboard.store import get_store
from dashboard.views.pages import page


@require_safe
def find(request: SignedInRequest) -> HttpResponse:
    query = request.GET.get("q", "")[:200]
    store = get_store()
    entries = store.teams.list_boards() if query.strip() else []
    found = build(query, [entry for entry in entries if sees(request.user, entry.team)], store.now())
    fragment = request.headers.get("X-Requested-With") == "palette" or request.headers.get("HX-Request") == "true"
    return page(request, "search/results.html" if fragment else "search/index.html", {"found": found})
