"""Links that carry a secret: invitations to a team, new passwords."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.conf import settings as own

from dashboard.auth import throttle
from dashboard.auth.links import INVITATION_DAYS, RESET_SECONDS, invite, reset_url
from storage.model.accounts import Actor, Role, User
from storage.model.entities import Team
from storage.store import Store
from storage.table import Write
from tests.dashboard.visiting import HX, Visitor, text_of
from tests.factories import BY, DAY, NOW, PASSWORD, Clock, a_member, a_team, a_user, administrator

ONCE = re.compile(r'id="once" readonly value="([^"]+)"')
NEW = "quite-new-4711"
NEWCOMER = {"name": "Cleo", "email": "cleo@example.com", "password": NEW}
GONE = "This link was used, has expired or was cut."


@pytest.fixture
def team(store: Store) -> Team:
    administrator(store)
    return a_team(store, is_open=False)


def invitation(team: Team, role: Role = Role.MEMBER, email: str = "") -> str:
    return invite(team, role, email, BY).removeprefix(own.BASE_URL)


def nobody(store: Store) -> Visitor:
    return Visitor(store, None)


def found(store: Store, user: User) -> User:
    kept = store.users.find(user.id)
    assert kept is not None
    return kept


def is_gone(visitor: Visitor, path: str, **form: str) -> bool:
    answers = visitor.get(path), visitor.post(path, form)
    return all(answer.status_code == 404 and GONE in text_of(answer) for answer in answers)


# Invitations


def test_newcomer_makes_an_account_and_is_in(store: Store, team: Team) -> None:
    path, visitor = invitation(team, Role.MANAGER, "cleo@example.com"), nobody(store)
    text = visitor.text(path)
    assert "invites you as manager" in text
    assert 'value="cleo@example.com"' in text
    answer = visitor.post(path, NEWCOMER)
    assert (answer.status_code, answer["Location"]) == (303, "/teams/payments")
    assert visitor.get(f"/manage/teams/{team.id}/members").status_code == 200
    (member,) = store.members.list_of_team(team.id)
    assert (member.name, member.role) == ("Cleo", Role.MANAGER)
    assert store.members.list_invitations(team.id) == []
    user_id = store.users.find_id("cleo@example.com")
    assert user_id == member.user_id
    assert nobody(store).post("/login", {"email": "cleo@example.com", "password": NEW}).status_code == 302


def test_somebody_signed_in_joins_as_who_they_are(store: Store, team: Team) -> None:
    user = a_user(store)
    visitor, path = Visitor(store, user), invitation(team)
    assert "You are signed in as Mara Lindqvist" in visitor.text(path)
    assert visitor.get("/teams/payments").status_code == 404
    assert visitor.post(path, NEWCOMER).status_code == 303
    assert visitor.get("/teams/payments").status_code == 200
    assert found(store, user).granted_role(team.id) is Role.MEMBER
    assert store.users.find_id("cleo@example.com") is None
    topics = {topic for change in store.changes.list_since(NOW - 1000, NOW) for topic in change.topics}
    assert f"reader:{user.id}" in topics


def test_somebody_with_an_account_signs_in_first_and_comes_back(store: Store, team: Team) -> None:
    user = a_user(store)
    visitor, path = nobody(store), invitation(team)
    answer = visitor.post(path, {**NEWCOMER, "email": user.email.upper()})
    assert answer.status_code == 400
    assert "Somebody has this e-mail already. Sign in first" in text_of(answer)
    assert NEW not in text_of(answer)
    (login,) = re.findall(r'href="(/login\?next=[^"]+)"', visitor.text(path))
    assert login.removeprefix("/login?next=").replace("%2F", "/") == path
    signed = visitor.post("/login", {"email": user.email, "password": PASSWORD, "next": path})
    assert signed["Location"] == path
    assert visitor.post(path).status_code == 303
    assert found(store, user).granted_role(team.id) is Role.MEMBER
    assert found(store, user).password == user.password


@pytest.mark.parametrize("how", ["removed", "lowered", "locked out"])
def test_who_was_put_out_has_no_way_back_in(store: Store, team: Team, how: str) -> None:
    manager = a_member(store, team, Role.MANAGER)
    link = invite(team, Role.MANAGER, "", Actor(manager.id, manager.name)).removeprefix(own.BASE_URL)
    assert nobody(store).get(link).status_code == 200
    if how == "locked out":
        store.users.set_standing(manager, BY, is_admin=False, is_active=False)
    else:
        store.members.set_role(manager, team, None if how == "removed" else Role.MEMBER, BY)
    assert is_gone(nobody(store), link, **NEWCOMER)
    assert is_gone(Visitor(store, manager), link) or how == "locked out"


def test_invitation_is_for_one_person(store: Store, team: Team) -> None:
    path = invitation(team)
    assert nobody(store).post(path, NEWCOMER).status_code == 303
    assert is_gone(nobody(store), path, **{**NEWCOMER, "email": "dora@example.com"})
    assert is_gone(Visitor(store, a_user(store)), path)
    assert [member.email for member in store.members.list_of_team(team.id)] == ["cleo@example.com"]
    assert store.users.find_id("dora@example.com") is None


@pytest.mark.parametrize("signed_in", [True, False])
def test_slower_of_two_who_open_an_invitation_at_once_is_told(
    store: Store, team: Team, monkeypatch: pytest.MonkeyPatch, signed_in: bool
) -> None:
    path, first = invitation(team), a_user(store, "first@example.com")
    late = Visitor(store, a_user(store)) if signed_in else nobody(store)
    engine = store.table.engine
    write = engine.transact

    def somebody_else_first(writes: Sequence[Write]) -> None:
        monkeypatch.undo()
        (open_one,) = store.members.list_invitations(team.id)
        store.members.accept(open_one, first, [team], BY)
        write(writes)

    monkeypatch.setattr(engine, "transact", somebody_else_first)
    answer = late.post(path, NEWCOMER)
    assert (answer.status_code, GONE in text_of(answer)) == (404, True)
    assert [member.email for member in store.members.list_of_team(team.id)] == ["first@example.com"]
    assert store.users.find_id(NEWCOMER["email"]) is None


def test_invitation_ends_after_a_week(store: Store, team: Team, clock: Clock) -> None:
    path = invitation(team)
    clock.move(INVITATION_DAYS * DAY - 1)
    assert nobody(store).get(path).status_code == 200
    clock.move(1)
    assert is_gone(nobody(store), path, **NEWCOMER)
    assert store.members.list_of_team(team.id) == []


def test_revoked_invitation_is_gone_and_one_that_was_used_cannot_be_revoked(store: Store, team: Team) -> None:
    manager = Visitor(store, a_member(store, team, Role.MANAGER))
    path, used = invitation(team), invitation(team, Role.VIEWER)
    revoke = f"/manage/teams/{team.id}/invitations/revoke"
    hashes = {found.role: found.key_hash for found in store.members.list_invitations(team.id)}
    assert manager.post(revoke, {"invitation": hashes[Role.MEMBER]}).status_code == 303
    assert is_gone(nobody(store), path, **NEWCOMER)
    assert nobody(store).post(used, NEWCOMER).status_code == 303
    for role in (Role.VIEWER, Role.MEMBER):
        answer = manager.post(revoke, {"invitation": hashes[role]})
        assert (answer.status_code, "used or revoked meanwhile" in text_of(answer)) == (409, True)


def test_invitation_to_one_team_opens_no_other(store: Store, team: Team) -> None:
    other = a_team(store, "Ledger", "ledger", is_open=False)
    secret = invitation(team, Role.MANAGER).rpartition("/")[2]
    revoke = f"/manage/teams/{other.id}/invitations/revoke"
    (open_one,) = store.members.list_invitations(team.id)
    manager = Visitor(store, a_member(store, other, Role.MANAGER))
    assert manager.post(revoke, {"invitation": open_one.key_hash}).status_code == 409
    odd = [f"{other.id}/{secret}", f"{team.id}/{secret[:-1]}", f"{team.id}/{secret}x", f"{team.id}/{'x' * 43}"]
    odd += [f"x/{secret}", f"{team.id}/{open_one.key_hash}", f"x/{'é' * 43}"]
    for path in odd:
        assert is_gone(nobody(store), f"/join/{path}", **NEWCOMER), path
    assert nobody(store).get(f"/join/{'%23' * 36}/{secret}").status_code == 404
    assert store.users.find_id(NEWCOMER["email"]) is None
    assert nobody(store).get(f"/join/{team.id}/{secret}").status_code == 200


def test_invitation_to_a_team_that_was_deleted_is_gone(store: Store, team: Team) -> None:
    path = invitation(team)
    store.teams.delete(team, BY)
    assert is_gone(nobody(store), path, **NEWCOMER)


@pytest.mark.parametrize(
    ("has", "offered", "after"),
    [
        (Role.MANAGER, Role.VIEWER, Role.MANAGER),
        (Role.MEMBER, Role.MEMBER, Role.MEMBER),
        (Role.VIEWER, Role.MANAGER, Role.MANAGER),
    ],
)
def test_higher_of_two_roles_stays(store: Store, team: Team, has: Role, offered: Role, after: Role) -> None:
    member = a_member(store, team, has)
    assert Visitor(store, member).post(invitation(team, offered)).status_code == 303
    assert found(store, member).granted_role(team.id) is after
    (listed,) = store.members.list_of_team(team.id)
    assert listed.role is after


@pytest.mark.parametrize(
    "changes", [{"password": "short"}, {"password": "cleo@example.com"}, {"email": "x"}, {"name": ""}, {"email": ""}]
)
def test_newcomer_who_types_wrongly_may_try_again(store: Store, team: Team, changes: dict[str, str]) -> None:
    path = invitation(team)
    answer = nobody(store).post(path, {**NEWCOMER, **changes})
    assert (answer.status_code, 'aria-invalid="true"' in text_of(answer)) == (400, True)
    assert store.members.list_of_team(team.id) == []
    assert nobody(store).post(path, NEWCOMER).status_code == 303


def test_links_cannot_be_guessed_for_long(store: Store, team: Team) -> None:
    good, user = invitation(team), a_user(store)
    for number in range(throttle.PER_ADDRESS):
        guess = f"/join/{team.id}/{'x' * 43}" if number % 2 else "/reset/" + "x" * 60
        assert nobody(store).get(guess).status_code == 404
    for guess in (f"/join/{team.id}/{'x' * 43}", "/reset/x"):
        answer = nobody(store).get(guess)
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
    # Who has a right one is not kept out by somebody who guesses from the same address.
    assert nobody(store).get(good).status_code == 200
    assert nobody(store).get(reset_path(user)).status_code == 200


# New passwords


def reset_path(user: User) -> str:
    return reset_url(user).removeprefix(own.BASE_URL)


def test_new_password_ends_every_session_and_tells_open_pages(store: Store) -> None:
    user = a_user(store)
    visitors = [Visitor(store, user), nobody(store)]
    visitors[1].post("/login", {"email": user.email, "password": PASSWORD})
    assert {visitor.get("/").status_code for visitor in visitors} == {200}
    sessions = [f"session:{session.key_hash}" for session in store.sessions.list_of_user(user.id)]
    assert len(sessions) == 2
    answer = nobody(store).post(reset_path(user), {"password": NEW})
    assert (answer.status_code, answer["Location"]) == (303, "/login")
    assert own.SESSION_COOKIE not in answer.cookies
    assert {visitor.get("/", **HX).status_code for visitor in visitors} == {401}
    topics = {topic for change in store.changes.list_since(NOW - 1000, NOW) for topic in change.topics}
    assert {*sessions, f"reader:{user.id}"} <= topics
    assert store.sessions.list_of_user(user.id) == []


def test_link_opens_once(store: Store) -> None:
    user = a_user(store)
    first, second = reset_path(user), reset_path(user)
    assert nobody(store).post(first, {"password": NEW}).status_code == 303
    for path in (first, second):
        assert is_gone(nobody(store), path, password="one-more-4712")
    assert nobody(store).post("/login", {"email": user.email, "password": NEW}).status_code == 302


def test_link_dies_with_any_change_of_what_it_replaces(store: Store) -> None:
    user = a_user(store)
    visitor, path = Visitor(store, user), reset_path(user)
    assert nobody(store).get(path).status_code == 200
    assert visitor.post("/account/password", {"present": PASSWORD, "password": NEW}).status_code == 303
    assert is_gone(nobody(store), path, password="one-more-4712")
    path = reset_path(found(store, user))
    assert visitor.post("/account/sessions/end-all").status_code == 303
    assert is_gone(nobody(store), path, password="one-more-4712")
    path = reset_path(found(store, user))
    store.users.rename(found(store, user), "Mara again", BY)
    assert nobody(store).post(path, {"password": "one-more-4712"}).status_code == 303


def test_link_ends_after_an_hour(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    user, now = a_user(store), [1_000_000.0]
    monkeypatch.setattr("django.core.signing.time.time", lambda: now[0])
    path = reset_path(user)
    now[0] += RESET_SECONDS
    assert nobody(store).get(path).status_code == 200
    now[0] += 1
    assert is_gone(nobody(store), path, password=NEW)
    assert found(store, user).password == user.password


def test_link_of_somebody_who_may_not_sign_in_any_more_is_gone(store: Store) -> None:
    user = a_user(store)
    path = reset_path(user)
    store.users.set_standing(user, BY, is_admin=False, is_active=False)
    assert is_gone(nobody(store), path, password=NEW)


@pytest.mark.parametrize("cut", [1, 5, 12, 40])
def test_link_that_was_cut_by_a_mail_program_is_gone(store: Store, cut: int) -> None:
    path = reset_path(a_user(store))
    assert is_gone(nobody(store), path[:-cut], password=NEW)
    assert nobody(store).get(path).status_code == 200


def test_link_is_signed_for_this_purpose_alone(store: Store) -> None:
    from django.core import signing

    user = a_user(store)
    fields: Any = signing.loads(reset_path(user).removeprefix("/reset/"), salt="bigtransit password reset")
    for forged in (
        signing.dumps(fields),
        signing.dumps(fields, salt="cursor audit"),
        signing.dumps(fields, key="x" * 40),
    ):
        assert is_gone(nobody(store), f"/reset/{forged}", password=NEW)
    for odd in (3, "x", [], [user.id], {"a": 1}, None):
        signed = signing.dumps(odd, salt="bigtransit password reset")
        assert is_gone(nobody(store), f"/reset/{signed}", password=NEW), odd


def test_slower_of_two_who_use_a_link_at_once_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    user = a_user(store)
    path, engine = reset_path(user), store.table.engine
    write = engine.transact

    def somebody_else_first(writes: Sequence[Write]) -> None:
        monkeypatch.undo()
        store.users.set_password(user, "the quicker one's", BY)
        write(writes)

    monkeypatch.setattr(engine, "transact", somebody_else_first)
    answer = nobody(store).post(path, {"password": NEW})
    assert (answer.status_code, GONE in text_of(answer)) == (404, True)
    assert found(store, user).password == "the quicker one's"


def test_reset_by_an_administrator_ends_the_present_password_at_once(visitor: Visitor, store: Store) -> None:
    user = a_user(store)
    page = Visitor(store, user)
    answer = visitor.post(f"/manage/people/{user.id}/reset")
    (link,) = ONCE.findall(text_of(answer))
    assert "no mail was sent" in text_of(answer)
    assert page.get("/", **HX).status_code == 401
    right = {"email": user.email, "password": PASSWORD}
    assert nobody(store).post("/login", right).status_code == 400
    assert nobody(store).post(link.removeprefix(own.BASE_URL), {"password": NEW}).status_code == 303
    assert nobody(store).post("/login", {**right, "password": NEW}).status_code == 302
