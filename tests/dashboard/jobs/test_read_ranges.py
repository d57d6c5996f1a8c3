"""Commits that no push told are read from the tool, once, where a connection has a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dashboard.auth.sealing import seal
from dashboard.jobs import read_ranges
from dashboard.webhooks.ranges import ranges_of
from storage.model.document import replace
from storage.model.entities import ApiAccess, ApiQuota, Team
from storage.model.team_rules import RuledSource, TeamRule, TeamRuleSet
from storage.store import Store
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_github import REPOSITORY, TOKEN, a_commit, paged
from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, served
from tests.factories import BY, MINUTE, NOW, a_connection, a_run, a_team, record
from tests.storage.model.test_subjects import pushed

BASE, HEAD = f"{1:040x}", f"{9:040x}"
COMPARE = f"/repos/{REPOSITORY}/compare/{BASE}...{HEAD}"


@pytest.fixture
def tool() -> Iterator[FakeTool]:
    stamina.set_testing(True, attempts=1)
    read_ranges._looked_at.clear()
    with served() as found:
        yield found
    stamina.set_testing(False)


@pytest.fixture
def team(store: Store, tool: FakeTool) -> Team:
    """Two runs of its default branch, eight commits apart."""
    team = a_team(store)
    for number, sha in ((1, BASE), (2, HEAD)):
        began = NOW - (60 - 10 * number) * MINUTE
        record(store, [replace(each, commit=sha) for each in a_run(str(number), began=began)], team.id)
    return team


def connected(store: Store, team: Team, tool: FakeTool) -> None:
    connection = a_connection(store, team.id)
    access = ApiAccess(token=seal(TOKEN), address=tool.address)
    store.connections.put(connection, replace(connection, api=access), BY, "changed")


def asked(tool: FakeTool) -> int:
    return sum(one.path == COMPARE for one in tool.asked)


def eight_commits(of: Asked) -> Answer:
    return paged(of, "commits", [a_commit(number) for number in range(2, 10)], total_commits=8)


def test_commit_between_two_runs_is_found_with_the_later_ones_commit(store: Store, team: Team, tool: FakeTool) -> None:
    connected(store, team, tool)
    tool.answers[COMPARE] = eight_commits
    do(read_ranges.JOB, store)
    (found,) = store.executions.list_of_commit(f"{5:040x}").pushed
    assert (found.head, found.number, found.size, found.branch) == (HEAD, 4, 8, "main")
    assert (found.message, found.author) == ("Change 5", "Ada")


def test_range_is_asked_for_once_and_not_where_a_push_told_it(store: Store, team: Team, tool: FakeTool) -> None:
    connected(store, team, tool)
    tool.answers[COMPARE] = eight_commits
    do(read_ranges.JOB, store)
    do(read_ranges.JOB, store)
    assert asked(tool) == 1
    read_ranges._looked_at.clear()
    do(read_ranges.JOB, store)
    assert asked(tool) == 1


def test_ranges_of_pipelines_that_rules_put_on_other_boards_are_read_and_no_others(
    store: Store, tool: FakeTool
) -> None:
    platform, web = a_team(store, "Platform", "platform"), a_team(store, "Web", "web")
    connected(store, platform, tool)
    store.teams.create_unassigned(BY)
    rules = TeamRuleSet((TeamRule(web.id, name="*"),), (RuledSource(platform.id, "github"),))
    store.team_rule_sets.put(TeamRuleSet(), rules, BY)
    # Web's own connection tells of the same repository, in another range.
    for team, commits in ((platform, (BASE, HEAD)), (web, (BASE, f"{7:040x}"))):
        for number, sha in enumerate(commits, 1):
            events = a_run(str(number), began=NOW - (60 - 10 * number) * MINUTE)
            record(store, [replace(each, commit=sha) for each in events], team.id)
    assert len(store.pipelines.list_board(web.id)) == 2
    tool.answers[COMPARE] = eight_commits
    do(read_ranges.JOB, store)
    assert [one.path for one in tool.asked if "/compare/" in one.path] == [COMPARE]
    (found,) = store.executions.list_of_commit(f"{5:040x}").pushed
    assert found.team_id == platform.id


@pytest.mark.parametrize("answer", [Answer(503, b""), Answer(401, b"{}"), Answer(429, b"", {"Retry-After": "900"})])
def test_range_that_could_not_be_read_is_asked_for_with_the_next_turn(
    store: Store, team: Team, tool: FakeTool, answer: Answer
) -> None:
    connected(store, team, tool)
    tool.answers[COMPARE] = answer
    do(read_ranges.JOB, store)
    assert store.executions.list_of_commit(HEAD).pushed == []
    tool.answers[COMPARE] = eight_commits
    do(read_ranges.JOB, store)
    assert len(store.executions.list_of_commit(HEAD).pushed) == 1


def test_range_is_tried_again_with_another_token(store: Store, team: Team, tool: FakeTool) -> None:
    connected(store, team, tool)
    tool.answers[COMPARE] = Answer(404, b"{}")
    do(read_ranges.JOB, store)
    (found,) = store.connections.list_of_team(team.id)
    before = store.connections.find(found.id)
    assert before is not None
    store.connections.put(before, replace(before, api=replace(before.api, token=seal("another"))), BY, "changed")
    tool.answers[COMPARE] = eight_commits
    do(read_ranges.JOB, store)
    assert len(store.executions.list_of_commit(HEAD).pushed) == 1


def test_nothing_is_asked_once_half_of_the_quota_is_used(store: Store, team: Team, tool: FakeTool) -> None:
    connected(store, team, tool)
    (found,) = store.connections.list_of_team(team.id)
    store.connections.note_quota(found.id, ApiQuota(limit=5000, remaining=2000, resets_at=NOW + MINUTE, told_at=NOW))
    do(read_ranges.JOB, store)
    assert asked(tool) == 0


def test_connection_that_fails_keeps_no_other_waiting(
    store: Store, team: Team, tool: FakeTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(store, team, tool)
    connected(store, team, tool)
    tool.answers[COMPARE] = eight_commits
    failed: list[tuple[str, ...]] = []

    def once_broken(*args: str) -> object:
        if not failed:
            failed.append(args)
            raise RuntimeError("a fault of ours")
        return ranges_of(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("dashboard.jobs.read_ranges.ranges_of", once_broken)
    do(read_ranges.JOB, store)
    assert asked(tool) == 1


def test_range_that_a_push_told_is_not_asked_for(store: Store, team: Team, tool: FakeTool) -> None:
    connected(store, team, tool)
    store.recorder.apply(team.id, [], None, [pushed(1, HEAD, head=HEAD)])
    do(read_ranges.JOB, store)
    assert asked(tool) == 0


def test_repository_that_the_token_may_not_read_is_left_alone(store: Store, team: Team, tool: FakeTool) -> None:
    connected(store, team, tool)
    tool.answers[COMPARE] = Answer(404, b"{}")
    do(read_ranges.JOB, store)
    do(read_ranges.JOB, store)
    assert asked(tool) == 1
    assert store.executions.list_of_commit(HEAD).pushed == []


def test_nothing_is_asked_without_a_token(store: Store, team: Team, tool: FakeTool) -> None:
    a_connection(store, team.id)
    do(read_ranges.JOB, store)
    assert tool.asked == []
