"""From the first red of a stage to its next green."""

from __future__ import annotations

import random

from storage.model.entities import StageKind, Status, Voice
from storage.model.pipeline_record import Acknowledgement
from storage.model.red_windows import red_windows
from storage.model.run import AttemptFact, Run, StageCell
from storage.model.run_history import RunHistory, remember

MINUTE = 60_000
STAGES = ("build", "test", "deploy")


def run(number: int, *attempts: str, quiet: bool = False) -> Run:
    """`attempts`: where each went red, a minute apart; empty for green."""
    at = number * 10 * MINUTE
    facts = tuple(
        AttemptFact(n, Status.FAILED if red else Status.SUCCEEDED, at + n * MINUTE, at, at + n * MINUTE - 1, stage=red)
        for n, red in enumerate(attempts, 1)
    )
    reached = STAGES[: STAGES.index(attempts[-1]) + 1] if attempts and attempts[-1] else STAGES
    cells = tuple(
        StageCell(
            name, StageKind.OTHER, place, Status.FAILED if attempts and name == attempts[-1] else Status.SUCCEEDED
        )
        for place, name in enumerate(reached)
    )
    status = Status.CANCELLED if quiet else facts[-1].status
    return Run(
        f"e{number}", str(number), number, Voice.DEFAULT, status, max(1, len(attempts)),
        finished_at=at + MINUTE, commit=f"c{number}", stages=() if quiet else cells, attempts=() if quiet else facts,
    )  # fmt: skip


def history(*runs: Run) -> RunHistory:
    found = RunHistory()
    for each in runs:
        found = remember(found, each.id, each)
    return found


def test_window_lasts_until_the_stage_is_green_again() -> None:
    (found,) = red_windows(history(run(1, ""), run(2, "", quiet=True), run(3, "test"), run(4, "test"), run(5, "")))
    assert (found.stage, found.since, found.until) == ("test", 31 * MINUTE - 1, 51 * MINUTE)
    assert (found.first.number, found.fixed_by and found.fixed_by.number) == ("3", "5")
    assert [one.number for one in found.suspects] == ["3", "2"]
    assert (found.reds, found.tries, found.repeats) == (2, 0, 0)


def test_green_of_the_stage_alone_ends_it_though_a_later_one_is_red() -> None:
    deploy, test = red_windows(history(run(1, ""), run(2, "test"), run(3, "deploy")))
    assert (test.stage, test.until) == ("test", 31 * MINUTE)
    assert (deploy.stage, deploy.until) == ("deploy", None)


def test_runs_again_are_what_was_tried() -> None:
    (found,) = red_windows(history(run(1, ""), run(2, "test", "test", "")))
    assert (found.reds, found.tries, found.until) == (1, 1, 23 * MINUTE)
    assert found.fixed_by is not None
    assert found.fixed_by.number == "2"


def test_repeats_are_counted_and_who_has_it_is_told_while_it_lasts() -> None:
    taken = Acknowledgement("u", "Mara", 1)
    last, first = red_windows(history(run(1, ""), run(2, "test"), run(3, ""), run(4, "test")), taken)
    assert (first.repeats, first.taken) == (0, None)
    assert (last.repeats, last.taken) == (1, taken)


def test_suspects_are_not_named_where_the_last_green_is_not_known() -> None:
    (found,) = red_windows(history(run(1, "test"), run(2, "test")))
    assert found.suspects == ()


def test_order_in_which_runs_are_heard_does_not_matter() -> None:
    runs = [run(1, ""), run(2, "test"), run(3, "test", ""), run(4, "deploy"), run(5, "build"), run(6, "")]
    right = red_windows(history(*runs))
    assert len(right) == 3
    for seed in range(10):
        assert red_windows(history(*random.Random(seed).sample(runs, len(runs)))) == right
