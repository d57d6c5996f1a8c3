"""Environments, incidents, change requests and pushed commits, as they are written and read."""

from __future__ import annotations

from typing import Any

import pytest

from storage import keys
from storage.errors import Conflict
from storage.model.deliveries import APPLIED
from storage.model.subject_views import ChangeRequest, Environment, Incident, PushedCommit
from storage.model.subjects import ChangeRequestState, CommitPushed, SubjectKind
from storage.recording.recorder import Unsettled
from storage.recording.subject_recorder import MOST_AT_ONCE
from storage.store import Store
from storage.table import metered
from tests.factories import BY, DAY, NOW, TEAM_ID, Clock, a_team, delivery, execution_changed
from tests.storage.model.test_subjects import HOME, asked, deployed, incident, pushed


def subject_id(kind: SubjectKind, name: str, team_id: str = TEAM_ID) -> str:
    return keys.subject_id(kind, team_id, "github", "", HOME["scope"], name)


def environment(store: Store, name: str = "production") -> Environment | None:
    return store.subjects.find_environment(subject_id(SubjectKind.ENVIRONMENT, name))


def test_a_deployment_writes_run_and_environment_at_once(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [execution_changed()])
    with metered() as meter:
        applied = store.recorder.apply(TEAM_ID, [execution_changed(at=NOW)], delivery("d1"), [deployed(1, 1)])
    assert meter.operations == ["batch_get", "transact"]
    assert applied.changed
    found = environment(store)
    assert found is not None
    assert found.live is not None
    assert (found.team_id, found.name, found.live.deployment) == (TEAM_ID, "production", "1")


def test_what_speaks_of_no_run_is_one_read_and_one_transaction(store: Store) -> None:
    with metered() as meter:
        applied = store.recorder.apply(TEAM_ID, [], delivery("d1"), [asked(1), incident(1)])
    assert meter.operations == ["batch_get", "transact"]
    assert (applied.changed, applied.execution_id) == (True, "")
    request = store.subjects.find_change_request(subject_id(SubjectKind.CHANGE_REQUEST, "388"))
    trouble = store.subjects.find_incident(subject_id(SubjectKind.INCIDENT, "401"))
    assert isinstance(request, ChangeRequest)
    assert isinstance(trouble, Incident)
    assert (request.state, trouble.title) == (ChangeRequestState.OPEN, "Cards fail")


def test_a_repeated_delivery_and_a_repeated_word_change_nothing(store: Store) -> None:
    assert store.recorder.apply(TEAM_ID, [], delivery("d1"), [incident(1)]).changed
    assert store.recorder.apply(TEAM_ID, [], delivery("d1"), [incident(1)]).duplicate
    again = store.recorder.apply(TEAM_ID, [], delivery("d2"), [incident(1)])
    assert (again.changed, again.duplicate) == (False, False)
    claim = store.deliveries.find(delivery("d2").connection_id, "d2")
    assert claim is not None
    assert claim["outcome"] == APPLIED


def test_what_waited_in_the_inbox_is_settled(store: Store) -> None:
    waiting = delivery("d1", outcome="pending", team_id=TEAM_ID, subjects=(deployed(1, 1),))
    store.deliveries.accept(waiting)
    (entry,) = store.deliveries.list_pending(keys.inbox_shard("d1"), NOW + DAY)
    assert entry.subjects == (deployed(1, 1),)
    assert store.recorder.settle(TEAM_ID, [], entry, entry.subjects).changed
    assert environment(store) is not None
    assert store.deliveries.list_pending(keys.inbox_shard("d1"), NOW + DAY) == []


def test_lists_are_of_one_kind_and_team_the_newest_first_page_by_page(store: Store) -> None:
    team = a_team(store)
    for number in range(5):
        said: dict[str, Any] = {"opened_at": NOW - DAY + number, "title": f"no {number}"}
        event = incident(1, **said)
        store.recorder.apply(team.id, [], None, [type(event)(**{**_fields(event), "subject": str(number)})])
    store.recorder.apply(team.id, [], None, [asked(1), deployed(1, 1)])
    first = store.subjects.list_of_team(SubjectKind.INCIDENT, team.id, limit=3)
    rest = store.subjects.list_of_team(SubjectKind.INCIDENT, team.id, limit=3, cursor=first.next)
    shown = [one for one in (*first.items, *rest.items) if isinstance(one, Incident)]
    assert [one.title for one in shown] == ["no 4", "no 3", "no 2", "no 1", "no 0"]
    assert [type(one) for one in store.subjects.list_of_team(SubjectKind.ENVIRONMENT, team.id).items] == [Environment]
    assert store.subjects.list_of_team(SubjectKind.CHANGE_REQUEST, TEAM_ID).items == []


def _fields(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def a_push(size: int) -> list[CommitPushed]:
    """The head is the last one."""
    shas = [f"{number:040x}" for number in range(1, size + 1)]
    return [pushed(1, sha, head=shas[-1], number=number, size=size) for number, sha in enumerate(shas, start=1)]


def test_a_commit_in_the_middle_of_a_push_is_found_with_the_head_of_the_push(store: Store) -> None:
    with metered() as meter:
        store.recorder.apply(TEAM_ID, [], delivery("d1"), a_push(12))
    assert meter.operations == ["batch_get", "transact"]
    (found,) = store.executions.list_of_commit(f"{7:040x}").pushed
    assert (found.head, found.number, found.size) == (f"{12:040x}", 7, 12)


def test_commits_are_found_by_their_author_and_change_requests_by_their_number(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [], None, [*a_push(3), asked(1)])
    by_ada = store.subjects.list_of_author("  ADA ").items
    assert {one.sha for one in by_ada if isinstance(one, PushedCommit)} == {f"{number:040x}" for number in (1, 2, 3)}
    assert {type(one) for one in by_ada} == {PushedCommit}
    assert [type(one) for one in store.subjects.list_numbered("388").items] == [ChangeRequest]
    assert store.subjects.list_of_author("Grace").items == store.subjects.list_numbered("389").items == []


def test_a_push_larger_than_a_transaction_is_claimed_once_all_of_it_stands(store: Store) -> None:
    size = 2 * MOST_AT_ONCE + 5
    written, claims = store.table.engine.transact, list[int]()

    def transact(writes: Any) -> None:
        if len(claims) == 2:
            raise Conflict("not as expected", index=1)
        claims.append(len(writes))
        written(writes)

    store.table.engine.transact = transact  # type: ignore[method-assign]
    with pytest.raises(Unsettled):
        store.recorder.apply(TEAM_ID, [], delivery("d1"), a_push(size))
    assert store.deliveries.find(delivery("d1").connection_id, "d1") is None
    store.table.engine.transact = written  # type: ignore[method-assign]
    assert store.recorder.apply(TEAM_ID, [], delivery("d1"), a_push(size)).changed
    assert store.recorder.apply(TEAM_ID, [], delivery("d1"), a_push(size)).duplicate
    assert store.executions.list_of_commit(f"{size:040x}").pushed


def test_the_same_name_at_another_host_or_in_another_repository_is_another(store: Store) -> None:
    told = [deployed(1, 1), deployed(2, 2, host="ghe.example"), deployed(3, 3, scope="github.com/2")]
    store.recorder.apply(TEAM_ID, [], None, told)
    found = store.subjects.list_of_team(SubjectKind.ENVIRONMENT, TEAM_ID).items
    assert sorted(one.live.deployment for one in found if isinstance(one, Environment) and one.live) == ["1", "2", "3"]


def test_what_has_passed_its_retention_is_begun_from(store: Store, clock: Clock) -> None:
    store.recorder.apply(TEAM_ID, [], None, [deployed(1, 1)])
    clock.move(500 * DAY)
    assert environment(store) is None
    store.recorder.apply(TEAM_ID, [execution_changed(at=clock.now)], None, [deployed(2, 600 * 24 * 60)])
    found = environment(store)
    assert found is not None
    assert [one.deployment for one in found.deployments] == ["2", "1"]


def test_two_that_write_one_environment_at_once_both_stand(store: Store) -> None:
    written = store.table.engine.transact
    interleaved: list[bool] = []

    def transact(writes: Any) -> None:
        if not interleaved:
            interleaved.append(True)
            store.recorder.apply(TEAM_ID, [], None, [deployed(2, 2)])
        written(writes)

    store.table.engine.transact = transact  # type: ignore[method-assign]
    store.recorder.apply(TEAM_ID, [], delivery("d1"), [deployed(1, 1)])
    found = environment(store)
    assert found is not None
    assert [one.deployment for one in found.deployments] == ["2", "1"]


def test_others_that_keep_writing_leave_it_unsettled(store: Store) -> None:
    def transact(writes: Any) -> None:
        raise Conflict("not as expected", index=1)

    store.table.engine.transact = transact  # type: ignore[method-assign]
    with pytest.raises(Unsettled):
        store.recorder.apply(TEAM_ID, [], delivery("d1"), [incident(1)])


def test_a_deleted_team_leaves_none_behind(store: Store, clock: Clock) -> None:
    team = a_team(store)
    store.recorder.apply(team.id, [], None, [deployed(1, 1), incident(1), asked(1), *a_push(3)])
    store.teams.delete(team, BY)
    while not store.removals.remove_some(team.id):
        pass
    for kind in SubjectKind:
        assert store.subjects.list_of_team(kind, team.id).items == []
