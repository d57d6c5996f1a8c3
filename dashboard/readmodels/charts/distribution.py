"""How long runs take, as a histogram of green first attempts."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from dashboard.readmodels.appearance import timer, words
from dashboard.readmodels.charts import axes
from dashboard.readmodels.charts.plots import Beyond, Legend, Mark, Plot, PlotBar, TableRow, anchor_at
from storage.model.measures import FEWEST, Spread

FEWEST_BINS, MOST_BINS = 5, 24
# What is longer than so many times the 95th percentile stands together in a last bar of its own.
LONGEST = 1.5


def bin_width(values: Sequence[int]) -> float:
    """Freedman and Diaconis, "On the histogram as a density estimator" (1981): 2 IQR / n^(1/3), bounded so that there
    are 5 to 24 bins, as the next longer round span, or the next shorter where that would leave fewer than 5. values:
    seconds, sorted, at least one."""
    count = len(values)
    quartiles = values[ceil(0.75 * count) - 1] - values[ceil(0.25 * count) - 1]
    reach = values[-1] - values[0]
    wanted = 2 * quartiles / count ** (1 / 3) or reach
    longest = max(1, reach / FEWEST_BINS)
    width = axes.longer_span(min(longest, max(wanted, reach / MOST_BINS)))
    return width if width <= longest else axes.shorter_span(longest)


def distribution_of(seconds: Sequence[int], found: Spread, href: str) -> Plot:
    """found: their spread, as health pages say it."""
    title = "How long runs take"
    if not seconds or found.median is None or found.p95 is None:
        return Plot("distribution", title, "No green run was timed.", empty="No green first attempt was timed")
    values = sorted(seconds)
    shown = [value for value in values if value <= LONGEST * found.p95]
    longer = len(values) - len(shown)
    width = bin_width(shown)
    first = int(shown[0] // width)
    counts = [0] * (int(shown[-1] // width) - first + 1)
    for value in shown:
        counts[int(value // width) - first] += 1
    axis, columns = axes.count_axis([*counts, longer], whole=True), len(counts) + (2 if longer else 0)
    wide = axes.INNER_WIDTH / columns
    few = found.count < FEWEST

    def x_of(value: float) -> float:
        return round(axes.LEFT + wide * (value / width - first), 1)

    def bar(place: int, count: int) -> PlotBar:
        y = axis.y(count)
        return PlotBar(round(axes.LEFT + wide * place + 0.5, 1), y, round(wide - 1, 1), round(axis.y(0) - y, 1), few)

    bars = [bar(place, count) for place, count in enumerate(counts) if count]
    edge = round(axes.LEFT + wide * (columns - 0.5), 1)
    return Plot(
        key="distribution",
        title=title,
        says=_says(found, values, longer, width),
        value=timer(found.median),
        basis=f"median of {found.count}" + (", too few" if few else f", 95 % within {timer(found.p95)}"),
        href=href,
        y_ticks=axis.ticks,
        x_ticks=_ticks(first, len(counts), columns, width),
        bars=(*bars, *([bar(columns - 1, longer)] if longer else [])),
        marks=_marks(x_of(found.median), x_of(found.p95)),
        beyond=(Beyond(edge, f"{longer} up to {words(values[-1])}", "end"),) if longer else (),
        legend=(
            Legend("bar", f"runs in {words(round(width))} each"),
            *([Legend("hollow-bar", f"too few, under {FEWEST}")] if few else []),
        ),
        columns=("From", "Runs"),
        rows=(
            *(
                TableRow(f"{_at((first + place) * width)} to {_at((first + place + 1) * width)}", (str(count),))
                for place, count in enumerate(counts)
            ),
            *([TableRow(f"longer, up to {words(values[-1])}", (str(longer),))] if longer else []),
        ),
    )


def _at(seconds: float) -> str:
    return timer(round(seconds))


def _ticks(first: int, bins: int, columns: int, width: float) -> tuple[axes.Tick, ...]:
    wide = axes.INNER_WIDTH / columns
    every = max(1, ceil(bins / axes.MOST_TICKS))
    places = [place for place in range(0, bins + 1, every) if (place + 0.6 * every <= bins or place == bins)]
    return tuple(
        axes.Tick(
            round(axes.LEFT + wide * place, 1),
            _at((first + place) * width),
            "start" if not place else "end" if place == columns else "middle",
        )
        for place in places
    )


def _marks(median: float, late: float) -> tuple[Mark, ...]:
    """Words beside each other where both lie close."""
    if late - median < 60:
        return Mark(median, "p50", "end"), Mark(late, "p95", "start")
    return Mark(median, "p50", anchor_at(median)), Mark(late, "p95", anchor_at(late))


def _says(found: Spread, values: Sequence[int], longer: int, width: float) -> str:
    if found.median is None or found.p95 is None:
        return ""
    beyond = f" {longer} took longer than 1.5 times that, up to {words(values[-1])}." if longer else ""
    return (
        f"Half of {found.count} green first attempts took up to {words(found.median)}, 95 of 100 up to "
        f"{words(found.p95)}.{beyond} Each bar is of {words(round(width))}."
    )
