"""What is live in each place, how it came there, and what is behind it."""

from __future__ import annotations

import random

from storage.model.document import replace
from storage.model.entities import StageKind, Status, Voice
from storage.model.places import LiveVersion, places_of, reached
from storage.model.run import AttemptFact, Run, StageCell
from storage.model.run_history import RunHistory, remember

MINUTE = 60_000
KINDS = {"build": StageKind.COMMIT, "staging": StageKind.DEPLOY, "production": StageKind.PRODUCTION}


def run(number: int, upto: str, *, red: str = "", rollback: bool = False, commit: str = "", at: int = 0) -> Run:
    """`upto`: the last stage it passed; `red`: the one it failed at. `at`: the minute it began."""
    began = (at or number * 10) * MINUTE
    passed = list(KINDS)[: list(KINDS).index(upto) + 1] if not rollback else [upto]
    cells = [
        StageCell(name, KINDS[name], place, Status.SUCCEEDED, finished_at=began + (place + 1) * MINUTE)
        for place, name in enumerate(passed)
    ]
    if red:
        cells.append(StageCell(red, KINDS[red], 9, Status.FAILED, finished_at=began + 9 * MINUTE))
    status = Status.FAILED if red else Status.SUCCEEDED
    said = AttemptFact(1, status, began + 9 * MINUTE, began, stage=red, deploys=True)
    return Run(
        f"e{number}", str(number), number, Voice.DEFAULT, status, 1, finished_at=began + 9 * MINUTE,
        commit=commit or f"c{number}", stages=tuple(cells), attempts=(said,), rollback=rollback,
    )  # fmt: skip


def places(*runs: Run) -> dict[str, LiveVersion]:
    history = RunHistory()
    for each in runs:
        history = remember(history, each.id, each)
    return {place.stage: place for place in places_of(history)}


def test_newest_version_of_each_place_with_what_is_behind_it() -> None:
    found = places(run(1, "production"), run(2, "staging", red="production"), run(3, "build", red="staging"))
    assert list(found) == ["staging", "production"]
    staging, production = found["staging"], found["production"]
    assert (staging.run.number, staging.at, staging.how) == ("2", 22 * MINUTE, "deployed")
    assert [one.number for one in staging.behind] == ["3"]
    assert (production.run.number, [one.number for one in production.behind]) == ("1", ["3", "2"])
    assert production.since == 20 * MINUTE


def test_rollback_is_live_and_what_it_took_back_is_behind_it_again() -> None:
    back = run(3, "production", rollback=True, commit="c1")
    production = places(run(1, "production"), run(2, "production"), back)["production"]
    assert (production.run.number, production.made.number, production.how) == ("3", "1", "rolled back")
    assert [one.number for one in production.behind] == ["2"]


def test_rollback_without_a_commit_names_its_target_by_the_tools_id() -> None:
    back = replace(run(3, "production", rollback=True), commit="", rollback_to="1")
    production = places(run(1, "production"), run(2, "production"), back)["production"]
    assert (production.made.number, [one.number for one in production.behind]) == ("1", ["2"])


def test_where_a_rollbacks_target_is_forgotten_nothing_is_said_to_be_there() -> None:
    back = replace(run(3, "production", rollback=True), commit="", rollback_to="long ago")
    runs = (run(1, "production"), run(2, "production"), back)
    production = places(*runs)["production"]
    assert (production.version, production.behind) == (None, ())
    assert since(1, *runs)["production"] is None


def test_older_run_that_deploys_later_is_deployed_again() -> None:
    production = places(run(1, "production", at=90), run(2, "production"))["production"]
    assert (production.run.number, production.how) == ("1", "deployed again")
    assert [one.number for one in production.behind] == ["2"]


def test_pipeline_that_deploys_nowhere_has_no_places() -> None:
    assert places(run(1, "build"), run(2, "build", red="staging")) == {}


def test_order_in_which_runs_are_heard_does_not_matter() -> None:
    runs = [run(1, "production"), run(2, "staging", red="production"), run(3, "production"), run(4, "staging")]
    right = places(*runs)
    for seed in range(10):
        assert places(*random.Random(seed).sample(runs, len(runs))) == right


def since(order: int, *runs: Run) -> dict[str, int | None]:
    history = RunHistory()
    for each in runs:
        history = remember(history, each.id, each)
    return {reach.live.stage: reach.since for reach in reached(history, order)}


def test_version_is_where_it_or_a_later_one_is_live() -> None:
    runs = (run(1, "production"), run(2, "staging", red="production"), run(3, "production"))
    assert since(1, *runs) == {"staging": 12 * MINUTE, "production": 13 * MINUTE}
    assert since(2, *runs) == {"staging": 22 * MINUTE, "production": 33 * MINUTE}
    assert since(4, *runs) == {"staging": None, "production": None}


def test_rollback_takes_a_version_away_until_it_comes_again() -> None:
    back = run(3, "production", rollback=True, commit="c1")
    runs = (run(1, "production"), run(2, "production"), back)
    assert since(2, *runs)["production"] is None
    assert since(1, *runs)["production"] == 13 * MINUTE
    assert since(2, *runs, run(4, "production"))["production"] == 43 * MINUTE
