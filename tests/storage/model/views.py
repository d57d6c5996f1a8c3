"""Events -> what the model makes of them, without a table."""

from __future__ import annotations

from collections.abc import Iterable

from storage.model.entities import Execution
from storage.model.events import AnyEvent
from storage.model.execution_view import build
from storage.model.merge import EMPTY, merge
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.run import Run, run_of


def shown(*events: AnyEvent, attempt: int | None = None, overrides: PipelineOverrides = NO_OVERRIDES) -> Execution:
    """The execution that these events tell of."""
    state = merge(EMPTY, events)
    return build(state, execution_id="e", pipeline_id="p", team_id="t", attempt=attempt, overrides=overrides)


def remembered(events: Iterable[AnyEvent], overrides: PipelineOverrides = NO_OVERRIDES) -> Run | None:
    """What their pipeline remembers of it."""
    state = merge(EMPTY, events)
    execution = build(state, execution_id=state.external_id, pipeline_id="p", team_id="t", overrides=overrides)
    return run_of(state, execution, overrides)


def run(events: Iterable[AnyEvent], overrides: PipelineOverrides = NO_OVERRIDES) -> Run:
    """As `remembered`, of one that has ended."""
    found = remembered(events, overrides)
    assert found is not None
    return found
