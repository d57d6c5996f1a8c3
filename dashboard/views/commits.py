"""Where a commit is: its executions over every pipeline."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.requests import SignedInRequest
from dashboard.readmodels.commits import build
from dashboard.readmodels.search import SHA
from dashboard.store import get_store
from dashboard.views.pages import page


@require_safe
def detail(request: SignedInRequest, sha: str) -> HttpResponse:
    sha = sha.lower()
    if not SHA.fullmatch(sha):
        raise Http404("Not a commit")
    store = get_store()
    found = store.executions.list_of_commit(sha, limit=100)
    return page(request, "commits/index.html", {"commit": build(sha, found.items), "nav": "network"})
