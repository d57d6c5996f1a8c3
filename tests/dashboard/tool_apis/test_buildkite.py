"""Buildkite's API against a server that answers as it does."""

from __future__ import annotations

import pytest

from dashboard.tool_apis.buildkite import BuildkiteApi, Slugs, is_slug
from dashboard.tool_apis.errors import NothingThere, OverQuota, TooMuch
from storage.model.entities import ApiQuota
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, as_json
from tests.factories import NOW, Clock

SHOP = Slugs("acme", "shop")
BUILDS = "/v2/organizations/acme/pipelines/shop/builds"
LEFT = {"RateLimit-Limit": "200", "RateLimit-Remaining": "0", "RateLimit-Reset": "42"}
USER_LEFT = {"RateLimit-User-Limit": "50", "RateLimit-User-Remaining": "35", "RateLimit-User-Reset": "42"}


def an_api(tool: FakeTool) -> BuildkiteApi:
    return BuildkiteApi("bkua_a-token", tool.address, now=Clock())


def test_token_is_sent_as_bearer(tool: FakeTool) -> None:
    tool.answers["/v2/organizations"] = as_json([{"slug": "acme"}, {"slug": "../x"}, {"slug": None}, "nonsense"])
    assert an_api(tool).organizations() == ["acme"]
    assert tool.asked[0].headers["authorization"] == "Bearer bkua_a-token"


def test_page_is_followed_by_another_where_it_is_full_or_linked_to_one(tool: FakeTool) -> None:
    linked = {"Link": f'<{tool.address}/v2/x?page=2>; rel="next"'}
    tool.answers["/v2/organizations/acme/pipelines"] = [
        as_json([{"slug": str(number)} for number in range(100)]),
        Answer(200, b'[{"slug": "short"}]', linked),
        as_json([{"slug": "short"}]),
        as_json([]),
        Answer(200, b'{"message": "not a list"}', linked),
    ]
    assert [an_api(tool).pipelines("acme", number).more for number in range(1, 6)] == [True, True, False, False, False]


def test_builds_are_asked_for_with_all_jobs_or_none(tool: FakeTool) -> None:
    tool.answers[BUILDS] = as_json([])
    an_api(tool).builds(SHOP, {"created_from": "2026-11-20T00:00:00Z"}, 50, 1, jobs=True)
    an_api(tool).builds(SHOP, {}, 100, 3, jobs=False)
    assert [asked.query for asked in tool.asked] == [
        {"per_page": "50", "page": "1", "created_from": "2026-11-20T00:00:00Z", "exclude_pipeline": "true",
         "include_retried_jobs": "true"},
        {"per_page": "100", "page": "3", "exclude_pipeline": "true", "exclude_jobs": "true"},
    ]  # fmt: skip


def test_answer_that_is_too_long_asks_for_less(tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.tool_apis.session.MOST_BYTES", 1000)
    tool.answers[BUILDS] = as_json([{"id": "x" * 2000}])
    with pytest.raises(TooMuch, match="answered more than"):
        an_api(tool).builds(SHOP, {}, 50, 1, jobs=True)
    assert len(tool.asked) == 1


def test_jobs_are_read_page_by_page_of_the_cursor_in_the_link(tool: FakeTool) -> None:
    path = f"{BUILDS}/7/jobs"
    link = f"https://api.buildkite.com{path}?after=c2&per_page=100"
    tool.answers[path] = [
        as_json({"items": [{"id": "1"}], "links": {"next": link}}),
        as_json({"items": [{"id": "2"}, None], "links": {"next": None}}),
    ]
    assert [job["id"] for job in an_api(tool).jobs(SHOP, "7")] == ["1", "2"]
    assert [asked.query.get("after") for asked in tool.asked] == [None, "c2"]


def test_jobs_of_a_build_that_never_end_are_read_up_to_a_number(
    tool: FakeTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.tool_apis.buildkite.MOST_JOBS", 5)
    path = f"{BUILDS}/7/jobs"
    pages = [{"items": [{"id": "1"}, {"id": "2"}], "links": {"next": f"https://x/?after={n}"}} for n in range(9)]
    tool.answers[path] = [as_json(page) for page in pages]
    assert len(an_api(tool).jobs(SHOP, "7")) == 5


def test_build_that_is_not_there_is_none(tool: FakeTool) -> None:
    tool.answers[f"{BUILDS}/7"] = as_json({"id": "b"})
    assert an_api(tool).build(SHOP, "7", jobs=True) == {"id": "b"}
    assert an_api(tool).build(SHOP, "8", jobs=True) is None


def test_log_is_read_as_text(tool: FakeTool) -> None:
    tool.answers[f"{BUILDS}/7/jobs/0193-ab/log.txt"] = Answer(200, b"--- Test\nboom\n")
    assert an_api(tool).job_log(SHOP, "7", "0193-ab").text == "--- Test\nboom\n"


@pytest.mark.parametrize(
    ("slugs", "number", "job"),
    [(Slugs("a/b", "shop"), "7", "1"), (Slugs("acme", ".."), "7", "1"), (SHOP, "7/../8", "1"), (SHOP, "7", "../x"),
     (SHOP, "", "1"), (SHOP, "٧", "1"), (SHOP, "7\n", "1")],
)  # fmt: skip
def test_what_is_nothing_of_buildkites_is_not_asked_for(tool: FakeTool, slugs: Slugs, number: str, job: str) -> None:
    with pytest.raises(NothingThere, match="nothing of Buildkite's"):
        an_api(tool).job_log(slugs, number, job)
    assert tool.asked == []


def test_slugs_are_words() -> None:
    assert [is_slug(one) for one in ("my-shop_2", "", "-x", "a/b", None)] == [True, False, False, False, False]


def test_too_many_calls_are_waited_for_as_the_tighter_of_two_limits_says(tool: FakeTool) -> None:
    heard: list[ApiQuota] = []
    tool.answers["/v2/organizations"] = Answer(429, b"{}", {**LEFT, **USER_LEFT})
    api = BuildkiteApi("x", tool.address, now=Clock(), heard=heard.append)
    with pytest.raises(OverQuota) as raised:
        api.organizations()
    assert raised.value.until == NOW + 42_000
    assert heard == [ApiQuota(200, 0, NOW + 42_000, NOW)]
