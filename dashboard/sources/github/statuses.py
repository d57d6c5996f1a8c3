"""GitHub's words for how runs, jobs and deployments stand."""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status

# https://docs.github.com/en/rest/actions/workflow-runs
STATUSES = {
    "requested": Status.QUEUED,
    "queued": Status.QUEUED,
    "pending": Status.QUEUED,
    "waiting": Status.WAITING,
    "in_progress": Status.RUNNING,
}
# https://docs.github.com/en/rest/checks/runs
CONCLUSIONS = {
    "success": Status.SUCCEEDED,
    "neutral": Status.SUCCEEDED,
    "failure": Status.FAILED,
    "cancelled": Status.CANCELLED,
    "skipped": Status.SKIPPED,
    "timed_out": Status.TIMED_OUT,
    # "Completed" here means that nothing runs until somebody approves: the run is then queued again.
    "action_required": Status.WAITING,
    # GitHub gave up waiting after two weeks. Nothing was found wrong, so it must not turn a pipeline red.
    "stale": Status.CANCELLED,
    # The workflow file could not be started: there is no job that failed.
    "startup_failure": Status.ERRORED,
}
# https://docs.github.com/en/rest/deployments/statuses
DEPLOYMENTS = {
    "pending": Status.QUEUED,
    "queued": Status.QUEUED,
    "waiting": Status.WAITING,
    "in_progress": Status.RUNNING,
    "success": Status.SUCCEEDED,
    "failure": Status.FAILED,
    "error": Status.ERRORED,
}


class Word(NamedTuple):
    status: Status
    raw: str
    finished: bool

    @property
    def told_to_wait(self) -> bool:
        """Of runs and jobs: held back by a concurrency group. A deployment's `pending` is another."""
        return self.raw == "pending" and not self.finished


def word_of(subject: Payload) -> Word:
    """Of a run or a job: from status and conclusion, never from the action: bodies are seen whose action contradicts
    them. A conclusion counts only once the status is completed."""
    status, conclusion = subject.need("status"), subject.name("conclusion")
    if status != "completed":
        return Word(STATUSES.get(status, Status.UNKNOWN), status, False)
    found = CONCLUSIONS.get(conclusion, Status.UNKNOWN)
    return Word(found, conclusion or status, found is not Status.WAITING)


def deployment_word(status: Payload) -> Word:
    raw = status.need("state")
    found = DEPLOYMENTS.get(raw, Status.UNKNOWN)
    return Word(found, raw, found.finished)
