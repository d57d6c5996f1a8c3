"""For administrators: teams, connections and what came through them, tokens."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.auth.policy import authorize_admin
from dashboard.auth.requests import SignedInRequest
from dashboard.auth.sealing import unseal
from dashboard.auth.tokens import create_token
from dashboard.connecting import connect, webhook_url
from dashboard.forms import ConnectForm, TeamForm, TokenForm
from dashboard.sources import SOURCES
from dashboard.store import get_store
from dashboard.views.pages import page
from storage.entities import Team
from storage.errors import AlreadyExists, Conflict
from storage.teams import TeamEntry


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """All teams, and a form for a new one."""
    authorize_admin(request.user)
    store = get_store()
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = store.teams.create(form.cleaned_data["name"], form.cleaned_data["slug"], request.user.name)
        except AlreadyExists:
            form.add_error("slug", ValidationError("Another team has this address."))
        else:
            return HttpResponseRedirect(f"/teams/{team.slug}", status=303)
    status = 400 if form.errors else 200
    context = {
        "entries": store.teams.list_all(),
        "form": form,
        "token_form": TokenForm(prefix="token"),
        "nav": "manage",
    }
    return page(request, "manage/index.html", context, status)


def _entry(team_id: str) -> TeamEntry:
    entry = get_store().teams.find(team_id)
    if entry is None:
        raise Http404("No such team")
    return entry


@require_http_methods(["GET", "HEAD", "POST"])
def team(request: SignedInRequest, team_id: str) -> HttpResponse:
    """One team: its name and address, its connections."""
    authorize_admin(request.user)
    store, entry = get_store(), _entry(team_id)
    form = TeamForm(request.POST or None, initial={"name": entry.team.name, "slug": entry.team.slug})
    if request.method == "POST" and form.is_valid():
        try:
            store.teams.update(entry, form.cleaned_data["name"], form.cleaned_data["slug"])
        except AlreadyExists:
            form.add_error("slug", ValidationError("Another team has this address."))
        except Conflict:
            form.add_error(None, ValidationError("Somebody changed this team meanwhile. Look again, then save."))
        else:
            return HttpResponseRedirect(f"/manage/teams/{team_id}", status=303)
    connections = store.connections.list_of_team(team_id)
    context = {"team": entry.team, "form": form, "connections": connections, "sources": SOURCES, "nav": "manage"}
    return page(request, "manage/team.html", context, 400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def add_connection(request: SignedInRequest, team_id: str, source: str) -> HttpResponse:
    """Make a connection of one CI tool. Its secret is shown on the answer to this post and never again."""
    authorize_admin(request.user)
    found = _entry(team_id).team
    if source not in SOURCES:
        raise Http404("No such source")
    form = ConnectForm(request.POST or None, initial={"source": source})
    context = {"team": found, "source": SOURCES[source], "form": form, "nav": "manage"}
    if request.method != "POST" or not form.is_valid():
        return page(request, "manage/connect.html", context, 400 if form.errors else 200)
    made = connect(found.id, source, name=form.cleaned_data["name"], topic_arn=form.cleaned_data["topic_arn"])
    return _connection_page(request, found, made.connection.id, made.secret)


@never_cache
@require_safe
def connection(request: SignedInRequest, connection_id: str) -> HttpResponse:
    authorize_admin(request.user)
    found = get_store().connections.find(connection_id)
    if found is None:
        raise Http404("No such connection")
    return _connection_page(request, _entry(found.team_id).team, connection_id, "")


def _connection_page(request: HttpRequest, team: Team, connection_id: str, secret: str) -> HttpResponse:
    """`secret`: only just after it was made."""
    store = get_store()
    found = store.connections.find(connection_id)
    if found is None:
        raise Http404("No such connection")
    context = {
        "team": team,
        "connection": found,
        "source": SOURCES[found.source],
        "url": webhook_url(found),
        "secret": secret,
        "unreadable": not unseal(found.secret),
        "deliveries": store.deliveries.list_of_connection(connection_id),
        "nav": "manage",
    }
    return page(request, "manage/connection.html", context)


@require_POST
def token(request: SignedInRequest) -> HttpResponse:
    """A new API token of this administrator's, shown once."""
    authorize_admin(request.user)
    form = TokenForm(request.POST, prefix="token")
    if not form.is_valid():
        context = {"entries": get_store().teams.list_all(), "form": TeamForm(), "token_form": form, "nav": "manage"}
        return page(request, "manage/index.html", context, 400)
    made = create_token(request.user, form.cleaned_data["name"])
    return page(request, "manage/token.html", {"token": made, "name": form.cleaned_data["name"], "nav": "manage"})
