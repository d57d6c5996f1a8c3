"""CircleCI's API against a server that answers as it does."""

from __future__ import annotations

import pytest

from dashboard.tool_apis.circleci import MOST_PAGES, CircleCiApi, is_slug
from dashboard.tool_apis.errors import NothingThere, NotTaken, OutOfReach
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, as_json, served
from tests.factories import Clock

SHOP = "gh/acme/shop"
WORKFLOW = "fda08377-fe7e-46b1-8992-3a7aaecac9c3"
JOBS = f"/api/v2/workflow/{WORKFLOW}/job"


def an_api(tool: FakeTool) -> CircleCiApi:
    return CircleCiApi("CCIPAT_a-token", tool.address, now=Clock())


def test_token_has_a_header_of_its_own(tool: FakeTool) -> None:
    tool.answers["/api/v2/me/collaborations"] = as_json([{"slug": "gh/acme"}, {"slug": "../x"}, {"slug": None}, 1])
    assert an_api(tool).organizations() == ["gh/acme"]
    assert tool.asked[0].headers["circle-token"] == "CCIPAT_a-token"


def test_own_server_is_not_circlecis() -> None:
    assert CircleCiApi("x", now=Clock()).is_public
    assert not CircleCiApi("x", "https://circleci.example.com", now=Clock()).is_public


def test_pages_are_followed_by_their_tokens(tool: FakeTool) -> None:
    pages = {"": as_json({"items": [{"id": "a"}], "next_page_token": "t1"}), "t1": as_json({"items": [{"id": "b"}]})}
    tool.answers[JOBS] = lambda asked: pages[asked.query.get("page-token", "")]
    assert [one["id"] for one in an_api(tool).jobs(WORKFLOW)] == ["a", "b"]


@pytest.mark.parametrize("tokens", [["t1", "t1"], ["t1", "t2", "t1"], ["t1", "t2", ""]])
def test_tokens_that_repeat_end_the_list_and_tell_nothing_twice(tool: FakeTool, tokens: list[str]) -> None:
    following = dict(zip(["", *tokens], tokens, strict=False))
    tool.answers[JOBS] = lambda asked: as_json(
        {"items": [{"id": "a"}, "x"], "next_page_token": following.get(asked.query.get("page-token", ""), "")}
    )
    assert [one["id"] for one in an_api(tool).jobs(WORKFLOW)] == ["a"]
    assert len(tool.asked) <= 3


def test_list_that_never_ends_is_read_up_to_a_number(tool: FakeTool) -> None:
    tool.answers[JOBS] = lambda asked: as_json(
        {"items": [{"id": str(len(tool.asked))}], "next_page_token": f"t{len(tool.asked)}"}
    )
    assert len(an_api(tool).jobs(WORKFLOW)) == MOST_PAGES


def test_token_that_is_not_known_any_more_says_so(tool: FakeTool) -> None:
    tool.answers[f"/api/v2/project/{SHOP}/pipeline"] = as_json({"message": "Invalid page-token"}, 400)
    with pytest.raises(NotTaken, match="answered 400"):
        an_api(tool).pipelines(SHOP, "old")
    assert len(tool.asked) == 1


def test_page_that_leads_to_itself_is_the_last(tool: FakeTool) -> None:
    tool.answers[f"/api/v2/project/{SHOP}/pipeline"] = as_json({"items": [{"id": "a"}], "next_page_token": "t1"})
    assert [an_api(tool).pipelines(SHOP, token).next for token in ("", "t1")] == ["t1", ""]


def test_what_is_not_there_is_none(tool: FakeTool) -> None:
    tool.answers[f"/api/v2/workflow/{WORKFLOW}"] = as_json({"id": WORKFLOW})
    assert an_api(tool).workflow(WORKFLOW) == {"id": WORKFLOW}
    assert an_api(tool).workflow("aaaa") is None
    assert an_api(tool).pipeline("aaaa") is None


def test_answers_of_another_shape_are_told_or_tell_nothing(tool: FakeTool) -> None:
    tool.answers[f"/api/v2/project/{SHOP}"] = as_json([1])
    with pytest.raises(OutOfReach, match="makes no sense"):
        an_api(tool).project(SHOP)
    tool.answers["/api/v2/insights/gh/acme/summary"] = as_json([1])
    assert an_api(tool).summary("gh/acme") == {}
    tool.answers[JOBS] = as_json([1])
    assert an_api(tool).jobs(WORKFLOW) == []


def test_output_is_read_from_elsewhere_without_the_token(tool: FakeTool) -> None:
    steps = [{"name": "Test", "actions": []}]
    tool.answers[f"/api/v1.1/project/{SHOP}/812"] = as_json({"steps": steps})
    tool.answers["/output/1"] = as_json([{"message": "boom"}])
    assert an_api(tool).job_steps(SHOP, 812) == steps
    assert an_api(tool).output(f"{tool.address}/output/1") == [{"message": "boom"}]
    assert tool.asked[-1].headers["circle-token"] == "CCIPAT_a-token", "what lies here needs it"
    with served() as storage:
        storage.answers["/output/2"] = as_json([{"message": "bang"}])
        assert an_api(tool).output(f"{storage.address}/output/2") == [{"message": "bang"}]
        assert "circle-token" not in storage.asked[0].headers


@pytest.mark.parametrize("status", [401, 403, 429])
def test_refusal_elsewhere_says_nothing_of_the_token(tool: FakeTool, status: int) -> None:
    with served() as storage:
        storage.answers["/output/2"] = Answer(status)
        with pytest.raises(OutOfReach, match=f"answered {status}"):
            an_api(tool).output(f"{storage.address}/output/2")


@pytest.mark.parametrize(
    "slug",
    ["gh", "gh/acme/shop/x", "gh/../shop", "gh/acme/..", "gh/acme/sh op", "GH/acme", "gh/acme/", "", "gh/acme\n"],
)
def test_what_is_no_project_is_not_asked_for(tool: FakeTool, slug: str) -> None:
    assert not is_slug(slug)
    with pytest.raises(NothingThere, match="no project of CircleCI"):
        an_api(tool).pipelines(slug, "")
    with pytest.raises(NothingThere, match="no id of CircleCI"):
        an_api(tool).jobs("../x")
    assert tool.asked == []


def test_slugs_are_of_organisations_and_projects() -> None:
    known = ["gh/acme", "gh/acme/shop", "bb/a.b/c~d_e-f", "circleci/4Ne2xyz/9ab", "gh/acme/..shop"]
    assert [is_slug(one) for one in known] == [True] * 5
