"""What a change sends to a page that is open: exact, in bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.live.messages import difference, update
from dashboard.live.regions import Snapshot
from dashboard.screens.loads import ScreenLoads
from storage.model.entities import Status, Team
from storage.model.events import AnyEvent
from storage.store import Store
from tests.copies import copied
from tests.dashboard.views.town import workflow_of
from tests.factories import MINUTE, NOW, a_run, a_team, record

STAGE, RUN, NETWORK = 1024, 3072, 10_240
TEAMS, PIPELINES = 12, 4


@pytest.fixture
def team(store: Store) -> Team:
    return copied(store, first_of_several)


def first_of_several(store: Store) -> Team:
    """One of several, each with a red pipeline."""
    teams = [a_team(store, f"Team {number}", f"team-{number}") for number in range(TEAMS)]
    for each in teams:
        for place in range(PIPELINES):
            ref = workflow_of(f"service-{place}", place + 1)
            for run in range(6):
                outcome = Status.FAILED if place == 0 and run == 5 else Status.SUCCEEDED
                began = NOW - (300 - 40 * run) * MINUTE
                store.recorder.apply(each.id, a_run(str(10 * place + run), ref=ref, began=began, outcome=outcome))
        store.rebuilder.rename(each.id)
    return teams[0]


class Reader:
    """Looks at a topic again and again."""

    def __init__(self, store: Store, topic: str) -> None:
        self.topic = topic
        self.loads = ScreenLoads(lambda: store, lambda: float(self.reads))
        self.reads = 0
        self.shown = self._load()

    def _load(self) -> Snapshot:
        self.reads += 1
        return self.loads.load(self.topic, self.reads)

    def told(self) -> bytes:
        """The message since the last time; empty where nothing on it has changed."""
        before, self.shown = self.shown, self._load()
        return update(self.shown.tag, difference(before, self.shown)) if before.tag != self.shown.tag else b""


def played(store: Store, team: Team, run: list[AnyEvent], *readers: Reader) -> Iterator[tuple[AnyEvent, list[int]]]:
    for event in run:
        record(store, [event], team.id)
        yield event, [len(reader.told()) for reader in readers]


@pytest.mark.parametrize("outcome", [Status.SUCCEEDED, Status.FAILED])
def test_stage_that_changes_is_a_kilobyte_on_its_board_and_ten_on_the_network(
    store: Store, team: Team, outcome: Status
) -> None:
    board, network = Reader(store, f"team:{team.id}"), Reader(store, "network:all")
    run = a_run("900", ref=workflow_of("service-2", 3), began=NOW - 5 * MINUTE, outcome=outcome)
    sizes = list(played(store, team, run, board, network))
    of_stages = [on_board for event, (on_board, _) in sizes if type(event).__name__ == "ActionChanged"]
    assert len(of_stages) >= 4
    assert max(of_stages) <= STAGE, of_stages
    assert max(on_board for _, (on_board, _) in sizes) <= RUN, sizes
    assert max(on_network for _, (_, on_network) in sizes) <= NETWORK, sizes
    assert any(on_network for _, (_, on_network) in sizes)


def test_stage_of_a_retry_is_a_kilobyte_where_the_row_still_tells_the_failure(store: Store, team: Team) -> None:
    board, ref = Reader(store, f"team:{team.id}"), workflow_of("service-2", 3)
    record(store, a_run("900", ref=ref, began=NOW - 15 * MINUTE, outcome=Status.FAILED), team.id)
    board.told()
    retry = a_run("900", ref=ref, began=NOW - 5 * MINUTE, outcome=Status.FAILED, attempt=2)
    sizes = list(played(store, team, retry, board))
    of_stages = [on_board for event, (on_board,) in sizes if type(event).__name__ == "ActionChanged"]
    assert len(of_stages) >= 4
    assert max(of_stages) <= STAGE, of_stages
    assert max(on_board for _, (on_board,) in sizes) <= RUN, sizes


def test_run_that_ends_tells_its_own_row_of_the_teams_health(store: Store, team: Team) -> None:
    health, ref = Reader(store, f"team-health:{team.id}"), workflow_of("service-2", 3)
    sizes = list(played(store, team, a_run("900", ref=ref, began=NOW - 5 * MINUTE), health))
    assert any(told for _, (told,) in sizes)
    assert max(told for _, (told,) in sizes) <= RUN, sizes


def test_change_in_one_team_tells_nothing_of_the_others(store: Store, team: Team) -> None:
    network = Reader(store, "network:all")
    record(store, a_run("901", ref=workflow_of("service-3", 4), began=NOW - MINUTE, outcome=Status.FAILED), team.id)
    message = network.told().decode()
    assert '"team-0"' in message
    assert '"team-1"' not in message
