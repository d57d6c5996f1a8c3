"""Where a commit is: its way to production and its runs, over every pipeline."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import scope_of
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.search import SHA
from dashboard.screens import COMMIT
from dashboard.screens.commit import PAGE, Sees, key_of, read_commit
from dashboard.store import get_store
from dashboard.views import cursors
from dashboard.views.pages import look_for, page, screen_page


@for_people
@require_safe
def detail(request: SignedInRequest, sha: str) -> HttpResponse:
    sha = sha.lower()
    if not SHA.fullmatch(sha):
        raise Http404("Not a commit")
    of, after = f"commit {sha}", request.GET.get("after", "")
    key, seen = key_of(sha, request.user), Sees.of_scope(scope_of(request.user))
    reading = read_commit(get_store(), sha, seen, PAGE, cursors.read(after, of))
    more = cursors.write(reading.next, of)
    if after:
        model = COMMIT.build(reading, key, COMMIT.view({}), get_store().now())
        return page(request, "commits/more.html", {"commit": model, "more": more, "nav": "network"})
    shown = look_for(request, COMMIT, key, reading)
    return screen_page(request, shown, "commits/index.html", lambda: {"more": more, "nav": "network"}, varies=more)
