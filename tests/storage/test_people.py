"""People, their roles and what lets them in, on every engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.codec import items
from storage.errors import AlreadyExists, Conflict, LastAdministrator, NotFound
from storage.keys import new_id
from storage.model.accounts import Grant, Invitation, Role, Session, Token, User
from storage.model.document import replace
from storage.model.entities import Team
from storage.repositories.throttles import Limit
from storage.store import Store
from storage.table import Key, Table, metered
from tests.factories import BY, NOW, Clock, a_connection, a_run, record

HOUR = 3_600_000


@pytest.fixture
def store(table: Table) -> Store:
    """A store of this engine."""
    found = Store(table)
    found.recorder._pause = lambda _: None
    return found


def person(store: Store, email: str = "mara@example.com", **changes: object) -> User:
    user = replace(User(new_id(), email, "Mara", "hash", is_admin=False, created_at=store.now()), **changes)
    store.users.create(user, BY)
    return user


def again(store: Store, user: User) -> User:
    found = store.users.find(user.id)
    assert found is not None
    return found


@pytest.fixture
def team(store: Store) -> Team:
    return store.teams.create("Payments", "payments", BY, is_open=False)


def actions(store: Store) -> list[str]:
    return sorted(entry.action for entry in store.audit.list_all().items)


def test_e_mail_is_taken_once_and_an_identity_too(store: Store) -> None:
    first = person(store)
    with pytest.raises(AlreadyExists):
        person(store, "MARA@example.com")
    vouched = person(store, issuer="https://idp.example", subject="7")
    with pytest.raises(AlreadyExists):
        person(store, "other@example.com", issuer="https://idp.example", subject="7")
    assert store.users.find_id("mara@example.com") == first.id
    assert store.users.find_id_of("https://idp.example", "7") == vouched.id
    assert store.users.find_id_of("https://other.example", "7") is None
    assert actions(store) == ["person.created", "person.created"]


def test_role_stands_with_the_person_and_on_the_teams_list(store: Store, team: Team) -> None:
    user = store.members.set_role(person(store), team, Role.MEMBER, BY)
    found = store.users.find(user.id)
    assert found is not None
    assert found.granted_role(team.id) is Role.MEMBER
    (member,) = store.members.list_of_team(team.id)
    assert (member.user_id, member.role) == (user.id, Role.MEMBER)
    gone = store.members.set_role(found, team, None, BY)
    assert gone.granted_role(team.id) is None
    assert store.members.list_of_team(team.id) == []


def test_team_lists_people_as_they_are_now_and_since_when(store: Store, team: Team, clock: Clock) -> None:
    user = store.members.set_role(person(store), team, Role.MEMBER, BY)
    clock.move(HOUR)
    user = store.users.rename(user, "Mara Lindqvist", BY)
    user = store.members.set_role(user, team, Role.MANAGER, replace(BY, name="Somebody else"))
    store.members.set_groups(user, [Grant(team.id, Role.VIEWER)], BY, is_admin=False)
    (member,) = store.members.list_of_team(team.id)
    assert (member.name, member.role, member.by_group) == ("Mara Lindqvist", Role.MANAGER, False)
    assert (member.added_at, member.added_by) == (NOW, BY.name)


def test_team_lists_those_an_earlier_version_has_listed(store: Store, team: Team) -> None:
    user = store.members.set_role(person(store), team, Role.MEMBER, BY)
    item = store.table.get(Key(f"TEAM#{team.id}", f"MEMBER#{user.id}"))
    assert item is not None
    store.table.put(
        {**item, "doc": f'["{team.id}","{user.id}","An old name","old@example.com","viewer",{NOW - 5},"Ada"]'}
    )
    (member,) = store.members.list_of_team(team.id)
    assert (member.name, member.role, member.added_at, member.added_by) == ("Mara", Role.MEMBER, NOW - 5, "Ada")


def test_second_of_two_who_change_one_person_is_refused(store: Store, team: Team) -> None:
    user = person(store)
    store.members.set_role(user, team, Role.MEMBER, BY)
    with pytest.raises(Conflict):
        store.members.set_role(user, team, Role.MANAGER, BY)
    (member,) = store.members.list_of_team(team.id)
    assert member.role is Role.MEMBER
    assert actions(store).count("member.set") == 1


def test_somebody_must_remain_who_may_administer(store: Store) -> None:
    first, second = (person(store, f"{n}@example.com", is_admin=True) for n in range(2))
    second = store.users.set_standing(second, BY, is_admin=False, is_active=True)
    with pytest.raises(LastAdministrator):
        store.users.set_standing(first, BY, is_admin=True, is_active=False)
    store.users.set_standing(second, BY, is_admin=True, is_active=True)
    store.users.set_standing(first, BY, is_admin=False, is_active=True)


def test_two_administrators_made_at_once_are_both_made(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    person(store, "0@example.com", is_admin=True)
    transact, between = store.table.transact, ["1@example.com"]

    def interrupted(writes: object) -> None:
        if between:
            person(store, between.pop(), is_admin=True)
        transact(writes)  # type: ignore[arg-type]

    monkeypatch.setattr(store.table, "transact", interrupted)
    last = person(store, "2@example.com", is_admin=True)
    monkeypatch.undo()
    store.users.set_standing(last, BY, is_admin=False, is_active=True)
    assert sum(user.is_admin for user in store.users.list_all()) == 2


def test_groups_give_and_take_roles_and_leave_those_given_by_hand(store: Store, team: Team) -> None:
    user = store.members.set_role(person(store), team, Role.VIEWER, BY)
    user = store.members.set_groups(user, [Grant(team.id, Role.MANAGER)], BY, is_admin=True)
    assert (user.granted_role(team.id), user.is_admin) == (Role.MANAGER, True)
    same = store.members.set_groups(user, [Grant(team.id, Role.MANAGER)], BY, is_admin=True)
    assert same.version == user.version
    user = store.members.set_groups(user, [], BY, is_admin=False)
    assert (user.granted_role(team.id), user.is_admin) == (Role.VIEWER, False)
    (member,) = store.members.list_of_team(team.id)
    assert (member.role, member.by_group) == (Role.VIEWER, False)


def test_administration_given_by_hand_is_not_taken_by_groups(store: Store) -> None:
    user = person(store, is_admin=True)
    assert store.members.set_groups(user, [], BY, is_admin=False).is_admin
    user = store.members.set_groups(user, [], BY, is_admin=True)
    assert store.members.set_groups(user, [], BY, is_admin=False).is_admin


def test_administration_by_group_is_taken_by_groups_after_a_lock_out(store: Store) -> None:
    person(store, "other@example.com", is_admin=True)
    user = store.members.set_groups(person(store), [], BY, is_admin=True)
    for is_active in (False, True):
        user = store.users.set_standing(user, BY, is_admin=True, is_active=is_active)
    assert not store.members.set_groups(user, [], BY, is_admin=False).is_admin


def test_administration_taken_and_given_again_by_hand_is_by_hand(store: Store) -> None:
    person(store, "other@example.com", is_admin=True)
    user = store.members.set_groups(person(store), [], BY, is_admin=True)
    for is_admin in (False, True):
        user = store.users.set_standing(user, BY, is_admin=is_admin, is_active=True)
    assert store.members.set_groups(user, [], BY, is_admin=False).is_admin


def test_session_from_before_a_lock_out_does_not_come_back(store: Store) -> None:
    user = person(store)
    out = store.users.set_standing(user, BY, is_admin=False, is_active=False)
    back = store.users.set_standing(out, BY, is_admin=False, is_active=True)
    assert (out.epoch, back.epoch) == (user.epoch + 1, user.epoch + 1)


def test_pipeline_that_was_moved_is_arranged_by_its_new_team_only(store: Store, team: Team) -> None:
    other = store.teams.create("Other", "other", BY)
    record(store, a_run("5001"), team.id)
    row = store.pipelines.list_board(team.id)[0].row()
    found = store.pipelines.find(row.id)
    assert found is not None
    store.override_writer.move(row.id, team, other, BY)
    with pytest.raises(Conflict):
        store.override_writer.override(team.id, row.id, replace(found.overrides, name="Mine"), found.overrides, BY)


def test_sessions_end_though_the_person_was_changed_meanwhile(store: Store) -> None:
    user = person(store)
    store.sessions.put(Session(user.id, "a" * 64, 0, NOW, NOW + HOUR), BY)
    store.users.rename(user, "Mara Lindqvist", BY)
    store.users.end_sessions(user, BY)
    assert store.sessions.list_of_user(user.id) == []
    assert (again(store, user).epoch, again(store, user).name) == (1, "Mara Lindqvist")


def invitation(store: Store, team: Team, role: Role = Role.MEMBER) -> Invitation:
    made = Invitation(team.id, new_id() * 2, role, "", NOW, NOW + HOUR, "Ada")
    store.members.put_invitation(made, BY)
    return made


def test_invitation_works_for_one(store: Store, team: Team) -> None:
    found = invitation(store, team)
    store.members.accept(found, person(store), [team], BY)
    with pytest.raises(NotFound):
        store.members.accept(found, person(store, "two@example.com"), [team], BY)
    late = replace(person(store, "three@example.com"), id=new_id(), email="four@example.com")
    with pytest.raises(NotFound):
        store.members.accept_as_new(found, late, BY)
    assert store.users.find_id("four@example.com") is None
    assert len(store.members.list_of_team(team.id)) == 1


def test_invitation_never_lowers_a_role(store: Store, team: Team) -> None:
    user = store.members.set_role(person(store), team, Role.MANAGER, BY)
    store.members.accept(invitation(store, team), user, [team], BY)
    assert again(store, user).granted_role(team.id) is Role.MANAGER


def test_invitation_stands_a_person_who_was_changed_meanwhile(store: Store, team: Team) -> None:
    user = person(store)
    store.users.rename(user, "Mara Lindqvist", BY)
    store.members.accept(invitation(store, team), user, [team], BY)
    joined = again(store, user)
    assert (joined.name, joined.granted_role(team.id)) == ("Mara Lindqvist", Role.MEMBER)


def test_used_invitation_is_told_at_once(store: Store, team: Team) -> None:
    found = invitation(store, team)
    store.members.accept(found, person(store), [team], BY)
    newcomer = User(new_id(), "new@example.com", "New", "hash", is_admin=False, created_at=NOW)
    with metered() as meter, pytest.raises(NotFound):
        store.members.accept_as_new(found, newcomer, BY)
    assert meter.operations == ["transact"]


def test_invitation_ends_with_its_time(store: Store, team: Team, clock: Clock) -> None:
    found = invitation(store, team)
    clock.move(2 * HOUR)
    assert store.members.find_invitation(team.id, found.key_hash) is None


def test_password_change_ends_every_session_and_says_so(store: Store) -> None:
    user = person(store)
    for letter in "ab":
        store.sessions.put(Session(user.id, letter * 64, 0, NOW, NOW + HOUR), BY)
    changed = store.users.set_password(user, "another", BY)
    assert (changed.epoch, store.sessions.list_of_user(user.id)) == (1, [])
    topics = {topic for change in store.changes.list_since(NOW, NOW) for topic in change.topics}
    assert {"session:" + "a" * 64, "session:" + "b" * 64, f"reader:{user.id}"} <= topics


def test_session_ends_once(store: Store) -> None:
    user = person(store)
    store.sessions.put(Session(user.id, "a" * 64, 0, NOW, NOW + HOUR), BY)
    assert store.sessions.delete(user.id, "a" * 64, BY)
    assert not store.sessions.delete(user.id, "a" * 64, BY)
    assert actions(store).count("session.ended") == 1


def test_revoked_token_is_not_brought_back_by_its_last_use(store: Store, team: Team, clock: Clock) -> None:
    token = Token("t" * 64, "u" * 32, "a token", NOW, team_id=team.id)
    store.tokens.create(token, BY)
    store.tokens.touch(token)
    assert store.tokens.list_of_team(team.id)[0].last_used_at == NOW
    store.tokens.delete(token, BY)
    clock.move(HOUR)
    store.tokens.touch(token)
    assert store.tokens.find(token.token_hash) is None
    assert store.tokens.list_of_team(team.id) == []


def test_audit_log_is_read_newest_first_page_by_page(store: Store, team: Team, clock: Clock) -> None:
    for number in range(5):
        clock.move(1000)
        store.audit.put_refused(BY, "request.post", f"/{number}", team.id)
    first = store.audit.list_all(3)
    second = store.audit.list_all(3, first.next)
    assert [entry.target for entry in (*first.items, *second.items)] == ["/4", "/3", "/2", "/1", "/0", "Payments"]
    assert [entry.target for entry in store.audit.list_of_team(team.id, 2).items] == ["/4", "/3"]


def test_just_one_is_the_first_of_all(store: Store) -> None:
    ada, eve = (User(new_id(), f"{name}@example.com", name, "hash", True, NOW) for name in ("ada", "eve"))
    store.users.create(ada, BY, first=True)
    with pytest.raises(AlreadyExists):
        store.users.create(eve, BY, first=True)
    assert store.users.find(eve.id) is None
    assert store.users.find_id("eve@example.com") is None
    store.users.create(eve, BY)
    assert {user.id for user in store.users.list_all()} == {ada.id, eve.id}


def test_many_tries_at_once_are_counted_one_by_one(concurrent_table: Table) -> None:
    store = Store(concurrent_table)
    limit = Limit("sign-in", "somebody", 5, 60)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: store.throttles.take([limit]), range(40)))
    assert waits.count(0) <= 5
    while store.throttles.take([limit]) == 0:
        waits.append(0)
    assert waits.count(0) == 5


def test_deleted_team_leaves_nothing_and_its_connections_at_once(store: Store, team: Team, clock: Clock) -> None:
    user = store.members.set_role(person(store), team, Role.MEMBER, BY)
    connection = a_connection(store, team.id)
    execution = record(store, a_run("5001"), team.id)
    invitation(store, team)
    store.tokens.create(Token("t" * 64, user.id, "a token", NOW, team_id=team.id), BY)
    store.teams.delete(team, BY, [connection])
    assert store.connections.find(connection.id) is None
    with pytest.raises(NotFound):
        store.teams.delete(team, BY)
    for _ in range(20):
        if store.removals.remove_some(team.id):
            break
    assert store.executions.find(execution) is None
    assert store.tokens.find("t" * 64) is None
    assert store.members.list_invitations(team.id) == []
    assert store.members.list_of_team(team.id) == []
    left = store.users.find(user.id)
    assert left is not None
    assert left.roles == ()
    clock.move(HOUR)
    assert store.removals.remove_some(team.id)
    assert store.removals.list_all() == []


def test_what_people_say_of_a_pipeline_keeps_runs_that_have_expired(store: Store, team: Team) -> None:
    for number in range(3):
        execution = record(store, a_run(str(5001 + number), began=NOW - (9 - number) * 600_000), team.id)
    row = store.pipelines.list_board(team.id)[0].row()
    found = store.pipelines.find(row.id)
    assert found is not None
    store.table.delete(items.execution_key(execution))
    store.override_writer.override(team.id, row.id, replace(found.overrides, name="Checkout"), found.overrides, BY)
    after = store.pipelines.find(row.id)
    assert after is not None
    assert [run.id for run in after.history.runs] == [run.id for run in found.history.runs]
    assert store.pipelines.list_board(team.id)[0].row().name == "Checkout"
