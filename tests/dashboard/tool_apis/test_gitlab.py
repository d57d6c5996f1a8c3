"""GitLab's API against a server that answers as it does."""

from __future__ import annotations

import pytest

from dashboard.tool_apis.errors import NothingThere, OutOfReach, OverQuota
from dashboard.tool_apis.gitlab import PUBLIC_ADDRESS, GitLabApi, rooted
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, as_json
from tests.factories import MINUTE, NOW, Clock

TOKEN = "glpat-a-token"


def an_api(tool: FakeTool) -> GitLabApi:
    return GitLabApi(TOKEN, tool.address, now=Clock())


def test_server_is_named_with_the_root_of_its_api_or_without() -> None:
    assert rooted("https://git.example/api/v4") == rooted("https://git.example/") == "https://git.example/api/v4"
    assert GitLabApi(TOKEN, now=Clock()).session.address == PUBLIC_ADDRESS


def test_jobs_are_read_page_by_page_with_the_token(tool: FakeTool) -> None:
    jobs = [{"id": number} for number in range(250)]

    def paged(asked: object) -> Answer:
        number = int(tool.asked[-1].query["page"])
        return as_json(jobs[(number - 1) * 100 : number * 100])

    tool.answers["/api/v4/projects/5/pipelines/7/jobs"] = paged
    assert an_api(tool).jobs(5, "7") == jobs
    assert [one.query["page"] for one in tool.asked] == ["1", "2", "3"]
    assert {one.headers["private-token"] for one in tool.asked} == {TOKEN}


def test_answer_of_another_shape_is_told(tool: FakeTool) -> None:
    tool.answers["/api/v4/projects/5/pipelines/7/jobs"] = as_json({"message": "x"})
    with pytest.raises(OutOfReach, match="makes no sense"):
        an_api(tool).jobs(5, "7")


@pytest.mark.parametrize("name", ["", "7/../8", "x", "٧"])
def test_what_is_no_id_is_not_asked_for(tool: FakeTool, name: str) -> None:
    with pytest.raises(NothingThere):
        an_api(tool).jobs(5, name)
    assert tool.asked == []


def test_who_asked_too_often_is_told_until_when_though_the_answer_is_text(tool: FakeTool) -> None:
    headers = {"RateLimit-Limit": "2000", "RateLimit-Remaining": "0", "RateLimit-Reset": str(NOW // 1000 + 60)}
    tool.answers["/api/v4/projects/5/pipelines/7"] = Answer(429, b"Retry later\n", headers)
    with pytest.raises(OverQuota) as caught:
        an_api(tool).pipeline(5, "7")
    assert caught.value.until == NOW + MINUTE


def test_log_that_lies_elsewhere_is_fetched_without_the_token(tool: FakeTool) -> None:
    tool.answers["/api/v4/projects/5/jobs/9/trace"] = Answer(302, b"", {"Location": "/blob"})
    tool.answers["/blob"] = Answer(200, b"one\ntwo\n")
    assert an_api(tool).job_log(5, "9").text == "one\ntwo\n"
    assert "private-token" not in tool.asked[-1].headers
