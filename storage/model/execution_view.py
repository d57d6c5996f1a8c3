"""Merged state -> Execution: picks the attempt, folds actions into stages and stages into the execution. Pure.

Nothing folded is stored, so that no late event finds a verdict in its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from storage.model.entities import Attempt, Deployment, Execution, Stage, Status, Voice
from storage.model.events import Origin
from storage.model.merge import Progress, State, StatusRegister, TextRegister
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides, deployments, overridden
from storage.model.spans import first, last
from storage.model.stage_view import MOVING, stages_at, text_of
from storage.model.waiting_times import human_wait, queue_seconds

NOTHING = Progress()


def build(
    state: State,
    *,
    execution_id: str,
    pipeline_id: str,
    team_id: str,
    attempt: int | None = None,
    overrides: PipelineOverrides = NO_OVERRIDES,
) -> Execution:
    """The execution at `attempt` (default the newest), its pipeline overridden so. Shape: storage.model.entities."""
    newest = newest_attempt(state)
    number = min(attempt or newest, newest)
    own = state.attempts.get(number, NOTHING)
    ended = own.word is not None and (own.word.finished or own.word.status.finished)
    stages = overridden(stages_at(state, number, own, ended=ended), overrides)
    heard = [stage for stage in stages if stage.attempt == number and not stage.pending]
    status, finished = _status(state, number, own, heard)
    text = text_of(state.texts)
    queued = own.queued_at or first(stage.queued_at for stage in heard)
    began = own.started_at or first(stage.started_at for stage in heard) or own.running_at
    wait_ms, wait_before_ms = human_wait(heard, own, began)
    return Execution(
        id=execution_id,
        pipeline_id=pipeline_id,
        team_id=team_id,
        pipeline_name=overrides.name or _pipeline_name(state),
        source=state.source,
        external_id=state.external_id,
        number=text("number") or state.external_id[:8],
        order=order_of(state),
        voice=voice_of(state, overrides.default_branch),
        attempt=number,
        status=status,
        raw_status=own.word.raw if own.word else "",
        branch=text("branch"),
        commit=text("commit"),
        message=text("message"),
        author=text("author"),
        actor=text("actor"),
        trigger=text("trigger"),
        url=text("url"),
        queued_at=queued,
        started_at=began,
        finished_at=finished,
        last_event_at=state.last_event_at,
        stages=stages,
        attempts=tuple(_attempts(state)),
        deployments=(*_deployments(state), *deployments(stages, overrides)),
        ref=ref_of(state.texts),
        ref_url=text("change_request_url"),
        ended=finished is not None or status.finished or bool(own.word and own.word.finished),
        told_to_wait=own.word is not None and own.word.told_to_wait,
        rollback=state.rollback,
        rollback_to=text("rollback_to"),
        upstream=text("upstream"),
        reason=text("reason"),
        by=text("by"),
        wait_ms=wait_ms,
        committed_at=state.committed_at,
        checked_at=int(text("checked_at") or 0) or None,
        wait_before_ms=wait_before_ms,
        queue_seconds=queue_seconds(heard, own, queued, began),
        waiting_at=own.waiting_at,
    )


def _pipeline_name(state: State) -> str:
    """As its own events tell it: with its repository, where its tool names workflows within one."""
    text = text_of(state.texts)
    name = text("pipeline_name") or text("pipeline_path").rpartition("/")[2]
    return " · ".join(part for part in (text("pipeline_project"), name) if part) or text("pipeline_key")


def known_attempts(state: State) -> set[int]:
    parts = (*state.stages.values(), *state.actions.values())
    return {*state.attempts, *(number for part in parts for number in part.attempts)}


def newest_attempt(state: State) -> int:
    return max(known_attempts(state), default=1)


def order_of(state: State) -> int:
    """The tool's own growing number, else when the execution first was heard of (milliseconds)."""
    return state.order if state.order is not None else max(0, first_time(state))


def first_time(state: State) -> int:
    """The earliest time that is told of it, whatever the attempt; that of its last event where none is."""
    parts = (*state.stages.values(), *state.actions.values())
    progresses = [*state.attempts.values(), *(p for part in parts for p in part.attempts.values())]
    times = [time for p in progresses for time in (p.queued_at, p.started_at, p.finished_at) if time is not None]
    return min(times, default=state.last_event_at)


def voice_of(state: State, default_branch: str = "") -> Voice:
    """For whom it speaks. Where the branch or the default branch is not told it speaks for the default branch, unless
    it is known to be of a change request, a fork or a tag. `default_branch`: where people said another than the tool.
    """
    if not state.tells_run:
        return Voice.UNDECIDED
    text = text_of(state.texts)
    origin = text("origin")
    if origin in (Origin.FORK, Origin.CHANGE_REQUEST):
        return Voice.OTHER
    branch, default = text("branch"), default_branch or text("pipeline_default_branch")
    if not branch or not default or branch == default:
        return Voice.TAG if origin == Origin.TAG else Voice.DEFAULT
    return Voice.TAG if origin == Origin.TAG else Voice.OTHER


def ref_of(texts: Mapping[str, TextRegister]) -> str:
    text = text_of(texts)
    if number := text("change_request"):
        return f"#{number}"
    branch, head = text("branch"), text("head").partition("/")[0]
    return f"{head}:{branch}" if head and text("origin") == Origin.FORK else branch


def verdict_of(state: State, number: int) -> StatusRegister | None:
    """What an attempt said, green or red: the tool's own word on it, or where a red stage ends an execution and the
    tool's word is missing or older, that of the stage."""
    told = [own.verdict] if (own := state.attempts.get(number)) and own.verdict else []
    if state.decisive:
        told += [red for part in state.stages.values() if (red := _red(part.attempts.get(number)))]
    return max(told, key=lambda word: (word.rank.at, word.rank.status), default=None)


def _red(progress: Progress | None) -> StatusRegister | None:
    """A stage's red end, also where it was resumed since."""
    if progress is None or progress.red_at is None:
        return None
    if progress.verdict and progress.verdict.status.red:
        return progress.verdict
    rank = progress.verdict.rank if progress.verdict else None
    return StatusRegister(rank._replace(at=progress.red_at), "", Status.FAILED, True) if rank else None


def _status(state: State, number: int, own: Progress, heard: Sequence[Stage]) -> tuple[Status, int | None]:
    """Its status, and when it ended."""
    word = own.word
    if word and (word.finished or word.status.finished):
        return word.status, own.finished_at or last(stage.finished_at for stage in heard)
    live = {stage.status for stage in heard}
    if state.decisive and (red := _decided(state, number, word, live)):
        return red.status, red.rank.at
    if Status.RUNNING in live:
        return Status.RUNNING, None
    if Status.WAITING in live:
        return Status.WAITING, None
    if word is None:
        if not live:
            return Status.UNKNOWN, None
        return (Status.QUEUED if live <= {Status.QUEUED} else Status.RUNNING), None
    if word.status is Status.QUEUED and any(stage.started_at for stage in heard):
        return Status.RUNNING, None
    return word.status, None


def _decided(state: State, number: int, word: StatusRegister | None, live: set[Status]) -> StatusRegister | None:
    """The red end of a stage that ended the execution, unless the tool's word on it is newer or a stage moves."""
    if live & MOVING:
        return None
    ends = [progress.word for part in state.stages.values() if (progress := part.attempts.get(number))]
    red = max((end for end in ends if end and end.status.red), key=lambda end: end.rank.at, default=None)
    if red is None or (word is not None and word.rank.at > red.rank.at):
        return None
    return red


def _attempts(state: State) -> Iterable[Attempt]:
    for number, progress in sorted(state.attempts.items()):
        status = progress.word.status if progress.word else Status.UNKNOWN
        started = progress.started_at or progress.running_at
        yield Attempt(number, status, started, progress.finished_at if status.finished else None)


def _deployments(state: State) -> Iterable[Deployment]:
    for _, part in sorted(state.deployments.items()):
        progress, text = part.attempts[max(part.attempts)], text_of(part.texts)
        at = progress.finished_at or progress.started_at or progress.queued_at or 0
        status = progress.word.status if progress.word else Status.UNKNOWN
        yield Deployment(text("environment"), status, at, text("url"))
