"""Documents as the build before version 2 wrote them: JSON text. Read here, written anew as version 2.

What follows from executions (histories, rows) was derived by other rules then, so it is marked stale and folded again.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from storage.codec.documents import convert, load
from storage.model.board_row import BoardRow, LatestExecution
from storage.model.briefs import ExecutionBrief, StageBrief
from storage.model.deliveries import Delivery
from storage.model.document import replace
from storage.model.entities import RED, Connection, Status, Voice
from storage.model.events import (
    ActionChanged,
    AnyEvent,
    DeploymentChanged,
    ExecutionChanged,
    Origin,
    PipelineRef,
    StageChanged,
)
from storage.model.merge import VERDICTS, ComponentState, Progress, Rank, State, StoredExecution, TextRegister
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import Acknowledgement, PipelineRecord, Said
from storage.model.run_history import RunHistory
from storage.model.standing import StandingResult

_BETWEEN = " · "
_CHANGE_REQUESTS = frozenset({"pull_request", "pull_request_target", "merge_group"})
_WORKFLOW = re.compile(r"/actions/workflows/((?:[\w.-]+/)*[\w.-]+)$")
# Below every event's: what is told now holds.
_OUTDATED = Rank(0, False, 0, -1)


def execution(text: str) -> StoredExecution:
    stored = load(StoredExecution, text)
    return replace(stored, state=_state(stored.state))


def _state(state: State) -> State:
    texts = dict(state.texts)
    trigger, name = texts.get("trigger"), texts.get("pipeline_name")
    if trigger and trigger.value in _CHANGE_REQUESTS:
        texts["origin"] = TextRegister(trigger.rank, Origin.CHANGE_REQUEST)
    if name and _BETWEEN in name.value:
        project, _, own = name.value.partition(_BETWEEN)
        texts["pipeline_name"] = TextRegister(name.rank, own)
        texts["pipeline_project"] = TextRegister(name.rank, project)
    texts |= {name: TextRegister(_OUTDATED, texts[name].value) for name in _NAMES if name in texts}
    if path := _path(_value(texts, "pipeline_url")):
        texts["pipeline_path"] = TextRegister(_OUTDATED, path)
    return replace(
        state,
        texts=texts,
        attempts=_attempts(state.attempts),
        stages={key: _component(part) for key, part in state.stages.items()},
        actions={key: _component(part) for key, part in state.actions.items()},
        tells_run=bool(state.attempts) or bool(state.stages),
        decisive=bool(state.stages),
    )


_NAMES = ("pipeline_key", "pipeline_name", "pipeline_project")


def _value(texts: Mapping[str, TextRegister], name: str) -> str:
    said = texts.get(name)
    return said.value if said else ""


def _path(url: str) -> str:
    """Of the file of the workflow that has this page; GitHub's own have none, but a path like one."""
    found = _WORKFLOW.search(url)
    if found is None:
        return ""
    return f"dynamic/{found[1]}" if "/" in found[1] else f".github/workflows/{found[1]}"


def _component(part: ComponentState) -> ComponentState:
    return replace(part, attempts=_attempts(part.attempts))


def _attempts(attempts: Mapping[int, Progress]) -> dict[int, Progress]:
    return {number: _progress(progress) for number, progress in attempts.items()}


def _progress(progress: Progress) -> Progress:
    """Only the newest word was kept: what it says is all that is known."""
    word = progress.word
    if word is None:
        return progress
    at, status = word.rank.at, word.status
    return replace(
        progress,
        verdict=word if word.finished and status in VERDICTS else None,
        red_at=at if word.finished and status in RED else None,
        running_at=progress.started_at or (at if status is Status.RUNNING else None),
        waiting_at=at if status is Status.WAITING else None,
    )


def brief(text: str) -> ExecutionBrief:
    found = _Fields(text)
    return ExecutionBrief(
        **dict(zip(_BRIEF, found.values[:17], strict=False))
        | {
            "status": Status(found.at(7)),
            "voice": Voice.DEFAULT if found.at(8) else Voice.OTHER,
            "external_id": found.at(16, ""),
            "url": found.at(17, ""),
            "stages": tuple(StageBrief(name, Status(status)) for name, status in found.at(18, ())),
            "ref": found.at(9),
            "ended": Status(found.at(7)).finished,
        }
    )


_BRIEF = (
    *("id", "pipeline_id", "pipeline_name", "team_id", "number", "order", "attempt", "status", "voice", "branch"),
    *("commit", "message", "author", "queued_at", "started_at", "finished_at", "external_id"),
)


def record(text: str) -> PipelineRecord:
    """Without its history, which is folded anew."""
    found = _Fields(text)
    project, between, name = str(found.at(4)).partition(_BETWEEN)
    texts = {
        "name": name if between else project,
        "project": project if between else "",
        "url": found.at(5, ""),
        "repository": found.at(6, ""),
        "default_branch": found.at(7, ""),
    }
    texts["path"] = _path(texts["url"])
    return PipelineRecord(
        id=found.at(0),
        team_id=found.at(1),
        source=found.at(2),
        key=found.at(3),
        texts={key: Said(0, value) for key, value in texts.items() if value},
        created_at=found.at(8, 0),
        history=RunHistory(stale=True),
        overrides=_overrides(found.at(10, None)),
        label=found.at(4),
        full_name=found.at(4),
    )


def row(text: str) -> BoardRow:
    """Enough to show it until it is derived anew."""
    found = _Fields(text)
    latest, taken = found.at(7, None), found.at(19, None)
    shown = convert(LatestExecution, latest[:14]) if latest else None
    overrides = _overrides(found.at(21, None))
    flying = shown is not None and not shown.status.finished
    return BoardRow(
        id=found.at(0),
        team_id=found.at(1),
        name=found.at(2),
        source=found.at(3),
        label=overrides.name or found.at(2),
        url=found.at(4, ""),
        repository=found.at(5, ""),
        default_branch=found.at(6, ""),
        result=_result(found, shown),
        in_flight=(shown,) if shown and flying else (),
        ended=shown if not flying else None,
        acknowledged=convert(Acknowledgement, taken) if taken else None,
        overrides=overrides,
    )


def _result(found: _Fields, shown: LatestExecution | None) -> StandingResult | None:
    """As far as the old row tells: of the run it shows, else of the one before, where that was red, else the last green
    one."""
    since, red = found.at(9, None), next((stop[0] for stop in found.at(8, ()) if len(stop) > 3 and stop[3] in RED), "")
    if shown is not None and shown.status in VERDICTS:
        at = shown.finished_at or shown.last_event_at
        place = red if shown.status.red else ""
        return StandingResult(
            shown.execution_id, shown.number, shown.order, shown.status, at, at if since is None else since, place
        )
    mark = found.at(12, None) or found.at(10, None)
    if mark is None:
        return None
    run_id, number, at, *rest = mark
    place, status = [*rest, "", ""][:2]
    ended = Status(status) if status else Status.SUCCEEDED
    return StandingResult(run_id, number, 0, ended, at, at if since is None else since, place if ended.red else "")


def connection(found: Connection) -> Connection:
    """There was one option once, the ARN of an SNS topic, in a field of its own."""
    if not found.only_option:
        return found
    return replace(found, only_option="", options=(("topic_arn", found.only_option), *found.options))


def delivery(text: str, post: str) -> Delivery:
    """One that waits to be applied. Where its post was kept it can be read again, and told as tools are read now: it
    then comes without events."""
    found = _Fields(text)
    told = [] if post else msgspec.json.decode(found.at(8) or "[]")
    return Delivery(
        connection_id=found.at(0),
        key=found.at(1),
        event=found.at(2),
        received_at=found.at(3),
        answer=found.at(4),
        outcome=found.at(5),
        reason=found.at(6),
        execution_id=found.at(7),
        events=tuple(_event(kind, fields) for kind, fields in told),
        team_id=found.at(9),
        post=post,
    )


_SHARED = (
    *("pipeline", "execution", "attempt", "at", "status", "raw_status", "finished", "absorbing", "order"),
    *("queued_at", "started_at", "finished_at", "url"),
)
_COMMIT = ("branch", "commit", "message", "author")
_OWN: dict[str, tuple[type[AnyEvent], tuple[str, ...]]] = {
    "ExecutionChanged": (ExecutionChanged, ("number", *_COMMIT, "actor", "trigger")),
    "StageChanged": (StageChanged, ("stage", "kind")),
    "ActionChanged": (ActionChanged, ("stage", "action", "name", "note", *_COMMIT)),
    "DeploymentChanged": (DeploymentChanged, ("deployment", "environment", *_COMMIT[:2])),
}


def _event(kind: str, text: str) -> AnyEvent:
    event, own = _OWN[kind]
    said = dict(zip((*_SHARED, *own), msgspec.json.decode(text), strict=False))
    ref = convert(PipelineRef, said["pipeline"])
    project, between, name = ref.name.partition(_BETWEEN)
    said["pipeline"] = replace(ref, name=name, project=project) if between else ref
    said["status"] = Status(said["status"]) if said.get("status") else None
    return event(**said, tells_run=event in (ExecutionChanged, StageChanged))


def _overrides(value: Any) -> PipelineOverrides:
    return convert(PipelineOverrides, value or [])


@dataclasses.dataclass(frozen=True)
class _Fields:
    """The fields of a document in their order, the last ones left out where they had their defaults."""

    text: str

    @property
    def values(self) -> list[Any]:
        found: list[Any] = msgspec.json.decode(self.text)
        return found

    def at(self, place: int, default: Any = "") -> Any:
        values = self.values
        return values[place] if place < len(values) else default
