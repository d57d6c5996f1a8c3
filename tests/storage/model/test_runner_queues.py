"""What waits for a runner, by label, and how long others waited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storage.codec import documents
from storage.model.board_row import BoardRow
from storage.model.entities import Status
from storage.model.events import AnyEvent, Origin
from storage.model.open_runs import LOST_AFTER
from storage.model.pipeline_summary import PipelineSummary, row_of, summarise
from storage.model.runner_queues import (
    MOST_LABELS,
    MOST_SECONDS,
    MOST_SINCE,
    JobQueue,
    LabelQueue,
    QueueTimes,
    label_queues,
    queues_of,
)
from storage.store import Store
from tests.factories import (
    MINUTE,
    NOW,
    TEAM_ID,
    a_run,
    action_changed,
    execution_changed,
    pipeline_action,
    pipeline_execution,
    record,
)
from tests.storage.model.views import run, shown

QUEUED, RUNNING, WAITING = Status.QUEUED, Status.RUNNING, Status.WAITING


def job(name: str, status: Status, minute: float = 0, *labels: str, **said: Any) -> AnyEvent:
    at = NOW + round(minute * MINUTE)
    raw = "queued" if status is QUEUED else "in_progress" if status is RUNNING else "success"
    defaults: dict[str, Any] = {"status": status, "raw_status": raw, "at": at, "runner_labels": labels}
    defaults |= {"queued_at": at} if status is QUEUED else {"started_at": at} if status is RUNNING else {}
    return action_changed(said.pop("execution", "5001"), name, **{**defaults, **said})


def row_after(store: Store, *runs: Sequence[AnyEvent]) -> BoardRow:
    for events in runs:
        record(store, events)
    (stored,) = store.pipelines.list_board(TEAM_ID)
    return stored.row()


# In one execution


def test_queued_jobs_are_counted_by_all_that_they_ask_for() -> None:
    gpu = ("self-hosted", "gpu")
    jobs = [
        job("a", QUEUED, 3, *gpu),
        job("b", QUEUED, 1, *gpu),
        job("c", QUEUED, 2, "ubuntu-latest"),
        job("d", QUEUED),
    ]
    assert queues_of(shown(execution_changed(), *jobs)) == (
        JobQueue("", 1, (NOW,)),
        JobQueue("self-hosted, gpu", 2, (NOW + MINUTE, NOW + 3 * MINUTE)),
        JobQueue("ubuntu-latest", 1, (NOW + 2 * MINUTE,)),
    )


def test_group_stands_where_no_labels_are_told() -> None:
    assert [one.label for one in queues_of(shown(job("a", QUEUED, runner_group="large")))] == ["large"]


def test_job_that_began_is_in_no_queue_and_tells_when_runners_last_took_one() -> None:
    begun = [job("a", QUEUED, 0, "gpu"), job("a", RUNNING, 2.5, "gpu")]
    assert queues_of(shown(execution_changed(), *begun)) == (JobQueue("gpu", started_at=NOW + 2 * MINUTE),)


def test_run_without_jobs_yet_waits_for_any_runner() -> None:
    queued = execution_changed(status=QUEUED, queued_at=NOW)
    assert queues_of(shown(queued)) == (JobQueue("", 1, (NOW,)),)


def test_nobody_waits_for_a_runner_who_waits_for_a_person_a_group_or_an_earlier_job() -> None:
    held = execution_changed(status=QUEUED, raw_status="pending", told_to_wait=True, queued_at=NOW)
    assert queues_of(shown(held)) == ()
    asked = [job("a", QUEUED, 0), action_changed(name="a", status=WAITING, raw_status="waiting", at=NOW + 1)]
    assert queues_of(shown(execution_changed(), *asked)) == ()
    kept_back = job("a", QUEUED, 0, "gpu", raw_status="pending", told_to_wait=True)
    assert queues_of(shown(execution_changed(), kept_back)) == ()
    to_come = job("deploy", QUEUED, 0, "gpu", queued_at=None)
    assert queues_of(shown(execution_changed(), to_come)) == ()


def test_job_that_was_let_go_on_waits_for_a_runner_from_then() -> None:
    told = [job("a", QUEUED, 0, "gpu"), action_changed(name="a", status=WAITING, at=NOW + MINUTE)]
    told += [job("a", QUEUED, 61, "gpu")]
    assert queues_of(shown(execution_changed(), *told)) == (JobQueue("gpu", 1, (NOW + 61 * MINUTE,)),)


def test_approval_that_began_is_no_start_of_a_runner() -> None:
    asks = pipeline_action("x", "Prod", WAITING, NOW + MINUTE)
    assert queues_of(shown(pipeline_execution("x", RUNNING, NOW), asks)) == ()


def test_of_very_many_jobs_those_that_wait_longest_are_told_and_all_counted() -> None:
    many = [job(f"j{place}", QUEUED, place, "gpu") for place in range(MOST_SINCE + 5)]
    (queue,) = queues_of(shown(execution_changed(), *many))
    assert (queue.queued, queue.since[0], len(queue.since)) == (MOST_SINCE + 5, NOW, MOST_SINCE)


# Of runs that ended


def ended(minutes: dict[str, float], *labels: str, number: str = "5001") -> list[AnyEvent]:
    """A run whose jobs began so many minutes after they were queued."""
    events: list[AnyEvent] = [execution_changed(number, number=number)]
    for name, minute in minutes.items():
        begun = {"queued_at": NOW, "execution": number, "action": f"{number}{name}"}
        events += [job(name, RUNNING, minute, *labels, **begun)]
        over = {**begun, "finished": True, "finished_at": NOW + 90 * MINUTE}
        events += [job(name, Status.SUCCEEDED, 90, *labels, **over)]
    over_at = NOW + 90 * MINUTE
    last = execution_changed(
        number, number=number, status=Status.SUCCEEDED, finished=True, at=over_at, finished_at=over_at
    )
    return [*events, last]


def test_run_tells_how_long_its_jobs_waited_by_label() -> None:
    assert run(ended({"a": 1, "b": 3}, "gpu")).queues == (QueueTimes("gpu", NOW + 3 * MINUTE, (60, 180)),)


def test_run_of_many_jobs_tells_some_over_the_whole_range() -> None:
    (times,) = run(ended({f"j{place:02d}": place for place in range(31)}, "gpu")).queues
    assert times.seconds == (0, 600, 1200, 1800)


def test_queue_that_nobody_knows_is_not_counted_as_none() -> None:
    """The tool does not say when the job was queued, or says that it began before."""
    for told in ({"queued_at": None}, {"queued_at": NOW + 5 * MINUTE}):
        events = [execution_changed(), job("a", RUNNING, 1, "gpu", **told)]
        over = job("a", Status.SUCCEEDED, 2, "gpu", finished=True, finished_at=NOW + 2 * MINUTE)
        last = execution_changed(status=Status.SUCCEEDED, finished=True, at=NOW + 3 * MINUTE)
        assert run([*events, over, last]).queues == (QueueTimes("gpu", NOW + MINUTE),)


# Of a pipeline


def test_row_tells_the_queue_of_all_that_is_open_and_the_latest_times(store: Store) -> None:
    asks: dict[str, Any] = {"change_request": "41", "origin": Origin.CHANGE_REQUEST, "branch": "topic"}
    row = row_after(
        store,
        ended({"a": 1, "b": 3}, "gpu", number="1"),
        ended({"a": 2}, "gpu", number="2"),
        [execution_changed("3"), job("a", QUEUED, 5, "gpu", execution="3")],
        [execution_changed("4", **asks), job("a", QUEUED, 4, "gpu", execution="4", action="4a")],
    )
    since = (NOW + 4 * MINUTE, NOW + 5 * MINUTE)
    assert row.queues == (LabelQueue("gpu", 2, since, NOW + 3 * MINUTE, (120, 60, 180)),)
    back = row_of(documents.unpack(PipelineSummary, documents.pack(summarise(row))), row.id, row.team_id)
    assert back.queues == row.queues


def test_row_forgets_the_queue_of_a_run_whose_end_was_lost_once_many_newer_ones_ended(store: Store) -> None:
    lost: list[AnyEvent] = [execution_changed("1", branch="docs", at=NOW - 900 * MINUTE)]
    lost += [job("a", QUEUED, -900, "gpu", execution="1", action="1a")]
    assert row_after(store, lost).queues[0].queued == 1
    newer = [
        a_run(str(10 + place), began=NOW - (600 - place) * MINUTE, branch=f"topic-{place}", stages=("build",))
        for place in range(LOST_AFTER)
    ]
    assert row_after(store, *newer[:-1]).queues[0].queued == 1
    assert all(one.queued == 0 for one in row_after(store, newer[-1]).queues)


def test_very_many_labels_and_times_are_cut() -> None:
    past = [LabelQueue(f"l{place}", started_at=NOW + place, seconds=(1,)) for place in range(MOST_LABELS + 3)]
    kept = label_queues(past, [shown_queue("l0")])
    assert [one.label for one in kept[:2]] == ["l0", f"l{MOST_LABELS + 2}"]
    assert len(kept) == MOST_LABELS


class Opened:
    def __init__(self, *queues: JobQueue) -> None:
        self.queues = queues


def shown_queue(label: str) -> Opened:
    return Opened(JobQueue(label, 1, (NOW,)))


def test_latest_jobs_are_those_of_the_newest_runs(store: Store) -> None:
    runs = [ended({"a": number}, "gpu", number=str(number)) for number in range(1, MOST_SECONDS + 4)]
    (queue,) = row_after(store, *runs).queues
    assert queue.seconds == tuple(60 * number for number in range(MOST_SECONDS + 3, 3, -1))
