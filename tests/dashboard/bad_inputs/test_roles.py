"""Numbers 78 and 79: what somebody may do changes while their page is open."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from storage.model.accounts import Role, User
from storage.store import Store
from storage.table import Write
from tests.dashboard.bad_inputs.scene import Scene
from tests.dashboard.bad_inputs.test_people import found
from tests.dashboard.visiting import HX, Visitor, text_of
from tests.factories import BY, NOW, a_member, a_user


def told(store: Store, user: User) -> bool:
    """Whether open streams of theirs end: each ends with its reader's topic."""
    return any(f"reader:{user.id}" in change.topics for change in store.changes.list_since(NOW - 1000, store.now()))


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.MEMBER, 403), (None, 404)])
def test_78_next_poll_and_next_post_of_a_demoted_manager_are_refused(
    visitor: Visitor, scene: Scene, role: Role | None, status: int
) -> None:
    store, team = scene.store, f"/manage/teams/{scene.team.id}"
    form = {"name": "Payments", "slug": "payments", "is_open": "closed"}
    assert visitor.post(team, form).status_code == 303
    manager = a_member(store, scene.team, Role.MANAGER)
    page = Visitor(store, manager)
    check, hook = f"/manage/connections/{scene.github.id}/check", f"/manage/connections/{scene.github.id}"
    assert {page.get(path, **HX).status_code for path in (check, "/teams/payments")} == {200}
    assert page.get(f"{team}/members").status_code == 200
    change = {"user_id": manager.id, "role": str(role), "was": "manager"}
    action = "role" if role else "remove"
    assert visitor.post(f"{team}/members/{action}", change).status_code == 303
    assert told(store, manager)
    refused = 200 if role is Role.MEMBER else status
    assert page.get(check, **HX).status_code == refused
    assert page.poll("/teams/payments", "old").status_code == (200 if role else 404)
    connection = store.connections.find(scene.github.id)
    posts = {
        team: form,
        f"{hook}/rotate": {},
        f"{hook}/delete": {"confirm": "github"},
        f"{team}/screens": {"name": "x"},
    }
    posts |= {f"{team}/members": {"email": "x@example.com", "role": "manager"}}
    posts |= {f"{team}/members/role": {"user_id": manager.id, "role": "manager", "was": str(role or "")}}
    for path, data in posts.items():
        assert page.post(path, data, **HX).status_code == status, path
    assert store.connections.find(scene.github.id) == connection
    assert found(store, manager).granted_role(scene.team.id) is role


def test_78_administrator_who_is_demoted_or_disabled_loses_every_page(visitor: Visitor, store: Store) -> None:
    other = a_user(store, is_admin=True)
    page = Visitor(store, other)
    path = f"/manage/people/{other.id}"
    assert page.get("/manage/people").status_code == 200
    assert visitor.post(path, {"name": other.name, "is_active": "on"}).status_code == 303
    assert told(store, other)
    assert page.get("/manage/people", **HX).status_code == 403
    assert page.post(path, {"name": "x", "is_admin": "on", "is_active": "on"}).status_code == 403
    assert visitor.post(path, {"name": other.name}).status_code == 303
    assert page.get("/", **HX).status_code == 401
    assert not found(store, other).is_admin


@pytest.mark.parametrize("fields", [{}, {"is_active": "on"}, {"is_admin": "on"}])
def test_79_last_administrator_stays_one(visitor: Visitor, store: Store, fields: dict[str, str]) -> None:
    assert visitor.user
    a_user(store)
    path = f"/manage/people/{visitor.user.id}"
    page = visitor.text(path)
    (based_on,) = re.findall(r'name="based_on" value="(\w+)"', page)
    answer = visitor.post(path, {"name": "Another name", "based_on": based_on, **fields})
    text = text_of(answer)
    assert (answer.status_code, 'id="id_is_admin_error"' in text) == (400, True)
    assert "Somebody must remain who may administer." in text
    assert found(store, visitor.user) == visitor.user
    again = {"name": "Another name", "based_on": based_on, "is_active": "on", "is_admin": "on"}
    assert visitor.post(path, again).status_code == 303
    assert found(store, visitor.user).name == "Another name"


def test_79_last_but_one_administrator_may_go(visitor: Visitor, store: Store) -> None:
    assert visitor.user
    a_user(store, is_admin=True)
    path = f"/manage/people/{visitor.user.id}"
    assert visitor.post(path, {"name": "Ada", "is_active": "on"}).status_code == 303
    assert visitor.get(path).status_code == 403


def test_79_second_of_two_managers_who_change_a_member_is_told(scene: Scene) -> None:
    store, team = scene.store, f"/manage/teams/{scene.team.id}"
    first, second = (Visitor(store, a_member(store, scene.team, Role.MANAGER, f"{n}@example.com")) for n in "ab")
    member = a_member(store, scene.team, Role.VIEWER)
    change = {"user_id": member.id, "was": "viewer"}
    assert first.post(f"{team}/members/role", {**change, "role": "member"}).status_code == 303
    late = second.post(f"{team}/members/role", {**change, "role": "manager"})
    assert (late.status_code, "changed this role meanwhile" in text_of(late)) == (409, True)
    assert found(store, member).granted_role(scene.team.id) is Role.MEMBER
    assert first.post(f"{team}/members/remove", {"user_id": member.id}).status_code == 303
    assert second.post(f"{team}/members/remove", {"user_id": member.id}).status_code == 409
    late = second.post(f"{team}/members/role", {**change, "role": "manager", "was": "member"})
    assert late.status_code == 409
    assert found(store, member).roles == ()


def test_79_change_of_a_member_between_read_and_write_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    store = scene.store
    manager = Visitor(store, a_member(store, scene.team, Role.MANAGER))
    member = a_member(store, scene.team, Role.VIEWER)
    engine = store.table.engine
    write = engine.transact

    def somebody_else_first(writes: Sequence[Write]) -> None:
        monkeypatch.undo()
        store.users.rename(member, "Renamed", BY)
        write(writes)

    monkeypatch.setattr(engine, "transact", somebody_else_first)
    change = {"user_id": member.id, "was": "viewer", "role": "manager"}
    answer = manager.post(f"/manage/teams/{scene.team.id}/members/role", change)
    assert answer.status_code == 409
    kept = found(store, member)
    assert (kept.name, kept.granted_role(scene.team.id)) == ("Renamed", Role.VIEWER)


def test_79_role_that_is_none_is_refused(scene: Scene) -> None:
    store, team = scene.store, f"/manage/teams/{scene.team.id}"
    manager = Visitor(store, a_member(store, scene.team, Role.MANAGER))
    member = a_member(store, scene.team, Role.VIEWER)
    for role in ("", "admin", "owner", "MANAGER", "viewer\x00"):
        answer = manager.post(f"{team}/members/role", {"user_id": member.id, "was": "viewer", "role": role})
        assert 400 <= answer.status_code < 500
    for user_id in ("", "x", "é" * 32, "#" * 32, "0" * 32):
        answer = manager.post(f"{team}/members/role", {"user_id": user_id, "was": "viewer", "role": "manager"})
        assert 400 <= answer.status_code < 500
    assert found(store, member) == member
