"""Azure DevOps' API against a server that answers as it does."""

from __future__ import annotations

from base64 import b64decode

import pytest

from dashboard.tool_apis.azuredevops import MOST_EARLIER, MOST_PAGES, AzureDevOpsApi
from dashboard.tool_apis.errors import NothingThere, OutOfReach, TokenRefused, TooMuch
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, as_json, served
from tests.factories import Clock

PROJECT = "5a9cc47d-2818-4a4a-b99d-db0a28f4e08f"
BUILD = f"/acme/{PROJECT}/_apis/build/builds/5152"
TIMELINES = [f"{number:08d}-80ae-4251-8a94-516e4ded0a2a" for number in range(9)]


def an_api(tool: FakeTool) -> AzureDevOpsApi:
    return AzureDevOpsApi("a-token", f"{tool.address}/acme", now=Clock())


def test_token_is_a_password_without_a_name(tool: FakeTool) -> None:
    tool.answers["/acme/_apis/projects"] = as_json({"value": [{"id": PROJECT}, 1]})
    assert an_api(tool).projects(100) == [{"id": PROJECT}]
    (asked,) = tool.asked
    assert b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b":a-token"
    assert (asked.query["$skip"], asked.query["api-version"]) == ("100", "6.0")


def test_organisation_is_told_by_a_project(tool: FakeTool) -> None:
    link = {"href": "https://dev.azure.com/acme/_apis/projectCollections/543D3920-89fa-4357-bd7d-82429a368899"}
    tool.answers[f"/acme/_apis/projects/{PROJECT}"] = as_json({"_links": {"collection": link}})
    assert an_api(tool).collection(PROJECT) == "543d3920-89fa-4357-bd7d-82429a368899"


@pytest.mark.parametrize("told", [{}, {"_links": 1}, {"_links": {"collection": {"href": "x/../y"}}}, [1]])
def test_organisation_that_is_not_told_says_so(tool: FakeTool, told: object) -> None:
    tool.answers[f"/acme/_apis/projects/{PROJECT}"] = as_json(told)
    with pytest.raises(OutOfReach, match="which organisation"):
        an_api(tool).collection(PROJECT)


def test_page_for_signing_in_means_that_the_token_is_refused(tool: FakeTool) -> None:
    tool.answers["/acme/_apis/projects"] = Answer(203, b"<html>Sign in</html>")
    with pytest.raises(TokenRefused):
        an_api(tool).projects(0)
    assert len(tool.asked) == 1


def test_timeline_of_what_has_not_begun_is_empty(tool: FakeTool) -> None:
    tool.answers[f"{BUILD}/timeline"] = Answer(204)
    assert an_api(tool).timelines(PROJECT, "5152") == [[]]
    tool.answers[f"{BUILD}/timeline"] = Answer(404)
    assert an_api(tool).timelines(PROJECT, "5152") == []


def test_what_stood_before_is_read_once_newest_first_and_not_for_ever(tool: FakeTool) -> None:
    before = [{"attempt": n, "timelineId": TIMELINES[n]} for n in range(1, 9)]
    lies = [{"attempt": 9, "timelineId": "../x"}, {"attempt": "x", "timelineId": None}]
    records = [{"id": "a", "previousAttempts": before}, {"id": "b", "previousAttempts": [*before, *lies]}]
    tool.answers[f"{BUILD}/timeline"] = as_json({"records": records})
    for one in TIMELINES[:8]:
        tool.answers[f"{BUILD}/timeline/{one}"] = as_json({"records": [{"id": one}]})
    found = an_api(tool).timelines(PROJECT, "5152")
    assert [one[0]["id"] for one in found[1:]] == TIMELINES[7:3:-1], "the eighth is gone"
    assert len(tool.asked) == 1 + MOST_EARLIER


@pytest.mark.parametrize("status", [400, 403, 404])
def test_approvals_that_are_not_told_are_none(tool: FakeTool, status: int) -> None:
    tool.answers[f"/acme/{PROJECT}/_apis/pipelines/approvals"] = as_json({"message": "no"}, status)
    assert an_api(tool).approvals(PROJECT, [TIMELINES[0]]) == []


def test_pipelines_are_listed_to_the_end(tool: FakeTool) -> None:
    path = f"/acme/{PROJECT}/_apis/build/definitions"
    pages = {
        "": as_json({"value": [{"id": 1}]}, x_ms_continuationtoken="b"),
        "b": as_json({"value": [{"id": 2}]}),
    }
    tool.answers[path] = lambda asked: pages[asked.query.get("continuationToken", "")]
    assert [one["id"] for one in an_api(tool).definitions(PROJECT)] == [1, 2]
    tool.answers[path] = as_json({"value": [{"id": 1}]}, x_ms_continuationtoken="b")
    with pytest.raises(TooMuch, match=f"more than {MOST_PAGES} pipelines"):
        an_api(tool).definitions(PROJECT)


def test_log_is_asked_for_as_text_and_followed_without_the_token(tool: FakeTool) -> None:
    with served() as storage:
        storage.answers["/blob"] = Answer(200, b"one\ntwo\n")
        tool.answers[f"{BUILD}/logs/7"] = Answer(302, b"", {"Location": f"{storage.address}/blob"})
        assert an_api(tool).log(PROJECT, "5152", 7).text == "one\ntwo\n"
        assert tool.asked[0].headers["accept"] == "text/plain"
        assert "authorization" not in storage.asked[0].headers


def test_what_is_nothing_of_azures_is_not_asked_for(tool: FakeTool) -> None:
    api = an_api(tool)
    for ask in (
        lambda: api.builds("../x", "2026-01-01", ""),
        lambda: api.timelines(PROJECT, "1/../2"),
        lambda: api.approvals(PROJECT, ["x"]),
    ):
        with pytest.raises(NothingThere, match="is no"):
            ask()
    assert api.build(PROJECT, "x") is None
    assert tool.asked == []


def test_public_host_is_named_by_nobody() -> None:
    """What it stands for has to be public."""
    public = AzureDevOpsApi("x", "https://dev.azure.com/acme", now=Clock())
    assert public.session._named_host == ""
    own = AzureDevOpsApi("x", "https://tfs.example.com/tfs/Main", now=Clock())
    assert own.session._named_host == "tfs.example.com"
