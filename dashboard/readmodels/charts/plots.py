"""A chart with two axes: bars, lines and dots in a box, with words for who does not see it and a table behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dashboard.readmodels.charts.axes import BOTTOM, HEIGHT, INNER_HEIGHT, LEFT, RIGHT, TOP, WIDTH, Tick


class PlotBar(NamedTuple):
    """hollow: too few, or not over yet."""

    x: float
    y: float
    width: float
    height: float
    hollow: bool = False

    @property
    def css(self) -> str:
        return "plot__bar plot__bar--hollow" if self.hollow else "plot__bar"


class PlotDot(NamedTuple):
    """hollow: of too few. second: of the second series."""

    x: float
    y: float
    hollow: bool = False
    second: bool = False

    @property
    def css(self) -> str:
        return f"plot__dot{' plot__dot--second' if self.second else ''}{' plot__dot--hollow' if self.hollow else ''}"


class Level(NamedTuple):
    """The value of the whole period."""

    y: float
    label: str


class Mark(NamedTuple):
    """A moment or a value that is marked: where a step change began, a percentile. anchor: of its text."""

    x: float
    label: str
    anchor: str


class Beyond(NamedTuple):
    """A value that lies beyond the axis, with its number."""

    x: float
    label: str
    anchor: str


class TableRow(NamedTuple):
    name: str
    cells: tuple[str, ...]


class Legend(NamedTuple):
    """What a mark stands for; `mark` names its look."""

    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class Plot:
    """says: what it shows, in words; value, basis: of the whole period. lines: as paths; the second one is the second
    series. empty: why there is nothing to draw. href: what stands behind it."""

    key: str
    title: str
    says: str
    value: str = ""
    basis: str = ""
    href: str = ""
    y_ticks: tuple[Tick, ...] = ()
    x_ticks: tuple[Tick, ...] = ()
    bars: tuple[PlotBar, ...] = ()
    lines: tuple[str, ...] = ()
    dots: tuple[PlotDot, ...] = ()
    level: Level | None = None
    marks: tuple[Mark, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    legend: tuple[Legend, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[TableRow, ...] = ()
    empty: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    floor: int = HEIGHT - BOTTOM
    inner: int = INNER_HEIGHT


def anchor_at(x: float) -> str:
    """Of text at x, so that it stays inside."""
    return "start" if x < LEFT + 30 else "end" if x > WIDTH - RIGHT - 40 else "middle"
