"""What a person keeps for themselves: saved views and stars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.auth.policy import VIEW, authorize, sees
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.forms.saved_views import SavedViewForm, ViewNameForm
from dashboard.readmodels.saved_views import build, link_of
from dashboard.store import get_store
from dashboard.views.auth import safe_next
from dashboard.views.pages import page, status_of
from storage import keys
from storage.errors import Conflict
from storage.model.entities import Team
from storage.model.pipeline_names import PipelineName
from storage.model.saved_views import Full, SavedView, Screen, ViewSet

# What says which page is meant, and what it shows.
SAVED = ("screen", "team", "pipeline", "q", "sort", "group", "dense")
MEANWHILE = "Your views were changed in another window again and again. Try once more."


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """All views and stars of this person. A post saves a view of the page it came from."""
    if request.method == "POST":
        return _save(request)
    return _page(request)


def _page(request: SignedInRequest, form: ViewNameForm | None = None, status: int = 0) -> HttpResponse:
    store = get_store()
    teams = [entry.team for entry in store.teams.list_all() if sees(request.user, entry.team)]
    built = build(request.view_set, teams, store.teams.list_names())
    context: dict[str, Any] = {"page": built, "form": form, "wanted": request.POST.get("view", ""), "nav": "account"}
    if request.GET.get("screen") in set(Screen):
        # From a page whose view is to be saved: it has no form of its own, as it is kept for others, too.
        context["offered"] = {name: request.GET[name] for name in SAVED if request.GET.get(name)}
    return page(request, "account/views.html", context, status or status_of(*([form] if form else [])))


def _save(request: SignedInRequest) -> HttpResponse:
    form = SavedViewForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    data, selection = form.cleaned_data, form.selection
    team = authorize(request.user, VIEW, get_store().teams.find_by_slug(data["team"])) if data["team"] else None
    pipeline = _pipeline(team, data["pipeline"]) if team and data["pipeline"] else None
    view = SavedView(
        id=keys.new_id(),
        name=data["name"],
        screen=Screen(data["screen"]),
        team_id=team.id if team else "",
        pipeline_id=pipeline.id if pipeline else "",
        query=selection.filter.text,
        sort=selection.fields.get("sort", ""),
        group=selection.fields.get("group", ""),
        dense=selection.dense,
    )
    link = link_of(view, team, pipeline)
    return _changed(request, lambda kept: kept.with_view(view), form, link.address if link else reverse("views"))


def _pipeline(team: Team, pipeline_id: str) -> PipelineName:
    stored = get_store().pipelines.find_row(team.id, pipeline_id) if keys.is_id(pipeline_id) else None
    if stored is None:
        raise Http404("No such pipeline")
    row = stored.row()
    return PipelineName(row.id, row.label, row.name)


@for_people
@require_POST
def rename(request: SignedInRequest) -> HttpResponse:
    form, view = ViewNameForm(request.POST), _wanted(request)
    if not form.is_valid():
        return _page(request, form)
    name = form.cleaned_data["name"]
    return _changed(request, lambda kept: kept.renamed(view.id, name), form, reverse("views"))


@for_people
@require_POST
def delete(request: SignedInRequest) -> HttpResponse:
    view = _wanted(request)
    return _changed(request, lambda kept: kept.without_view(view.id), ViewNameForm(request.POST), reverse("views"))


def _wanted(request: SignedInRequest) -> SavedView:
    view = request.view_set.view(request.POST.get("view", ""))
    if view is None:
        raise Http404("No such view")
    return view


@for_people
@require_POST
def star_team(request: SignedInRequest, slug: str, *, starred: bool) -> HttpResponse:
    """Or take the star back."""
    team = authorize(request.user, VIEW, request.team)

    def change(kept: ViewSet) -> ViewSet:
        return kept.with_star(team_id=team.id) if starred else kept.without_star(team_id=team.id)

    return _changed(request, change, ViewNameForm(request.POST), _back(request))


@for_people
@require_POST
def star_pipeline(request: SignedInRequest, slug: str, pipeline_id: str, *, starred: bool) -> HttpResponse:
    """Or take the star back, of one that is gone, too."""
    team = authorize(request.user, VIEW, request.team)
    if starred:
        pipeline_id = _pipeline(team, pipeline_id).id

    def change(kept: ViewSet) -> ViewSet:
        return kept.with_star(pipeline_id=pipeline_id) if starred else kept.without_star(pipeline_id=pipeline_id)

    return _changed(request, change, ViewNameForm(request.POST), _back(request))


def _back(request: SignedInRequest) -> str:
    """To where the form says it stood."""
    return safe_next(request) if request.POST.get("next") else reverse("views")


def _changed(
    request: SignedInRequest, change: Callable[[ViewSet], ViewSet], form: ViewNameForm, target: str
) -> HttpResponse:
    try:
        get_store().view_sets.change(request.view_set, change)
    except (Full, Conflict) as refused:
        form.is_valid()
        form.errors.clear()
        form.add_error(None, str(refused) if isinstance(refused, Full) else MEANWHILE)
        return _page(request, form, 400 if isinstance(refused, Full) else 409)
    return HttpResponseRedirect(target, status=303)
