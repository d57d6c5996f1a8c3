"""Azure Pipelines' words for how runs, stages, jobs, builds and approvals stand."""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status

# https://learn.microsoft.com/en-us/azure/devops/service-hooks/events#pipelines
STATES = {
    "notStarted": Status.QUEUED,
    "waiting": Status.QUEUED,
    "running": Status.RUNNING,
    "inProgress": Status.RUNNING,
    "canceling": Status.RUNNING,
}
# Of a build that its API tells: https://learn.microsoft.com/en-us/rest/api/azure/devops/build/builds/list#buildstatus
BUILD_STATES = {
    "notStarted": Status.QUEUED,
    "postponed": Status.QUEUED,
    "inProgress": Status.RUNNING,
    "cancelling": Status.RUNNING,
}
# A job waits for an agent, a stage for its checks: almost always an approval.
STAGE_STATES = {**STATES, "waiting": Status.WAITING}
# https://learn.microsoft.com/en-us/rest/api/azure/devops/build/timeline/get#taskresult
RESULTS = {
    "succeeded": Status.SUCCEEDED,
    # Something failed that was allowed to (continueOnError): what comes after goes on as after a success.
    "succeededWithIssues": Status.SUCCEEDED,
    "partiallySucceeded": Status.SUCCEEDED,
    "failed": Status.FAILED,
    # An approval or a check said no.
    "rejected": Status.FAILED,
    # The agent was lost.
    "abandoned": Status.ERRORED,
    "canceled": Status.CANCELLED,
    "stopped": Status.CANCELLED,
    "skipped": Status.SKIPPED,
}
# https://learn.microsoft.com/en-us/rest/api/azure/devops/approvalsandchecks/approvals/get#approvalstatus
APPROVALS = {
    "uninitiated": Status.QUEUED,
    "pending": Status.WAITING,
    # Approved, to take effect at a later time.
    "deferred": Status.QUEUED,
    "approved": Status.SUCCEEDED,
    "skipped": Status.SKIPPED,
    "canceled": Status.CANCELLED,
    "rejected": Status.FAILED,
    "failed": Status.FAILED,
    "timedOut": Status.TIMED_OUT,
}


class Word(NamedTuple):
    status: Status
    raw: str
    finished: bool


def word_of(subject: Payload, states: dict[str, Status] = STATES) -> Word:
    """Of a run, a stage or a job: the result counts only once the state is completed."""
    state = subject.need("state")
    if state != "completed":
        return Word(states.get(state, Status.UNKNOWN), state, False)
    return _ended(subject.name("result") or state)


def word_of_build(build: Payload) -> Word:
    """Version 1.0 has the result in `status`, where 2.0 says that it is completed."""
    return _ended(build.name("result") or build.need("status"))


def word_of_listed_build(build: Payload) -> Word:
    """Of a build that may not have ended."""
    state = build.need("status")
    if state == "completed":
        return _ended(build.name("result") or state)
    # A run spells it otherwise.
    return Word(BUILD_STATES.get(state, Status.UNKNOWN), "canceling" if state == "cancelling" else state, False)


def word_of_approval(approval: Payload) -> Word:
    raw = approval.need("status")
    status = APPROVALS.get(raw, Status.UNKNOWN)
    return Word(status, raw, status.finished)


def _ended(raw: str) -> Word:
    return Word(RESULTS.get(raw, Status.UNKNOWN), raw, True)
