"""What administrators and managers do on the manage pages."""

from __future__ import annotations

import re

import pytest

from dashboard.auth.tokens import bearer_of
from dashboard.jobs import remove_deleted_teams
from storage.model.accounts import Role, Scope
from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.document import replace
from storage.model.entities import StageKind, Team
from storage.model.overrides import StageOverride
from storage.store import Store
from tests.dashboard.jobs.doing import do
from tests.dashboard.views.town import Town
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, MINUTE, NOW, SHA, Clock, a_member, a_run, a_team, a_user, record


def entries(store: Store) -> list[tuple[str, str]]:
    return [(entry.action, entry.target) for entry in store.audit.list_all().items]


# Teams


def test_team_is_created_with_an_address_made_from_its_name(visitor: Visitor, store: Store) -> None:
    answer = visitor.post("/manage", {"name": "Payments & Tax", "slug": "", "is_open": "closed"})
    assert (answer.status_code, answer["Location"]) == (303, "/teams/payments-tax")
    (entry,) = store.teams.list_all()
    assert (entry.team.name, entry.team.created_by, entry.team.is_open) == ("Payments & Tax", "Ada Admin", False)
    assert visitor.get("/teams/payments-tax").status_code == 200


def test_teams_are_listed_with_how_many_pipelines_they_have(visitor: Visitor, town: Town) -> None:
    assert re.search(r"/teams/payments</td>.*?<td class=\"num\"[^>]*>4</td>", visitor.text("/manage"), re.DOTALL)


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "slug": ""},
        {"name": "Payments", "slug": "Not An Address"},
        {"name": "Payments", "slug": "new"},
        {"name": "Payments", "slug": "-x"},
        {"name": "!!!", "slug": ""},
        {"name": "x" * 81, "slug": ""},
        {"name": "Payments", "slug": "taken"},
    ],
)
def test_team_that_cannot_be_is_refused_with_a_reason(visitor: Visitor, store: Store, data: dict[str, str]) -> None:
    a_team(store, "First", "taken")
    answer = visitor.post("/manage", data)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in text_of(answer)
    assert len(store.teams.list_all()) == 1


def test_extra_fields_of_a_form_change_nothing(visitor: Visitor, store: Store) -> None:
    visitor.post("/manage", {"name": "Payments", "slug": "payments", "id": "x", "version": "9", "created_by": "evil"})
    (entry,) = store.teams.list_all()
    assert (entry.team.created_by, entry.team.version) == ("Ada Admin", 1)
    assert entry.team.id != "x"


def test_team_is_renamed_and_moves_to_its_new_address(visitor: Visitor, store: Store, clock: Clock) -> None:
    team = a_team(store)
    clock.move(1000)
    form = {"name": "Checkout", "slug": "checkout", "description": "Carts.", "is_open": "open"}
    assert visitor.post(f"/manage/teams/{team.id}", form).status_code == 303
    assert visitor.get("/teams/checkout").status_code == 200
    assert visitor.get("/teams/payments").status_code == 404
    noted = store.audit.list_of_team(team.id).items[0]
    assert dict(noted.before) == {"name": "Payments", "slug": "payments", "description": ""}
    assert dict(noted.after) == {"name": "Checkout", "slug": "checkout", "description": "Carts."}
    assert (noted.who, noted.address) == ("Ada Admin", "127.0.0.1")


def test_closed_team_is_opened_by_nothing_but_saying_so(visitor: Visitor, store: Store, team: Team) -> None:
    visitor.post(f"/manage/teams/{team.id}", {"name": "Payments", "slug": "payments"})
    assert not store.teams.get(team.id).team.is_open
    visitor.post(f"/manage/teams/{team.id}", {"name": "Payments", "slug": "payments", "is_open": "open"})
    assert store.teams.get(team.id).team.is_open


def test_team_cannot_move_to_anothers_address(visitor: Visitor, store: Store) -> None:
    a_team(store, "Ledger", "ledger")
    team = a_team(store)
    assert visitor.post(f"/manage/teams/{team.id}", {"name": "Payments", "slug": "ledger"}).status_code == 400
    assert visitor.get("/teams/payments").status_code == 200


def test_second_of_two_who_edit_a_team_is_told_and_overwrites_nothing(
    visitor: Visitor, store: Store, clock: Clock
) -> None:
    team = a_team(store)
    path, form = f"/manage/teams/{team.id}", {"name": "Second", "slug": "payments", "is_open": "open"}
    form["based_on"] = str(team.updated_at)
    clock.move(1000)
    store.teams.update(store.teams.get(team.id), replace(team, name="First"), replace(BY, name="Ines"))
    answer = visitor.post(path, form)
    assert answer.status_code == 400
    assert "Ines changed this team meanwhile: it is First" in text_of(answer)
    assert store.teams.get(team.id).team.name == "First"
    (based_on,) = re.findall(r'name="based_on" value="(\d+)"', text_of(answer))
    assert visitor.post(path, {**form, "based_on": based_on}).status_code == 303
    assert store.teams.get(team.id).team.name == "Second"


def test_deleted_team_is_gone_with_all_it_had(visitor: Visitor, store: Store, town: Town, clock: Clock) -> None:
    path = f"/manage/teams/{town.team.id}/delete"
    mate = a_member(store, town.team, Role.MEMBER)
    assert "4 pipelines" in visitor.text(path)
    assert visitor.post(path, {"confirm": "payments"}).status_code == 400
    assert visitor.post(path, {"confirm": town.team.name}).status_code == 303
    for gone in (town.board, f"/executions/{town.red}", f"/manage/connections/{town.connection.id}"):
        assert visitor.get(gone).status_code == 404
    do(remove_deleted_teams.JOB, store)
    assert store.pipelines.list_board(town.team.id, hidden=True) == []
    assert store.executions.list_of_commit(SHA[:9]).items == []
    assert store.members.list_of_team(town.team.id) == []
    found = store.users.find(mate.id)
    assert found is not None
    assert found.roles == ()
    assert store.removals.list_all() == [town.team.id]
    clock.move(3 * MINUTE)
    do(remove_deleted_teams.JOB, store)
    assert store.removals.list_all() == []


# Members


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store, is_open=False)


def test_somebody_who_is_here_is_added_at_once(visitor: Visitor, store: Store, team: Team) -> None:
    user = a_user(store)
    answer = visitor.post(f"/manage/teams/{team.id}/members", {"email": user.email, "role": "manager"})
    assert answer.status_code == 303
    (member,) = store.members.list_of_team(team.id)
    assert (member.name, member.role, member.added_by) == (user.name, Role.MANAGER, "Ada Admin")
    assert Visitor(store, user).get(f"/manage/teams/{team.id}").status_code == 200
    again = visitor.post(f"/manage/teams/{team.id}/members", {"email": user.email, "role": "viewer"})
    assert "is a member already" in text_of(again)


def test_removed_member_can_be_put_back(visitor: Visitor, store: Store, team: Team) -> None:
    user = a_member(store, team, Role.MANAGER)
    answer = visitor.post(f"/manage/teams/{team.id}/members/remove", {"user_id": user.id})
    assert store.members.list_of_team(team.id) == []
    page = visitor.text(answer["Location"])
    assert "Undo" in page
    undo = dict(re.findall(r'name="(user_id|role|was)" value="([^"]*)"', page))
    assert undo == {"user_id": user.id, "role": "manager", "was": ""}
    assert visitor.post(f"/manage/teams/{team.id}/members/role", undo).status_code == 303
    (member,) = store.members.list_of_team(team.id)
    assert member.role is Role.MANAGER


def test_member_keeps_what_they_may_only_as_long_as_they_may(store: Store, team: Team) -> None:
    manager = a_member(store, team, Role.MANAGER)
    visitor = Visitor(store, manager)
    assert visitor.get(f"/manage/teams/{team.id}/members").status_code == 200
    store.members.set_role(manager, team, Role.VIEWER, BY)
    assert visitor.get(f"/manage/teams/{team.id}/members").status_code == 403
    topics = {topic for change in store.changes.list_since(NOW - 1000, NOW) for topic in change.topics}
    assert f"reader:{manager.id}" in topics


# Pipelines


def row_of(store: Store, town: Town) -> BoardRow:
    stored = store.pipelines.find_row(town.team.id, town.pipeline)
    assert stored is not None
    return stored.row()


def arrange(visitor: Visitor, town: Town, **data: str) -> int:
    places = {f"stage-{number}-place": str(number + 1) for number in range(3)}
    answer = visitor.post(f"/manage/teams/{town.team.id}/pipelines/{town.pipeline}", {**places, **data})
    return int(answer.status_code)


def test_pipeline_is_renamed_and_reordered_and_what_comes_keeps_to_it(
    visitor: Visitor, store: Store, town: Town
) -> None:
    assert [stage.name for stage in row_of(store, town).stages] == ["build", "test", "deploy production"]
    data = {"name": "Checkout", "ordered": "on", "stage-0-place": "2", "stage-1-place": "1"}
    assert arrange(visitor, town, **data) == 303
    assert row_of(store, town).name == "Checkout"
    assert [stage.name for stage in row_of(store, town).stages] == ["test", "build", "deploy production"]
    record(store, a_run("111", began=NOW - 10 * MINUTE), town.team.id)
    assert row_of(store, town).name == "Checkout"
    assert [stage.name for stage in row_of(store, town).stages] == ["test", "build", "deploy production"]
    assert "Checkout" in visitor.text(town.board)
    assert "Checkout" in visitor.text(f"/executions/{town.green}")


def test_stage_that_deploys_into_production_makes_arrivals(visitor: Visitor, store: Store, town: Town) -> None:
    before = row_of(store, town).production
    data = {"stage-2-kind": "other", "stage-1-environment": "production"}
    assert arrange(visitor, town, **data) == 303
    after = row_of(store, town)
    assert before is not None
    assert after.production is not None
    assert after.production.execution_id == before.execution_id
    assert after.production.at < before.at
    kinds = {stage.name: stage.kind for stage in after.stages}
    assert (kinds["test"], kinds["deploy production"]) == (StageKind.PRODUCTION, StageKind.OTHER)


def test_other_default_branch_makes_other_runs_count(visitor: Visitor, store: Store, town: Town) -> None:
    assert row_of(store, town).rate.counted > 0
    assert arrange(visitor, town, default_branch="trunk") == 303
    record(store, a_run("900", began=NOW - 5 * MINUTE, branch="trunk"), town.team.id)
    assert row_of(store, town).rate.counted == 1
    assert arrange(visitor, town, default_branch="") == 303
    assert row_of(store, town).rate.counted > 1


def test_pipeline_whose_next_run_did_not_come_says_so_everywhere(
    visitor: Visitor, store: Store, clock: Clock, town: Town
) -> None:
    assert arrange(visitor, town, expected_hours="3") == 303
    assert condition_on_pages(visitor, town) == ("passing", "passing")
    clock.move(2 * 60 * MINUTE)
    record(store, a_run("890", began=clock.now - 5 * MINUTE), town.team.id)
    clock.move(2 * 60 * MINUTE)
    assert condition_on_pages(visitor, town) == ("passing", "passing")
    clock.move(60 * MINUTE)
    assert condition_on_pages(visitor, town) == ("no_signal", "no_signal")
    board = visitor.text(town.board)
    assert "should have run" in board
    assert "no signal" in visitor.text("/")
    record(store, a_run("891", began=clock.now - 5 * MINUTE), town.team.id)
    assert condition_on_pages(visitor, town) == ("passing", "passing")
    assert arrange(visitor, town) == 303
    clock.move(4 * 60 * MINUTE)
    assert condition_on_pages(visitor, town) == ("passing", "passing")


def condition_on_pages(visitor: Visitor, town: Town) -> tuple[str, str]:
    """On the board, and by its summary on pages over all teams."""
    found = re.search(rf'data-pipeline="{town.pipeline}" data-condition="(\w+)"', visitor.text(town.board))
    (entry,) = visitor.store.teams.list_boards()
    (row,) = [row for row in entry.rows if row.id == town.pipeline]
    return (found[1] if found else "", condition(row, visitor.store.now()))


def test_labels_are_set_once_each_and_stand_on_board_and_network(visitor: Visitor, store: Store, town: Town) -> None:
    assert arrange(visitor, town, labels=" Tier-1, eu  west ,tier-1,,") == 303
    assert row_of(store, town).overrides.labels == ("Tier-1", "eu west")
    (entry,) = store.teams.list_boards()
    assert {row.id: row.overrides.labels for row in entry.rows}[town.pipeline] == ("Tier-1", "eu west")
    page = visitor.text(f"/manage/teams/{town.team.id}/pipelines/{town.pipeline}")
    assert 'value="Tier-1, eu west"' in page
    assert arrange(visitor, town, labels="") == 303
    assert row_of(store, town).overrides.labels == ()


@pytest.mark.parametrize("labels", ["x" * 31, 'a"b', ",".join(f"label {n}" for n in range(11))])
def test_labels_that_are_too_long_or_too_many_are_refused_in_place(visitor: Visitor, town: Town, labels: str) -> None:
    assert arrange(visitor, town, labels=labels) == 400


@pytest.mark.parametrize("hours", ["0", "-1", "1.5", "99999", "daily"])
def test_hours_that_are_none_are_refused_in_place(visitor: Visitor, town: Town, hours: str) -> None:
    assert arrange(visitor, town, expected_hours=hours) == 400


def test_hidden_pipeline_is_on_no_board_and_can_be_shown_again(visitor: Visitor, store: Store, town: Town) -> None:
    name = row_of(store, town).name
    assert arrange(visitor, town, hidden="on") == 303
    for path in (town.board, f"/health/{town.team.slug}"):
        assert town.pipeline not in visitor.text(path)
    assert name in visitor.text(f"/manage/teams/{town.team.id}/pipelines")
    assert arrange(visitor, town) == 303
    assert town.pipeline in visitor.text(town.board)


def test_second_of_two_who_arrange_a_pipeline_is_told(visitor: Visitor, store: Store, town: Town) -> None:
    page = visitor.text(f"/manage/teams/{town.team.id}/pipelines/{town.pipeline}")
    (based_on,) = re.findall(r'name="based_on" value="(\w+)"', page)
    assert arrange(visitor, town, name="First") == 303
    assert arrange(visitor, town, name="Second", based_on=based_on) == 400
    assert row_of(store, town).name == "First"


def test_moved_pipeline_goes_on_in_its_new_team(visitor: Visitor, store: Store, town: Town) -> None:
    to = a_team(store, "Ledger", "ledger", is_open=False)
    path = f"/manage/teams/{town.team.id}/pipelines/{town.pipeline}/move"
    assert visitor.post(path, {"to": to.id}).status_code == 303
    assert visitor.get(f"{town.board}/pipelines/{town.pipeline}").status_code == 404
    assert visitor.get(f"/teams/ledger/pipelines/{town.pipeline}").status_code == 200
    record(store, a_run("111", began=NOW - 10 * MINUTE, outcome=None), town.team.id)
    stored = store.pipelines.find_row(to.id, town.pipeline)
    assert stored is not None
    assert stored.row().latest is not None
    assert store.pipelines.find_row(town.team.id, town.pipeline) is None
    stranger = Visitor(store, a_user(store, "other@example.com"))
    assert stranger.get(f"/executions/{town.green}").status_code == 404
    assert town.green not in stranger.text(f"/commits/{SHA}")
    assert visitor.get(f"/executions/{town.green}").status_code == 200
    back = f"/manage/teams/{to.id}/pipelines/{town.pipeline}/move"
    assert visitor.post(back, {"to": town.team.id}).status_code == 303
    assert stranger.get(f"/executions/{town.green}").status_code == 200


def test_setting_of_a_stage_that_never_ran_is_kept(store: Store, town: Town) -> None:
    record_of = store.pipelines.find(town.pipeline)
    assert record_of is not None
    wanted = replace(record_of.overrides, stages=(StageOverride("later", None, "production"),))
    store.override_writer.override(town.team.id, town.pipeline, wanted, record_of.overrides, BY)
    assert row_of(store, town).overrides == wanted


# Tokens


def test_token_is_shown_once_and_works(visitor: Visitor, store: Store, clock: Clock) -> None:
    clock.move(1000)
    data = {"token-name": "a script", "token-scopes": "read", "token-days": "30"}
    answer = visitor.post("/account/tokens", data)
    (clear,) = re.findall(r"bt_[0-9a-f]{8}_[\w-]{43}", text_of(answer))
    bearer = bearer_of(clear)
    assert bearer is not None
    assert (bearer.user.email, bearer.token.scopes) == ("admin@example.com", (Scope.READ,))
    assert clear not in visitor.text("/account")
    assert entries(store)[0] == ("token.created", "a script")


def test_token_needs_a_name_and_a_scope(visitor: Visitor) -> None:
    assert visitor.post("/account/tokens", {"token-name": "", "token-days": "30"}).status_code == 400
    assert visitor.get("/account/tokens").status_code == 405


@pytest.mark.parametrize(
    "path", ["/manage", "/account/tokens", "/logout", "/teams/payments/pipelines/x/take", "/login"]
)
def test_form_without_its_token_is_refused(visitor: Visitor, path: str) -> None:
    visitor.client.handler.enforce_csrf_checks = True
    assert visitor.post(path, {"name": "x"}).status_code == 403
