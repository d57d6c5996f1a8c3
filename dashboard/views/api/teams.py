"""Teams, their connections and their pipelines."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.errors import HttpError

from dashboard.auth.policy import MANAGE, may
from dashboard.connecting import connect, webhook_url
from dashboard.formats import api as format_api
from dashboard.forms import slugify
from dashboard.store import get_store
from dashboard.views.api.bodies import read_object, read_text
from storage.entities import Team, User
from storage.errors import AlreadyExists
from storage.teams import TeamEntry

router = Router()

NAME_NEEDED = "Name is required and must be a non-empty string"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _manager(request: HttpRequest) -> User:
    user: User = request.auth  # type: ignore[attr-defined]
    if not may(user, MANAGE):
        raise HttpError(403, "This token may not manage teams")
    return user


def _entry(team_id: str) -> TeamEntry:
    entry = get_store().teams.find(team_id) if UUID.fullmatch(team_id) else None
    if entry is None:
        raise HttpError(404, "Team not found")
    return entry


def _name(body: dict[str, Any]) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise HttpError(400, NAME_NEEDED)
    return name.strip()[:80]


def _create(name: str, by: str) -> Team:
    """Under the address its name gives, or the first free one like it."""
    base = slugify(name) or "team"
    for number in range(1, 50):
        try:
            return get_store().teams.create(name, base if number == 1 else f"{base[:56]}-{number}", by)
        except AlreadyExists:
            continue
    raise HttpError(409, "Too many teams have this name")


@router.post("/teams", summary="Create a team")
def create(request: HttpRequest) -> HttpResponse:
    user = _manager(request)
    return JsonResponse(format_api.team(_create(_name(read_object(request)), user.name)), status=201)


@router.get("/teams", summary="All teams")
def list_all(request: HttpRequest) -> dict[str, Any]:
    return {"items": [format_api.team(entry.team) for entry in get_store().teams.list_all()], "next": None}


@router.get("/teams/{team_id}", summary="One team")
def get(request: HttpRequest, team_id: str) -> dict[str, Any]:
    return format_api.team(_entry(team_id).team)


@router.patch("/teams/{team_id}", summary="Rename a team")
def update(request: HttpRequest, team_id: str) -> dict[str, Any]:
    _manager(request)
    entry = _entry(team_id)
    return format_api.team(get_store().teams.update(entry, _name(read_object(request)), entry.team.slug))


@router.delete("/teams/{team_id}", summary="Remove a team")
def delete(request: HttpRequest, team_id: str) -> HttpResponse:
    _manager(request)
    get_store().teams.delete(_entry(team_id).team)
    return HttpResponse(status=204)


@router.post("/teams/{team_id}/connections", summary="Connect a CI tool")
def add_connection(request: HttpRequest, team_id: str) -> HttpResponse:
    _manager(request)
    team, body = _entry(team_id).team, read_object(request)
    secret = read_text(body, "secret", 400)
    try:
        made = connect(
            team.id, read_text(body, "source", 40), secret=secret, topic_arn=read_text(body, "topicArn", 300)
        )
    except ValueError as error:
        raise HttpError(400, str(error)) from error
    found = made.connection
    answer = {"id": found.id, "source": found.source, "webhookUrl": webhook_url(found), "secret": made.secret}
    return JsonResponse(answer, status=201)


@router.get("/teams/{team_id}/pipelines", summary="What the team's board shows")
def pipelines(request: HttpRequest, team_id: str) -> dict[str, Any]:
    _entry(team_id)
    store = get_store()
    rows = [stored.row() for stored in store.pipelines.list_board(team_id)]
    now = store.now()
    items = [format_api.pipeline(row, now) for row in sorted(rows, key=lambda row: (row.name.casefold(), row.id))]
    return {"items": items, "next": None}
