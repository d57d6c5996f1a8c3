"""Where a commit is: its executions over every pipeline."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import Reader, sees
from dashboard.auth.requests import SignedInRequest
from dashboard.readmodels.commits import build
from dashboard.readmodels.search import SHA
from dashboard.store import get_store
from dashboard.views.pages import page
from storage.model.briefs import ExecutionBrief


@require_safe
def detail(request: SignedInRequest, sha: str) -> HttpResponse:
    sha = sha.lower()
    if not SHA.fullmatch(sha):
        raise Http404("Not a commit")
    store = get_store()
    found = visible(request.user, store.executions.list_of_commit(sha, limit=100).items)
    return page(request, "commits/index.html", {"commit": build(sha, found), "nav": "network"})


def visible(reader: Reader, briefs: Sequence[ExecutionBrief]) -> list[ExecutionBrief]:
    """Those of teams this reader may see, each asked for where its pipeline is now."""
    if not briefs:
        return []
    store = get_store()
    seen = {entry.team.id for entry in store.teams.list_all() if sees(reader, entry.team)}
    owners = store.pipelines.owners(brief.pipeline_id for brief in briefs)
    return [brief for brief in briefs if owners.get(brief.pipeline_id, brief.team_id) in seen]
