"""Find a pipeline, a team, a person, a run, a stage or a commit by part of its name; commits by their author or the
number of their change request, too."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import sees
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.search import build, request_number
from dashboard.screens.overview import read_overview
from dashboard.store import get_store
from dashboard.views.pages import is_fragment, page
from storage.model.subject_views import Subject
from storage.store import Store

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
    # A letter typed into the palette costs no more than it has to.
    subjects = _subjects(store, asked, whole=not is_fragment(request)) if asked else ()
    seen = [entry for entry in entries if sees(request.user, entry.team)]
    found = build(query, seen, people, store.now(), kept, subjects)
    return page(request, "search/results.html" if is_fragment(request) else "search/index.html", {"found": found})


def _subjects(store: Store, asked: str, *, whole: bool) -> Sequence[Subject]:
    """Change requests of the number that is asked for; on a page of its own commits of an author of this very name."""
    if number := request_number(asked):
        return store.subjects.list_numbered(number).items
    return store.subjects.list_of_author(asked).items if whole else ()
