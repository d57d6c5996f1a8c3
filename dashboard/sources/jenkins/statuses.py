"""Jenkins' words for how a run stands: the phases of the Notification plugin, and results."""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status

# https://plugins.jenkins.io/notification/
PHASES = {"QUEUED": Status.QUEUED, "STARTED": Status.RUNNING}
ENDS = frozenset({"COMPLETED", "FINALIZED"})
BY_HAND = "NONE"
# https://javadoc.jenkins.io/hudson/model/Result.html
RESULTS = {
    "SUCCESS": Status.SUCCEEDED,
    # Tests failed, or a report was over its limit: nothing to release.
    "UNSTABLE": Status.FAILED,
    "FAILURE": Status.FAILED,
    "ABORTED": Status.CANCELLED,
    "NOT_BUILT": Status.SKIPPED,
}


class Word(NamedTuple):
    """`status` is None where nothing is said of how the run stands."""

    status: Status | None
    raw: str
    finished: bool


def word_of(build: Payload) -> Word:
    """A result told before the run has ended is how it stands so far: only one that nobody knows is kept. An end
    without a result was told by hand, by a run that goes on."""
    phase, told = build.need("phase"), build.name("status")
    if told and told not in RESULTS:
        return Word(Status.UNKNOWN, told, phase in ENDS)
    if phase in ENDS:
        return Word(RESULTS[told], told, True) if told else Word(Status.RUNNING, phase, False)
    return Word(None, "", False) if phase == BY_HAND else Word(PHASES.get(phase, Status.UNKNOWN), phase, False)


def word_of_result(result: str, outcome: str) -> Word:
    """Of a run that has ended: by its result, not by the outcome that is made of it, which takes failed tests for a
    success. Without a result the outcome says that Jenkins could not tell."""
    if not result and outcome == "error":
        return Word(Status.ERRORED, outcome, True)
    return Word(RESULTS.get(result, Status.UNKNOWN), result or outcome or "finished", True)
