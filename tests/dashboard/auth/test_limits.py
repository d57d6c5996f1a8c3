"""How many of what opens doors may stand at once."""

from __future__ import annotations

import pytest

from dashboard.auth import limits, links, tokens
from dashboard.auth.links import invite, make_screen
from dashboard.auth.tokens import create_token
from storage.model.accounts import Role
from storage.model.entities import Team
from storage.store import Store
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, a_team, a_user, administrator

FULL = "There are 2 {} already. Revoke some first."


@pytest.fixture
def team(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
    monkeypatch.setattr(links, "MOST_INVITATIONS", 2)
    monkeypatch.setattr(links, "MOST_SCREENS", 2)
    return a_team(visitor.store)


def refusal(visitor: Visitor, path: str, form: dict[str, str]) -> str:
    answer = visitor.post(path, form)
    assert answer.status_code == 400
    return text_of(answer)


def test_no_more_tokens_than_can_be_revoked(visitor: Visitor, store: Store, team: Team) -> None:
    user = a_user(store, is_admin=True)
    for name in ("one", "two"):
        create_token(user, name, BY, team_id=team.id)
    form = {"token-name": "three", "token-scopes": "read", "token-days": "30", "token-team_id": team.id}
    assert FULL.format("tokens for this team") in refusal(visitor, "/account/tokens", form)
    with pytest.raises(limits.TooMany, match="tokens of this person"):
        create_token(user, "three", BY)
    store.tokens.delete(store.tokens.list_of_user(user.id)[0], BY)
    assert visitor.post("/account/tokens", form).status_code == 200


def test_no_more_invitations_than_can_be_revoked(visitor: Visitor, store: Store, team: Team) -> None:
    for _ in range(2):
        invite(team, Role.VIEWER, "", BY)
    form, path = {"email": "", "role": "viewer"}, f"/manage/teams/{team.id}/members"
    assert FULL.format("invitations to this team") in refusal(visitor, path, form)
    store.members.revoke_invitation(store.members.list_invitations(team.id)[0], BY)
    assert visitor.post(path, form).status_code == 200


@pytest.mark.parametrize("of", ["team", "network"])
def test_no_more_screen_links_than_can_be_revoked(visitor: Visitor, store: Store, team: Team, of: str) -> None:
    team_id, path = (team.id, f"/manage/teams/{team.id}/screens") if of == "team" else ("", "/manage/screens")
    for _ in range(2):
        make_screen(team_id, "Kitchen", BY)
    assert FULL.format("screen links") in refusal(visitor, path, {"name": "Hall"})
    store.screen_links.delete(store.screen_links.list_of_team(team_id)[0], BY)
    assert visitor.post(path, {"name": "Hall"}).status_code == 200


def test_lists_show_those_too_that_were_made_at_the_same_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    slower = 8
    for module, name in ((tokens, "MOST_TOKENS"), (links, "MOST_INVITATIONS"), (links, "MOST_SCREENS")):
        monkeypatch.setattr(module, name, getattr(limits, name) + slower)
    user, team = administrator(store), a_team(store)
    for number in range(limits.MOST_TOKENS + slower):
        create_token(user, str(number), BY, team_id=team.id)
    assert len(store.tokens.list_of_user(user.id)) == limits.MOST_TOKENS + slower
    assert len(store.tokens.list_of_team(team.id)) == limits.MOST_TOKENS + slower
    for number in range(limits.MOST_INVITATIONS + slower):
        invite(team, Role.VIEWER, f"{number}@example.com", BY)
    assert len(store.members.list_invitations(team.id)) == limits.MOST_INVITATIONS + slower
    for number in range(limits.MOST_SCREENS + slower):
        make_screen(team.id, str(number), BY)
    assert len(store.screen_links.list_of_team(team.id)) == limits.MOST_SCREENS + slower
