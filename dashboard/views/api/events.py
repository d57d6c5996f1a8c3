"""CDEvents taken with a token: what a webhook answers, in the API's shape of errors."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from ninja import Router
from ninja.errors import HttpError

from dashboard.auth.policy import INGEST, Bearer, authorize, may
from dashboard.auth.requests import actor_of
from dashboard.store import get_store
from dashboard.views.api.bodies import bearer
from dashboard.views.webhooks import Unusable, refused_content_type, refused_form, refused_size
from dashboard.webhooks.token_posts import source, take
from storage.model.accounts import Scope
from storage.model.entities import Team

router = Router()

CODES = {400: "invalid", 411: "length_required", 413: "too_large", 415: "unsupported_media_type"}
WHICH_TEAM = "Say whose events these are: ?team=<slug>, or use a token that is good for one team"


def _told(description: str, **members: str) -> dict[str, Any]:
    properties = {name: {"type": kind} for name, kind in members.items()}
    schema = {"type": "object", "properties": properties}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_ERROR = {"message": "string", "code": "string"}
DOCUMENTED = {
    "requestBody": {
        "required": True,
        "description": "A CDEvent: bare, in an envelope, or with attributes in ce- headers; or a batch of envelopes",
        "content": {kind: {"schema": {}} for kind in sorted(source().content_types)},
    },
    "responses": {
        200: _told("Seen before, or nothing in it for us", status="string", reason="string"),
        202: _told("Stored", status="string", delivery="string"),
        400: _told("Not JSON, or what is needed is missing: the path says what", **_ERROR, path="string"),
        401: _told("No such token", **_ERROR),
        403: _told("The token may not post events for this team", **_ERROR),
        404: _told("No such team", **_ERROR),
        413: _told("The body is too long", **_ERROR),
        415: _told("Another content type", **_ERROR),
        503: _told("Nothing was stored: send it again", **_ERROR),
    },
}


@router.post("/events", summary="Take CDEvents", openapi_extra=DOCUMENTED)
def post(request: HttpRequest, team: str = "") -> HttpResponse:
    """With a token for ingesting. `team`: its slug, where the token is good for more than one."""
    owner = _team(bearer(request), team)
    refused = refused_size(request) or refused_form(request)
    if refused := refused or refused_content_type(request, source().content_types):
        return _refusal(refused)
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() != "authorization"}
    try:
        body = request.body
    except UnreadablePostError:
        return _refusal(Unusable(400, "The body broke off", ""))
    answer = take(owner.id, actor_of(request, bearer(request).user), headers, body)
    code = {"code": CODES[answer.code]} if answer.code in CODES else {}
    return JsonResponse({**answer.body, **code}, status=answer.code)


def _refusal(refused: Unusable) -> HttpResponse:
    body = {"message": refused.message, "code": CODES[refused.code]}
    return JsonResponse(body, status=refused.code, headers=refused.headers)


def _team(reader: Bearer, slug: str) -> Team:
    """The one that is named, else the token's, else the only one that it may post events for."""
    store = get_store()
    if slug:
        return authorize(reader, INGEST, store.teams.find_by_slug(slug))
    if reader.token.team_id:
        entry = store.teams.find(reader.token.team_id)
        return authorize(reader, INGEST, entry.team if entry else None)
    teams = [entry.team for entry in store.teams.list_all() if may(reader, INGEST, entry.team)]
    if len(teams) > 1:
        raise HttpError(400, WHICH_TEAM)
    if not teams and Scope.INGEST not in reader.token.scopes:
        raise PermissionDenied
    if not teams:
        raise Http404("Team not found")
    return teams[0]
