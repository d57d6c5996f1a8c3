"""A connection that is a GitHub App is made from its manifest and installed; and what goes wrong on the way."""

from __future__ import annotations

import html
import re
import time
from typing import Any

import pytest

from dashboard.auth.sealing import unseal
from dashboard.views.manage.github_app import ASKED_OWNER, DONE_BEFORE, NOT_BEGUN
from dashboard.webhooks.github_app import Wanted
from storage.errors import Conflict
from storage.model.accounts import Role
from storage.model.entities import Team
from storage.store import Store
from tests.dashboard.tool_apis.fake_github_apps import FakeGitHub
from tests.dashboard.tool_apis.fake_tool import Answer
from tests.dashboard.views.registering import (
    FORM,
    at_github,
    audited,
    begun,
    installed,
    made,
    not_taken,
    only,
    page,
    path_of,
    registered,
)
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import a_connection, a_member, a_team


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store, is_open=False)


def test_app_is_made_from_the_page_and_its_secrets_are_sealed(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    answer = registered(visitor, github, team)
    (app,) = github.apps.values()
    connection = only(store, team)
    assert answer["Location"].startswith(f"{github.address}/github-apps/{app.slug}/installations/new?state=")
    assert unseal(connection.secret) == app.secret
    assert unseal(connection.api.app.key) == app.keys[0]
    assert connection.api.address == github.api
    kept = (connection.api.app.id, connection.api.app.owner, connection.name, connection.api.app.is_public)
    assert kept == (str(app.id), "acme", "acme", False)
    assert app.manifest["hook_attributes"]["url"].endswith(f"/hooks/github/{connection.id}")
    told = audited(store, team, "connection.created")
    assert told["app"] == f"{app.slug} ({app.id})"
    assert re.fullmatch(r"set \([0-9a-f]{6}\)", told["app_key"])
    shown = visitor.text(page(connection)), visitor.text(f"/manage/teams/{team.id}/audit"), str(told)
    for secret in (app.secret or "", app.keys[0].splitlines()[1], connection.api.app.key):
        assert not any(secret in text for text in shown)
    assert store.connections.list_of_team(team.id)[0].api.app.key == ""


def test_github_com_is_where_an_app_is_made_if_nothing_else_is_named(visitor: Visitor, team: Team) -> None:
    own, of_organisation = text_of(begun(visitor, team)), text_of(begun(visitor, team, organisation="acme"))
    assert FORM.findall(own)[0].startswith("https://github.com/settings/apps/new?state=")
    assert FORM.findall(of_organisation)[0].startswith("https://github.com/organizations/acme/settings/apps/new?state=")
    assert "csrfmiddlewaretoken" not in own[own.index('action="https://github.com') :].partition("</form>")[0]


def test_app_of_an_enterprise_with_data_residency_is_read_at_its_own_address() -> None:
    assert Wanted("c", "https://github.com", "", False).api_address == ""
    assert Wanted("c", "https://acme.ghe.com", "", False).api_address == "https://api.acme.ghe.com"
    assert Wanted("c", "https://ghe.acme.example", "", False).api_address == "https://ghe.acme.example/api/v3"


def test_one_page_alone_may_send_a_form_to_the_host_that_was_named(
    visitor: Visitor, github: FakeGitHub, team: Team
) -> None:
    def target(answer: Any) -> str:
        return str(re.findall(r"form-action ([^;]+)", answer["Content-Security-Policy"])[0])

    assert target(begun(visitor, team)) == "'self' https://github.com"
    assert target(begun(visitor, team, server=github.address)) == f"'self' {github.address}"
    refused = begun(visitor, team, server="no address")
    for answer in (refused, visitor.get(f"/manage/teams/{team.id}/connect/github"), visitor.get("/manage")):
        assert target(answer) == "'self'"


@pytest.mark.parametrize(
    "server",
    ["ghe.example", "ftp://ghe.example", "https://a:b@ghe.example", "https://ghe.example/x", "https://ghe.example?x",
     "https://ghe.example; script-src *", "https://ghe.example https://evil.example", "https://*.example", "https://"],
)  # fmt: skip
def test_server_that_is_no_address_of_one_is_refused_in_words(visitor: Visitor, team: Team, server: str) -> None:
    answer = begun(visitor, team, server=server)
    assert answer.status_code == 400
    assert "Give the address of the server&#x27;s pages alone" in text_of(answer)


@pytest.mark.parametrize("organisation", ["acme/evil", "-acme", "acme-", "a b", "é", "x" * 101])
def test_organisation_that_is_no_name_of_one_is_refused_in_words(
    visitor: Visitor, team: Team, organisation: str
) -> None:
    assert begun(visitor, team, organisation=organisation).status_code == 400


def test_server_is_the_administrators_to_name(store: Store, team: Team) -> None:
    manager = Visitor(store, a_member(store, team, Role.MANAGER))
    assert 'name="server"' not in manager.text(f"/manage/teams/{team.id}/connect/github")
    answer = begun(manager, team, server="http://127.0.0.1:22")
    assert FORM.findall(text_of(answer))[0].startswith("https://github.com/")


def test_address_of_that_page_alone_leads_to_the_form_before_it(visitor: Visitor, team: Team) -> None:
    answer = visitor.get(f"/manage/teams/{team.id}/connect/github/app")
    assert answer["Location"] == f"/manage/teams/{team.id}/connect/github"


def test_answer_that_nobody_asked_for_is_not_taken(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    back = path_of(at_github(github, begun(visitor, team, server=github.address)))
    another = re.sub(r"state=[^&]+", "state=another", back)
    for wrong in (another, back.partition("&state")[0]):
        visitor.client.cookies.pop("bt_github_app", None)
        begun(visitor, team, server=github.address)
        not_taken(visitor.get(wrong), NOT_BEGUN)
    visitor.client.cookies.pop("bt_github_app", None)
    not_taken(visitor.get(back), NOT_BEGUN)
    assert store.connections.list_of_team(team.id) == []
    assert github.codes


def test_answer_counts_once(visitor: Visitor, store: Store, github: FakeGitHub, team: Team) -> None:
    back = path_of(at_github(github, begun(visitor, team, server=github.address)))
    cookie = visitor.client.cookies["bt_github_app"].value
    assert visitor.get(back).status_code == 302
    not_taken(visitor.get(back), NOT_BEGUN)
    visitor.client.cookies["bt_github_app"] = cookie
    not_taken(visitor.get(back), "used already")
    visitor.client.cookies["bt_github_app"] = cookie
    github.codes["again"] = next(iter(github.apps.values()))
    not_taken(visitor.get(re.sub(r"code=[^&]+", "code=again", back)), DONE_BEFORE, 409)
    assert len(store.connections.list_of_team(team.id)) == 1


def test_answer_belongs_to_who_began_and_to_the_team(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    back = path_of(at_github(github, begun(visitor, team, server=github.address)))
    cookie = visitor.client.cookies["bt_github_app"].value
    somebody = Visitor(store, a_member(store, team, Role.MANAGER))
    somebody.client.cookies["bt_github_app"] = cookie
    not_taken(somebody.get(back), NOT_BEGUN)
    other = a_team(store, "Ledger", "ledger")
    not_taken(visitor.get(back.replace(team.id, other.id)), NOT_BEGUN)
    member = Visitor(store, a_member(store, team, Role.MEMBER, "member@example.com"))
    assert member.get(back).status_code == 403
    assert store.connections.list_of_team(team.id) == store.connections.list_of_team(other.id) == []


def test_answer_after_an_hour_is_too_late(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = path_of(at_github(github, begun(visitor, team, server=github.address)))
    real = time.time
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: real() + 3601)
    not_taken(visitor.get(back), NOT_BEGUN)
    assert store.connections.list_of_team(team.id) == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(404), "GitHub does not know this code"),
        (Answer(201, b'{"id": 1}'), "makes no sense here"),
        (Answer(201, b"<html>"), "made no sense"),
        (Answer(500), "GitHub answered 500"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:9/"}), "redirects, which is not followed"),
    ],
    ids=["refused", "too little", "no JSON", "500", "redirect"],
)
def test_code_that_leads_to_nothing_makes_no_connection(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team, answer: Answer, words: str
) -> None:
    back = path_of(at_github(github, begun(visitor, team, server=github.address)))
    (code,) = github.codes
    github.answers[f"/api/v3/app-manifests/{code}/conversions"] = answer
    not_taken(visitor.get(back), words)
    assert store.connections.list_of_team(team.id) == []


def test_app_without_a_secret_is_given_one(visitor: Visitor, store: Store, github: FakeGitHub, team: Team) -> None:
    back = path_of(at_github(github, begun(visitor, team, server=github.address)))
    (app,) = github.apps.values()
    app.secret = None
    assert visitor.get(back).status_code == 302
    given = next(iter(github.apps.values())).secret
    assert given
    assert unseal(only(store, team).secret) == given


def test_installation_from_here_is_taken_at_once(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = installed(visitor, store, github, team)
    (one,) = github.installations.values()
    assert (connection.api.app.installation, connection.api.app.account) == (str(one.id), "acme")
    assert audited(store, team, "connection.app_installed") == {"app_installation": f"acme ({one.id})"}
    assert "Not installed yet" not in visitor.text(page(connection))
    assert connection.api.is_let_in


def test_installation_that_was_not_asked_for_is_shown_and_counts_when_chosen(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = made(visitor, store, github, team)
    (app,) = github.apps.values()
    one = github.an_installation(app, "acme")
    answer = visitor.get(f"{page(connection)}/app/installed?installation_id={one.id}&state=another")
    assert "says that the App was installed at <b>acme</b>" in text_of(answer)
    assert only(store, team).api.app.installation == ""
    visitor.post(f"{page(connection)}/app/choose", {"installation": str(one.id)})
    assert only(store, team).api.app.account == "acme"
    version = only(store, team).version
    visitor.post(f"{page(connection)}/app/choose", {"installation": str(one.id)})
    assert only(store, team).version == version


def test_installation_that_was_begun_for_another_connection_is_not_taken_unasked(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    other = a_team(store, "Ledger", "ledger")
    connection, begun_for = made(visitor, store, github, team), made(visitor, store, github, other)
    one = github.an_installation(github.apps[int(connection.api.app.id)], "acme")
    state = visitor.get(f"{page(begun_for)}/app/install")["Location"].rpartition("=")[2]
    answer = visitor.get(f"{page(connection)}/app/installed?installation_id={one.id}&state={state}")
    assert "Use it there" in text_of(answer)
    assert only(store, team).api.app.installation == ""


def test_installation_of_another_app_is_not_taken(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = made(visitor, store, github, team)
    theirs = github.an_installation(github.an_app("other"), "delta")
    words = "no such installation of this App"
    not_taken(visitor.get(f"{page(connection)}/app/installed?installation_id={theirs.id}"), words, 409)
    not_taken(visitor.post(f"{page(connection)}/app/choose", {"installation": str(theirs.id)}), words, 409)
    not_taken(visitor.post(f"{page(connection)}/app/choose", {"installation": "nonsense"}), words, 409)
    assert only(store, team).api.app.installation == ""


def test_installation_that_an_owner_must_allow_first_is_called_that(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = made(visitor, store, github, team)
    assert ASKED_OWNER in html.unescape(visitor.text(f"{page(connection)}/app/installed?setup_action=request"))


def test_installation_can_be_begun_from_the_page(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team
) -> None:
    connection = made(visitor, store, github, team)
    assert f'href="{page(connection)}/app/install"' in visitor.text(page(connection))
    away = visitor.get(f"{page(connection)}/app/install")
    assert away["Location"].startswith(f"{connection.api.app.page}/installations/new?state=")
    assert "no-store" in away["Cache-Control"]


def test_connection_that_is_no_app_has_none_of_its_pages(visitor: Visitor, store: Store, team: Team) -> None:
    connection = a_connection(store, team.id)
    for path in ("install", "installed"):
        assert visitor.get(f"{page(connection)}/app/{path}").status_code == 404
    for path in ("choose", "key"):
        assert visitor.post(f"{page(connection)}/app/{path}").status_code == 404
    assert 'id="app"' not in visitor.text(page(connection))


def test_two_who_choose_at_once_are_told(
    visitor: Visitor, store: Store, github: FakeGitHub, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = made(visitor, store, github, team)
    one = github.an_installation(next(iter(github.apps.values())), "acme")

    def changed(*_: object) -> None:
        raise Conflict("somebody else was first")

    monkeypatch.setattr(store.connections, "put", changed)
    for path, data in (("choose", {"installation": str(one.id)}), ("key", {"key": github.apps[4711].keys[0]})):
        not_taken(visitor.post(f"{page(connection)}/app/{path}", data), "meanwhile", 409)
