"""What a team or a pipeline delivered, stretch by stretch: weeks, months for a year. Every point is `measure` of its
days, as on health pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.readmodels.appearance import words
from dashboard.readmodels.charts import axes
from dashboard.readmodels.charts.axes import Stretch, ValueAxis
from dashboard.readmodels.charts.plots import (
    Beyond,
    Legend,
    Level,
    Mark,
    Plot,
    PlotBar,
    PlotDot,
    TableRow,
    anchor_at,
)  # fmt: skip
from dashboard.readmodels.delivery import often
from dashboard.readmodels.measure_values import DEFINITIONS, RATIO, value_of
from storage.model.evidence import Measure
from storage.model.facts import DAY_MS
from storage.model.measures import FEWEST, Delivered, Measures, measure
from storage.model.steps import StepChange
from storage.model.windows import Window

BAR_SHARE = 0.7


class Point(NamedTuple):
    """One value of one stretch, of so many; None where there is nothing to measure."""

    value: float | None
    sample: int

    @property
    def few(self) -> bool:
        return self.sample < FEWEST


UNKNOWN = Point(None, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """window: of the whole period. stretches and what each delivered, None before anything was known. names: of
    pipelines. behind: what leads to what stands behind a measure."""

    window: Window
    days: int
    now: int
    stretches: Sequence[Stretch]
    found: Sequence[Measures | None]
    names: Mapping[str, str]
    behind: Callable[[Measure], str]

    @property
    def unit(self) -> str:
        return "month" if self.days > 90 else "week"


def stretches_of(days: int, today: int) -> list[Stretch]:
    first = today - days + 1
    return axes.months(first, today) if days > 90 else axes.weeks(first, today)


def measured(
    pipelines: Sequence[Delivered], stretches: Iterable[Stretch], known_from: int | None
) -> list[Measures | None]:
    """known_from: the day of the first fact there is."""
    return [
        measure(pipelines, each.first, each.last) if known_from is not None and each.last >= known_from else None
        for each in stretches
    ]


def trends_of(asked: Asked) -> tuple[Plot, ...]:
    return (
        _frequency(asked),
        _line(asked, Measure.CHANGE_LEAD_TIME, lambda m: Point(m.lead.median, m.lead.count)),
        _line(asked, Measure.CHANGE_FAIL_RATE, lambda m: _share(m.failed, m.deployments)),
        _line(
            asked,
            Measure.DURATION_P50,
            lambda m: Point(m.duration.median, m.duration.count),
            lambda m: Point(m.duration.p95, m.duration.count),
        ),
        _line(asked, Measure.SUCCESS_RATE, lambda m: _share(m.succeeded, m.ended)),
    )


def _share(part: int, of: int) -> Point:
    return Point(part / of if of else None, of)


def said(measure: Measure, value: float) -> str:
    return axes.percent(value) if DEFINITIONS[measure].unit == RATIO else words(round(value))


def _frequency(asked: Asked) -> Plot:
    """Counts: of a few no less is known than of many, so none is hollow but the stretch that is not over."""
    counts, of = [found.deployments if found else None for found in asked.found], len(asked.stretches)
    known = [float(count or 0) for count in counts]
    days = 365 / 12 if asked.unit == "month" else 7
    mean = asked.window.now.deployments / asked.days * days
    value = value_of(Measure.DEPLOYMENT_FREQUENCY, asked.window, asked.days, asked.now)
    total = asked.window.now.deployments
    title = f"Deployments a {asked.unit}"
    if not any(counts):
        return Plot("frequency", title, "Nothing went into production.", empty="Nothing went into production")
    axis = axes.count_axis([*known, mean])
    width = round(axes.INNER_WIDTH / of * BAR_SHARE, 1)
    number, unit = often(value.value) if value.value is not None else ("", "")
    bars = [
        PlotBar(
            round(axes.middle(place, of) - width / 2, 1), axis.y(count), width,
            round(axis.y(0) - axis.y(count), 1), not each.whole,
        )
        for place, (each, count) in enumerate(zip(asked.stretches, counts, strict=True))
        if count
    ]  # fmt: skip
    whole = [
        (count, each)
        for count, each in zip(counts, asked.stretches, strict=True)
        if count is not None and each.whole and each.first >= (asked.window.known_from or 0)
    ]
    return Plot(
        key="frequency",
        title=title,
        says=f"{total} in {asked.days} days{f', {number} {unit}' if number else ''}.{_extremes(whole, str)}",
        value=number or str(total),
        basis=f"{unit}, {total} in {asked.days} days" if number else f"in {asked.days} days, too few for a rate",
        href=asked.behind(Measure.DEPLOYMENT_FREQUENCY),
        y_ticks=axis.ticks,
        x_ticks=axes.column_ticks([each.label for each in asked.stretches]),
        bars=tuple(bars),
        level=Level(axis.y(mean), f"{mean:.1f} a {asked.unit}") if number else None,
        beyond=_beyond(axis, known, lambda found: f"{found:.0f}"),
        legend=_legend(asked, level="mean", hollow=""),
        columns=(asked.unit.capitalize(), "Deployments"),
        rows=tuple(
            TableRow(each.name, (_counted(count, each),)) for each, count in zip(asked.stretches, counts, strict=True)
        ),
    )


def _counted(count: int | None, each: Stretch) -> str:
    return "not known" if count is None else f"{count}{'' if each.whole else ', so far'}"


def _line(
    asked: Asked,
    of: Measure,
    chosen: Callable[[Measures], Point],
    second: Callable[[Measures], Point] | None = None,
) -> Plot:
    title, key = DEFINITIONS[of].label, of.value
    points = [chosen(found) if found else UNKNOWN for found in asked.found]
    others = [second(found) if found else UNKNOWN for found in asked.found] if second else []
    if second:
        title = "Duration, median and 95 %"
    known = [point.value for point in (*points, *others) if point.value is not None]
    if not known:
        return Plot(key, title, "Nothing to measure in these days.", empty="Nothing to measure in these days")
    axis = _axis_of(of, known)
    value = value_of(of, asked.window, asked.days, asked.now)
    steps = [step for step in asked.window.steps if step.measure is of]
    marks = tuple(mark for step in steps if (mark := _mark(asked, step)))
    few = any(point.few for point in points if point.value is not None)
    return Plot(
        key=key,
        title=title,
        says=_says(asked, of, points, others, [step for step in steps if _mark(asked, step)]),
        value=said(of, value.value) if value.value is not None else "–",
        basis=f"{'' if DEFINITIONS[of].unit == RATIO else 'median '}of {value.sample}"
        + ("" if value.value is not None else f", {value.reason}"),
        href=asked.behind(of),
        y_ticks=axis.ticks,
        x_ticks=axes.column_ticks([each.label for each in asked.stretches]),
        lines=tuple(_path(axis, each) for each in (points, others) if each),
        dots=(*_dots(axis, points), *_dots(axis, others, second=True)),
        level=Level(axis.y(value.value), said(of, value.value)) if value.value is not None else None,
        marks=marks,
        beyond=_beyond(axis, _tops(points, others), lambda found: said(of, found)),
        legend=_legend(
            asked,
            level=f"{asked.days} days",
            hollow=f"too few, under {FEWEST}" if few else "",
            second=bool(second),
            step=bool(marks),
        ),
        columns=(asked.unit.capitalize(), *(("Median", "95 %") if second else ("Value",)), "Of"),
        rows=tuple(_rows(asked, of, points, others)),
    )


def _axis_of(of: Measure, known: Sequence[float]) -> ValueAxis:
    if DEFINITIONS[of].unit == RATIO:
        return axes.share_axis(known, whole=of is Measure.SUCCESS_RATE)
    return axes.span_axis(known)


def _path(axis: ValueAxis, points: Sequence[Point]) -> str:
    """Broken where nothing is known."""
    found, pen = [], "M"
    for place, point in enumerate(points):
        if point.value is None:
            pen = "M"
            continue
        found.append(f"{pen}{axes.middle(place, len(points))} {axis.y(point.value)}")
        pen = "L"
    return "".join(found)


def _dots(axis: ValueAxis, points: Sequence[Point], *, second: bool = False) -> Iterator[PlotDot]:
    for place, point in enumerate(points):
        if point.value is not None and not axis.is_beyond(point.value):
            yield PlotDot(axes.middle(place, len(points)), axis.y(point.value), point.few, second)


def _tops(points: Sequence[Point], others: Sequence[Point]) -> list[float]:
    """The greater value of each stretch."""
    found = [points, others] if others else [points]
    return [max(point.value or 0.0 for point in each) for each in zip(*found, strict=True)]


def _beyond(axis: ValueAxis, values: Sequence[float], worded: Callable[[float], str]) -> tuple[Beyond, ...]:
    places = [(axes.middle(place, len(values)), value) for place, value in enumerate(values) if axis.is_beyond(value)]
    return tuple(Beyond(x, worded(value), anchor_at(x)) for x, value in places)


def _mark(asked: Asked, step: StepChange) -> Mark | None:
    x = axes.place_of_day(asked.stretches, step.at // DAY_MS)
    return Mark(x, axes.day_label(step.at // DAY_MS), anchor_at(x)) if x is not None else None


def _legend(asked: Asked, *, level: str, hollow: str, second: bool = False, step: bool = False) -> tuple[Legend, ...]:
    found = [Legend("line", "median"), Legend("second", "95 %")] if second else []
    found.append(Legend("level", level))
    if not asked.stretches[-1].whole and level == "mean":
        found.append(Legend("hollow-bar", f"this {asked.unit} so far"))
    found += [Legend("hollow", hollow)] if hollow else []
    return tuple([*found, Legend("step", "step change")] if step else found)


def _says(
    asked: Asked, of: Measure, points: Sequence[Point], others: Sequence[Point], steps: Sequence[StepChange]
) -> str:
    value = value_of(of, asked.window, asked.days, asked.now)
    whole = f"{said(of, value.value)} over {asked.days} days, of {value.sample}." if value.value is not None else ""
    late = asked.window.now.duration.p95
    if others and value.value is not None and late is not None:
        whole = (
            f"Median {said(of, value.value)}, 95 % within {said(of, late)}, over {asked.days} days, of {value.sample}."
        )
    if not whole:
        whole = f"Too few in {asked.days} days for one value: {value.sample}."
    known = [
        (point.value, each)
        for point, each in zip(points, asked.stretches, strict=True)
        if point.value is not None and not point.few
    ]
    told = "".join(f" {_step_words(asked, of, step)}" for step in steps)
    return f"{whole}{_extremes(known, lambda found: said(of, found))}{told}"


def _step_words(asked: Asked, of: Measure, step: StepChange) -> str:
    where = asked.names.get(step.pipeline_id, "") if of is Measure.DURATION_P50 and len(asked.names) > 1 else ""
    sure = "A step" if step.sure else "Probably a step"
    return (
        f"{sure} on {axes.full_day(step.at // DAY_MS)}{f' in {where}' if where else ''}: "
        f"from {said(of, step.before)} to {said(of, step.after)}."
    )


def _extremes(known: Sequence[tuple[float, Stretch]], worded: Callable[[float], str]) -> str:
    """The highest and the lowest, where there are two that differ."""
    if len(known) < 2:
        return ""
    low, high = min(known, key=lambda one: one[0]), max(known, key=lambda one: one[0])
    if worded(low[0]) == worded(high[0]):
        return ""
    return f" Highest {worded(high[0])} in {high[1].name}, lowest {worded(low[0])} in {low[1].name}."


def _rows(asked: Asked, of: Measure, points: Sequence[Point], others: Sequence[Point]) -> Iterator[TableRow]:
    for place, (each, point) in enumerate(zip(asked.stretches, points, strict=True)):
        both = [point, *([others[place]] if others else [])]
        cells = tuple(said(of, one.value) if one.value is not None else "–" for one in both)
        notes = [str(point.sample)]
        notes += ["too few"] if point.few and point.value is not None else []
        notes += [] if each.whole else ["so far"]
        yield TableRow(each.name, (*cells, ", ".join(notes)))
