"""Whole recorded executions, in the order received and in every other, end on the same and the right board.

Read in place from the folder that BIGTRANSIT_PAYLOAD_CORPUS names.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from dashboard.sources import SOURCES
from storage.model.board_row import BoardRow
from storage.model.entities import Status
from storage.model.events import AnyEvent
from storage.store import Store

CORPUS = os.environ.get("BIGTRANSIT_PAYLOAD_CORPUS", "")
pytestmark = pytest.mark.skipif(not CORPUS, reason="BIGTRANSIT_PAYLOAD_CORPUS names no folder of recorded payloads")
TEAM = "5f0c9d3e-1111-4222-8333-444455556666"


def _events(source: str, *paths: Path) -> list[AnyEvent]:
    found: list[AnyEvent] = []
    for path in paths:
        headers = {"content-type": "application/json"}
        if source == "github":
            headers |= {"x-github-event": path.name.split(".")[1], "x-github-delivery": path.name}
        found += SOURCES[source].parse(headers, path.read_bytes()).events
    return found


def _flow(source: str, folder: str) -> list[AnyEvent]:
    return _events(source, *sorted((Path(CORPUS) / source / folder).glob("*.json")))


def _board(store: Store, events: list[AnyEvent]) -> BoardRow:
    team = f"{TEAM}-{random.getrandbits(64):x}"
    for event in events:
        store.recorder.apply(team, [event])
    (stored,) = store.pipelines.list_board(team)
    return stored.row()


def _shown(row: BoardRow) -> tuple[Status, dict[str, Status | None]]:
    assert row.latest is not None
    return row.latest.status, {stage.name: stage.status for stage in row.stages}


FLOWS = {
    "processed/flow-build-failed": (Status.FAILED, {"Source": Status.SUCCEEDED, "Build": Status.FAILED}),
    "processed/flow-succeeded": (
        Status.SUCCEEDED,
        {"Source": Status.SUCCEEDED, "Build": Status.SUCCEEDED, "DeployToExternalAccount": Status.SUCCEEDED},
    ),
}


@pytest.mark.parametrize("folder", FLOWS)
def test_recorded_codepipeline_execution_gives_the_right_board_in_any_order(store: Store, folder: str) -> None:
    events = _flow("codepipeline", folder)
    assert _shown(_board(store, events)) == FLOWS[folder]
    for seed in range(12):
        shuffled = [*events, *random.Random(seed).sample(events, 3)]
        random.Random(seed).shuffle(shuffled)
        assert _shown(_board(store, shuffled)) == FLOWS[folder]


def test_recorded_github_rerun_gives_the_right_board_in_any_order(store: Store) -> None:
    events = _flow("github", "sequence-rerun-attempt-10")
    expected = _shown(_board(store, events))
    assert expected[0].finished
    assert set(expected[1]) == {"pre-commit", "test"}
    for seed in range(24):
        shuffled = [*events, *random.Random(seed).sample(events, 2)]
        random.Random(seed).shuffle(shuffled)
        row = _board(store, shuffled)
        assert _shown(row) == expected
        assert row.latest is not None
        assert row.latest.attempt == 10
