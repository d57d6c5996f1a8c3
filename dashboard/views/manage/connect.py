"""Connecting a CI tool to a team: what is asked for before there is a connection."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.auth.policy import ADMINISTER, MANAGE, may
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.connections import ConnectForm
from dashboard.forms.github_app import RegisterAppForm
from dashboard.sources import SOURCES
from dashboard.tool_apis.offers import OFFERS
from dashboard.views.manage.connections import connection_page
from dashboard.views.manage.frame import settings_page, team_entry
from dashboard.views.pages import status_of
from dashboard.webhooks.connecting import connect
from storage.model.entities import Team


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest, team_id: str, source: str) -> HttpResponse:
    """Make a connection of one CI tool. Its secret is shown on the answer to this post and never again."""
    team = team_entry(request, team_id, MANAGE).team
    if source not in SOURCES:
        raise Http404("No such source")
    form = ConnectForm(request.POST if request.method == "POST" else None, options=SOURCES[source].options)
    if request.method != "POST" or not form.is_valid():
        return connect_page(request, team, source, form=form, status=status_of(form))
    made = connect(team.id, source, actor_of(request), name=form.cleaned_data["name"], options=form.options())
    response = connection_page(request, team, made.connection, secret=made.secret)
    # Loaded again, it shows the connection and not the form for another one.
    response["HX-Push-Url"] = reverse("connection", args=[made.connection.id])
    return response


def connect_page(
    request: SignedInRequest,
    team: Team,
    source: str,
    *,
    form: ConnectForm | None = None,
    app: RegisterAppForm | None = None,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    """`form`, `app`: where one was refused. `said`: why no App came of it."""
    registers = source in OFFERS and OFFERS[source].registers_app
    context = {
        "source": SOURCES[source],
        "form": form or ConnectForm(options=SOURCES[source].options),
        "app": (app or RegisterAppForm(is_admin=may(request.user, ADMINISTER))) if registers else None,
        "said": said,
    }
    return settings_page(request, team, "connections", "manage/connect.html", context, status)
