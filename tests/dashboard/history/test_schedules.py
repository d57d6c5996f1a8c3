"""When tools run pipelines by themselves: asked for seldom, believed over what was learned."""

from __future__ import annotations

from base64 import b64encode

import pytest

from dashboard.history.github_schedules import MOST_LETTERS, crons_of
from dashboard.tool_apis.errors import NothingThere
from dashboard.tool_apis.github_history import GitHubHistoryApi
from storage.model.conditions import condition
from storage.model.entities import Condition, Connection, Team
from storage.model.expectation import Expectation, ExpectedBy
from storage.model.told_schedule import Cron
from storage.store import Store
from tests.dashboard.history import test_gitlab
from tests.dashboard.history.fake_gitlab import FakeGitLab, FakePipeline
from tests.dashboard.history.fake_organisation import HOUR, FakeOrganisation, FakeRun
from tests.dashboard.history.test_repair import repair, row
from tests.dashboard.tool_apis.fake_tool import FakeTool, as_json
from tests.factories import DAY, MINUTE, NOW, Clock

NIGHTLY = "name: CI\non:\n  push:\n  schedule:\n    - cron: '0 3 * * *'\njobs: {}\n"
# NOW is noon.
THREE = NOW - 9 * HOUR


def expectation(store: Store, team: Team) -> Expectation | None:
    found: Expectation | None = row(store, team).expectation
    return found


def nights(clock: Clock, many: int) -> list[FakeRun]:
    first = [FakeRun(200 - n, "shop", THREE - n * DAY + MINUTE, event="schedule") for n in range(many)]
    return [FakeRun(300, "shop", clock() - HOUR), *first]


def test_cron_of_the_workflow_file_is_believed_over_what_was_learned(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    organisation.runs["shop"] = nights(clock, 7)
    repair(store, connection)
    found = expectation(store, team)
    assert found is not None
    assert (found.by, found.basis) == (ExpectedBy.LEARNED, "7"), "the file may not be read"
    organisation.files["shop"] = NIGHTLY
    clock.move(DAY)
    repair(store, connection)
    tomorrow = THREE + 2 * DAY
    told = Expectation(ExpectedBy.SCHEDULE, tomorrow, tomorrow + DAY // 2, 86_400, "0 3 * * *")
    assert expectation(store, team) == told
    clock.move(DAY)
    repair(store, connection)
    assert condition(row(store, team), clock()) is Condition.PASSING
    clock.move(4 * HOUR)
    assert condition(row(store, team), clock()) is Condition.NO_SIGNAL


def test_schedule_that_was_taken_out_is_not_waited_for_any_more(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    organisation.runs["shop"], organisation.files["shop"] = nights(clock, 7), NIGHTLY
    repair(store, connection)
    assert expectation(store, team) is not None
    organisation.files["shop"] = "on: push\n"
    # It is due, and may have been changed: asked within the hour, long before it is late.
    clock.move(17 * HOUR)
    repair(store, connection)
    assert expectation(store, team) is None
    assert condition(row(store, team), clock() + 30 * DAY) is Condition.PASSING
    del organisation.files["shop"]
    clock.move(DAY)
    repair(store, connection)
    found = expectation(store, team)
    assert found is not None
    assert found.by is ExpectedBy.LEARNED, "nobody can say any more"


def test_files_are_asked_for_once_a_day_and_every_hour_while_a_run_is_missed(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    def asked(hours: int) -> int:
        before = len(organisation.tool.asked)
        for _ in range(hours):
            clock.move(HOUR)
            repair(store, connection)
        return sum("/contents/" in one.path for one in organisation.tool.asked[before:])

    organisation.runs["shop"] = [FakeRun(300, "shop", clock() - HOUR)]
    assert asked(24) == 1
    assert row(store, team).expectation is None
    organisation.files["shop"] = NIGHTLY
    assert asked(14) == 1
    assert expectation(store, team) is not None
    assert asked(1 + 6) == 6, "from three in the morning on"


@pytest.mark.parametrize(
    ("text", "crons"),
    [
        (NIGHTLY, (Cron("0 3 * * *"),)),
        ("'on': {schedule: [{cron: 0 3 * * 1, timezone: Europe/Berlin}]}", (Cron("0 3 * * 1", "Europe/Berlin"),)),
        ("x: &a [{cron: 0 1 * * *}]\non:\n  schedule: *a\n", (Cron("0 1 * * *"),)),
        ("on: [push]", ()),
        ("on: push", ()),
        ("on: {schedule: }", ()),
        ("on: {schedule: [7, {corn: 0 1 * * *}, {cron: [1]}]}", ()),
        ("name: CI", None),
        ("", None),
        ("- on", None),
        ("on: {", None),
        ("on: push\n---\non: push", None),
        ("on: \0", None),
        ("on: \ud800", None),
        ("[" * 5000, None),
        ("on: push\n" + "#" * MOST_LETTERS, None),
        ("a: &a {x: 1}\nb: &b {<<: [*a, *a, *a]}\nc: {<<: [*b, *b, *b]}\non: push", ()),
    ],
)
def test_schedule_is_found_in_a_workflow_file_whatever_stands_in_it(text: str, crons: tuple[Cron, ...] | None) -> None:
    assert crons_of(text) == crons


def test_file_that_is_no_text_tells_nothing(tool: FakeTool, clock: Clock) -> None:
    api = GitHubHistoryApi("ghp_x", tool.address, now=clock)
    answers: tuple[object, ...] = (
        [],
        {"type": "dir"},
        {"encoding": "none", "content": ""},
        {"encoding": "base64", "content": "?"},
        {"encoding": "base64", "content": b64encode(b"\xff").decode()},
    )
    for answer in answers:
        tool.answer = lambda asked, answer=answer: as_json(answer)  # type: ignore[method-assign, misc]
        assert api.file("acme/shop", ".github/workflows/ci.yml") is None
    for path in ("../x", ".github//x", ""):
        with pytest.raises(NothingThere):
            api.file("acme/shop", path)


# GitLab

gitlab = test_gitlab.gitlab


@pytest.fixture
def gitlab_connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return test_gitlab.a_connection(store, team, tool)


def test_schedules_of_a_project_are_told_with_their_zones(
    store: Store, team: Team, gitlab_connection: Connection, gitlab: FakeGitLab, clock: Clock
) -> None:
    gitlab.pipelines["shop"] = [
        FakePipeline(80 - n, "shop", THREE - n * DAY + MINUTE, scheduled=True) for n in range(7)
    ]
    gitlab.schedules["shop"] = None
    repair(store, gitlab_connection)
    found = expectation(store, team)
    assert found is not None
    assert found.by is ExpectedBy.LEARNED, "the token may not read them"
    gitlab.schedules["shop"] = [
        {"id": 1, "cron": "0 4 * * *", "cron_timezone": "Europe/Berlin", "active": True},
        {"id": 2, "cron": "0 1 * * *", "cron_timezone": "UTC", "active": False},
        {"id": 3, "cron": "0 5 * * 7", "cron_timezone": "Pacific Time (US & Canada)", "active": True},
    ]
    clock.move(DAY)
    repair(store, gitlab_connection)
    due = THREE + 2 * DAY
    assert expectation(store, team) == Expectation(
        ExpectedBy.SCHEDULE, due, due + DAY // 2, 86_400, "0 4 * * * Europe/Berlin"
    )
