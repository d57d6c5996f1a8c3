"""How a connection is let in to its tool's API: who may, what is kept and told, and what a check says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stamina
from django.core.management import call_command

from dashboard.auth.sealing import seal, unseal
from dashboard.tool_apis.errors import TokenRefused
from dashboard.tool_apis.github import GitHubApi
from dashboard.webhooks.api_access import codepipeline_api, github_api, opened
from storage.keys import new_id
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import ApiAccess, ApiQuota, Connection, Team
from storage.store import Store
from tests.dashboard.history.fake_organisation import FakeOrganisation
from tests.dashboard.tool_apis.fake_github import LEFT, REPOSITORY, TOKEN
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, served
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, NOW, Clock, a_connection, a_member, a_team

ROLE = "arn:aws:iam::123456789012:role/reader"


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store, is_open=False)


@pytest.fixture
def tool() -> Iterator[FakeTool]:
    stamina.set_testing(True, attempts=1)
    with served() as found:
        yield found
    stamina.set_testing(False)


def api_of(store: Store, connection: Connection) -> ApiAccess:
    found = store.connections.find(connection.id)
    assert found is not None
    return found.api


def let_in(store: Store, connection: Connection, **api: Any) -> Connection:
    wanted = replace(connection, api=ApiAccess(**{"token": seal(TOKEN), **api}))
    return store.connections.put(connection, wanted, BY, "connection.api_changed")


def a_codepipeline(store: Store, team: Team) -> Connection:
    found = Connection(new_id(), team.id, "codepipeline", seal("x" * 20), NOW)
    store.connections.create(found, BY)
    return found


def test_token_is_sealed_shown_never_and_audited_without_itself(visitor: Visitor, store: Store, team: Team) -> None:
    connection = a_connection(store, team.id)
    path = f"/manage/connections/{connection.id}"
    assert visitor.post(f"{path}/api", {"token": f" {TOKEN} ", "reads_logs": "on"})["Location"] == path
    kept = api_of(store, connection)
    assert (unseal(kept.token), kept.reads_logs) == (TOKEN, True)
    assert TOKEN not in kept.token
    entry = next(each for each in store.audit.list_of_team(team.id).items if each.action == "connection.api_changed")
    assert dict(entry.after)["reads_logs"] == "yes"
    assert dict(entry.after)["api_token"].startswith("set (")
    for shown in (visitor.text(path), visitor.text(f"/manage/teams/{team.id}/audit"), repr(store.table.engine)):
        assert TOKEN not in shown
        assert kept.token not in shown
    assert store.connections.list_of_team(team.id)[0].api.token == ""


def test_empty_token_keeps_the_one_there_is(visitor: Visitor, store: Store, team: Team) -> None:
    connection = let_in(store, a_connection(store, team.id), reads_logs=True)
    visitor.post(f"/manage/connections/{connection.id}/api", {"token": ""})
    assert api_of(store, connection) == replace(connection.api, reads_logs=False)


def test_token_does_not_go_to_another_address_unasked(visitor: Visitor, store: Store, team: Team) -> None:
    connection = let_in(store, a_connection(store, team.id))
    path = f"/manage/connections/{connection.id}/api"
    answer = visitor.post(path, {"address": "https://elsewhere.example"})
    assert answer.status_code == 400
    assert "Give the token again" in text_of(answer)
    assert api_of(store, connection) == connection.api
    visitor.post(path, {"address": "https://elsewhere.example/", "token": "another-token"})
    assert api_of(store, connection).address == "https://elsewhere.example"
    assert unseal(api_of(store, connection).token) == "another-token"


@pytest.mark.parametrize(
    "data",
    [{"address": "ghe.example"}, {"address": "https://a:b@ghe.example"}, {"address": "ftp://ghe.example"},
     {"address": "https://ghe.example/?x"}, {"token": "two words"}, {"token": "ключ"}],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(visitor: Visitor, store: Store, team: Team, data: dict[str, str]) -> None:
    connection = a_connection(store, team.id)
    answer = visitor.post(f"/manage/connections/{connection.id}/api", data)
    assert answer.status_code == 400
    assert 'role="alert"' in text_of(answer)
    assert api_of(store, connection) == ApiAccess()


def test_address_is_the_administrators_to_name(store: Store, team: Team) -> None:
    connection = let_in(store, a_connection(store, team.id), address="https://ghe.example")
    manager = Visitor(store, a_member(store, team, Role.MANAGER))
    path = f"/manage/connections/{connection.id}"
    assert 'name="address"' not in manager.text(path)
    manager.post(f"{path}/api", {"token": "another-token", "address": "http://127.0.0.1:22"})
    assert api_of(store, connection).address == "https://ghe.example"
    assert unseal(api_of(store, connection).token) == "another-token"


def test_credentials_of_the_server_are_lent_by_administrators_alone(visitor: Visitor, store: Store, team: Team) -> None:
    connection = a_codepipeline(store, team)
    path = f"/manage/connections/{connection.id}"
    manager = Visitor(store, a_member(store, team, Role.MANAGER))
    manager.post(f"{path}/api", {"reads_logs": "on", "role": ROLE})
    assert api_of(store, connection) == ApiAccess()
    assert manager.post(f"{path}/api/try").status_code == 403
    assert visitor.post(f"{path}/api", {"reads_logs": "on", "role": "reader"}).status_code == 400
    visitor.post(f"{path}/api", {"reads_logs": "on", "role": ROLE})
    assert api_of(store, connection) == ApiAccess(role=ROLE, reads_logs=True)
    assert store.backfills.find(connection.id) is None, "runs are another thing than logs"
    assert 'name="regions"' not in manager.text(path)
    assert visitor.post(f"{path}/api", {"reads_runs": "on", "regions": "eu-west-1 Paris"}).status_code == 400
    visitor.post(f"{path}/api", {"reads_runs": "on", "regions": "eu-west-1, us-east-1 eu-west-1"})
    assert api_of(store, connection) == ApiAccess(reads_runs=True, regions=("eu-west-1", "us-east-1"))
    assert store.backfills.find(connection.id) is not None
    assert "by this server's own credentials" in visitor.text(path)
    assert manager.post(f"{path}/api/remove").status_code == 403


def test_access_is_taken_away(visitor: Visitor, store: Store, team: Team) -> None:
    connection = let_in(store, a_connection(store, team.id), reads_logs=True)
    visitor.post(f"/manage/connections/{connection.id}/api/remove")
    assert api_of(store, connection) == ApiAccess()
    assert "connection.api_removed" in {entry.action for entry in store.audit.list_of_team(team.id).items}
    assert github_api(store, replace(connection, api=ApiAccess()), GitHubApi) is None


def test_who_fills_in_an_older_form_is_told(visitor: Visitor, store: Store, team: Team) -> None:
    connection = a_connection(store, team.id)
    let_in(store, connection)
    path = f"/manage/connections/{connection.id}/api"
    answer = visitor.post(path, {"token": "another-token", "based_on": str(connection.version)})
    assert answer.status_code == 400
    assert "meanwhile" in text_of(answer)
    assert unseal(api_of(store, connection).token) == TOKEN
    again = visitor.post(path, {"token": "another-token", "based_on": str(connection.version + 1)})
    assert again.status_code == 303


def test_token_is_sealed_anew_with_the_secret(store: Store, team: Team, settings: Any) -> None:
    connection = let_in(store, a_connection(store, team.id))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-signing-key-that-only-tests-use"
    call_command("rotate_keys")
    settings.SECRET_KEY_FALLBACKS = []
    found = store.connections.find(connection.id)
    assert found is not None
    assert opened(found) == TOKEN


def _check(visitor: Visitor, store: Store, connection: Connection) -> str:
    return text_of(visitor.post(f"/manage/connections/{connection.id}/api/try"))


def test_check_says_what_may_be_read_and_the_page_shows_what_remains(
    visitor: Visitor, store: Store, team: Team, tool: FakeTool
) -> None:
    connection = let_in(store, a_connection(store, team.id), address=tool.address)
    organisation = FakeOrganisation(tool, Clock())
    organisation.fill(repositories=2, days=1, runs_a_day=2)
    found = _check(visitor, store, connection)
    assert "GitHub Actions accepts what is saved and shows 2 projects; the runs of acme/shop-000 can be read;" in found
    assert "4998 of 5000 calls remain." in found
    assert "calls remained" in visitor.text(f"/manage/connections/{connection.id}")


def test_check_of_very_many_projects_asks_for_a_page_of_them(
    visitor: Visitor, store: Store, team: Team, tool: FakeTool
) -> None:
    connection = let_in(store, a_connection(store, team.id), address=tool.address)
    organisation = FakeOrganisation(tool, Clock())
    organisation.fill(repositories=150, days=1, runs_a_day=1)
    assert "100 or more projects" in _check(visitor, store, connection)
    assert organisation.calls == 2


def test_check_of_a_server_that_tells_no_limit_says_so(
    visitor: Visitor, store: Store, team: Team, tool: FakeTool
) -> None:
    connection = let_in(store, a_connection(store, team.id), address=tool.address)
    organisation = FakeOrganisation(tool, Clock())
    organisation.fill(repositories=1, days=1, runs_a_day=1)
    told = tool.answer
    tool.answer = lambda asked: Answer(told(asked).status, told(asked).body)  # type: ignore[method-assign]
    assert "shows 1 project; the runs of acme/shop-000 can be read; it tells no limit to calls." in _check(
        visitor, store, connection
    )


def test_check_says_what_the_token_may_not_read(visitor: Visitor, store: Store, team: Team, tool: FakeTool) -> None:
    connection = let_in(store, a_connection(store, team.id), address=tool.address)
    organisation = FakeOrganisation(tool, Clock())
    assert "shows no project: it may read none" in _check(visitor, store, connection)
    organisation.fill(repositories=1, days=1, runs_a_day=1)
    organisation.hidden = {"shop-000"}
    found = _check(visitor, store, connection)
    assert "shows 1 project, but not the runs of acme/shop-000" in found
    assert "Does not work" in found


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(401), "does not accept the token"),
        (Answer(403, b"{}", {**LEFT, "X-RateLimit-Remaining": "0"}), "its quota is used up"),
        (Answer(500), "answered 500"),
    ],
)
def test_check_says_what_is_wrong(
    visitor: Visitor, store: Store, team: Team, tool: FakeTool, answer: Answer, words: str
) -> None:
    connection = let_in(store, a_connection(store, team.id), address=tool.address)
    tool.answers["/user/repos"] = answer
    found = _check(visitor, store, connection)
    assert words in found
    assert "Does not work" in found


def test_check_without_a_token_or_with_one_that_cannot_be_read_says_so(
    visitor: Visitor, store: Store, team: Team
) -> None:
    connection = a_connection(store, team.id)
    assert "There is no token yet" in _check(visitor, store, connection)
    connection = let_in(store, connection, token="sealed by nobody")
    assert "cannot be read with the present signing key" in _check(visitor, store, connection)
    assert github_api(store, connection, GitHubApi) is None


def test_quota_is_written_now_and_then_and_beside_the_connection(
    store: Store, team: Team, tool: FakeTool, clock: Clock
) -> None:
    connection = let_in(store, a_connection(store, team.id), address=tool.address)
    api = github_api(store, connection, GitHubApi)
    assert api is not None
    remaining = iter(range(4000, 0, -1))
    path = f"/repos/{REPOSITORY}/actions/runs/1/attempts/1/jobs"
    tool.answers[path] = lambda _: Answer(200, b"{}", {**LEFT, "X-RateLimit-Remaining": str(next(remaining))})
    for _ in range(3):
        api.jobs(REPOSITORY, "1", 1)
    noted = store.connections.find_quota(connection.id)
    assert noted == ApiQuota(5000, 4000, (NOW // 1000 + 900) * 1000, NOW)
    clock.move(30_000)
    api.jobs(REPOSITORY, "1", 1)
    later = store.connections.find_quota(connection.id)
    assert later is not None
    assert later.remaining == 3997
    assert store.connections.find(connection.id) == connection


def test_aws_is_asked_who_this_server_is(
    visitor: Visitor, store: Store, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def identity(api: Any) -> str:
        asked.append(api.region)
        return "arn:aws:iam::123456789012:user/big"

    monkeypatch.setattr("dashboard.tool_apis.codepipeline.CodePipelineApi.identity", identity)
    connection = a_codepipeline(store, team)
    assert "AWS takes this server for arn:aws:iam::123456789012:user/big" in _check(visitor, store, connection)
    assert asked == ["us-east-1"]
    assert codepipeline_api(store, a_connection(store, team.id), "eu-west-1") is None


def test_nobody_but_managers_sees_or_changes_the_access(store: Store, team: Team) -> None:
    connection = let_in(store, a_connection(store, team.id))
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    assert 'id="api"' not in member.text(f"/manage/connections/{connection.id}")
    assert member.post(f"/manage/connections/{connection.id}/api", {"token": "x"}).status_code == 403


def test_credentials_that_aws_refuses_are_said_so(
    visitor: Visitor, store: Store, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(api: Any) -> str:
        raise TokenRefused("AWS does not accept these credentials")

    monkeypatch.setattr("dashboard.tool_apis.codepipeline.CodePipelineApi.identity", refused)
    assert "AWS does not accept these credentials." in _check(visitor, store, a_codepipeline(store, team))


def test_manager_names_an_organisation_of_azure_and_no_server(store: Store, team: Team) -> None:
    connection = a_connection(store, team.id, source="azuredevops")
    path = f"/manage/connections/{connection.id}"
    manager = Visitor(store, a_member(store, team, Role.MANAGER))
    assert "Such as https://dev.azure.com/acme." in manager.text(path)
    refused = [
        ("https://tfs.example.com/tfs/Main", "It takes an administrator"),
        ("https://dev.azure.com", "It takes an administrator"),
        ("https://dev.azure.com.example/acme", "It takes an administrator"),
        ("", "Give the address of what the token is for"),
    ]
    for address, words in refused:
        answer = manager.post(f"{path}/api", {"token": "a-token", "address": address})
        assert (answer.status_code, words in text_of(answer)) == (400, True), address
    manager.post(f"{path}/api", {"token": "a-token", "address": "https://dev.azure.com/acme/"})
    assert api_of(store, connection).address == "https://dev.azure.com/acme"


def test_server_that_an_administrator_named_stays_where_a_manager_gives_another_token(
    visitor: Visitor, store: Store, team: Team
) -> None:
    connection = a_connection(store, team.id, source="azuredevops")
    path, own = f"/manage/connections/{connection.id}/api", "https://tfs.example.com/tfs/Main"
    visitor.post(path, {"token": "a-token", "address": own})
    manager = Visitor(store, a_member(store, team, Role.MANAGER))
    manager.post(path, {"token": "another-token", "address": own})
    kept = api_of(store, connection)
    assert (unseal(kept.token), kept.address) == ("another-token", own)


def test_server_of_jenkins_is_an_administrators_to_name_before_a_token_is_given(
    visitor: Visitor, store: Store, team: Team
) -> None:
    connection = a_connection(store, team.id, source="jenkins")
    path = f"/manage/connections/{connection.id}/api"
    manager = Visitor(store, a_member(store, team, Role.MANAGER))
    answer = manager.post(path, {"token": "ada:11aa"})
    assert (answer.status_code, "An administrator has to name" in text_of(answer)) == (400, True)
    visitor.post(path, {"token": "ada:11aa", "address": "https://jenkins.example.com/ci"})
    manager.post(path, {"token": "ada:22bb"})
    kept = api_of(store, connection)
    assert (unseal(kept.token), kept.address) == ("ada:22bb", "https://jenkins.example.com/ci")
