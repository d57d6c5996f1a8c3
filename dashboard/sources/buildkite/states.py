"""Buildkite's words for how builds and jobs stand.

https://buildkite.com/docs/pipelines/configure/defining-steps#build-states and #job-states
"""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status

# EventBridge says `started` where webhooks say `running`.
BUILD_STATES = {
    "creating": Status.QUEUED,
    "scheduled": Status.QUEUED,
    "running": Status.RUNNING,
    "started": Status.RUNNING,
    # A job has failed; others still run.
    "failing": Status.RUNNING,
    "canceling": Status.RUNNING,
    "blocked": Status.WAITING,
    "passed": Status.SUCCEEDED,
    "failed": Status.FAILED,
    "canceled": Status.CANCELLED,
    # A newer build of the branch came before it began:
    # https://buildkite.com/docs/pipelines/configure/skipping#skip-queued-intermediate-builds
    "skipped": Status.SUPERSEDED,
    # Each of its steps was skipped.
    "not_run": Status.SKIPPED,
}
JOB_STATES = {
    "pending": Status.QUEUED,
    # For other steps, or for a block step that has a job of its own: no person is asked for this one.
    "waiting": Status.QUEUED,
    "blocked": Status.QUEUED,
    # For others of its concurrency group, or for what Buildkite lets run at once.
    "limiting": Status.QUEUED,
    "limited": Status.QUEUED,
    "platform_limiting": Status.QUEUED,
    "platform_limited": Status.QUEUED,
    "scheduled": Status.QUEUED,
    "reserved": Status.QUEUED,
    "assigned": Status.QUEUED,
    "accepted": Status.QUEUED,
    "running": Status.RUNNING,
    "started": Status.RUNNING,
    "canceling": Status.RUNNING,
    "timing_out": Status.RUNNING,
    "passed": Status.SUCCEEDED,
    "failed": Status.FAILED,
    "canceled": Status.CANCELLED,
    "timed_out": Status.TIMED_OUT,
    # No agent took it in time.
    "expired": Status.ERRORED,
    "skipped": Status.SKIPPED,
    # Its branches or its condition left it out.
    "broken": Status.SKIPPED,
    # The build failed before these could begin.
    "waiting_failed": Status.SKIPPED,
    "blocked_failed": Status.SKIPPED,
    "unblocked_failed": Status.SKIPPED,
}
# Of the jobs of block and input steps.
BLOCK_STATES = {**JOB_STATES, "blocked": Status.WAITING, "unblocked": Status.SUCCEEDED, "finished": Status.SUCCEEDED}
KEPT_BACK = frozenset({"waiting", "blocked", "limiting", "limited", "platform_limiting", "platform_limited"})
# The agent, and no command, ended the job or never began it:
# https://buildkite.com/docs/pipelines/configure/retry#retry-attributes-automatic-retry-attributes
AGENTS_FAULTS = frozenset(
    {"agent_stop", "agent_refused", "agent_incompatible", "process_run_error", "signature_rejected", "stack_error"}
)
# Of a job whose agent was never heard of again.
AGENT_LOST = -1


class Word(NamedTuple):
    status: Status
    raw: str
    finished: bool


def _word(status: Status, raw: str, subject: Payload) -> Word:
    """Of a state that nobody mapped its times tell whether it is an end."""
    ended = status is Status.UNKNOWN and subject.moment("finished_at") is not None
    return Word(status, raw, status.finished or ended)


def build_word(build: Payload) -> Word:
    """A build that waits at a block step keeps the state it had or was given, `passed` as a rule, and says so beside
    it."""
    raw = build.need("state")
    found = BUILD_STATES.get(raw, Status.UNKNOWN)
    blocked = build.is_true("blocked") and found in (Status.RUNNING, Status.SUCCEEDED, Status.FAILED)
    return Word(Status.WAITING, "blocked", False) if blocked and raw != "canceling" else _word(found, raw, build)


def is_block(job: Payload) -> bool:
    return job.name("type") == "manual"


def job_word(job: Payload) -> Word:
    """Of `finished`, which EventBridge says, the result stands beside it."""
    raw = job.need("state")
    if is_block(job):
        return _word(BLOCK_STATES.get(raw, Status.UNKNOWN), raw, job)
    if raw == "finished":
        raw = "passed" if job.is_true("passed") or job.integer("exit_status") == 0 else "failed"
    found = JOB_STATES.get(raw, Status.UNKNOWN)
    return _word(Status.ERRORED if found is Status.FAILED and _is_agents_fault(job) else found, raw, job)


def _is_agents_fault(job: Payload) -> bool:
    return job.name("signal_reason") in AGENTS_FAULTS or job.integer("exit_status") == AGENT_LOST
