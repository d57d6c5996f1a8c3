"""GitHub's API against a server that answers as it does."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from dashboard.tool_apis.errors import NothingThere, OutOfReach
from dashboard.tool_apis.github import MOST_COMMITS, GitHubApi
from tests.dashboard.tool_apis.fake_github import LEFT, REPOSITORY, TOKEN, a_commit, a_job, paged, with_log
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, as_json
from tests.factories import MINUTE, Clock

COMPARE = f"/repos/{REPOSITORY}/compare/aaa...bbb"
ELEVEN = 1_795_431_600_000  # 2026-11-23T11:00:00Z


def an_api(tool: FakeTool, **changes: object) -> GitHubApi:
    return GitHubApi(TOKEN, tool.address, now=Clock(), **changes)  # type: ignore[arg-type]


def test_commits_between_two_are_read_page_by_page(tool: FakeTool) -> None:
    commits = [a_commit(number) for number in range(250)]
    tool.answers[COMPARE] = lambda asked: paged(asked, "commits", commits, total_commits=250, status="ahead")
    found = an_api(tool).compare(REPOSITORY, "aaa", "bbb")
    assert [commit.sha for commit in found.commits] == [commit["sha"] for commit in commits]
    assert (found.total, found.cut) == (250, False)
    first = found.commits[0]
    assert (first.message, first.author, first.committed_at) == ("Change 0", "Ada", ELEVEN + 30 * MINUTE)
    assert [asked.query["page"] for asked in tool.asked] == ["1", "2", "3"]


def test_of_very_many_commits_so_many_are_read(tool: FakeTool) -> None:
    commits = [a_commit(number) for number in range(1500)]
    tool.answers[COMPARE] = lambda asked: paged(asked, "commits", commits, total_commits=1500)
    found = an_api(tool).compare(REPOSITORY, "aaa", "bbb")
    assert (len(found.commits), found.total, found.cut) == (MOST_COMMITS, 1500, True)
    assert len(tool.asked) == 10


def test_page_that_fails_once_is_read_again(tool: FakeTool) -> None:
    tool.answers[COMPARE] = [Answer(502), as_json({"total_commits": 1, "commits": [a_commit(1)]})]
    assert len(an_api(tool).compare(REPOSITORY, "aaa", "bbb").commits) == 1


def test_commit_of_nobody_and_of_no_time_is_read_all_the_same(tool: FakeTool) -> None:
    commits = [{"sha": "a", "commit": {"author": None, "message": ""}, "author": {"login": "ada"}}, "nonsense"]
    tool.answers[COMPARE] = as_json({"commits": commits})
    (found,) = an_api(tool).compare(REPOSITORY, "aaa", "bbb").commits
    assert (found.author, found.committed_at) == ("ada", None)


def test_answer_of_another_shape_is_told(tool: FakeTool) -> None:
    tool.answers[COMPARE] = as_json([1])
    with pytest.raises(OutOfReach, match="makes no sense"):
        an_api(tool).compare(REPOSITORY, "aaa", "bbb")


def test_names_of_branches_are_part_of_the_address_and_no_more(tool: FakeTool) -> None:
    base = "feature/../../x?y"
    tool.answers[f"/repos/{REPOSITORY}/compare/{quote(base, safe='')}...bbb"] = as_json({"commits": []})
    assert an_api(tool).compare(REPOSITORY, base, "bbb").commits == ()


@pytest.mark.parametrize("repository", ["acme", "acme/../x", "acme/checkout/x", "acme/check out", "../..", ""])
def test_what_is_no_repository_is_not_asked_for(tool: FakeTool, repository: str) -> None:
    with pytest.raises(NothingThere):
        an_api(tool).compare(repository, "aaa", "bbb")
    with pytest.raises(NothingThere):
        an_api(tool).job_log(REPOSITORY, "1/../2")
    assert tool.asked == []


def test_jobs_of_an_attempt_come_with_their_steps(tool: FakeTool) -> None:
    jobs = [a_job(number) for number in range(130)]
    tool.answers[f"/repos/{REPOSITORY}/actions/runs/5001/attempts/2/jobs"] = lambda asked: paged(asked, "jobs", jobs)
    found = an_api(tool).jobs(REPOSITORY, "5001", 2)
    assert [job.id for job in found] == [str(number) for number in range(130)]
    _, step = found[0].steps
    assert (step.number, step.name, step.conclusion) == (2, "Run make test", "failure")
    assert (step.started_at, step.finished_at) == (ELEVEN, ELEVEN + MINUTE)


def test_log_of_a_job_is_fetched_from_where_it_lies_without_the_token(tool: FakeTool) -> None:
    with_log(tool, 17, "2026-11-23T11:00:00.0000000Z ##[error]Boom\n")
    assert "##[error]Boom" in an_api(tool).job_log(REPOSITORY, "17").text
    asked, stored = tool.asked
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert "authorization" not in stored.headers


def test_log_that_is_gone_is_not_there(tool: FakeTool) -> None:
    tool.answers[f"/repos/{REPOSITORY}/actions/jobs/17/logs"] = Answer(410, b'{"message": "Gone"}', LEFT)
    with pytest.raises(NothingThere):
        an_api(tool).job_log(REPOSITORY, "17")


def test_what_is_public_is_asked_without_a_token(tool: FakeTool) -> None:
    tool.answers[COMPARE] = as_json({"commits": []})
    GitHubApi("", tool.address, now=Clock()).compare(REPOSITORY, "aaa", "bbb")
    assert all("authorization" not in asked.headers for asked in tool.asked)
