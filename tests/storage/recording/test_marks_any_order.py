"""Numbers follow from all events and the last thing people said of each deployment, over several pipelines: in whatever
order events come, how often, how late, and whatever was marked meanwhile and taken back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import NotFound
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent
from storage.model.execution_view import build
from storage.model.facts import DAY_MS, Fact, fact_of
from storage.model.marks import DeploymentMark
from storage.model.measures import delivered
from storage.model.merge import EMPTY, merge
from storage.model.run import run_of
from storage.model.windows import WINDOWS, window_of
from storage.store import Store
from tests.dashboard.views.town import workflow_of
from tests.factories import BY, MINUTE, NOW, a_run, a_team
from tests.storage.recording.tables import fold_facts, scratch

many = settings(max_examples=60 if os.environ.get("CI") else 8, deadline=None)
STAGES = ("build", "staging", "production")
marks = st.builds(
    DeploymentMark,
    failed=st.sampled_from([True, False, None]),
    unplanned=st.sampled_from([True, False, None]),
    reason=st.just("as seen"),
    by=st.just("Mara"),
    at=st.just(NOW),
)


class World(NamedTuple):
    """Runs of two pipelines, each its events; and what people say of some in the end."""

    runs: Sequence[Sequence[AnyEvent]]
    marked: Mapping[int, DeploymentMark]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    runs = []
    for number in range(draw(st.integers(2, 7))):
        began = NOW - draw(st.integers(1, 40)) * DAY_MS // 2 - number * MINUTE
        ref = workflow_of("shop", draw(st.integers(1, 2)))
        outcome = draw(st.sampled_from([Status.SUCCEEDED, Status.SUCCEEDED, Status.FAILED]))
        name = str(5000 + number)
        events = a_run(name, began=began, outcome=outcome, stages=STAGES, ref=ref, number=str(number))
        if outcome is Status.FAILED and draw(st.booleans()):
            events += a_run(name, began=began + 60 * MINUTE, stages=STAGES, ref=ref, number=str(number), attempt=2)
        message = draw(st.sampled_from(["Add it", 'Revert "it"', "hotfix it"]))
        sha = f"{draw(st.integers(1, 4)):x}".ljust(40, "c")
        runs.append([replace(e, message=message, commit=sha, committed_at=began - MINUTE) for e in events])
    chosen = draw(st.lists(st.integers(0, len(runs) - 1), unique=True, max_size=3))
    return World(runs, {place: draw(marks) for place in chosen})


def played(
    store: Store, team_id: str, told: Sequence[AnyEvent], said: Mapping[str, DeploymentMark | None]
) -> dict[str, str]:
    """The ids of the executions, by their tool's ids. One of which nothing has ended yet cannot be marked."""
    ids = {event.execution: store.recorder.apply(team_id, [event]).execution_id for event in told}
    for execution, mark in said.items():
        if execution in ids:
            with suppress(NotFound):
                store.mark_writer.mark(team_id, ids[execution], mark, BY)
    return ids


@many
@given(st.data())
def test_windows_equal_those_of_all_events_whatever_the_order_and_the_marks_between(data: st.DataObject) -> None:
    world = data.draw(worlds())
    told = [event for run in world.runs for event in run]
    shuffled = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told), max_size=6))]))
    half = data.draw(st.integers(0, len(shuffled)))
    final = {run[0].execution: world.marked.get(place) for place, run in enumerate(world.runs)}
    between = {execution: data.draw(st.none() | marks) for execution in final}
    with scratch() as store:
        team_id = a_team(store).id
        played(store, team_id, shuffled[:half], between)
        if data.draw(st.booleans()):
            fold_facts(store)
        ids = played(store, team_id, [*shuffled[half:], *told], final)
        fold_facts(store)
        (found,) = store.windows.list_all()
    expected = [delivered(each) for each in _facts(world, ids).values()]
    for days in WINDOWS:
        stored = next(window for window in found.windows if window.days == days)
        right = window_of(team_id, expected, days, NOW // DAY_MS)
        assert (stored.now, stored.before) == (right.now, right.before)


def _facts(world: World, ids: Mapping[str, str]) -> dict[str, list[Fact]]:
    """Worked out of all events of each run at once, and what people said of it last."""
    found: dict[str, list[Fact]] = {}
    for place, events in enumerate(world.runs):
        state = merge(EMPTY, events)
        pipeline = state.texts["pipeline_key"].value
        read = build(state, execution_id=ids[events[0].execution], pipeline_id=pipeline, team_id="t")
        run = run_of(state, read)
        assert run is not None
        found.setdefault(pipeline, []).append(fact_of(run, state, read, mark=world.marked.get(place)))
    return found
