"""What a connection's tool remembers: asked for, stopped, and how far the reading is."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from dashboard.auth.policy import DELIVERIES, MANAGE
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.history import HistoryForm
from dashboard.history.registry import READERS
from dashboard.history.working import begin, stop
from dashboard.links import see_other
from dashboard.readmodels.backfills import progress_of
from dashboard.store import get_store
from dashboard.views.manage.connections import MEANWHILE, connection_page, found_connection
from dashboard.views.manage.frame import settings_page
from storage.errors import Conflict
from storage.model.entities import Connection, Team

DAY_MS = 86_400_000


@for_people
@require_safe
def progress(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """The fragment that tells how far it is."""
    team, found = _found(request, connection_id, reading=True)
    store = get_store()
    backfill = store.backfills.find(found.id)
    context = {
        "connection": found,
        "history": progress_of(backfill, store.now()) if backfill else None,
        "quota": store.connections.find_quota(found.id),
    }
    return settings_page(request, team, "connections", "manage/history_progress.html", context)


@for_people
@require_POST
def start(request: SignedInRequest, connection_id: str) -> HttpResponse:
    team, found = _found(request, connection_id)
    form = HistoryForm(request.POST)
    if not form.is_valid():
        return connection_page(request, team, found, history=form, status=400)
    since = get_store().now() - form.cleaned_data["days"] * DAY_MS
    try:
        begin(get_store(), found, actor_of(request), since=since, only=form.cleaned_data["only"])
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    return see_other("connection", connection_id=connection_id)


@for_people
@require_POST
def end(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """What was read stays."""
    team, found = _found(request, connection_id)
    try:
        stop(get_store(), found, actor_of(request))
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    return see_other("connection", connection_id=connection_id)


def _found(request: SignedInRequest, connection_id: str, *, reading: bool = False) -> tuple[Team, Connection]:
    team, found = found_connection(request, connection_id, DELIVERIES if reading else MANAGE)
    if found.source not in READERS:
        raise Http404("This tool's history is not read")
    return team, found
