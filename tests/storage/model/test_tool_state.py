"""Whether a tool still runs a pipeline, and when it was last asked for a run."""

from __future__ import annotations

from itertools import permutations

import pytest

from storage.model.board_row import BoardRow
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent, ExecutionChanged
from storage.model.tool_state import DELETED, DISABLED, RUNS_AT_TOOL, ToolState, tool_state_of, tool_state_text
from storage.store import Store
from tests.factories import DAY, MINUTE, NOW, REF, TEAM_ID, execution_changed


def checked(execution: str, at: int, status: Status = Status.RUNNING) -> ExecutionChanged:
    return replace(execution_changed(execution, status=status, at=NOW), checked_at=at)


def row_after(store: Store, events: tuple[AnyEvent, ...]) -> BoardRow:
    for event in events:
        store.recorder.apply(TEAM_ID, [event])
    (stored,) = store.pipelines.list_board(TEAM_ID)
    return stored.row()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_latest_time_at_which_a_tool_was_asked_holds_in_any_order(store: Store, order: tuple[int, ...]) -> None:
    told = [
        checked("7", NOW + 3 * MINUTE),
        checked("7", NOW + 9 * MINUTE),
        execution_changed("7", status=Status.RUNNING),
    ]
    row = row_after(store, tuple(told[place] for place in order))
    (leader,) = row.in_flight
    assert leader.checked_at == NOW + 9 * MINUTE
    assert leader.heard_at == NOW + 9 * MINUTE


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_pipeline_that_was_disabled_and_enabled_again_runs(store: Store, order: tuple[int, ...]) -> None:
    said = [(DISABLED, NOW), ("", NOW + DAY), (DELETED, NOW + 2 * DAY)]
    events = [
        replace(
            execution_changed("7", status=Status.SUCCEEDED, at=NOW - DAY),
            pipeline=replace(REF, tool_state=tool_state_text(state, at)),
        )
        for state, at in said
    ]
    assert row_after(store, tuple(events[place] for place in order)).tool_state == ToolState(DELETED, NOW + 2 * DAY)
    assert tool_state_of(tool_state_text("", NOW), None) == RUNS_AT_TOOL


def test_a_run_that_came_since_says_that_it_is_run(store: Store) -> None:
    assert tool_state_of(tool_state_text(DISABLED, NOW), NOW - 1) == ToolState(DISABLED, NOW)
    assert tool_state_of(tool_state_text(DISABLED, NOW), NOW + 1) == RUNS_AT_TOOL
