"""Where values lie in a chart, and where axes end."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.readmodels.charts import axes

SPANS = st.lists(st.floats(1, 10_000_000), min_size=1, max_size=60)


def labels(axis: axes.ValueAxis) -> list[str]:
    return [tick.label for tick in axis.ticks]


def test_axis_of_spans_begins_at_nothing_and_has_round_values() -> None:
    assert labels(axes.span_axis([310, 420, 500])) == ["0", "5 min", "10 min"]
    assert labels(axes.span_axis([3600, 5000])) == ["0", "30 min", "1 h", "1.5 h", "2 h"]
    assert labels(axes.span_axis([12])) == ["0", "5 s", "10 s", "15 s"]
    assert labels(axes.span_axis([400 * 86_400]))[-1].endswith(" d")


def test_axes_of_counts_and_shares() -> None:
    assert labels(axes.count_axis([3])) == ["0", "1", "2", "3"]
    assert labels(axes.count_axis([0])) == ["0", "1"]
    assert labels(axes.count_axis([78])) == ["0", "20", "40", "60", "80"]
    assert labels(axes.share_axis([0.07], whole=False)) == ["0 %", "5 %", "10 %", "15 %", "20 %"]
    assert labels(axes.share_axis([0.9], whole=True)) == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert axes.share_axis([1.0], whole=False).top == 1.0


@given(SPANS)
def test_no_more_than_one_value_in_five_lies_beyond(values: list[float]) -> None:
    axis = axes.span_axis(values)
    beyond = [value for value in values if axis.is_beyond(value)]
    assert len(beyond) <= len(values) // 5
    kept = max((value for value in values if not axis.is_beyond(value)), default=0)
    assert all(value > kept for value in beyond)
    assert axis.ticks[0].at == axes.HEIGHT - axes.BOTTOM
    assert 2 <= len(axis.ticks) <= axes.MOST_TICKS + 1


def test_wild_value_is_cut_off_and_a_step_is_not() -> None:
    calm = [600.0] * 9
    assert axes.span_axis([*calm, 90_000.0]).is_beyond(90_000)
    assert not axes.span_axis([*calm, 1400.0]).is_beyond(1400)
    assert not axes.span_axis([*[600.0] * 5, *[4000.0] * 5]).is_beyond(4000)
    assert not axes.span_axis([600.0, 90_000.0]).is_beyond(90_000)


@given(st.integers(15_000, 30_000), st.sampled_from((30, 90)))
def test_weeks_are_of_monday_to_sunday_and_reach_to_today(today: int, days: int) -> None:
    found = axes.weeks(today - days + 1, today)
    assert found[0].first <= today - days + 1 <= found[0].last
    assert found[-1].last == today
    for each in found:
        assert axes.day_of(each.first).weekday() == 0
        assert each.last - each.first == 6 or not each.whole
    assert [each.last + 1 for each in found[:-1]] == [each.first for each in found[1:]]


@given(st.integers(15_000, 30_000))
def test_months_are_those_of_the_calendar(today: int) -> None:
    found = axes.months(today - 364, today)
    assert [axes.day_of(each.first).day for each in found] == [1] * len(found)
    assert [each.last + 1 for each in found[:-1]] == [each.first for each in found[1:]]
    assert found[-1].last == today
    assert len(found) in (12, 13)


def test_day_lies_within_its_week() -> None:
    weeks = axes.weeks(axes.days_since_epoch(date(2026, 6, 1)), axes.days_since_epoch(date(2026, 6, 28)))
    assert weeks[0].name == "week of 1 Jun 2026"
    assert axes.place_of_day(weeks, weeks[0].first) == axes.LEFT
    assert axes.place_of_day(weeks, weeks[1].first) == axes.LEFT + axes.INNER_WIDTH / 4
    assert axes.place_of_day(weeks, weeks[0].first - 1) is None


@pytest.mark.parametrize("count", [1, 2, 5, 13, 14, 60])
def test_last_column_always_has_its_day(count: int) -> None:
    ticks = axes.column_ticks([str(place) for place in range(count)])
    assert ticks[-1].label == str(count - 1)
    assert len(ticks) <= axes.MOST_TICKS
