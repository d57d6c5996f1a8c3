"""A team's connections: made, and how fresh what they tell is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.errors import HttpError

from dashboard.auth.policy import DELIVERIES, MANAGE
from dashboard.formats import connections as format_connections
from dashboard.readmodels.connections import UNSIGNED
from dashboard.sources import SOURCES
from dashboard.store import get_store
from dashboard.views.api.bodies import read_object, read_text
from dashboard.views.api.paging import page_of
from dashboard.views.api.teams import actor_by, entry_of
from dashboard.webhooks.connecting import connect, connections_of, webhook_url
from storage.model.connection_state import ConnectionState
from storage.model.entities import Connection
from storage.model.silence import is_learned, unusual_from
from storage.store import Store

router = Router()


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


@router.post("/teams/{team_id}/connections", summary="Connect a CI tool")
def add_connection(request: HttpRequest, team_id: str) -> HttpResponse:
    """Beside source and secret the body may have the options that the source declares, their names in camel case."""
    team, body = entry_of(request, team_id, MANAGE).team, read_object(request)
    secret, source = read_text(body, "secret", 400), read_text(body, "source", 40)
    declared = SOURCES[source].options if source in SOURCES else ()
    options = {option.name: read_text(body, _camel(option.name), option.longest) for option in declared}
    try:
        made = connect(team.id, source, actor_by(request), secret=secret, options=options)
    except ValueError as error:
        raise HttpError(400, str(error)) from error
    found = made.connection
    answer = {"id": found.id, "source": found.source, "webhookUrl": webhook_url(found), "secret": made.secret}
    return JsonResponse(answer, status=201)


@router.get("/teams/{team_id}/connections", summary="How fresh what a team's connections tell is")
def connections(request: HttpRequest, team_id: str, limit: int = 50, cursor: str = "") -> dict[str, Any]:
    """Oldest first, without secrets; for members of the team. `silenceIsUnusual` is null until five days are known.
    `clockAheadSeconds` is how far the sender's clock is ahead of ours, negative where events come late. `repair` is
    null where the tool is not asked."""
    store = get_store()
    team = entry_of(request, team_id, DELIVERIES).team
    page, following = page_of(list(connections_of(store, team.id)), limit, cursor)
    states = store.connection_states.find_all([one.id for one in page])
    return {"items": [_told(store, one, states[one.id]) for one in page], "next": following}


def _told(store: Store, found: Connection, state: ConnectionState) -> dict[str, Any]:
    due = unusual_from(state.activity)
    unusual = (due is not None and due <= store.now()) if is_learned(state.activity) else None
    refused = [one for one in store.deliveries.list_of_connection(found.id) if one.answer == UNSIGNED]
    at = refused[0].received_at if refused else 0
    return format_connections.connection(found, state, unusual=unusual, refused=len(refused), refused_at=at)
