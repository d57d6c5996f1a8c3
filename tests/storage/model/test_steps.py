"""What changed for good, and since when."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.model.document import replace
from storage.model.entities import StageKind, Status, Voice
from storage.model.evidence import Measure
from storage.model.facts import DAY_MS, Fact, StageFact
from storage.model.measures import delivered
from storage.model.run import AttemptFact
from storage.model.steps import change_point, slower_stage, steps_of

FIRST = 20_000


def test_step_is_found_where_it_is() -> None:
    chance = random.Random(4)
    values = [600 + chance.gauss(0, 40) for _ in range(40)] + [900 + chance.gauss(0, 40) for _ in range(30)]
    found = change_point(values)
    assert found is not None
    assert found[0] == 40
    assert found[1] < 0.001


def test_noise_is_no_step_in_nineteen_of_twenty() -> None:
    chance = random.Random(5)
    found = [change_point([chance.gauss(600, 100) for _ in range(60)]) for _ in range(400)]
    assert sum(each is not None for each in found) <= 400 * 0.05


def test_too_few_values_or_equal_ones_tell_nothing() -> None:
    assert change_point([1.0] * 5 + [9.0] * 5) is None
    assert change_point([3.0] * 60) is None


@given(st.lists(st.integers(0, 5), min_size=12, max_size=30))
def test_place_is_that_of_the_test_as_it_was_published(values: list[int]) -> None:
    """U(t) = sum over i <= t < j of sgn(x_i - x_j); the step is where its size is greatest."""
    count = len(values)

    def sign(a: int, b: int) -> int:
        return (a > b) - (a < b)

    sizes = {t: abs(sum(sign(a, b) for a in values[:t] for b in values[t:])) for t in range(5, count - 4)}
    found = change_point(values)
    if found is not None:
        assert sizes[found[0]] == max(sizes.values())


def fact(
    number: int, *, seconds: int = 600, failed: bool = False, pipeline: str = "p", stages: Sequence[int] = ()
) -> Fact:
    """One a day, at noon."""
    at = (FIRST + number) * DAY_MS + DAY_MS // 2
    ends = list(accumulate(stages))
    return Fact(
        id=f"{pipeline}{number}", pipeline_id=pipeline, number=str(number), order=number, voice=Voice.DEFAULT,
        status=Status.SUCCEEDED, at=at, seconds=seconds, commit=f"c{number}", committed_at=at - 60_000,
        attempts=(AttemptFact(1, Status.FAILED if failed else Status.SUCCEEDED, at, at - 1000),), deployed=(at,),
        stages=tuple(
            StageFact(name, StageKind.OTHER, Status.SUCCEEDED, end - took, end)
            for name, took, end in zip(("build", "test"), stages, ends, strict=False)
        ),
    )  # fmt: skip


def steps(*pipelines: Sequence[Fact]) -> dict[Measure, tuple[str, bool]]:
    found = steps_of([delivered(facts) for facts in pipelines], FIRST * DAY_MS, (FIRST + 90) * DAY_MS)
    return {step.measure: (step.execution_id, step.worse) for step in found}


def test_slower_pipeline_is_named_with_its_first_slow_run() -> None:
    calm = [fact(number, pipeline="calm") for number in range(60)]
    slow = [fact(number, seconds=600 + number % 7 + (300 if number >= 33 else 0)) for number in range(60)]
    assert steps(calm, slow) == {Measure.DURATION_P50: ("p33", True)}


def test_first_attempts_that_fail_more_often_are_worse() -> None:
    facts = [fact(number, failed=number >= 40 and number % 2 == 0) for number in range(80)]
    assert steps(facts)[Measure.FIRST_ATTEMPT_RATE][1]


def test_what_got_better_comes_last() -> None:
    facts = [
        fact(number, seconds=600 + number % 5 - (300 if number >= 40 else 0), failed=number >= 40 and number % 2 == 0)
        for number in range(80)
    ]
    assert [worse for _, worse in steps(facts).values()] == [True, False]


@pytest.mark.parametrize("seconds", [10, 29])
def test_what_is_too_little_to_notice_is_not_told(seconds: int) -> None:
    facts = [fact(number, seconds=600 + (seconds if number >= 40 else 0)) for number in range(80)]
    assert Measure.DURATION_P50 not in steps(facts)


def test_order_in_which_facts_are_heard_does_not_matter() -> None:
    facts = [fact(number, seconds=600 + number % 7 + (300 if number >= 33 else 0)) for number in range(60)]
    shuffled = random.Random(6).sample(facts, len(facts))
    assert steps(facts) == steps(shuffled)


def test_stage_that_makes_the_difference_is_named() -> None:
    facts = [fact(number, stages=(100, 500 if number < 30 else 900)) for number in range(60)]
    assert slower_stage(facts, facts[30].at) == ("test", 500, 900)
    assert slower_stage([replace(each, stages=()) for each in facts], facts[30].at) is None
