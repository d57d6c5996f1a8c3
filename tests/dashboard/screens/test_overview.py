"""What is read of changed pipelines alone is what reading all teams would have given."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from dashboard.screens.overview import Overview, reread_overview
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import PipelineRef
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.pipeline_record import Acknowledgement
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.town import workflow_of
from tests.factories import BY, MINUTE, Clock, a_member, a_run, a_team

TEAMS, PIPELINES, STEPS = 3, 3, 40
OUTCOMES = (None, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


class Organisation:
    """Teams whose pipelines run, break, are taken, hidden, moved and renamed, at random."""

    def __init__(self, store: Store, clock: Clock, dice: random.Random) -> None:
        self.store, self.clock, self.dice = store, clock, dice
        self.runs = 0
        self.seen: set[str] = set()
        for number in range(TEAMS):
            a_team(store, f"Team {number}", f"team-{number}")
        self.heard()

    def heard(self) -> list[frozenset[str]]:
        """What has been noticed since this was asked last."""
        changes = self.store.changes.list_since(self.clock.now - MINUTE, self.clock.now)
        fresh = [frozenset(change.topics) for change in changes if change.id not in self.seen]
        self.seen |= {change.id for change in changes}
        return fresh

    def step(self) -> None:
        self.clock.now += self.dice.randint(1, 20_000)
        moves: list[Callable[[], None]] = [self.run] * 6 + [self.take, self.hide, self.move, self.rename, self.found]
        self.dice.choice(moves)()

    def run(self) -> None:
        self.runs += 1
        team, place = self._team(), self.dice.randrange(PIPELINES)
        events = a_run(
            str(self.runs), ref=self._ref(place), began=self.clock.now - MINUTE, outcome=self.dice.choice(OUTCOMES)
        )
        for event in events[: self.dice.randint(1, len(events))]:
            self.store.recorder.apply(team, [event])

    def _ref(self, place: int) -> PipelineRef:
        """Now and then one that takes the place of another, as a tool knows it by another key."""
        ref = workflow_of(f"service-{place}", place + 1)
        if self.dice.random() < 0.2:
            return replace(ref, key=f"{ref.key}-anew", aliases=(ref.key,))
        return ref

    def take(self) -> None:
        for team, pipeline in self._pipelines():
            holder = Acknowledgement("u1", "Mara", self.clock.now) if self.dice.random() < 0.7 else None
            self.store.override_writer.take(team, pipeline, holder, BY, "pipeline.taken")

    def hide(self) -> None:
        for team, pipeline in self._pipelines():
            record = self.store.pipelines.find(pipeline)
            assert record is not None
            wanted = NO_OVERRIDES if record.overrides.hidden else PipelineOverrides(hidden=True, labels=("old",))
            self.store.override_writer.override(team, pipeline, wanted, record.overrides, BY)

    def move(self) -> None:
        for team, pipeline in self._pipelines():
            home, to = self.store.teams.get(team).team, self.store.teams.get(self._team()).team
            if home.id != to.id:
                self.store.override_writer.move(pipeline, home, to, BY)

    def rename(self) -> None:
        entry = self.store.teams.get(self._team())
        self.store.teams.update(entry, replace(entry.team, name=f"Team {self.dice.random():.3f}"), BY)

    def found(self) -> None:
        number = self.dice.randrange(10**9)
        team = a_team(self.store, f"Team {number}", f"team-{number}")
        a_member(self.store, team, Role.MEMBER, f"p{number}@example.com")

    def _team(self) -> str:
        return self.dice.choice([entry.team.id for entry in self.store.teams.list_all()])

    def _pipelines(self) -> list[tuple[str, str]]:
        """One at most."""
        found = [(entry.team.id, row.id) for entry in self.store.teams.list_boards() for row in entry.rows]
        return [self.dice.choice(found)] if found else []


@pytest.mark.parametrize("seed", range(12))
def test_pipelines_that_notices_name_are_all_that_changed(store: Store, clock: Clock, seed: int) -> None:
    dice = random.Random(seed)
    place = Organisation(store, clock, dice)
    known = Overview(store.teams.list_boards())
    for _ in range(STEPS):
        for _ in range(dice.randint(1, 3)):
            place.step()
        known = reread_overview(store, known, place.heard())
        assert known.entries == store.teams.list_boards()


def test_changed_pipelines_are_one_call_and_their_own_units(store: Store) -> None:
    teams = [a_team(store, f"Team {number}", f"team-{number}") for number in range(TEAMS)]
    ids = []
    for number, team in enumerate(teams):
        for place in range(20):
            events = a_run(f"{number}-{place}", ref=workflow_of(f"service-{number}-{place}", 100 * number + place + 1))
            ids.append((team.id, store.recorder.apply(team.id, events).pipeline_id))
    known = Overview(store.teams.list_boards())
    notices = [frozenset({"network", f"team:{team}", f"pipeline:{pipeline}"}) for team, pipeline in ids[:3]]
    with metered() as meter:
        assert reread_overview(store, known, notices).entries == known.entries
    assert (meter.operations, meter.rcu) == (["batch_get"], 3)


@pytest.mark.parametrize(
    "named", [{"network"}, {"network", "gate:{}"}, {"network", "team:{}"}, {"network", "team:x", "pipeline:y"}]
)
def test_change_of_a_team_reads_all_teams(store: Store, named: set[str]) -> None:
    team = a_team(store)
    known = Overview(store.teams.list_boards())
    with metered() as meter:
        reread_overview(store, known, [frozenset(name.format(team.id) for name in named)])
    assert meter.operations == ["query"]
