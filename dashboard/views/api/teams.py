"""Teams, their connections and their pipelines."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.errors import HttpError

from dashboard.auth.policy import (
    ADMINISTER,
    MANAGE,
    VIEW,
    Permission,
    authorize,
    authorize_admin,
    authorize_reading,
    sees,
)
from dashboard.auth.requests import actor_of
from dashboard.formats import api as format_api
from dashboard.forms.teams import RESERVED, slugify
from dashboard.screens import BOARD
from dashboard.screens.screen import View, look_at
from dashboard.sources.kit.payload import clean
from dashboard.store import get_store
from dashboard.views.api.bodies import bearer, read_object
from dashboard.wakeups import WakeUp, wakeups
from storage.errors import AlreadyExists
from storage.model.accounts import Actor
from storage.model.document import replace
from storage.model.entities import Team
from storage.repositories.teams import TeamEntry

router = Router()

NAME_NEEDED = "Name is required and must be a non-empty string"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def entry_of(request: HttpRequest, team_id: str, action: Permission) -> TeamEntry:
    """Raises Http404, and PermissionDenied where this token may know it but not do this."""
    entry = get_store().teams.find(team_id) if UUID.fullmatch(team_id) else None
    authorize(bearer(request), action, entry.team if entry else None)
    if entry is None:
        raise Http404("Team not found")
    return entry


def actor_by(request: HttpRequest) -> Actor:
    return actor_of(request, bearer(request).user)


def _name(body: dict[str, Any]) -> str:
    name = body.get("name")
    cleaned = clean(name) if isinstance(name, str) else ""
    if not cleaned:
        raise HttpError(400, NAME_NEEDED)
    return cleaned[:80]


def _create(name: str, by: Actor) -> Team:
    """Under the address its name gives, or the first free one like it."""
    base = slugify(name) or "team"
    base = f"{base}-team" if base in RESERVED else base
    for number in range(1, 50):
        try:
            return get_store().teams.create(name, base if number == 1 else f"{base[:56]}-{number}", by)
        except AlreadyExists:
            continue
    raise HttpError(409, "Too many teams have this name")


@router.post("/teams", summary="Create a team")
def create(request: HttpRequest) -> HttpResponse:
    authorize_admin(bearer(request))
    return JsonResponse(format_api.team(_create(_name(read_object(request)), actor_by(request))), status=201)


@router.get("/teams", summary="All teams")
def list_all(request: HttpRequest) -> dict[str, Any]:
    reader = bearer(request)
    authorize_reading(reader)
    entries = get_store().teams.list_all()
    return {"items": [format_api.team(entry.team) for entry in entries if sees(reader, entry.team)], "next": None}


@router.get("/teams/{team_id}", summary="One team")
def get(request: HttpRequest, team_id: str) -> dict[str, Any]:
    return format_api.team(entry_of(request, team_id, VIEW).team)


@router.patch("/teams/{team_id}", summary="Rename a team")
def update(request: HttpRequest, team_id: str) -> dict[str, Any]:
    entry = entry_of(request, team_id, MANAGE)
    wanted = replace(entry.team, name=_name(read_object(request)))
    return format_api.team(get_store().teams.update(entry, wanted, actor_by(request)))


@router.delete("/teams/{team_id}", summary="Remove a team with all it has")
def delete(request: HttpRequest, team_id: str) -> HttpResponse:
    entry = entry_of(request, team_id, ADMINISTER)
    store = get_store()
    store.teams.delete(entry.team, actor_by(request), store.connections.list_of_team(team_id))
    wakeups.send(WakeUp.TEAM_WAS_DELETED)
    return HttpResponse(status=204)


@router.get("/teams/{team_id}/pipelines", summary="What the team's board shows")
def pipelines(request: HttpRequest, team_id: str) -> dict[str, Any]:
    store, team = get_store(), entry_of(request, team_id, VIEW).team
    board = look_at(BOARD, BOARD.read_of(store, team), team.id, View(), store.now()).model
    rows = sorted((line.row for line in board.lines), key=lambda row: (row.name.casefold(), row.id))
    now = store.now()
    items = [format_api.pipeline(row, now) for row in rows]
    return {"items": items, "next": None, "quietConnections": [format_api.quiet_connection(one) for one in team.quiet]}
