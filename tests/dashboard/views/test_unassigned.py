"""What waits in Unassigned is moved, and nobody but administrators knows of it."""

from __future__ import annotations

import re

import pytest

from dashboard.auth.policy import ADMINISTER, INGEST, MANAGE, MEMBERS, VIEW, may, scope_of, scope_sees, sees
from dashboard.auth.tokens import create_token
from dashboard.views.manage.moving import MOST_AT_ONCE
from dashboard.wakeups import WakeUp, wakeups
from storage import keys
from storage.model.accounts import Role, Scope
from storage.model.document import replace
from storage.model.pipeline_record import Placed
from storage.model.team_rules import UNASSIGNED
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.offices import PAY, SITE, board, waiting
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, REF, a_member, a_run, administrator
from tests.office import Office

UNASSIGNED_PAGE = "/manage/unassigned"


@pytest.fixture
def office(store: Store) -> Office:
    return waiting(store)


def test_what_waits_is_moved_many_at_once_and_one_by_its_own_button(
    visitor: Visitor, store: Store, office: Office
) -> None:
    other = replace(REF, key="github.com/3/3", repository="acme/wiki", project="wiki")
    office.tell(*a_run("3", ref=other))
    ids = {ref.project: office.record(ref).id for ref in (PAY, SITE, other)}
    text = visitor.text(UNASSIGNED_PAGE)
    assert all(f'value="{id_}"' in text for id_ in ids.values())
    answer = visitor.client.post(
        f"{UNASSIGNED_PAGE}/move", {"to": office.web.id, "pipeline": [ids["pay-api"], ids["site"]]}
    )
    assert "2 moved." in answer.content.decode()
    assert (board(store, office.web.id), board(store, UNASSIGNED)) == (["pay-api", "site"], ["wiki"])
    visitor.post(f"{UNASSIGNED_PAGE}/move", {"to": office.pay.id, "one": ids["wiki"], "pipeline": ids["site"]})
    assert board(store, office.pay.id) == ["wiki"]
    assert {office.record(ref).placed for ref in (PAY, SITE, other)} == {Placed.PERSON}
    assert "Nothing waits here." in visitor.text(UNASSIGNED_PAGE)
    # Search knows them by their new team.
    assert [one.name for one in store.teams.list_names()[office.pay.id].names] == ["wiki · CI"]
    assert store.teams.list_names()[UNASSIGNED].names == ()


def test_what_was_moved_is_read_by_its_new_teams_rules_about_stages(
    visitor: Visitor, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        wakeups, "send", lambda name, subject="": told.append(subject) if name is WakeUp.PIPELINE_IS_STALE else None
    )
    ids = [office.record(PAY).id, "0" * 32]
    visitor.client.post(f"{UNASSIGNED_PAGE}/move", {"to": office.web.id, "pipeline": ids})
    assert told == ids[:1]


def test_more_than_fit_are_moved_by_and_by(visitor: Visitor, store: Store, office: Office) -> None:
    ids = [f"{number:032x}" for number in range(MOST_AT_ONCE + 3)]
    answer = visitor.client.post(f"{UNASSIGNED_PAGE}/move", {"to": office.web.id, "pipeline": ids})
    told = f"0 moved, {MOST_AT_ONCE} not: somebody else was changing them. 3 are left: do it again for those."
    assert told in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"pipeline": "{pay}"}, 400, "Choose the team they go to."),
        ({"to": "{team}"}, 400, "Choose pipelines first."),
        ({"to": "{team}", "pipeline": "../x"}, 400, "Choose pipelines first."),
        ({"to": UNASSIGNED, "pipeline": "{pay}"}, 404, ""),
        ({"to": "nonsense", "pipeline": "{pay}"}, 404, ""),
        ({"to": "6f1d3c0a-8d1e-4f0e-9a51-0f4b6a0f9d11", "pipeline": "{pay}"}, 404, ""),
    ],
)
def test_move_without_all_that_it_takes_moves_nothing(
    visitor: Visitor, store: Store, office: Office, data: dict[str, str], status: int, said: str
) -> None:
    filled = {name: value.format(pay=office.record(PAY).id, team=office.web.id) for name, value in data.items()}
    answer = visitor.post(f"{UNASSIGNED_PAGE}/move", filled)
    assert answer.status_code == status
    assert said in text_of(answer)
    assert len(board(store, UNASSIGNED)) == 2


def test_pipeline_of_another_team_is_not_moved_by_naming_it_here(
    visitor: Visitor, store: Store, office: Office
) -> None:
    store.override_writer.move(office.record(PAY).id, store.teams.get(UNASSIGNED).team, office.web, BY)
    answer = visitor.post(f"{UNASSIGNED_PAGE}/move", {"to": office.pay.id, "pipeline": office.record(PAY).id})
    assert "0 moved, 1 not" in text_of(answer)
    assert board(store, office.web.id) == ["pay-api"]


def test_pages_before_anything_was_unassigned(visitor: Visitor, store: Store) -> None:
    assert "Nothing waits here." in visitor.text(UNASSIGNED_PAGE)
    assert visitor.post(f"{UNASSIGNED_PAGE}/move", {"to": UNASSIGNED}).status_code == 404
    assert "Make a team first" in visitor.text("/manage/team-rules")


# Who sees it


def test_nobody_but_administrators_sees_unassigned_whatever_role_they_were_given(store: Store, office: Office) -> None:
    unassigned = store.teams.get(UNASSIGNED).team
    somebody = a_member(store, unassigned, Role.MANAGER, "groups@example.com")
    viewer = a_member(store, office.web, Role.MANAGER, "web@example.com")
    execution = keys.execution_id(office.platform.id, "github", "1")
    pipeline = office.record(PAY).id
    for person in (somebody, viewer):
        assert not sees(person, unassigned)
        assert not scope_sees(scope_of(person), unassigned)
        visitor = Visitor(store, person)
        for path in ("/", "/health", "/environments", "/waiting", "/queues", "/search?q=pay", f"/commits/{'7c3e1fa'}"):
            text = visitor.text(path)
            assert "pay-api" not in text, path
            assert "Unassigned" not in text, path
        for path in (
            "/teams/unassigned",
            f"/teams/unassigned/pipelines/{pipeline}",
            f"/executions/{execution}",
            "/health/unassigned",
            f"/manage/teams/{UNASSIGNED}/pipelines",
            f"/manage/teams/{UNASSIGNED}/connections",
        ):
            assert visitor.get(path).status_code == 404, path
        for path in ("/manage/team-rules", UNASSIGNED_PAGE):
            assert visitor.get(path).status_code == 403, path


def test_members_of_the_team_it_came_to_or_went_to_see_what_is_theirs(store: Store, office: Office) -> None:
    """Platform's connection tells of it, Web has it: only Web sees it, and Platform does not."""
    store.override_writer.move(office.record(PAY).id, store.teams.get(UNASSIGNED).team, office.web, BY)
    for team in (office.platform, office.web):
        entry = store.teams.get(team.id)
        store.teams.update(entry, replace(entry.team, is_open=False), BY)
    execution = keys.execution_id(office.platform.id, "github", "1")
    status = {}
    for team in (office.platform, office.web):
        visitor = Visitor(store, a_member(store, team, Role.MEMBER, f"{team.slug}@example.com"))
        status[team.name] = visitor.get(f"/executions/{execution}").status_code
        assert ("pay-api" in visitor.text("/search?q=pay")) == (team.name == "Web")
    assert status == {"Platform": 404, "Web": 200}


def test_page_of_a_run_costs_what_it_does_where_rules_placed_its_pipeline(visitor: Visitor, office: Office) -> None:
    path = f"/executions/{keys.execution_id(office.platform.id, 'github', '1')}"
    visitor.get(path)
    with metered() as meter:
        assert visitor.get(path).status_code == 200
    assert meter.calls == 2


def test_manager_moves_nothing_there_and_learns_nothing_of_it(store: Store, office: Office) -> None:
    store.override_writer.move(office.record(PAY).id, store.teams.get(UNASSIGNED).team, office.web, BY)
    visitor = Visitor(store, a_member(store, office.web, Role.MANAGER, "web@example.com"))
    page = f"/manage/teams/{office.web.id}/pipelines/{office.record(PAY).id}"
    assert "Unassigned" not in visitor.text(page)
    assert visitor.post(f"{page}/move", {"to": UNASSIGNED}).status_code == 404
    assert board(store, office.web.id) == ["pay-api"]


def test_unassigned_keeps_its_name_its_place_and_lets_nobody_in(visitor: Visitor, store: Store, office: Office) -> None:
    settings = f"/manage/teams/{UNASSIGNED}"
    assert visitor.get(settings).headers["Location"] == UNASSIGNED_PAGE
    assert visitor.post(settings, {"name": "Lost", "slug": "lost", "is_open": "open"}).status_code == 303
    refused = {
        path: visitor.post(f"{settings}/{path}", data).status_code
        for path, data in (
            ("delete", {"confirm": "Unassigned"}),
            ("members", {"email": "x@example.com", "role": "viewer"}),
            ("screens", {"name": "Hall"}),
            ("tokens/revoke", {"token": "x"}),
        )
    }
    assert refused == {"delete": 403, "members": 403, "screens": 404, "tokens/revoke": 403}
    assert store.teams.get(UNASSIGNED).team.name == "Unassigned"
    sections = re.findall(rf'href="{settings}/(\w+)"', visitor.text(f"{settings}/pipelines"))
    assert set(sections) == {"pipelines", "connections", "audit"}
    assert visitor.user is not None
    allowed = {
        action
        for action in (VIEW, MANAGE, MEMBERS, INGEST, ADMINISTER)
        if may(visitor.user, action, store.teams.get(UNASSIGNED).team)
    }
    assert allowed == {VIEW, MANAGE}


def test_api_neither_renames_nor_deletes_it(store: Store, office: Office) -> None:
    token = create_token(administrator(store), "all", BY, scopes=list(Scope))
    visitor = Visitor(store, None)
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/api/v1/teams/{UNASSIGNED}"
    renamed = visitor.client.patch(path, {"name": "Lost"}, content_type="application/json", headers=headers)
    assert (renamed.status_code, renamed.json()["code"]) == (409, "conflict")
    assert visitor.client.delete(path, headers=headers).status_code == 403
