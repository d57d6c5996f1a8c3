"""The page of background jobs, and what /readyz says of them."""

from __future__ import annotations

import logging

import pytest

from dashboard.jobs.registry import JOBS, runner
from dashboard.readmodels.jobs import build
from storage.model.job_runs import JobRun
from storage.store import Store
from tests.dashboard.visiting import Visitor
from tests.factories import MINUTE, NOW

PATH = "/manage/jobs"


def row(page: str, job: str) -> str:
    return page.partition(f'data-job="{job}"')[2].partition("</tr>")[0]


def test_every_job_is_there_though_none_ran_yet(visitor: Visitor) -> None:
    page = visitor.text(PATH)
    for job in JOBS:
        assert "none yet" in row(page, job.name)
    assert "every 2 s, when the inbox has work" in row(page, "apply-inbox")
    assert "one process at a time" in row(page, "remove-expired")
    assert PATH in visitor.text("/manage")


def test_last_run_its_duration_when_it_is_due_and_its_last_error_are_shown(visitor: Visitor, store: Store) -> None:
    run = JobRun("remove-expired", NOW, 1234, NOW + 60 * MINUTE, "host:7", "Throttled: <busy>", NOW - MINUTE)
    store.job_runs.note(run)
    shown = row(visitor.text(PATH), "remove-expired")
    for words in ("1234 ms", "host:7", "Throttled: &lt;busy&gt;"):
        assert words in shown
    assert shown.count("<time") == 3


@pytest.mark.parametrize(("minutes", "words"), [(1, "within a minute"), (10, "overdue")])
def test_job_whose_run_did_not_come_is_overdue(visitor: Visitor, store: Store, minutes: int, words: str) -> None:
    ended = NOW - minutes * MINUTE
    store.job_runs.note(JobRun("apply-inbox", ended, 5, ended + 2000, "host:7"))
    assert words in row(visitor.text(PATH), "apply-inbox")


def test_job_that_is_overdue_in_this_process_is_so_whatever_others_noted() -> None:
    jobs = [job for job in JOBS if job.name == "apply-inbox"]
    [*_, entry] = build(jobs, [JobRun("apply-inbox", NOW, 5, NOW + 2000, "other:7")], NOW, ["apply-inbox"])
    assert entry.is_overdue


def test_readyz_says_jobs_where_one_is_overdue_and_the_log_says_which(
    stranger: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(runner, "overdue", lambda: ["apply-inbox"])
    with caplog.at_level(logging.WARNING):
        answers = [stranger.get("/readyz") for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (503, {"status": "not ready", "reason": "jobs"})
    ] * 2
    assert caplog.text.count("overdue jobs: apply-inbox") == 1
    monkeypatch.setattr(runner, "overdue", list)
    assert stranger.get("/readyz").json() == {"status": "ready"}
