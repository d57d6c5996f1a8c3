"""Stages that were red and green with one commit."""

from __future__ import annotations

from storage.model.entities import StageKind, Status, Voice
from storage.model.facts import Fact, StageFact
from storage.model.flips import flaky_stages
from storage.model.run import AttemptFact

MINUTE = 60_000


def fact(id_: str, commit: str, *attempts: tuple[Status, str], at: int = 0, stages: tuple[str, ...] = ()) -> Fact:
    """`attempts`: how each ended, and where it was red, a minute apart."""
    told = tuple(
        AttemptFact(number, status, at + number * MINUTE, at, stage=stage)
        for number, (status, stage) in enumerate(attempts, 1)
    )
    passed = tuple(StageFact(name, StageKind.OTHER, Status.SUCCEEDED) for name in stages or ("build", "test"))
    return Fact(
        id_, "p", id_, int(id_), Voice.DEFAULT, told[-1].status, told[-1].at, attempts=told, commit=commit,
        stages=passed,
    )  # fmt: skip


RED, GREEN, ERROR = Status.FAILED, Status.SUCCEEDED, Status.ERRORED


def test_stage_that_passes_when_it_is_run_again_has_flipped() -> None:
    (found,) = flaky_stages([fact("1", "a", (RED, "test"), (GREEN, "")), fact("2", "b", (GREEN, ""), at=MINUTE)])
    assert (found.stage, found.counted, found.rate) == ("test", 2, 0.5)
    (flip,) = found.flips
    assert (flip.execution_id, flip.commit, flip.at) == ("1", "a", 2 * MINUTE)


def test_two_runs_of_one_commit_flip_in_either_order() -> None:
    red, green = fact("1", "a", (RED, "test"), stages=("build",)), fact("2", "a", (GREEN, ""), at=9 * MINUTE)
    assert flaky_stages([red, green]) == flaky_stages([green, red])
    (found,) = flaky_stages([green, red])
    assert (found.stage, found.flips[0].execution_id) == ("test", "2")


def test_another_commit_or_an_error_of_the_tool_is_no_flip() -> None:
    assert flaky_stages([fact("1", "a", (RED, "test"), stages=("build",)), fact("2", "b", (GREEN, ""))]) == []
    assert flaky_stages([fact("1", "a", (ERROR, "test"), (GREEN, ""))]) == []


def test_stage_that_stays_red_while_another_passes_is_not_flaky() -> None:
    again = fact("1", "a", (RED, "unit"), (RED, "test"), stages=("build", "unit"))
    assert [one.stage for one in flaky_stages([again])] == ["unit"]
