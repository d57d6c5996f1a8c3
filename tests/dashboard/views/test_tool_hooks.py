"""Hooks are made at GitLab with a connection's token: with our URL, its secret, and what the source reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from dashboard.auth.sealing import seal
from dashboard.webhooks.connecting import webhook_url
from dashboard.webhooks.making_hooks import MOST_NAMED
from storage.errors import Conflict
from storage.keys import new_id
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import ApiAccess, Connection, Team
from storage.store import Store
from tests.dashboard.tool_apis.fake_gitlab_hooks import FakeGitLabHooks
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, served
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, NOW, a_connection, a_member, a_team

SECRET = "whsec_a-secret-of-a-hook"


@pytest.fixture
def tool() -> Iterator[FakeTool]:
    stamina.set_testing(True, attempts=1)
    with served() as found:
        yield found
    stamina.set_testing(False)


@pytest.fixture
def gitlab(tool: FakeTool) -> FakeGitLabHooks:
    return FakeGitLabHooks(tool, {7: "acme/shop-web", 8: "acme/shop-api", 9: "acme/docs"})


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    access = ApiAccess(token=seal("glpat-a-token"), address=tool.address)
    made = Connection(new_id(), team.id, "gitlab", seal(SECRET), NOW, api=access)
    store.connections.create(made, BY)
    return made


def asked(visitor: Visitor, connection: Connection, **data: str) -> Any:
    return visitor.post(f"/manage/connections/{connection.id}/hooks", data)


def test_hook_of_a_group_is_made_with_the_secret_and_what_is_read(
    visitor: Visitor, store: Store, team: Team, connection: Connection, gitlab: FakeGitLabHooks
) -> None:
    page = visitor.text(f"/manage/connections/{connection.id}")
    assert "Make the hooks" in page
    answer = asked(visitor, connection, group="/acme/platform/")
    assert answer.status_code == 200
    assert "Made: acme/platform." in text_of(answer)
    (hook,) = gitlab.hooks["/groups/acme%2Fplatform"]
    assert (hook["url"], hook["token"]) == (webhook_url(connection), SECRET)
    ticked = {name for name, value in hook.items() if value is True}
    assert ticked == {
        "pipeline_events",
        "job_events",
        "deployment_events",
        "push_events",
        "merge_requests_events",
        "issues_events",
        "enable_ssl_verification",
    }
    (entry,) = [one for one in store.audit.list_of_team(team.id).items if one.action == "connection.hooks_asked_for"]
    assert dict(entry.after) == {"hooks_of": "acme/platform"}
    assert SECRET not in text_of(answer)


def test_hook_that_is_there_is_brought_up_to_date_and_others_are_left_alone(
    visitor: Visitor, connection: Connection, gitlab: FakeGitLabHooks
) -> None:
    theirs = {"id": 1, "url": "https://elsewhere.example/hook", "pipeline_events": False}
    ours = {"id": 2, "url": webhook_url(connection), "pipeline_events": False, "token": "old"}
    gitlab.hooks["/groups/acme"] = [dict(theirs), ours]
    assert "brought up to date: acme." in text_of(asked(visitor, connection, group="acme"))
    kept, changed = gitlab.hooks["/groups/acme"]
    assert kept == theirs
    assert (changed["token"], changed["pipeline_events"]) == (SECRET, True)


def test_each_project_that_fits_gets_a_hook_once(
    visitor: Visitor, connection: Connection, gitlab: FakeGitLabHooks
) -> None:
    answer = asked(visitor, connection, only="acme/shop-*")
    assert "Made: acme/shop-api, acme/shop-web." in text_of(answer)
    assert set(gitlab.hooks) == {"/projects/7", "/projects/8"}
    assert "There already" in text_of(asked(visitor, connection, only="acme/shop-*"))
    assert [len(hooks) for hooks in gitlab.hooks.values()] == [1, 1]


def test_plan_without_hooks_of_groups_is_said_in_words(
    visitor: Visitor, connection: Connection, gitlab: FakeGitLabHooks
) -> None:
    gitlab.premium = False
    answer = asked(visitor, connection, group="acme")
    assert answer.status_code == 409
    assert "hooks of groups take the Premium plan" in text_of(answer)


def test_project_in_which_the_token_may_not_keeps_no_other_waiting(
    visitor: Visitor, connection: Connection, gitlab: FakeGitLabHooks
) -> None:
    gitlab.guest = {8}
    answer = asked(visitor, connection, only="acme/*")
    assert answer.status_code == 409
    told = text_of(answer)
    assert "Made: acme/docs, acme/shop-web." in told
    assert "acme/shop-api: the token may not" in told


def test_url_that_gitlab_does_not_send_to_is_said_in_words(
    visitor: Visitor, connection: Connection, gitlab: FakeGitLabHooks
) -> None:
    gitlab.takes = False
    assert "sends to no private address" in text_of(asked(visitor, connection, group="acme"))


def test_many_are_counted_and_what_there_was_no_time_for_too(
    visitor: Visitor, connection: Connection, gitlab: FakeGitLabHooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    gitlab.projects = {number: f"acme/p{number:03d}" for number in range(1, 121)}
    monkeypatch.setattr("dashboard.webhooks.making_hooks.SECONDS", 0.0)
    assert "There was no time for 120 more" in text_of(asked(visitor, connection, only="acme/*"))
    monkeypatch.undo()
    gitlab.projects = {number: f"acme/p{number:03d}" for number in range(1, 6)}
    gitlab.guest = {1, 2, 3, 4, 5}
    assert f"{5 - MOST_NAMED} more were refused" in text_of(asked(visitor, connection, only="acme/*"))
    gitlab.guest = set()
    assert f"and {5 - MOST_NAMED} more" in text_of(asked(visitor, connection, only="acme/*"))
    assert "Nothing fits" in text_of(asked(visitor, connection, only="elsewhere/*"))


@pytest.mark.parametrize("data", [{}, {"group": "acme", "only": "acme/*"}, {"group": "  /  "}, {"only": "  "}])
def test_group_or_projects_are_named(
    visitor: Visitor, connection: Connection, gitlab: FakeGitLabHooks, data: dict[str, str]
) -> None:
    answer = asked(visitor, connection, **data)
    assert answer.status_code == 400
    assert "Name a group, or projects." in text_of(answer)
    assert gitlab.tool.asked == []


def test_tool_that_is_away_or_refuses_the_token_is_said(
    visitor: Visitor, connection: Connection, tool: FakeTool
) -> None:
    tool.answer = lambda asked: Answer(502)  # type: ignore[method-assign]
    assert "GitLab answered 502" in text_of(asked(visitor, connection, group="acme"))
    tool.answer = lambda asked: Answer(401)  # type: ignore[method-assign]
    assert "does not accept the token" in text_of(asked(visitor, connection, only="acme/*"))


def test_what_cannot_be_opened_any_more_is_said(
    visitor: Visitor, store: Store, team: Team, connection: Connection
) -> None:
    store.connections.put(connection, replace(connection, secret="broken"), BY, "connection.changed")
    assert "rotate it" in text_of(asked(visitor, connection, group="acme"))
    found = store.connections.find(connection.id)
    assert found is not None
    api = replace(found.api, token="broken")
    store.connections.put(found, replace(found, secret=seal(SECRET), api=api), BY, "connection.changed")
    assert "The token cannot be read" in text_of(asked(visitor, connection, group="acme"))


def test_managers_alone_make_hooks_and_only_where_there_is_a_token(
    visitor: Visitor, store: Store, team: Team, connection: Connection
) -> None:
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    assert asked(member, connection, group="acme").status_code == 403
    assert "Make the hooks" not in member.text(f"/manage/connections/{connection.id}")
    other = a_connection(store, team.id)
    assert asked(visitor, other, group="acme").status_code == 404
    assert "Make the hooks" not in visitor.text(f"/manage/connections/{other.id}")


def test_connection_that_somebody_changed_meanwhile_is_told(
    visitor: Visitor, store: Store, connection: Connection, gitlab: FakeGitLabHooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*given: object) -> None:
        raise Conflict("changed since")

    monkeypatch.setattr(store.connections, "note_hooks", changed)
    assert "meanwhile" in text_of(asked(visitor, connection, group="acme"))
    assert gitlab.tool.asked == []
