"""A connection's way in to its tool's API: given, tried, taken away."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from dashboard.auth.policy import MANAGE, authorize_admin
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.auth.sealing import seal
from dashboard.history.checking import check
from dashboard.history.working import begin_first
from dashboard.links import see_other
from dashboard.store import get_store
from dashboard.tool_apis.offers import OFFERS
from dashboard.views.manage.connections import MEANWHILE, api_form, connection_page, found_connection
from storage.errors import Conflict
from storage.model.document import replace
from storage.model.entities import ApiAccess, Connection, Team


@for_people
@require_POST
def change(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """The token is shown never again, nor is what was wrong with it."""
    team, found = _found(request, connection_id)
    form = api_form(request, found, request.POST)
    if not form.is_valid():
        return connection_page(request, team, found, api=form, status=400)
    given = form.cleaned_data.get("token", "")
    try:
        if form.cleaned_data["based_on"] not in ("", str(found.version)):
            raise Conflict("changed since the form was filled in")
        wanted = replace(found, api=form.wanted(seal(given) if given else ""))
        get_store().connections.put(found, wanted, actor_of(request), "connection.api_changed")
    except Conflict:
        form.add_error(None, MEANWHILE)
        form.rebase(str(found.version))
        return connection_page(request, team, found, api=form, status=400)
    begin_first(get_store(), wanted, actor_of(request))
    return see_other("connection", connection_id=connection_id)


@for_people
@require_POST
def remove(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """All of it: nothing is read of the tool from then on. What administrators set is theirs to remove. Of an App the
    key goes; what it is and where it is installed stays, for its events still come."""
    team, found = _found(request, connection_id)
    if found.api.role or found.api.reads_runs:
        authorize_admin(request.user)
    try:
        app = found.api.app
        kept = ApiAccess(address=found.api.address, app=replace(app, key="")) if app.id else ApiAccess()
        wanted = replace(found, api=kept)
        get_store().connections.put(found, wanted, actor_of(request), "connection.api_removed")
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    return see_other("connection", connection_id=connection_id)


@for_people
@require_POST
def try_it(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """Ask the tool now, and say what came of it."""
    team, found = _found(request, connection_id)
    if not OFFERS[found.source].takes_token:
        authorize_admin(request.user)
    checked = check(get_store(), found)
    status = 200 if checked.works else 409
    return connection_page(request, team, found, checked=checked, said=checked.words, status=status)


def _found(request: SignedInRequest, connection_id: str) -> tuple[Team, Connection]:
    team, found = found_connection(request, connection_id, MANAGE)
    if found.source not in OFFERS:
        raise Http404("This tool is not asked")
    return team, found
