"""Find a pipeline, a team, a person, a run, a stage or a commit by part of its name."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import sees
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.search import build
from dashboard.screens.overview import read_overview
from dashboard.store import get_store
from dashboard.views.pages import is_fragment, page

MOST_LETTERS = 200
# Of people, oldest first.
MOST_PEOPLE = 2000


@for_people
@require_safe
def find(request: SignedInRequest) -> HttpResponse:
    query = request.GET.get("q", "")[:MOST_LETTERS]
    store = get_store()
    asked, kept = query.strip(), request.view_set
    # Nothing typed and nothing kept: nothing to look for.
    entries = read_overview(store).entries if asked or kept.views or kept.teams or kept.pipelines else []
    people = store.users.list_all(limit=MOST_PEOPLE) if asked else []
    seen = [entry for entry in entries if sees(request.user, entry.team)]
    found = build(query, seen, people, store.now(), kept)
    return page(request, "search/results.html" if is_fragment(request) else "search/index.html", {"found": found})
