"""What the pages of one team's settings share: who may open them, and the frame around them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse

from dashboard.auth.policy import ADMINISTER, AUDIT, DELIVERIES, MANAGE, MEMBERS, Permission, authorize, may
from dashboard.auth.requests import SignedInRequest
from dashboard.store import get_store
from dashboard.views.pages import page
from storage import keys
from storage.model.entities import Team
from storage.model.team_rules import UNASSIGNED
from storage.repositories.teams import TeamEntry

# Section, words, name of its address, what it takes to open it.
SECTIONS = (
    ("details", "Details", "team_settings", MANAGE),
    ("members", "Members", "members", MEMBERS),
    ("pipelines", "Pipelines", "team_pipelines", MANAGE),
    ("stage_rules", "Stage rules", "team_stage_rules", MANAGE),
    ("connections", "Connections", "connections", DELIVERIES),
    ("screens", "Screen links", "team_screens", MANAGE),
    ("tokens", "API tokens", "team_tokens", MEMBERS),
    ("audit", "Audit log", "team_audit", AUDIT),
    ("delete", "Delete team", "delete_team", ADMINISTER),
)
# It keeps its name, and nobody sees it without signing in.
NOT_OF_UNASSIGNED = ("details", "screens")


def team_entry(request: SignedInRequest, team_id: str, action: Permission) -> TeamEntry:
    entry = get_store().teams.find(team_id) if keys.is_team_id(team_id) else None
    # Before it is asked for: what is refused is noted in this team's log.
    request.team = entry.team if entry else None
    authorize(request.user, action, request.team)
    if entry is None:
        raise Http404("Team not found")
    return entry


def settings_page(
    request: SignedInRequest, team: Team, section: str, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    sections = [
        (name, words, reverse(address, args=[team.id]))
        for name, words, address, action in SECTIONS
        if may(request.user, action, team) and not (team.id == UNASSIGNED and name in NOT_OF_UNASSIGNED)
    ]
    common = {"team": team, "section": section, "sections": sections, "nav": "manage"}
    return page(request, template, {**common, **context}, status)
