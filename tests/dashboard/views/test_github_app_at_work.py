"""A connection that is a GitHub App: what arrives through it, what is read by it, and how its secrets are changed."""

from __future__ import annotations

import html
import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from dashboard.auth.sealing import unseal
from dashboard.jobs import read_missed_deliveries
from dashboard.tool_apis.github import GitHubApi
from dashboard.tool_apis.github_history import GitHubHistoryApi
from dashboard.views.manage.connections import TOLD_GITHUB
from dashboard.webhooks.api_access import github_api
from dashboard.webhooks.github_app import KEY_UNREADABLE, NO_KEY
from dashboard.webhooks.receive import _find_connection
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.store import Store
from tests.dashboard.bodies import iso, workflow_run
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_github import LEFT, REPOSITORY
from tests.dashboard.tool_apis.fake_github_apps import FakeGitHub, a_key
from tests.dashboard.tool_apis.fake_tool import Answer, as_json
from tests.dashboard.views.registering import (
    at_github,
    audited,
    begun,
    installed,
    made,
    not_taken,
    only,
    page,
    path_of,
)
from tests.dashboard.visiting import Visitor, post_github, signature, text_of
from tests.factories import BY, MINUTE, NOW, a_member, a_team

RUNS = f"/api/v3/repos/{REPOSITORY}/actions/runs"
REPOSITORIES = "/api/v3/installation/repositories"


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store, is_open=False)


# What arrives


def events(store: Store, connection: Connection, installation: int | None, key: str = "") -> tuple[int, str]:
    body = workflow_run() | ({"installation": {"id": installation}} if installation else {})
    raw = json.dumps(body).encode()
    headers = {"X-Hub-Signature-256": signature(raw, unseal(connection.secret))}
    answer = post_github(connection, raw, key=key, **headers)
    return answer.status_code, answer.json().get("reason", "")


def test_app_that_others_may_install_tells_of_the_chosen_installation_alone(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = made(visitor, store, github, team, is_public="on")
    app = next(iter(github.apps.values()))
    ours, theirs = github.an_installation(app, "acme"), github.an_installation(app, "stranger")
    assert events(store, connection, ours.id)[0] == 200
    visitor.post(f"{page(connection)}/app/choose", {"installation": str(ours.id)})
    _find_connection.cache_clear()
    assert events(store, connection, ours.id) == (202, "")
    status, reason = events(store, connection, theirs.id)
    assert (status, reason) == (
        200, f"it is of installation {theirs.id} of the App, which nobody chose for this connection"
    )  # fmt: skip
    assert "which nobody chose for this connection" in visitor.text(page(connection))


def test_choice_is_known_to_other_processes_within_a_second(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [1000.0]
    monkeypatch.setattr("dashboard.webhooks.receive.time", SimpleNamespace(monotonic=lambda: seconds[0]))
    connection = made(visitor, store, github, team, is_public="on")
    one = github.an_installation(next(iter(github.apps.values())), "acme")
    assert events(store, connection, one.id)[0] == 200
    visitor.post(f"{page(connection)}/app/choose", {"installation": str(one.id)})
    seconds[0] += 1
    assert events(store, connection, one.id)[0] == 202


def test_connection_that_github_posts_to_before_it_is_made_is_found_within_a_second(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [1000.0]
    monkeypatch.setattr("dashboard.webhooks.receive.time", SimpleNamespace(monotonic=lambda: seconds[0]))
    back = path_of(at_github(github, begun(visitor, team, server=github.address)))
    hook = github.apps[4711].manifest["hook_attributes"]["url"]
    assert visitor.client.post(urlsplit(hook).path, {}, content_type="application/json").status_code == 404
    assert visitor.get(back).status_code == 302
    seconds[0] += 1
    assert events(store, only(store, team), 9001)[0] == 202


def test_app_of_its_owner_alone_needs_no_choice(visitor: Visitor, store: Store, github: FakeGitHub, team: Team) -> None:
    connection = made(visitor, store, github, team)
    assert events(store, connection, 9001) == (202, "")


def test_what_was_paused_is_not_replayed_for_strangers(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = made(visitor, store, github, team)
    store.connections.put(connection, replace(connection, paused=True), BY, "connection.paused")
    assert events(store, connection, 77, key="d-1")[1] == "this connection is paused"
    paused = only(store, team)
    public = replace(paused.api, app=replace(paused.api.app, is_public=True, installation="1"))
    store.connections.put(paused, replace(paused, paused=False, api=public), BY, "connection.changed")
    answer = visitor.post(f"{page(connection)}/replay", {"delivery": "d-1"})
    assert "there is nothing in it for us" in text_of(answer)
    assert store.pipelines.list_board(team.id) == []


# Reading


def checked(visitor: Visitor, connection: Connection) -> str:
    return html.unescape(text_of(visitor.post(f"{page(connection)}/api/try")))


def test_app_reads_like_a_token(visitor: Visitor, store: Store, github: FakeGitHub, team: Team) -> None:
    connection = installed(visitor, store, github, team)
    api = github_api(store, connection, GitHubHistoryApi)
    assert api is not None
    github.answers[RUNS] = Answer(200, b"{}", LEFT)
    api.runs(REPOSITORY, "*", 1)
    assert github.asked[-1].headers["authorization"] == f"Bearer {github.tokens[0][1]}"
    assert store.connections.find_quota(connection.id) is not None
    repository = {"id": 1, "full_name": REPOSITORY, "owner": {"login": "acme"}}
    github.answers[REPOSITORIES] = as_json({"repositories": [repository]})
    found = checked(visitor, connection)
    assert f"shows 1 project; the runs of {REPOSITORY} can be read; 4990 of 5000 calls remain" in found
    assert "in use" in found
    github.answers[REPOSITORIES] = Answer(500)
    found = checked(visitor, connection)
    assert "GitHub answered 500" in found
    assert "in use" in found
    text = visitor.text(page(connection))
    assert 'name="token"' not in text
    assert 'name="address"' not in text


def test_history_begins_with_the_installation_and_asks_for_its_repositories(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = made(visitor, store, github, team)
    assert store.backfills.find(connection.id) is None
    one = github.an_installation(next(iter(github.apps.values())), "acme")
    visitor.post(f"{page(connection)}/app/choose", {"installation": str(one.id)})
    begun = store.backfills.find(connection.id)
    assert begun is not None
    assert "History" in visitor.text(page(connection))
    api = github_api(store, only(store, team), GitHubHistoryApi)
    assert api is not None
    github.answers[REPOSITORIES] = as_json({"repositories": [{"full_name": REPOSITORY}]})
    assert [each["full_name"] for each in api.repositories(1).found] == [REPOSITORY]


def test_what_github_could_not_deliver_to_the_app_is_read_from_its_own_record(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    installed(visitor, store, github, team)
    record = f"{urlsplit(github.api).path}/app/hook/deliveries"
    failed = {"id": 1, "guid": "a", "delivered_at": iso(NOW - MINUTE), "status_code": 503, "event": "workflow_run"}
    headers = {"X-GitHub-Event": "workflow_run", "X-GitHub-Delivery": "a", "Content-Type": "application/json"}
    sent = failed | {"request": {"headers": headers, "payload": workflow_run()}}
    for path, answer in ((record, [failed]), (f"{record}/1", sent)):
        github.answers[path] = lambda asked, found=answer: github.as_app(asked, lambda _: as_json(found))
    do(read_missed_deliveries.JOB, store)
    assert [stored.row().name for stored in store.pipelines.list_board(team.id)] == ["checkout · CI"]
    assert not [asked.path for asked in github.asked if asked.path.endswith("/hooks")]


def test_logs_are_switched_on_and_the_app_stays(visitor: Visitor, store: Store, github: FakeGitHub, team: Team) -> None:
    connection = installed(visitor, store, github, team)
    visitor.post(f"{page(connection)}/api", {"reads_logs": "on"})
    assert only(store, team).api == replace(connection.api, reads_logs=True)


def test_check_says_where_it_is_not_installed_or_not_chosen(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = made(visitor, store, github, team, is_public="on")
    assert "Nobody has installed this App yet" in checked(visitor, connection)
    app = next(iter(github.apps.values()))
    one, other = github.an_installation(app, "acme"), github.an_installation(app, "beta", suspended=True)
    found = checked(visitor, connection)
    assert "Choose below at which account" in found
    assert f'name="installation" value="{one.id}"' in found
    visitor.post(f"{page(connection)}/app/choose", {"installation": str(other.id)})
    assert "beta has suspended this App" in checked(visitor, connection)
    del github.installations[other.id]
    assert "The App was uninstalled from beta" in checked(visitor, connection)


def test_check_says_which_events_the_app_is_not_told_of(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = installed(visitor, store, github, team)
    app = next(iter(github.apps.values()))
    app.manifest["default_events"] = ["workflow_run", "push"]
    assert "The App is not told of workflow_job, deployment," in checked(visitor, connection)


def test_check_says_that_the_app_was_deleted_or_its_key(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = installed(visitor, store, github, team)
    next(iter(github.apps.values())).keys = [a_key(98)]
    assert "does not accept the App's private key" in checked(visitor, connection)
    github.answers["/api/v3/app"] = as_json({"message": "Integration not found"}, 404)
    assert "GitHub knows this App no more: it was deleted there" in checked(visitor, connection)


def test_key_that_cannot_be_read_any_more_is_given_again(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = installed(visitor, store, github, team)
    broken = replace(connection.api, app=replace(connection.api.app, key="sealed by nobody"))
    store.connections.put(connection, replace(connection, api=broken), BY, "connection.changed")
    assert KEY_UNREADABLE in checked(visitor, connection)
    assert github_api(store, only(store, team), GitHubApi) is None
    key = next(iter(github.apps.values())).keys[0]
    assert visitor.post(f"{page(connection)}/app/key", {"key": key}).status_code == 303
    assert unseal(only(store, team).api.app.key) == key
    assert list(audited(store, team, "connection.app_key_changed")) == ["app_key"]


@pytest.mark.parametrize(
    ("key", "words"), [("nonsense", "not the private key of an App"), (a_key(97), "does not accept the App's private")]
)
def test_key_that_is_none_or_not_accepted_is_not_kept(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team, key: str, words: str
) -> None:
    connection = installed(visitor, store, github, team)
    answer = visitor.post(f"{page(connection)}/app/key", {"key": key})
    not_taken(answer, words)
    assert only(store, team).api == connection.api


def test_access_that_is_removed_leaves_what_the_app_is(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = installed(visitor, store, github, team, is_public="on")
    visitor.post(f"{page(connection)}/api/remove")
    app = only(store, team).api.app
    assert app == replace(connection.api.app, key="")
    assert NO_KEY in checked(visitor, connection)
    assert events(store, connection, 77)[0] == 200


def test_key_is_sealed_anew_with_the_secret(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team, settings: Any
) -> None:
    connection = installed(visitor, store, github, team)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-signing-key-that-only-tests-use"
    call_command("rotate_keys")
    settings.SECRET_KEY_FALLBACKS = []
    kept = only(store, team)
    assert unseal(kept.api.app.key) == github.apps[4711].keys[0]
    assert kept.api.app.key != connection.api.app.key


def test_new_secret_is_told_to_github_and_shown_to_nobody(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = installed(visitor, store, github, team)
    text = text_of(visitor.post(f"{page(connection)}/rotate"))
    assert TOLD_GITHUB in text
    assert 'id="secret"' not in text
    app = next(iter(github.apps.values()))
    assert unseal(only(store, team).secret) == app.secret


def test_new_secret_that_github_did_not_hear_of_is_shown(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = installed(visitor, store, github, team)
    github.answers["/api/v3/app/hook/config"] = Answer(500)
    text = text_of(visitor.post(f"{page(connection)}/rotate"))
    assert "GitHub could not be told: GitHub answered 500" in text
    assert unseal(only(store, team).secret) in text


def test_nobody_but_managers_sees_the_app(visitor: Visitor, store: Store, github: FakeGitHub, team: Team) -> None:
    connection = installed(visitor, store, github, team)
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    assert 'id="app"' not in member.text(page(connection))
    assert member.post(f"{page(connection)}/app/choose", {"installation": "1"}).status_code == 403
    assert member.get(f"{page(connection)}/app/install").status_code == 403
