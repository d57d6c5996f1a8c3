"""What the live reader asks for: several topics of one source share what was read, and a few changes are read alone."""

from __future__ import annotations

from dashboard.screens.loads import WHOLE_EVERY, ScreenLoads
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.town import workflow_of
from tests.factories import a_run, a_team


class Timer:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_network_reads_all_once_and_then_what_was_noticed(store: Store) -> None:
    team, timer = a_team(store), Timer()
    loads = ScreenLoads(lambda: store, timer)
    run = a_run("1", ref=workflow_of("service", 1))
    pipeline = store.recorder.apply(team.id, run).pipeline_id
    notices = [frozenset({"network", f"team:{team.id}", f"pipeline:{pipeline}"})]

    def read(since: float, told: list[frozenset[str]] | None, topic: str = "network:all") -> list[str]:
        with metered() as meter:
            loads.load(topic, since, told)
        return meter.operations

    assert read(0, None) == ["query"]
    assert read(0, None, "network:all?q=is%3Afailing") == []
    timer.now = 1
    assert read(1, notices) == ["batch_get"]
    assert read(1, notices, "network:all?q=is%3Afailing") == []
    timer.now = 2
    a_team(store, "Another", "another")
    assert read(2, []) == ["query"], "nothing was noticed: it is looked whether that is so"
    timer.now += WHOLE_EVERY
    a_team(store, "A third", "third")
    assert read(timer.now, notices) == ["query"], "however much is noticed"
