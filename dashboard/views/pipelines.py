"""One pipeline: line, runs page by page, trends; and taking it when it is stopped."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from dashboard.auth.policy import TAKE, VIEW, authorize
from dashboard.auth.requests import SignedInRequest, actor_of
from dashboard.background import background
from dashboard.formats import pipelines as format_pipelines
from dashboard.live.regions import tag_of
from dashboard.readmodels.pipelines import build
from dashboard.store import get_store
from dashboard.views import cursors
from dashboard.views.pages import live, news, page, polls
from storage import keys, topics
from storage.errors import Conflict
from storage.model.board_row import Acknowledgement, condition
from storage.model.entities import Condition

TRIES = 5


@require_safe
def detail(request: SignedInRequest, slug: str, pipeline_id: str) -> HttpResponse:
    team = authorize(request.user, VIEW, request.team)
    store = get_store()
    stored = store.pipelines.find_row(team.id, pipeline_id) if keys.is_id(pipeline_id) else None
    if stored is None:
        raise Http404("No such pipeline")
    cursor = cursors.read(request.GET.get("before", ""), pipeline_id)
    runs = store.executions.list_of_pipeline(pipeline_id, cursor=cursor)
    built = build(team, stored, runs, store.now(), first_page=cursor is None)
    regions = format_pipelines.regions_of(built)
    tag = tag_of(regions)
    if polls(request):
        return news(request, tag, lambda: format_pipelines.snapshot(built))
    context = {
        "page": built,
        "html": {region.id: region.html for region in regions},
        "older": cursors.write(built.next, pipeline_id),
        "nav": "network",
    }
    if built.first_page:
        context |= live(topics.pipeline(pipeline_id), tag, request)
    return page(request, "pipelines/index.html", context)


@require_POST
def take(request: SignedInRequest, slug: str, pipeline_id: str) -> HttpResponse:
    """Say that this person has a stopped pipeline. The first to say so has it; saying it again changes nothing."""
    team = authorize(request.user, TAKE, request.team)
    store = get_store()
    for _ in range(TRIES):
        stored = store.pipelines.find_row(team.id, pipeline_id) if keys.is_id(pipeline_id) else None
        if stored is None:
            raise Http404("No such pipeline")
        row = stored.row()
        if row.taken is not None or condition(row, store.now()) is not Condition.FAILING:
            break
        taken = Acknowledgement(request.user.id, request.user.name, store.now())
        try:
            store.pipelines.take(replace(row, taken=taken), stored.version, actor_of(request))
        except Conflict:
            continue
        background.changed(team.id)
        break
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204)
    target = f"/executions/{row.latest.execution_id}" if row.latest else f"/teams/{slug}"
    return HttpResponseRedirect(target, status=303)
