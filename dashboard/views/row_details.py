"""A row's details: a fragment that opens in place, and a page by itself."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.row_details import build
from dashboard.store import get_store
from dashboard.views.pages import is_fragment, page
from storage import keys


@for_people
@require_safe
def show(request: SignedInRequest, slug: str, pipeline_id: str) -> HttpResponse:
    team = authorize(request.user, VIEW, request.team)
    store = get_store()
    found = store.pipelines.find_pair(team.id, pipeline_id) if keys.is_id(pipeline_id) else None
    if found is None:
        raise Http404("No such pipeline")
    starred = found.record.id in request.view_set.pipelines
    context = {"details": build(team, found.record, found.row, store.now(), starred=starred), "nav": "network"}
    return page(request, "pipelines/details_body.html" if is_fragment(request) else "pipelines/details.html", context)
