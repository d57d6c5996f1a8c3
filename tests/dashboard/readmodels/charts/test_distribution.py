"""How long runs take, as a histogram."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.readmodels.charts import axes
from dashboard.readmodels.charts.distribution import MOST_BINS, bin_width, distribution_of
from storage.model.measures import spread


def histogram(values: list[int]):
    return distribution_of(values, spread(values), "/behind")


def test_bins_follow_freedman_and_diaconis() -> None:
    # 1,000 values from 600 to 999: quartiles 699 and 899, 2 * 200 / 10 = 40, the next round span is a minute.
    assert bin_width(sorted(600 + place * 400 // 1000 for place in range(1000))) == 60
    # One value alone, and many equal ones.
    assert bin_width([600]) == 1
    assert bin_width([600] * 50) == 1


@given(st.lists(st.integers(0, 500_000), min_size=1, max_size=200))
def test_every_run_is_in_one_bar(values: list[int]) -> None:
    plot = histogram(values)
    assert sum(int(row.cells[0]) for row in plot.rows) == len(values)
    assert len(plot.rows) <= MOST_BINS + 2
    for bar in plot.bars:
        assert bar.x >= axes.LEFT
        assert bar.x + bar.width <= axes.WIDTH - axes.RIGHT + 0.5
        assert round(bar.y + bar.height, 1) == plot.floor


def test_percentiles_are_those_of_the_measures() -> None:
    plot = histogram([300 + 10 * place for place in range(60)])
    assert (plot.value, plot.basis) == ("9:50", "median of 60, 95 % within 14:20")
    assert [mark.label for mark in plot.marks] == ["p50", "p95"]
    assert plot.marks[0].x < plot.marks[1].x


def test_very_long_ones_stand_apart_with_their_number() -> None:
    plot = histogram([300 + place for place in range(60)] + [50_000, 90_000])
    (one,) = plot.beyond
    assert one.label == "2 up to 1 d"
    assert plot.rows[-1].cells == ("2",)
    assert "2 took longer than 1.5 times that, up to 1 d." in plot.says


def test_few_are_hollow_and_none_are_said() -> None:
    plot = histogram([300, 400])
    assert all(bar.hollow for bar in plot.bars)
    assert "too few" in plot.basis
    assert histogram([]).empty


@given(st.lists(st.integers(0, 5_000), min_size=2, max_size=200))
def test_bars_are_as_high_as_they_count(values: list[int]) -> None:
    plot = histogram(values)
    counts = [int(row.cells[0]) for row in plot.rows if row.cells[0] != "0"]
    one = plot.bars[0].height / counts[0]
    for bar, count in zip(plot.bars, counts, strict=True):
        assert abs(bar.height - one * count) <= 0.2 * count
