"""What waits for a runner, and the notice that a tool starts nothing: on the pages of all who wait for it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.model.events import AnyEvent, Origin, PipelineRef
from storage.store import Store
from tests.dashboard.views.rows import plain
from tests.dashboard.views.test_message_sizes import Reader
from tests.dashboard.views.town import workflow_of
from tests.dashboard.visiting import Visitor
from tests.factories import (
    MINUTE,
    NOW,
    Clock,
    a_pipeline_execution,
    a_run,
    a_team,
    action_changed,
    execution_changed,
    record,
    unnamed,
)

HOSTED = ("ubuntu-latest",)
CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
STALLED = "GitHub Actions starts nothing"


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def place(number: int) -> PipelineRef:
    return workflow_of(f"service-{number}", number + 1)


def queued(number: int, ago: float, *labels: str, jobs: int = 1, **said: Any) -> list[AnyEvent]:
    """Pipeline `number` has a run of which jobs are queued since so many minutes."""
    at, ref, execution = NOW - round(ago * MINUTE), place(number), str(500 + number)
    told = {"status": Status.QUEUED, "raw_status": "queued", "at": at, "queued_at": at}
    job = action_changed(execution, "build", pipeline=unnamed(ref), runner_labels=labels, **told)
    return [
        execution_changed(execution, pipeline=ref, **{**told, **said}),
        *(replace(job, action=f"{execution}-{one}", name=f"build {one}") for one in range(jobs)),
    ]


def began(number: int, ago: float, *labels: str, wait: int = 1) -> list[AnyEvent]:
    """Pipeline `number` had a run whose only job began so many minutes ago, that many seconds after it was queued."""
    at = NOW - round(ago * MINUTE)
    events = a_run(str(100 + number), began=at - 1000, stages=("build",), ref=place(number))
    return [
        replace(event, runner_labels=labels, queued_at=at - wait * 1000) if event.pipeline.key == "" else event
        for event in events
    ]


def lines(visitor: Visitor) -> list[list[str]]:
    """The cells of each: label and tool, how many, since when, whose, how long lately, runners online."""
    page = visitor.text("/queues").partition('id="queues" data-sorted')[2].partition("</tbody>")[0]
    return [[plain(cell) for cell in CELL.findall(row)] for row in page.split("<tr ")[1:]]


def notices(visitor: Visitor, path: str) -> list[str]:
    found = visitor.text(path).partition('id="stalls"')[2].partition(">")[2].partition("</p>")[0]
    return [" ".join(plain(found).split())] if found.strip().startswith('<div class="banner') else []


# The page


def test_label_tells_how_many_wait_since_when_and_whose_they_are(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, queued(0, 30, "self-hosted", "gpu", jobs=3), team.id)
    record(store, queued(1, 40, "self-hosted", "gpu"), team.id)
    record(store, queued(2, 5), team.id)
    assert [line[:4] for line in lines(visitor)] == [
        ["self-hosted, gpu GitHub Actions", "4", "11:20", "service-1, service-0 3"],
        ["any runner GitHub Actions", "1", "11:55", "service-2"],
    ]


def test_how_long_jobs_waited_lately_is_told_from_five_on(visitor: Visitor, store: Store, team: Team) -> None:
    for number in range(4):
        record(store, began(number, 60, *HOSTED, wait=60 + number), team.id)
    assert lines(visitor)[0][4] == "too few"
    record(store, began(4, 60, *HOSTED, wait=600), team.id)
    assert lines(visitor)[0][1:] == ["none", "–", "–", "10 min of 5 jobs", "unknown"]


def test_runners_online_and_what_no_tool_tells_are_unknown_never_none(
    visitor: Visitor, store: Store, team: Team
) -> None:
    assert "No tool has told of a queue yet." in visitor.text("/queues")
    record(store, queued(0, 3, *HOSTED), team.id)
    record(store, a_pipeline_execution("x", outcome=None), team.id)
    (line,) = lines(visitor)
    assert line[4:] == ["unknown", "unknown"]
    page = visitor.text("/queues")
    assert "what waits for a runner at AWS CodePipeline." in page
    assert "No job waits for a runner." not in page


def test_jobs_of_change_requests_wait_in_the_same_queue(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, queued(0, 3, *HOSTED, origin=Origin.CHANGE_REQUEST, change_request="41"), team.id)
    assert lines(visitor)[0][:2] == ["ubuntu-latest GitHub Actions", "1"]


def test_job_that_has_waited_for_a_week_is_lost(visitor: Visitor, store: Store, team: Team, clock: Clock) -> None:
    record(store, queued(0, 3, *HOSTED), team.id)
    record(store, began(1, 3, *HOSTED), team.id)
    clock.move(7 * 24 * 60 * MINUTE - 3 * MINUTE)
    assert visitor.user is not None
    visitor.sign_in(visitor.user)
    assert lines(visitor)[0][:2] == ["ubuntu-latest GitHub Actions", "none"]


def test_pages_that_are_open_are_told_of_a_job_that_began(store: Store, team: Team) -> None:
    reader = Reader(store, "queues:all")
    record(store, queued(0, 3, *HOSTED), team.id)
    assert b"ubuntu-latest" in reader.told()
    job = action_changed("500", "build", pipeline=unnamed(place(0)), started_at=NOW, action="500-0")
    record(store, [job], team.id)
    assert b"No " in reader.told()


# The notice


def test_stalled_tool_is_one_notice_on_network_board_and_queues_until_something_starts(
    visitor: Visitor, store: Store, team: Team, clock: Clock
) -> None:
    calm = a_team(store, "Ledger", "ledger")
    for number in range(4):
        record(store, queued(number, 11 - number, *HOSTED, jobs=2), team.id)
    record(store, began(9, 300, *HOSTED), calm.id)
    for path in ("/", "/queues"):
        assert notices(visitor, path) == [], path
    clock.move(3 * MINUTE)
    told = f"{STALLED} since 11:49. 8 jobs of 4 pipelines wait for a runner, for longer than is usual."
    assert notices(visitor, "/") == [told]
    assert notices(visitor, "/queues") == [told]
    assert notices(visitor, "/teams/payments") == [told.replace("nothing", "nothing of Payments")]
    assert notices(visitor, "/teams/ledger") == []
    record(store, began(8, 0, *HOSTED), calm.id)
    assert notices(visitor, "/") == []


def test_open_pages_are_told_when_the_time_has_come_though_no_event_does(
    store: Store, team: Team, clock: Clock
) -> None:
    for number in range(3):
        record(store, queued(number, 9, *HOSTED), team.id)
    readers = [Reader(store, topic) for topic in ("network:all", f"team:{team.id}", "queues:all")]
    assert {reader.shown.fresh_until for reader in readers} == {(NOW + MINUTE) / 1000}
    clock.move(MINUTE)
    for reader in readers:
        assert b"starts nothing" in reader.told(), reader.topic


def test_busy_pool_is_named_and_the_tool_is_not(visitor: Visitor, store: Store, team: Team) -> None:
    for number in range(3):
        record(store, queued(number, 40, "self-hosted", "gpu"), team.id)
    record(store, began(9, 30, *HOSTED), team.id)
    (told,) = notices(visitor, "/")
    assert told.startswith("Nothing starts on self-hosted, gpu since 11:20")
    assert "3 jobs of 3 pipelines at GitHub Actions wait" in told


def test_runs_that_a_group_or_a_person_keeps_back_are_no_stall(visitor: Visitor, store: Store, team: Team) -> None:
    for number in range(4):
        held = {"told_to_wait": True, "raw_status": "pending"}
        record(store, queued(number, 60, jobs=0, **held), team.id)
    asked = {"status": Status.WAITING, "raw_status": "waiting", "at": NOW - 60 * MINUTE, "queued_at": NOW - 60 * MINUTE}
    for number in range(4, 8):
        job = action_changed(str(500 + number), "ship", pipeline=unnamed(place(number)), **asked)
        record(store, [execution_changed(str(500 + number), pipeline=place(number), **asked), job], team.id)
    assert notices(visitor, "/") == []


def test_quiet_night_has_no_notice(visitor: Visitor, store: Store, team: Team) -> None:
    for number in range(5):
        record(store, began(number, 400, *HOSTED), team.id)
    for path in ("/", "/queues", "/teams/payments"):
        assert notices(visitor, path) == []
    assert "No job waits for a runner." in visitor.text("/queues")
