"""GitLab's words for how pipelines, jobs and deployments stand, and the time at which it said them.

Many words come without a time: that of the newest thing in the same body stands in. Times are compared in whole
seconds, as bodies tell one time with and without fractions; within a second the words' own course decides.
"""

from __future__ import annotations

from typing import NamedTuple

from storage.model.entities import Status

# https://docs.gitlab.com/api/pipelines/ and https://docs.gitlab.com/api/jobs/
STATUSES = {
    "created": Status.QUEUED,
    "waiting_for_resource": Status.QUEUED,
    "preparing": Status.QUEUED,
    "waiting_for_callback": Status.QUEUED,
    "pending": Status.QUEUED,
    "scheduled": Status.QUEUED,
    "manual": Status.WAITING,
    "running": Status.RUNNING,
    "canceling": Status.RUNNING,
    "success": Status.SUCCEEDED,
    "failed": Status.FAILED,
    "canceled": Status.CANCELLED,
    "skipped": Status.SKIPPED,
}
# https://docs.gitlab.com/api/deployments/
DEPLOYMENTS = {
    "created": Status.QUEUED,
    "blocked": Status.WAITING,
    # Somebody did; whether that was enough, and whether anybody has let it begin since, its next word tells.
    "approval": Status.WAITING,
    "approved": Status.WAITING,
    "rejected": Status.FAILED,
    "running": Status.RUNNING,
    "success": Status.SUCCEEDED,
    "failed": Status.FAILED,
    "canceled": Status.CANCELLED,
    "skipped": Status.SKIPPED,
}
# Why a job failed that is not its own fault:
# https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/models/concerns/enums/ci/commit_status.rb
REASONS = {
    "job_execution_timeout": Status.TIMED_OUT,
    **dict.fromkeys(
        (
            "api_failure",
            "ci_quota_exceeded",
            "data_integrity_failure",
            "environment_creation_failure",
            "no_matching_runner",
            "runner_provisioning_failure",
            "runner_system_failure",
            "runner_unsupported",
            "scheduler_failure",
            "stuck_or_timeout_failure",
            "unmet_prerequisites",
        ),
        Status.ERRORED,
    ),
}
# A resource group, a delay: nothing is lost while nothing is heard.
HELD = frozenset({"waiting_for_resource", "scheduled"})
# What takes a runner.
WORKING = frozenset({"running", "canceling"})
# A job that ended so is never anything else again; one that was skipped may be.
ENDED = frozenset({"success", "failed", "canceled"})
# In which order words follow on each other within a second; what comes after a job or pipeline was run again is later
# than how it had ended.
_COURSE = (
    *("created", "scheduled", "manual", "blocked", "approval", "approved", "skipped"),
    *("waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "canceling"),
)
_PLACES = {word: place for place, word in enumerate(_COURSE)}
_LAST = len(_COURSE)


class Word(NamedTuple):
    status: Status
    raw: str

    @property
    def finished(self) -> bool:
        return self.status.finished

    @property
    def told_to_wait(self) -> bool:
        return self.raw in HELD

    def at(self, clock: int, *, again: bool = False) -> int:
        """The time of this word. `clock`: the newest time that is told beside it, milliseconds. `again`: whether it
        follows on an end of that second."""
        return clock // 1000 * 1000 + _PLACES.get(self.raw, _LAST) + (_LAST + 1 if again else 0)


def pipeline_word(raw: str) -> Word:
    return Word(STATUSES.get(raw, Status.UNKNOWN), raw)


def job_word(raw: str, reason: str, *, may_fail: bool) -> Word:
    """A manual job that may fail holds nothing up: it is left out until somebody wants it."""
    if raw == "manual" and may_fail:
        return Word(Status.SKIPPED, raw)
    if raw == "failed":
        return Word(REASONS.get(reason, Status.FAILED), raw)
    return pipeline_word(raw)


def deployment_word(raw: str) -> Word:
    return Word(DEPLOYMENTS.get(raw, Status.UNKNOWN), raw)
