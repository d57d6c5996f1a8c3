"""A connection that is a GitHub App of its own: there and back, to have it registered and to have it installed.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.auth.policy import ADMINISTER, MANAGE, may
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.auth.sealed_cookies import SealedCookie
from dashboard.forms.github_app import AppKeyForm, RegisterAppForm
from dashboard.history.working import begin_first
from dashboard.http.browser_headers import let_forms_go_to
from dashboard.links import see_other
from dashboard.sources import SOURCES
from dashboard.store import get_store
from dashboard.tool_apis.errors import ApiError
from dashboard.tool_apis.github_app import PERMISSIONS
from dashboard.views.manage.connect import connect_page
from dashboard.views.manage.connections import MEANWHILE, connection_page, found_connection
from dashboard.views.manage.frame import settings_page, team_entry
from dashboard.webhooks.connecting import webhook_url_of
from dashboard.webhooks.github_app import (
    PUBLIC_SERVER,
    SOURCE,
    Wanted,
    app_of,
    change_key,
    choose_installation,
    manifest_of,
    register,
)
from dashboard.webhooks.trying import reach_of
from storage.errors import Conflict
from storage.keys import new_id
from storage.model.entities import Connection, Team

# GitHub's code lasts as long.
HOUR = 3600
REGISTERING = SealedCookie("GITHUB_APP_COOKIE", "registration of a GitHub App", HOUR)
INSTALLING = SealedCookie("GITHUB_APP_COOKIE", "installation of a GitHub App", HOUR)

NOT_BEGUN = (
    "This answer of GitHub belongs to nothing that you began here within the last hour, or was used before."
    " Begin again. An App that was made meanwhile can be deleted at GitHub."
)
DONE_BEFORE = "This App is connected already: it is among the team's connections."
ASKED_OWNER = "The account's owners were asked at GitHub to install the App. Choose the account here once they have."


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: SignedInRequest, team_id: str) -> HttpResponse:
    """The page whose form goes to GitHub, with what is to be made. It alone may send a form there."""
    team = team_entry(request, team_id, MANAGE).team
    if request.method != "POST":
        return see_other("connect", team_id=team.id, source=SOURCE)
    form = RegisterAppForm(request.POST, is_admin=may(request.user, ADMINISTER))
    if not form.is_valid():
        return connect_page(request, team, SOURCE, app=form, status=400)
    data = form.cleaned_data
    wanted = Wanted(new_id(), data.get("server") or PUBLIC_SERVER, data["organisation"], data["is_public"])
    state = secrets.token_urlsafe(32)
    response = _manifest_page(request, team, wanted, state)
    let_forms_go_to(response, wanted.server)
    REGISTERING.keep(response, {**_bound(request, state), "team": team.id, "wanted": _packed(wanted)})
    return response


def _manifest_page(request: SignedInRequest, team: Team, wanted: Wanted, state: str) -> HttpResponse:
    hook = webhook_url_of(SOURCE, wanted.connection_id)
    context = {
        "source": SOURCES[SOURCE],
        "wanted": wanted,
        "host": wanted.server.partition("://")[2],
        "manifest": manifest_of(team, wanted),
        "permissions": sorted(PERMISSIONS),
        "state": state,
        "url": hook,
        "reach": reach_of(hook),
    }
    return settings_page(request, team, "connections", "manage/app_manifest.html", context)


@for_people
@require_GET
def registered(request: SignedInRequest, team_id: str) -> HttpResponse:
    """GitHub made the App and sends its code. What was remembered is forgotten whatever happens."""
    team = team_entry(request, team_id, MANAGE).team
    begun = REGISTERING.read(request)
    if not _is_of(request, begun) or begun["team"] != team.id:
        return _without_app(request, team, NOT_BEGUN)
    wanted = Wanted(*begun["wanted"])
    try:
        connection = register(get_store(), team, wanted, request.GET.get("code", ""), actor_of(request))
    except ApiError as error:
        return _without_app(request, team, f"No App came of it: {error}.")
    except Conflict:
        return _without_app(request, team, DONE_BEFORE, 409)
    return _to_installation(request, connection)


def _without_app(request: SignedInRequest, team: Team, said: str, status: int = 400) -> HttpResponse:
    response = connect_page(request, team, SOURCE, said=said, status=status)
    REGISTERING.forget(response)
    return response


# A plain link leads here: `form-action 'self'` would stop a form's redirect to GitHub.
@for_people
@require_GET
def install(request: SignedInRequest, connection_id: str) -> HttpResponse:
    _, found = _found(request, connection_id)
    return _to_installation(request, found)


def _to_installation(request: SignedInRequest, connection: Connection) -> HttpResponse:
    state = secrets.token_urlsafe(32)
    response = HttpResponseRedirect(f"{connection.api.app.page}/installations/new?{urlencode({'state': state})}")
    INSTALLING.keep(response, {**_bound(request, state), "connection": connection.id})
    response["Cache-Control"] = "no-store"
    return response


@for_people
@require_GET
def installed(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """GitHub sends whoever has installed the App. Anybody can write such an address: an installation that was not asked
    for from here is shown, and counts when it is chosen."""
    team, found = _found(request, connection_id)
    begun = INSTALLING.read(request)
    installation = request.GET.get("installation_id", "")
    if not installation:
        return connection_page(request, team, found, said=ASKED_OWNER)
    if _is_of(request, begun) and begun["connection"] == found.id:
        response = _chosen(request, team, found, installation)
        INSTALLING.forget(response)
        return response
    try:
        candidate = app_of(get_store(), found).installation(installation)
    except ApiError as error:
        return connection_page(request, team, found, said=f"{error}.", status=409)
    return connection_page(request, team, found, candidate=candidate)


@for_people
@require_POST
def choose(request: SignedInRequest, connection_id: str) -> HttpResponse:
    team, found = _found(request, connection_id)
    return _chosen(request, team, found, request.POST.get("installation", ""))


def _chosen(request: SignedInRequest, team: Team, found: Connection, installation: str) -> HttpResponse:
    try:
        chosen = choose_installation(get_store(), found, installation, actor_of(request))
    except ApiError as error:
        return connection_page(request, team, found, said=f"{error}.", status=409)
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    begin_first(get_store(), chosen, actor_of(request))
    return see_other("connection", connection_id=found.id)


@for_people
@require_POST
def new_key(request: SignedInRequest, connection_id: str) -> HttpResponse:
    """Instead of one that was deleted at GitHub, or cannot be read here."""
    team, found = _found(request, connection_id)
    form = AppKeyForm(request.POST)
    if not form.is_valid():
        return connection_page(request, team, found, key=form, status=400)
    try:
        change_key(get_store(), found, form.cleaned_data["key"], actor_of(request))
    except ApiError as error:
        form.add_error("key", f"{error}.")
        return connection_page(request, team, found, key=form, status=400)
    except Conflict:
        return connection_page(request, team, found, said=MEANWHILE, status=409)
    return see_other("connection", connection_id=found.id)


def _found(request: SignedInRequest, connection_id: str) -> tuple[Team, Connection]:
    team, found = found_connection(request, connection_id, MANAGE)
    if not found.api.app.id:
        raise Http404("This connection has no App")
    return team, found


def _bound(request: SignedInRequest, state: str) -> dict[str, Any]:
    """What a cookie says of who began, beside what was begun."""
    return {"user": request.user.id, "state": state}


def _is_of(request: SignedInRequest, begun: dict[str, Any]) -> bool:
    """Whether this browser and this person began what GitHub answers."""
    given = request.GET.get("state", "").encode()
    return begun.get("user") == request.user.id and hmac.compare_digest(given, begun["state"].encode())


def _packed(wanted: Wanted) -> list[object]:
    return [wanted.connection_id, wanted.server, wanted.organisation, wanted.is_public]
