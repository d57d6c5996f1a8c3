"""Where the time goes, as files show it: camelCase, times in ISO 8601 UTC, spans in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from dashboard.formats.api import time
from storage.model.bottleneck import PathStage, StageShare
from storage.model.facts import Fact
from storage.model.steps import StepChange


class Path(Protocol):
    """One run with its way to green, or `why` it is left out."""

    @property
    def pipeline(self) -> str: ...
    @property
    def fact(self) -> Fact: ...
    @property
    def at(self) -> int: ...
    @property
    def stages(self) -> Sequence[PathStage]: ...
    @property
    def why(self) -> str: ...


class Share(Protocol):
    """One stage over all runs."""

    @property
    def pipeline(self) -> str: ...
    @property
    def found(self) -> StageShare: ...
    @property
    def weekly_seconds(self) -> int: ...
    @property
    def since(self) -> StepChange | None: ...


# Of the file: a line for each stage on the way of each run, and one for each run that is left out.
COLUMNS = (
    "time", "pipeline", "run", "commit", "stage", "run seconds", "queue seconds", "wait seconds", "seconds between",
    "could save seconds", "left out because", "execution id",
)  # fmt: skip


def cells(line: Path) -> list[list[str]]:
    """Columns as in COLUMNS."""
    fact = line.fact
    head, tail = [str(time(line.at)), line.pipeline, fact.number, fact.commit], [line.why, fact.id]
    stages = [[one.stage, one.run, one.queue, one.wait, one.between, one.saving] for one in line.stages]
    return [[*head, *map(str, each), *tail] for each in stages or [[""] * 6]]


def path(line: Path) -> dict[str, Any]:
    fact = line.fact
    head = {
        "at": time(line.at),
        "executionId": fact.id,
        "number": fact.number,
        "pipeline": {"id": fact.pipeline_id, "name": line.pipeline},
        "commit": fact.commit or None,
    }
    return {**head, "reason": line.why} if line.why else {**head, "path": [_stage(one) for one in line.stages]}


def _stage(one: PathStage) -> dict[str, Any]:
    return {
        "stage": one.stage,
        "runSeconds": one.run,
        "queueSeconds": one.queue,
        "waitSeconds": one.wait,
        "secondsBetween": one.between,
        "couldSaveSeconds": one.saving,
    }


def share(line: Share) -> dict[str, Any]:
    found, since = line.found, line.since
    return {
        "pipeline": line.pipeline,
        "stage": found.stage,
        "runs": found.runs,
        "counted": found.counted,
        "exclusiveSeconds": found.exclusive,
        "runSeconds": found.run,
        "queueSeconds": found.queue,
        "waitSeconds": found.wait,
        "couldSaveSecondsAWeek": line.weekly_seconds,
        "slowerSince": {
            "at": time(since.at), "executionId": since.execution_id, "number": since.number, "commit": since.commit,
            "before": since.before, "after": since.after, "sure": since.sure,
        } if since else None,
    }  # fmt: skip
