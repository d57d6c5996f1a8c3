"""Prices by label and day, and what runs are estimated to cost by them."""

from __future__ import annotations

from random import Random

import pytest

from storage.model.billing import BilledMinutes
from storage.model.costs import cost_estimates
from storage.model.document import replace
from storage.model.entities import Status, Voice
from storage.model.facts import DAY_MS, Fact
from storage.model.prices import PUBLISHED, Price, PriceTable, day_of, dollars

CUT = day_of("2026-01-01")


def fact(number: int, day: int, *billed: BilledMinutes, pipeline: str = "p") -> Fact:
    return Fact(f"e{number}", pipeline, str(number), number, Voice.OTHER, Status.CANCELLED, day * DAY_MS, billed=billed)


@pytest.mark.parametrize(
    ("label", "before", "since"),
    [
        ("ubuntu-latest", 8_000, 6_000),
        ("Ubuntu-24.04", 8_000, 6_000),
        ("ubuntu-24.04-arm", 5_000, 5_000),
        ("windows-2022", 16_000, 10_000),
        ("macos-15", 80_000, 62_000),
        ("macos-latest-large", 120_000, 77_000),
        ("macos-14-xlarge", 160_000, 102_000),
        ("ubuntu-latest-8-cores", 32_000, 22_000),
        ("self-hosted,linux", None, None),
        ("ghe.acme.example/ubuntu-latest", None, None),
        ("gpu", None, None),
        ("", None, None),
    ],
)
def test_published_prices_are_those_of_the_day(label: str, before: int | None, since: int | None) -> None:
    assert (PUBLISHED.micros(label, CUT - 1), PUBLISHED.micros(label, CUT)) == (before, since)


def test_longest_pattern_has_the_price_in_the_newest_that_has_begun() -> None:
    table = PriceTable((
        Price("self-hosted*", 10, 100), Price("self-hosted,gpu*", 5, 900), Price("self-hosted,gpu*", 20, 500),
    ))  # fmt: skip
    found = [table.micros("self-hosted,gpu,big", day) for day in (4, 5, 19, 20)]
    assert found == [None, 900, 900, 500]
    assert [table.micros("self-hosted,linux", day) for day in (9, 10)] == [None, 100]


def test_each_run_is_priced_by_its_own_day() -> None:
    minutes = BilledMinutes("ubuntu-latest", 10, 5)
    table = replace(PUBLISHED, prices=(*PUBLISHED.prices, Price("ubuntu-latest", CUT + 9, 1_000)))
    (january, december) = cost_estimates(
        [fact(1, CUT - 1, minutes), fact(2, CUT, minutes), fact(3, CUT + 9, minutes)], table
    )
    assert (december.month, december.micros, december.rerun_micros) == ("2025-12", 80_000, 40_000)
    assert (january.month, january.micros, january.rerun_micros, january.runs) == ("2026-01", 70_000, 35_000, 2)


def test_what_has_no_price_is_told_apart() -> None:
    facts = [
        fact(1, CUT, BilledMinutes("", 4), BilledMinutes("self-hosted", 3, 2), BilledMinutes("ubuntu-latest", 1)),
        fact(2, CUT, BilledMinutes("too many jobs")),
        fact(3, CUT),
    ]
    (found,) = cost_estimates(facts, PUBLISHED)
    assert (found.unpriced, found.minutes, found.uncounted, found.runs) == ((("", 4), ("self-hosted", 5)), 1, 1, 2)


def test_order_of_runs_makes_no_difference_and_every_minute_is_in_one_place() -> None:
    dice = Random(7)
    labels = ("ubuntu-latest", "self-hosted", "macos-latest", "")
    facts = [
        fact(number, CUT + dice.randrange(90), *(
            BilledMinutes(label, dice.randrange(20), dice.randrange(5)) for label in labels if dice.random() < 0.5
        ), pipeline=dice.choice("pqr"))
        for number in range(200)
    ]  # fmt: skip
    found = cost_estimates(facts, PUBLISHED)
    assert cost_estimates(facts[::-1], PUBLISHED) == found
    told = sum(one.minutes + one.rerun_minutes + sum(minutes for _, minutes in one.unpriced) for one in found)
    assert told == sum(one.minutes + one.rerun_minutes for each in facts for one in each.billed)


@pytest.mark.parametrize(
    ("micros", "places", "said"),
    [
        (0, 2, "0.00"),
        (5_000, 2, "0.01"),
        (4_999, 2, "0.00"),
        (12_345_678, 2, "12.35"),
        (62_000, 6, "0.062"),
        (10**6, 6, "1"),
    ],
)
def test_dollars_are_rounded_half_up(micros: int, places: int, said: str) -> None:
    assert dollars(micros, places) == said
