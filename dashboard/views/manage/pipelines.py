"""A team's pipelines as people arrange them: names, stages, where they deploy, and whose they are."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.auth.policy import MANAGE, authorize, may
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.pipelines import ArrangementForm, initial_of
from dashboard.links import see_other
from dashboard.readmodels.teams import build
from dashboard.store import get_store
from dashboard.views.manage.frame import settings_page, team_entry
from dashboard.views.pages import status_of
from dashboard.wakeups import WakeUp, wakeups
from storage import keys
from storage.errors import Conflict
from storage.model.board_row import BoardRow
from storage.model.document import replace
from storage.model.entities import Team
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import PipelineRecord

MEANWHILE = (
    "Somebody changed this pipeline meanwhile. What you typed stands below; what is kept now: {}. Look, then save."
)

MOVED = "Somebody moved this pipeline meanwhile, or it kept changing. Nothing was moved."


@for_people
@require_safe
def index(request: SignedInRequest, team_id: str) -> HttpResponse:
    return _list(request, team_entry(request, team_id, MANAGE).team)


def _list(request: SignedInRequest, team: Team, problem: str = "") -> HttpResponse:
    store = get_store()
    rows = store.pipelines.list_board(team.id, hidden=True)
    board = build(team, rows, store.now())
    lines = sorted(board.lines, key=lambda line: line.row.name.casefold())
    context = {"lines": lines, "problem": problem}
    return settings_page(request, team, "pipelines", "manage/pipelines.html", context, 409 if problem else 200)


def _found(team: Team, pipeline_id: str) -> tuple[BoardRow, PipelineRecord]:
    store = get_store()
    stored = store.pipelines.find_row(team.id, pipeline_id) if keys.is_id(pipeline_id) else None
    record = store.pipelines.find(pipeline_id) if stored else None
    if stored is None or record is None:
        raise Http404("No such pipeline")
    return stored.row(), record


def _stages(row: BoardRow, overrides: PipelineOverrides) -> list[str]:
    """Those people have listed, then the others on the line."""
    listed = [setting.name for setting in overrides.stages] if overrides.ordered else []
    known = [stop.name for stop in row.stages]
    others = [setting.name for setting in overrides.stages]
    return list(dict.fromkeys([*listed, *known, *others]))[:100]


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: SignedInRequest, team_id: str, pipeline_id: str) -> HttpResponse:
    team = team_entry(request, team_id, MANAGE).team
    row, record = _found(team, pipeline_id)
    overrides = record.overrides
    stages = _stages(row, overrides)
    initial = {**initial_of(overrides, stages), "based_on": overrides.fingerprint}
    form = ArrangementForm(request.POST if request.method == "POST" else None, stages=stages, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["based_on"] not in ("", overrides.fingerprint):
                raise Conflict("changed since the form was filled in")
            store = get_store()
            wanted = replace(form.overrides(), conventions=overrides.conventions)
            store.override_writer.override(team.id, pipeline_id, wanted, overrides, actor_of(request))
        except Conflict:
            form.add_error(None, MEANWHILE.format(row.name))
            form.rebase(overrides.fingerprint)
        else:
            store.rebuilder.rename(team.id)
            wakeups.send(WakeUp.PIPELINE_IS_STALE, pipeline_id)
            wakeups.send(WakeUp.STORE_CHANGED)
            return see_other("pipeline_settings", "?saved=1", team_id=team_id, pipeline_id=pipeline_id)
    context = {
        "form": form,
        "row": row,
        "record": record,
        "saved": "saved" in request.GET,
        "others": [
            entry.team
            for entry in get_store().teams.list_all()
            if entry.team.id != team_id and may(request.user, MANAGE, entry.team)
        ],
    }
    return settings_page(request, team, "pipelines", "manage/pipeline.html", context, status_of(form))


@for_people
@require_POST
def move(request: SignedInRequest, team_id: str, pipeline_id: str) -> HttpResponse:
    """To another team this person manages, too."""
    team = team_entry(request, team_id, MANAGE).team
    _found(team, pipeline_id)
    to_id = request.POST.get("to", "")
    entry = get_store().teams.find(to_id) if keys.is_team_id(to_id) else None
    to = authorize(request.user, MANAGE, entry.team if entry else None)
    try:
        get_store().override_writer.move(pipeline_id, team, to, actor_of(request))
    except Conflict:
        return _list(request, team, MOVED)
    for moved in (team, to):
        get_store().rebuilder.rename(moved.id)
    # The other team may read stages by other rules.
    wakeups.send(WakeUp.PIPELINE_IS_STALE, pipeline_id)
    wakeups.send(WakeUp.STORE_CHANGED)
    return see_other("pipeline_settings", team_id=to.id, pipeline_id=pipeline_id)
