"""Whether a tool still runs a pipeline, as the tool says when it is asked. Pure."""

from __future__ import annotations

from storage.model.document import Document

DISABLED, DELETED = "disabled", "deleted"


class ToolState(Document, frozen=True):
    """`state`: `disabled`, `deleted`, or empty where the tool runs it as far as is known. since: when it was found so,
    milliseconds."""

    state: str = ""
    since: int = 0


RUNS_AT_TOOL = ToolState()


def tool_state_text(state: str, at: int) -> str:
    """For PipelineRef.tool_state. `state` may be empty: it runs again. The text of a later time sorts after."""
    return f"{at:015d} {state}".rstrip()


def tool_state_of(text: str, came_at: int | None) -> ToolState:
    """What such a text says, where no run came since (milliseconds)."""
    at, _, state = text.partition(" ")
    if not state or (came_at is not None and came_at > int(at)):
        return RUNS_AT_TOOL
    return ToolState(state, int(at))
