"""What is known of why jobs failed: an excerpt of each one's log, and which failures are the same. Pure."""

from __future__ import annotations

from storage.model.document import Document
from storage.model.merge import State

# Jobs of one execution whose logs are read.
MOST_OF_EXECUTION = 4


class JobFailure(Document, frozen=True):
    """Why one job of an execution failed, as its log tells.

    place:  which of the execution's it is, from 0. attempt: of the execution. job: what people call it.
    lines:  redacted, the cause first. cut: whether the step has more lines. fingerprint: the same for the same failure
            wherever it happens, empty where too little is said. problem: why there are no lines.
    pipelines, since: how many pipelines of this team and of open ones failed alike within a day, from when on.
    """

    execution_id: str
    place: int
    attempt: int
    team_id: str
    pipeline_id: str
    job_key: str
    job: str
    step: str = ""
    lines: tuple[str, ...] = ()
    cut: bool = False
    fingerprint: str = ""
    problem: str = ""
    at: int = 0
    pipelines: int = 1
    since: int = 0


class FailureBrief(Document, frozen=True):
    """A failure as lists of the same one show it, without what its log says."""

    execution_id: str
    place: int
    team_id: str
    pipeline_id: str
    number: str
    at: int


class WantedLogs(Document, frozen=True):
    """An execution with jobs that failed whose logs are to be read, through this connection. due_at: not before.
    tries: how often it was tried in vain."""

    execution_id: str
    connection_id: str
    due_at: int
    tries: int = 0


class GreenLines(Document, frozen=True):
    """What the newest green run of a job wrote, as hashes of its lines."""

    execution_id: str
    hashes: bytes


def failed_jobs(state: State) -> int:
    """How many jobs have failed in any attempt, at most MOST_OF_EXECUTION; of a long execution as many as that."""
    if state.split:
        return MOST_OF_EXECUTION
    words = (progress.word for action in state.actions.values() for progress in action.attempts.values())
    failed = sum(word is not None and word.status.red for word in words)
    return min(MOST_OF_EXECUTION, failed)
