"""CircleCI's words for how workflows and jobs stand. Webhooks tell ends alone; the other words are those of its API.

https://circleci.com/docs/guides/integration/outbound-webhooks/#event-specifications
"""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status

WORKFLOWS = {
    "success": Status.SUCCEEDED,
    "failed": Status.FAILED,
    # Its configuration could not be made into jobs: none of them failed.
    "error": Status.ERRORED,
    "canceled": Status.CANCELLED,
    # Who started it may not: nothing ran, and nothing was found wrong.
    "unauthorized": Status.ERRORED,
    "not_run": Status.SKIPPED,
    "running": Status.RUNNING,
    # A job has failed; others still run.
    "failing": Status.RUNNING,
    "on_hold": Status.WAITING,
}
JOBS = {
    "success": Status.SUCCEEDED,
    "failed": Status.FAILED,
    "canceled": Status.CANCELLED,
    "unauthorized": Status.ERRORED,
    "infrastructure_fail": Status.ERRORED,
    "terminated-unknown": Status.ERRORED,
    "timedout": Status.TIMED_OUT,
    "not_run": Status.SKIPPED,
    # Another took its place.
    "retried": Status.SUPERSEDED,
    "queued": Status.QUEUED,
    "not_running": Status.QUEUED,
    # For other jobs; what waits for a person is on hold.
    "blocked": Status.QUEUED,
    "running": Status.RUNNING,
    "on_hold": Status.WAITING,
}


class Word(NamedTuple):
    status: Status
    raw: str

    @property
    def finished(self) -> bool:
        """Nothing is told before it has ended, whatever a word that nobody mapped means."""
        return self.status.finished or self.status is Status.UNKNOWN


def workflow_word(workflow: Payload) -> Word:
    raw = workflow.need("status")
    return Word(WORKFLOWS.get(raw, Status.UNKNOWN), raw)


def job_word(job: Payload) -> Word:
    raw = job.need("status")
    return Word(JOBS.get(raw, Status.UNKNOWN), raw)
