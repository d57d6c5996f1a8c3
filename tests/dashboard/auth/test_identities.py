"""People an identity provider vouches for: who they are, and what their groups give and take."""

from __future__ import annotations

import dataclasses

import pytest

from dashboard.auth.identities import Claims, Refused, welcome
from storage.model.accounts import Grant, Role, User
from storage.store import Store
from tests.factories import BY, Clock, a_team, a_user, administrator

ISSUER, HERE = "https://idp.example", "192.0.2.1"
GROUP_ROLES = (
    ("payments-devs", "payments", "member"),
    ("payments-leads", "payments", "manager"),
    ("nobody-knows", "no-such-team", "manager"),
    ("platform", "", "admin"),
)


@pytest.fixture(autouse=True)
def _mapped(settings) -> None:
    settings.GROUP_ROLES = GROUP_ROLES


def claims(*groups: str, subject: str = "7", issuer: str = ISSUER, email: str = "ada@example.com") -> Claims:
    return Claims(issuer, subject, email, "Ada Lovelace", frozenset(groups))


def came(store: Store, *groups: str) -> User:
    return welcome(claims(*groups), HERE)


def test_first_sign_in_makes_the_person_and_the_second_finds_them(store: Store) -> None:
    first, second = came(store), came(store)
    assert first.id == second.id
    assert (first.name, first.email, first.password) == ("Ada Lovelace", "ada@example.com", "")
    assert [entry.action for entry in store.audit.list_all().items] == ["person.created"]


def test_same_subject_of_another_issuer_or_the_same_e_mail_is_somebody_else(store: Store) -> None:
    known = a_user(store, "ada@example.com")
    found = {welcome(claims(issuer=f"{ISSUER}{n}"), HERE).id for n in range(2)}
    found |= {welcome(claims(subject="8"), HERE).id, known.id}
    assert len(found) == 4
    assert store.users.find_id("ada@example.com") == known.id


@pytest.mark.parametrize(("issuer", "subject"), [("", "7"), (ISSUER, "")])
def test_somebody_without_a_name_of_their_own_is_refused(store: Store, issuer: str, subject: str) -> None:
    with pytest.raises(Refused):
        welcome(claims(issuer=issuer, subject=subject), HERE)
    assert store.users.list_all() == []


def test_groups_give_the_highest_role_they_map_to(store: Store) -> None:
    team = a_team(store)
    user = came(store, "payments-devs", "payments-leads", "nobody-knows", "unmapped")
    assert (user.group_roles, user.is_admin) == ((Grant(team.id, Role.MANAGER),), False)
    (member,) = store.members.list_of_team(team.id)
    assert (member.name, member.role, member.by_group) == ("Ada Lovelace", Role.MANAGER, True)


def test_roles_follow_the_groups_at_each_sign_in(store: Store) -> None:
    team, _ = a_team(store), administrator(store)
    assert came(store, "payments-leads").granted_role(team.id) is Role.MANAGER
    assert came(store, "payments-devs", "platform").is_admin
    left = came(store)
    assert (left.granted_role(team.id), left.is_admin) == (None, False)
    assert store.members.list_of_team(team.id) == []


def test_roles_go_with_the_last_line_of_the_setting(store: Store, settings) -> None:
    team, _ = a_team(store), administrator(store)
    came(store, "payments-leads", "platform")
    settings.GROUP_ROLES = ()
    after = came(store, "payments-leads", "platform")
    assert (after.granted_role(team.id), after.is_admin) == (None, False)


def test_role_given_by_hand_stays_whatever_groups_say(store: Store) -> None:
    team = a_team(store)
    store.members.set_role(came(store), team, Role.MANAGER, BY)
    assert came(store, "payments-devs").granted_role(team.id) is Role.MANAGER
    assert came(store).granted_role(team.id) is Role.MANAGER


def test_only_people_of_the_groups_named_come_in(store: Store, settings) -> None:
    settings.ALLOWED_GROUPS = frozenset({"acme", "payments-devs"})
    assert came(store, "payments-devs").name == "Ada Lovelace"
    for groups in ((), ("unmapped",), ("ACME",)):
        with pytest.raises(Refused, match="none of the groups"):
            came(store, *groups)
    refused = [entry.target for entry in store.audit.list_all().items if entry.outcome == "refused"]
    assert refused == ["ada@example.com"]


@pytest.mark.parametrize(
    ("provider", "group", "is_admin"),
    [
        ("oidc", "platform", True),
        ("proxy", "platform", True),
        ("github", "platform", False),
        ("github", "acme-admins", True),
        ("oidc", "acme-admins", False),
        ("oidc", "github:acme-admins", False),
    ],
)
def test_organisation_anybody_may_register_gives_nothing_that_was_meant_for_others(
    store: Store, settings, provider: str, group: str, is_admin: bool
) -> None:
    settings.GROUP_ROLES = (*GROUP_ROLES, ("github:acme-admins", "", "admin"))
    user = welcome(dataclasses.replace(claims(group), provider=provider), HERE)
    assert user.is_admin is is_admin


def test_who_left_the_groups_that_may_come_in_loses_what_groups_gave(store: Store, settings) -> None:
    team, _ = a_team(store, is_open=False), administrator(store)
    user = came(store, "payments-leads", "platform")
    settings.ALLOWED_GROUPS = frozenset({"payments-leads"})
    with pytest.raises(Refused):
        came(store)
    left = store.users.find(user.id)
    assert left is not None
    assert (left.granted_role(team.id), left.is_admin) == (None, False)


def test_closed_account_is_refused_and_noted_once_an_hour(store: Store, clock: Clock) -> None:
    store.users.set_standing(came(store), BY, is_admin=False, is_active=False)
    for _ in range(3):
        with pytest.raises(Refused):
            came(store)
    refused = [entry for entry in store.audit.list_all().items if entry.outcome == "refused"]
    assert [(entry.action, entry.target, entry.address) for entry in refused] == [
        ("session.opened", "ada@example.com", HERE)
    ]
