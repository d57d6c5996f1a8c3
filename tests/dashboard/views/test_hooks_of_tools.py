"""Hooks are made at Azure DevOps, CircleCI and Buildkite with a connection's token, as at GitLab: found by our URL and
brought up to date, told place by place."""

from __future__ import annotations

import pytest

from dashboard.tool_apis.hook_offers import HOOKS
from dashboard.tool_apis.offers import OFFERS
from dashboard.webhooks.connecting import webhook_url
from dashboard.webhooks.tool_hooks import MAKERS
from storage.model.entities import Connection, Team
from storage.store import Store
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.tool_apis.conftest import _no_waiting, tool
from tests.dashboard.tool_apis.fake_azuredevops_hooks import FakeAzureDevOpsHooks
from tests.dashboard.tool_apis.fake_buildkite_hooks import FakeBuildkiteHooks
from tests.dashboard.tool_apis.fake_circleci_hooks import FakeCircleCiHooks
from tests.dashboard.tool_apis.fake_tool import FakeTool, as_json
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import SECRET, a_connection, a_team

__all__ = ["_no_waiting", "tool"]


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


@pytest.fixture
def circle(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "circleci", "CCIPAT_a-token")


@pytest.fixture
def kite(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "buildkite", "bkua_a-token")


@pytest.fixture
def azure(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "azuredevops", "a-token")


def asked(visitor: Visitor, connection: Connection, only: str) -> tuple[int, str]:
    answer = visitor.post(f"/manage/connections/{connection.id}/hooks", {"only": only})
    return answer.status_code, text_of(answer)


def test_what_is_offered_can_be_made_and_takes_a_token() -> None:
    assert set(HOOKS) == set(MAKERS)
    assert all(OFFERS[name].takes_token for name in HOOKS)


@pytest.mark.parametrize("source", sorted(HOOKS))
def test_page_says_before_there_is_a_token_that_hooks_can_be_made(
    visitor: Visitor, store: Store, team: Team, source: str
) -> None:
    text = visitor.text(f"/manage/connections/{a_connection(store, team.id, source).id}")
    assert "Or let it be done: under “Reading from" in text
    assert HOOKS[source].rights in text


def test_webhook_of_each_circleci_project_that_fits_is_made_once(
    visitor: Visitor, store: Store, team: Team, circle: Connection, tool: FakeTool
) -> None:
    circleci = FakeCircleCiHooks(tool, ["shop-api", "shop-web", "docs"])
    status, text = asked(visitor, circle, "gh/acme/shop-*")
    assert (status, "Made: gh/acme/shop-api, gh/acme/shop-web." in text) == (200, True)
    assert 'banner__words">Made:' in text, "what came of it is seen without going down the page"
    (hook,) = circleci.of("shop-web")
    assert (hook["url"], hook["signing-secret"], hook["verify-tls"]) == (webhook_url(circle), SECRET, True)
    assert hook["events"] == ["workflow-completed", "job-completed"]
    assert circleci.of("docs") == []
    hook["signing-secret"] = "an old one"
    _, text = asked(visitor, circle, "gh/acme/shop-*")
    assert "There already, and brought up to date: gh/acme/shop-api, gh/acme/shop-web." in text
    assert [len(circleci.of(name)) for name in ("shop-api", "shop-web")] == [1, 1]
    assert hook["signing-secret"] == SECRET
    entries = [one for one in store.audit.list_of_team(team.id).items if one.action == "connection.hooks_asked_for"]
    assert [dict(one.after) for one in entries] == [{"hooks_of": "gh/acme/shop-*"}] * 2


def test_circleci_project_that_refuses_keeps_no_other_waiting_and_says_why(
    visitor: Visitor, circle: Connection, tool: FakeTool
) -> None:
    circleci = FakeCircleCiHooks(tool, ["api", "full", "theirs"], foreign={"theirs"})
    circleci.of("full").extend({"id": str(number), "url": f"https://x{number}.example"} for number in range(5))
    status, text = asked(visitor, circle, "*")
    assert (status, "Made: gh/acme/api." in text) == (409, True)
    assert "gh/acme/full: CircleCI does not take it: a project has five webhooks at most" in text
    assert "gh/acme/theirs: the token may not: it has to be of an administrator" in text


def test_projects_of_circleci_are_named(visitor: Visitor, circle: Connection, tool: FakeTool) -> None:
    FakeCircleCiHooks(tool, ["api"])
    status, text = asked(visitor, circle, "  ")
    assert (status, "Name some, by patterns" in text) == (400, True)
    assert tool.asked == []


def test_project_that_circleci_tells_no_id_of_is_refused_and_not_asked_for(
    visitor: Visitor, circle: Connection, tool: FakeTool
) -> None:
    circleci = FakeCircleCiHooks(tool, ["api"])
    tool.answer = lambda asked: (  # type: ignore[method-assign]
        as_json({"id": "../me"}) if asked.path.endswith("/gh/acme/api") else circleci.answer(asked)
    )
    assert "gh/acme/api: the token may not" in asked(visitor, circle, "*")[1]
    assert not any("webhook" in one.path for one in tool.asked)


def test_service_of_each_buildkite_organisation_is_made_signed_and_for_all_pipelines(
    visitor: Visitor, kite: Connection, tool: FakeTool
) -> None:
    buildkite = FakeBuildkiteHooks(tool, {"acme": []})
    for number in range(5):
        buildkite.has("acme", f"https://elsewhere-{number}.example")
    status, text = asked(visitor, kite, "")
    assert (status, "Made: acme." in text) == (200, True)
    made = buildkite.services["acme"][-1]
    assert (made["scope"], made["settings"]["url"]) == ("all", webhook_url(kite))
    assert (made["settings"]["token"], made["settings"]["token_mode"]) == (SECRET, "signature")
    assert {"build.finished", "job.started"} < set(made["settings"]["events"])
    assert len(buildkite.services["acme"]) == 6


def test_service_of_buildkite_that_is_there_is_enabled_and_keeps_its_pipelines(
    visitor: Visitor, kite: Connection, tool: FakeTool
) -> None:
    buildkite = FakeBuildkiteHooks(tool, {"acme": []})
    for number in range(4):
        buildkite.has("acme", f"https://elsewhere-{number}.example")
    ours = buildkite.has("acme", webhook_url(kite), enabled=False, scope="some_projects", scope_uuids=["1"])
    _, text = asked(visitor, kite, "acme")
    assert "There already, and brought up to date: acme." in text
    assert (ours["enabled"], ours["scope"], ours["settings"]["token"]) == (True, "some_projects", SECRET)
    assert len(buildkite.services["acme"]) == 5


def test_organisation_of_buildkite_that_refuses_says_why(visitor: Visitor, kite: Connection, tool: FakeTool) -> None:
    buildkite = FakeBuildkiteHooks(tool, {"acme": [], "labs": []}, closed={"labs"})
    status, text = asked(visitor, kite, "")
    assert (status, "labs: the token may not: it takes the scopes" in text, "Made: acme." in text) == (409, True, True)
    buildkite.takes = False
    assert "acme: Buildkite does not take the URL" in asked(visitor, kite, "acme")[1]
    assert "Nothing fits" in asked(visitor, kite, "elsewhere")[1]


def test_each_kind_of_event_of_azure_devops_projects_that_fit_is_subscribed_to_once(
    visitor: Visitor, azure: Connection, tool: FakeTool
) -> None:
    devops = FakeAzureDevOpsHooks(tool, [f"Other {number:03d}" for number in range(120)] + ["Shop API", "Shop Web"])
    status, text = asked(visitor, azure, "Shop*")
    assert (status, "Made: Shop API, Shop Web." in text) == (200, True)
    made = devops.of("Shop API")
    assert len(devops.subscriptions) == 2 * len(made) == 12
    versions = {one["eventType"]: (one["publisherId"], one["resourceVersion"]) for one in made}
    assert versions["build.complete"] == ("tfs", "2.0")
    assert versions["ms.vss-pipelines.run-state-changed-event"] == ("pipelines", "5.1-preview.1")
    inputs = made[0]["consumerInputs"]
    assert (inputs["url"], inputs["basicAuthPassword"]) == (webhook_url(azure), SECRET)
    assert (inputs["resourceDetailsToSend"], inputs["messagesToSend"]) == ("all", "none")
    assert "There already, and brought up to date: Shop API, Shop Web." in asked(visitor, azure, "Shop*")[1]
    assert len(devops.subscriptions) == 12


def test_subscription_of_azure_devops_that_is_there_is_enabled_and_keeps_its_filter(
    visitor: Visitor, azure: Connection, tool: FakeTool
) -> None:
    devops = FakeAzureDevOpsHooks(tool, ["Shop"])
    asked(visitor, azure, "Shop")
    ours = devops.subscriptions[0]
    ours["publisherInputs"]["pipelineId"], ours["status"] = "17", "disabledBySystem"
    devops.subscriptions.pop()
    theirs = {**ours, "id": "1", "consumerInputs": {"url": "https://elsewhere.example"}}
    devops.subscriptions.append(dict(theirs))
    assert "Made: Shop." in asked(visitor, azure, "Shop")[1], "one kind of event was missing"
    assert (ours["publisherInputs"]["pipelineId"], ours["status"]) == ("17", "enabled")
    assert theirs in devops.subscriptions
    assert len(devops.subscriptions) == 7


def test_project_of_azure_devops_that_refuses_says_why_and_gets_what_it_knows(
    visitor: Visitor, azure: Connection, tool: FakeTool
) -> None:
    older = {"ms.vss-pipelines.job-state-changed-event"}
    devops = FakeAzureDevOpsHooks(tool, ["Shop", "Theirs"], foreign={"Theirs"}, unknown=older)
    status, text = asked(visitor, azure, "*")
    assert (status, "Theirs: the token may not: it has to be of an administrator" in text) == (409, True)
    assert "Shop: Azure DevOps does not take all of it" in text
    assert len(devops.of("Shop")) == 5
