"""API tokens end with the password that may have made them."""

from __future__ import annotations

import pytest
from django.conf import settings

from dashboard.auth.links import reset_url
from dashboard.auth.tokens import bearer_of, create_token
from storage.model.accounts import User
from storage.store import Store
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, PASSWORD, a_team, a_user

NEW = "quite-new-4711"


@pytest.fixture
def user(store: Store) -> User:
    return a_user(store)


def tokens(store: Store, user: User) -> list[str]:
    """One for everything, one for a team only."""
    return [create_token(user, "a script", BY), create_token(user, "ours", BY, team_id=a_team(store).id)]


def revoked(store: Store) -> list[str]:
    return sorted(entry.target for entry in store.audit.list_all().items if entry.action == "token.revoked")


def test_link_for_a_new_password_ends_every_token(store: Store, user: User) -> None:
    made = tokens(store, user)
    path = reset_url(user).removeprefix(settings.BASE_URL)
    assert Visitor(store, None).post(path, {"password": NEW}).status_code == 303
    assert [bearer_of(clear) for clear in made] == [None, None]
    assert revoked(store) == ["a script", "ours"]


def test_tokens_of_others_stay(store: Store, user: User) -> None:
    other = create_token(a_user(store, "other@example.com"), "theirs", BY)
    path = reset_url(user).removeprefix(settings.BASE_URL)
    assert Visitor(store, None).post(path, {"password": NEW}).status_code == 303
    assert bearer_of(other) is not None


def test_reset_by_an_administrator_ends_them_at_once(store: Store, visitor: Visitor, user: User) -> None:
    made = tokens(store, user)
    assert visitor.post(f"/manage/people/{user.id}/reset").status_code == 200
    assert [bearer_of(clear) for clear in made] == [None, None]


@pytest.mark.parametrize("ticked", [True, False])
def test_at_a_change_of_the_password_it_is_a_choice(store: Store, user: User, ticked: bool) -> None:
    made, own = tokens(store, user), Visitor(store, user)
    assert "Revoke my API tokens, too" in own.text("/account")
    form = {"present": PASSWORD, "password": NEW, **({"end_tokens": "on"} if ticked else {})}
    assert own.post("/account/password", form).status_code == 303
    assert [bearer_of(clear) is None for clear in made] == [ticked, ticked]
    assert revoked(store) == (["a script", "ours"] if ticked else [])


def test_password_that_is_refused_ends_no_token(store: Store, user: User) -> None:
    made, own = tokens(store, user), Visitor(store, user)
    for form in ({"present": "wrong", "password": NEW}, {"present": PASSWORD, "password": "short"}):
        answer = own.post("/account/password", {**form, "end_tokens": "on"})
        assert (answer.status_code, "new ones" in text_of(answer)) == (400, True)
    assert all(bearer_of(clear) is not None for clear in made)
