"""The commands that make people: what they make, and what they refuse before anything is made."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dashboard.auth.passwords import authenticate
from storage.errors import Conflict
from storage.model.accounts import Role, User
from storage.store import Store
from tests.dashboard.auth.proving import with_app
from tests.factories import PASSWORD, a_team, a_user

EMAIL = "ines@example.com"


def create(*options: str, email: str = EMAIL, password: str = PASSWORD) -> None:
    call_command("create_user", email, *options, password=password)


def made(store: Store) -> User:
    user_id = store.users.find_id(EMAIL)
    assert user_id is not None
    user = store.users.find(user_id)
    assert user is not None
    return user


def test_administrator_is_made_who_can_sign_in(store: Store) -> None:
    create("--name", "Ines")
    assert (made(store).name, made(store).is_admin) == ("Ines", True)
    assert authenticate(EMAIL, PASSWORD) == made(store)


def test_somebody_of_a_team_is_made_with_the_role_and_on_its_list(store: Store) -> None:
    team = a_team(store)
    create("--team", team.slug, "--role", "manager")
    assert (made(store).is_admin, made(store).granted_role(team.id)) == (False, Role.MANAGER)
    (member,) = store.members.list_of_team(team.id)
    assert member.email == EMAIL


def test_role_token_and_link_of_somebody_who_is_here(store: Store, capsys: Any) -> None:
    team, user = a_team(store), a_user(store, EMAIL)
    create("--team", team.slug, "--token", "--reset", password="")
    token, link = capsys.readouterr().out.split()
    assert made(store).granted_role(team.id) is Role.MEMBER
    assert [each.name for each in store.tokens.list_of_user(user.id)] == ["from the command line"]
    assert re.fullmatch(r"bt_\w{8}_[\w-]+", token)
    assert "/reset/" in link


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--reset",), "Nobody signs in"),
        (("--token",), "Nobody signs in"),
        (("--team", "nowhere"), "no team"),
    ],
)
def test_nobody_is_made_by_a_slip(store: Store, options: tuple[str, ...], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        create(*options)
    assert store.users.list_all() == []


@pytest.mark.parametrize(("email", "password"), [("nonsense", PASSWORD), (EMAIL, "password")])
def test_bad_address_and_weak_password_are_told(store: Store, email: str, password: str) -> None:
    with pytest.raises(CommandError, match=r"\w+"):
        create(email=email, password=password)
    assert store.users.list_all() == []


def test_role_is_not_given_to_an_address_that_nobody_vouches_for(store: Store) -> None:
    team = a_team(store)
    a_user(store, EMAIL, email_claimed=True)
    with pytest.raises(CommandError, match="nobody vouches"):
        create("--team", team.slug, password="")
    assert made(store).granted_role(team.id) is None


def test_one_token_too_many_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.auth.tokens.MOST_TOKENS", 1)
    user = a_user(store, EMAIL)
    create("--token", password="")
    with pytest.raises(CommandError, match="1 tokens of this person already"):
        create("--token", password="")
    assert len(store.tokens.list_of_user(user.id)) == 1


def test_address_somebody_has_is_refused(store: Store) -> None:
    a_user(store, EMAIL)
    with pytest.raises(CommandError, match="already"):
        create()


def test_weak_password_in_the_environment_is_told_by_its_name(store: Store, settings: Any) -> None:
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = EMAIL, "password"
    with pytest.raises(CommandError, match="BIGTRANSIT_ADMIN_PASSWORD"):
        call_command("prepare_store")


def test_second_factor_that_is_lost_is_taken(store: Store) -> None:
    user = a_user(store, EMAIL)
    with_app(store, user)
    assert made(store).has_second_factor
    create("--reset-factors", password="")
    assert not made(store).has_second_factor
    assert not store.factor_sets.find(user.id).is_any
    assert "factors.reset" in {entry.action for entry in store.audit.list_all().items}


def test_second_factor_that_is_changed_meanwhile_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> None:
        raise Conflict("written meanwhile")

    with_app(store, a_user(store, EMAIL))
    monkeypatch.setattr(store.factor_sets, "put", late)
    with pytest.raises(CommandError, match="try again"):
        create("--reset-factors", password="")
