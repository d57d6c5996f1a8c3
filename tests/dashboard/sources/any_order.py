"""Whole executions as their tool tells them, through the recorder: in order, and in every other with repeats."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from storage import keys
from storage.model.board_row import BoardRow
from storage.model.entities import Execution, Status
from storage.model.events import AnyEvent
from storage.model.pipeline_record import PipelineRecord
from storage.store import Store
from tests.factories import TEAM_ID
from tests.storage.recording.tables import assert_same, fold_facts, scratch, standing, unmarked

ORDERS = 20
Said = tuple[AnyEvent, ...]


def row_in_any_order(told: Sequence[Said]) -> BoardRow:
    """The one row these bodies end on. Fails where another order, or what comes twice, leaves anything else."""
    with scratch() as store:
        right, row = _played(store, told)
    for seed in range(ORDERS):
        chance = random.Random(seed)
        shuffled = [*told, *chance.sample(list(told), min(3, len(told)))]
        chance.shuffle(shuffled)
        with scratch() as store:
            found, again = _played(store, shuffled)
        assert_same(found, right)
        assert again == row
    return row


def shown(told: Sequence[Said], execution: str) -> Execution:
    """The execution with this id of its tool, after these bodies."""
    with scratch() as store:
        for events in told:
            store.recorder.apply(TEAM_ID, events)
        ref = told[0][0].pipeline
        stored, _ = store.executions.get_stored(keys.execution_id(TEAM_ID, ref.source, execution, ref.host))
        return store.executions.read(stored)


def stages_of(row: BoardRow) -> dict[str, Status | None]:
    return {stage.name: stage.status for stage in row.stages}


def _played(store: Store, told: Sequence[Said]) -> tuple[Mapping[str, object], BoardRow]:
    for events in told:
        applied = store.recorder.apply(TEAM_ID, events)
        if applied.left_id:
            store.rebuilder.fold(applied.left_id)
    store.rebuilder.rename(TEAM_ID)
    fold_facts(store)
    all_that_stands = {
        key: unmarked(one) if isinstance(one, PipelineRecord) else one for key, one in standing(store).items()
    }
    (stored,) = store.pipelines.list_board(TEAM_ID)
    return all_that_stands, stored.row()
