"""How many runners are online, where a connection may ask its tool; else unknown, never none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import stamina

from dashboard.auth.sealing import seal
from dashboard.history.runners import online_of
from dashboard.jobs import count_runners
from dashboard.jobs.count_runners import JOB
from storage import topics
from storage.model.backfill import Project
from storage.model.document import replace
from storage.model.entities import ApiAccess, ApiQuota, Status, Team
from storage.model.runners_online import BELIEVED_MS
from storage.store import Store
from storage.table import metered
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, as_json, served
from tests.dashboard.views.rows import plain
from tests.dashboard.views.test_message_sizes import Reader
from tests.dashboard.visiting import Visitor
from tests.factories import (
    BY,
    MINUTE,
    NOW,
    REF,
    Clock,
    a_connection,
    a_team,
    action_changed,
    execution_changed,
    record,
    unnamed,
)

ORGANISATION, REPOSITORY = "/orgs/acme/actions/runners", "/repos/acme/checkout/actions/runners"
GPU = ("self-hosted", "gpu")


@pytest.fixture
def tool() -> Iterator[FakeTool]:
    stamina.set_testing(True, attempts=1)
    with served() as found:
        yield found
    stamina.set_testing(False)


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def queued(store: Store, team: Team, *labels: str, source: str = "github", number: int = 1) -> None:
    """A job that asks for these waits."""
    ref = replace(REF, source=source, key=f"{REF.key}{number}")
    told = {"status": Status.QUEUED, "raw_status": "queued", "at": NOW, "queued_at": NOW}
    job = action_changed(str(number), "build", pipeline=replace(unnamed(ref), key=ref.key), **told)
    run = execution_changed(str(number), pipeline=ref, **told)
    record(store, [run, replace(job, runner_labels=labels)], team.id)


def connected(store: Store, team: Team, tool: FakeTool, source: str = "github") -> str:
    found = a_connection(store, team.id, source)
    access = ApiAccess(token=seal("a token"), address=tool.address)
    store.connections.put(found, replace(found, api=access), BY, "connection.changed")
    store.backfills.put_project(found.id, Project("acme/checkout"))
    return found.id


def runner(*labels: str, status: str = "online") -> dict[str, object]:
    return {"id": 1, "status": status, "busy": False, "labels": [{"name": label} for label in labels]}


def listing(*runners: dict[str, object]) -> Answer:
    return as_json({"total_count": len(runners), "runners": list(runners)})


def counted(store: Store) -> dict[str, int]:
    do(JOB, store)
    return {one.label: one.online for one in store.runners.find().told}


def cells(visitor: Visitor) -> Sequence[str]:
    page = visitor.text("/queues").partition('id="queues" data-sorted')[2]
    return [
        plain(part.partition("</td>")[0].partition(">")[2]) for part in page.split('data-label="Runners online"')[1:]
    ]


def test_runners_that_have_all_that_a_job_asks_for_are_counted_and_shown(
    visitor: Visitor, store: Store, team: Team, tool: FakeTool
) -> None:
    queued(store, team, *GPU)
    connected(store, team, tool)
    assert cells(visitor) == ["unknown"]
    tool.answers[ORGANISATION] = listing(
        runner("self-hosted", "Linux", "GPU"),
        runner("self-hosted", "gpu", status="offline"),
        runner("self-hosted", "Linux"),
        runner("self-hosted", "gpu"),
    )
    assert counted(store) == {"self-hosted, gpu": 2}
    assert cells(visitor) == ["2"]


def test_none_is_told_only_of_runners_of_ones_own(store: Store, team: Team, tool: FakeTool) -> None:
    for number, labels in enumerate((GPU, ("ubuntu-latest",), ("a-group",), ()), start=1):
        queued(store, team, *labels, number=number)
    connected(store, team, tool)
    tool.answers[ORGANISATION] = listing()
    assert counted(store) == {"self-hosted, gpu": 0}


def test_where_the_organisation_may_not_be_asked_its_repositories_are(store: Store, team: Team, tool: FakeTool) -> None:
    queued(store, team, *GPU)
    connected(store, team, tool)
    tool.answers[ORGANISATION] = as_json({"message": "Resource not accessible"}, 403)
    tool.answers[REPOSITORY] = listing(runner(*GPU))
    assert counted(store) == {"self-hosted, gpu": 1}


def test_what_may_not_be_asked_is_unknown(visitor: Visitor, store: Store, team: Team, tool: FakeTool) -> None:
    queued(store, team, *GPU)
    connected(store, team, tool)
    for path in (ORGANISATION, REPOSITORY):
        tool.answers[path] = as_json({"message": "Resource not accessible"}, 403)
    assert counted(store) == {}
    assert cells(visitor) == ["unknown"]


def test_gitlab_is_asked_for_each_label_and_none_is_unknown(store: Store, team: Team, tool: FakeTool) -> None:
    queued(store, team, "linux", "gpu", source="gitlab")
    queued(store, team, "arm", source="gitlab", number=2)
    connected(store, team, tool, "gitlab")

    def owned(asked: Asked) -> Answer:
        return as_json([{"id": 1}, {"id": 2}] if asked.query["tag_list"] == "gpu,linux" else [])

    tool.answers["/api/v4/runners"] = owned
    assert counted(store) == {"linux, gpu": 2}
    assert {one.query["status"] for one in tool.asked} == {"online"}


def test_buildkite_tells_what_its_agents_have(store: Store, team: Team, tool: FakeTool) -> None:
    for number, rules in enumerate((("queue=gpu",), ("queue=none",), ("queue=*",)), start=1):
        queued(store, team, *rules, source="buildkite", number=number)
    connected(store, team, tool, "buildkite")
    tool.answers["/v2/organizations"] = as_json([{"slug": "acme"}])
    tool.answers["/v2/organizations/acme/agents"] = as_json(
        [
            {"connection_state": "connected", "meta_data": ["queue=gpu", "os=linux"]},
            {"connection_state": "stopping", "meta_data": ["queue=gpu"]},
            {"connection_state": "connected", "meta_data": None},
        ]
    )
    assert counted(store) == {"queue=gpu": 1, "queue=none": 0}


@pytest.mark.parametrize(("source", "path"), [("gitlab", "/api/v4/runners"), ("buildkite", "/v2/organizations")])
def test_tool_that_is_away_or_refuses_leaves_it_unknown(
    store: Store, team: Team, tool: FakeTool, source: str, path: str
) -> None:
    queued(store, team, "queue=gpu", source=source)
    connected(store, team, tool, source)
    for status in (403, 401, 502):
        tool.answers[path] = as_json({"message": "no"}, status)
        assert counted(store) == {}


def test_tool_is_not_asked_where_no_job_asks_for_anything_or_its_quota_is_used_up(
    store: Store, team: Team, tool: FakeTool
) -> None:
    found = connected(store, team, tool)
    assert counted(store) == {}
    queued(store, team, *GPU)
    store.connections.note_quota(found, ApiQuota(5000, 100, NOW + MINUTE, NOW))
    assert counted(store) == {}
    assert tool.asked == []


def test_what_was_told_is_believed_for_twenty_minutes(
    visitor: Visitor, store: Store, team: Team, tool: FakeTool, clock: Clock
) -> None:
    queued(store, team, *GPU)
    connected(store, team, tool)
    tool.answers[ORGANISATION] = listing(runner(*GPU))
    counted(store)
    tool.answers[ORGANISATION] = as_json({"message": "no"}, 502)
    clock.move(BELIEVED_MS - 1)
    counted(store)
    assert cells(visitor) == ["1"]
    clock.move(1)
    assert cells(visitor) == ["unknown"]


def test_open_pages_are_told_when_a_number_changes_alone(
    store: Store, team: Team, tool: FakeTool, clock: Clock
) -> None:
    queued(store, team, *GPU)
    connected(store, team, tool)
    queues = Reader(store, "queues:all")
    tool.answers[ORGANISATION] = listing(runner(*GPU), runner(*GPU))
    counted(store)
    assert b"2" in queues.told()
    clock.move(5 * MINUTE)
    counted(store)
    assert not any(topics.RUNNERS in one.topics for one in store.changes.list_since(clock(), clock()))


def test_of_two_connections_that_see_the_same_runners_the_one_that_sees_more_counts(
    store: Store, team: Team, tool: FakeTool
) -> None:
    queued(store, team, *GPU)
    for _ in range(2):
        connected(store, team, tool)
    tool.answers[ORGANISATION] = [listing(runner(*GPU)), listing(runner(*GPU), runner(*GPU)), listing()]
    assert counted(store) == {"self-hosted, gpu": 2}


def test_page_of_queues_costs_no_call_for_it(visitor: Visitor, store: Store, team: Team) -> None:
    queued(store, team, *GPU)
    visitor.text("/queues")
    with metered() as meter:
        visitor.text("/queues")
    assert meter.calls <= 2


def test_connection_that_fails_keeps_no_other_waiting(
    store: Store, team: Team, tool: FakeTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(store, team, *GPU)
    connected(store, team, tool)
    other = a_team(store, "Ledger", "ledger")
    queued(store, other, *GPU)
    connected(store, other, tool)
    tool.answers[ORGANISATION] = listing(runner(*GPU))
    real = online_of
    calls: list[str] = []

    def first_fails(*args: object) -> object:
        calls.append("called")
        if len(calls) == 1:
            raise RuntimeError("broken")
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(count_runners, "online_of", first_fails)
    assert counted(store) == {"self-hosted, gpu": 1}
