"""DORA's five measures as health pages show them, from windows: values, how they moved, bands and trends.

Definitions: docs/metrics.md. A team is read against its own past; there is no order of teams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.links import deployments_href, evidence_href, health_href, pipeline_href
from dashboard.readmodels.appearance import words
from dashboard.readmodels.bands import BANDS, fail_place, frequency_place, lead_place, recovery_place
from dashboard.readmodels.changes import ChangeLine, changes_of
from dashboard.readmodels.pooled_windows import pooled
from dashboard.readmodels.run_cells import RUNS, RunCell, runs_of
from storage.model.board_row import BoardRow
from storage.model.document import remembered
from storage.model.entities import Team
from storage.model.measures import FEWEST, Measures, Spread
from storage.model.windows import TrendPoint, Window
from storage.repositories.windows import TeamWindows

# A change smaller than this share of the value before is none.
NOTABLE = 0.05


@dataclass(frozen=True, slots=True)
class MeasureCell:
    """One measure of one team or pipeline. value: in words, empty where nothing can be said; note: why not. band, and
    its place among BANDS. moved: against the period before, in words; worse: whether people would say so. points: of
    its trend line, in a box of 100 by 24."""

    key: str
    value: str
    note: str = ""
    unit: str = ""
    band: str = ""
    place: int = 0
    moved: str = ""
    direction: str = ""
    worse: bool = False
    points: str = ""
    harm: float = 0.0


@dataclass(frozen=True, slots=True)
class MeasureHeading:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """`name`: of a team or a pipeline, which `href` leads to; `opens`: the deployments behind its measures. runs: as
    RUNS names them; `behind`: what leads to what stands behind each."""

    id: str
    name: str
    href: str
    opens: str
    cells: tuple[MeasureCell, ...]
    runs: tuple[RunCell, ...]
    behind: tuple[str, ...]

    @property
    def order(self) -> str:
        return name_order(self.name, self.id)

    @property
    def columns(self) -> tuple[tuple[MeasureHeading, MeasureCell], ...]:
        return tuple(zip(HEADINGS, self.cells, strict=True))

    @property
    def measured(self) -> tuple[tuple[str, RunCell, str], ...]:
        return tuple((label, cell, href) for (_, label), cell, href in zip(RUNS, self.runs, self.behind, strict=True))


# Days of the windows that can be asked for, the usual one first.
DAYS = ("30", "7", "90", "365")
HEADINGS = (
    MeasureHeading("frequency", "Deployment frequency"),
    MeasureHeading("lead", "Change lead time"),
    MeasureHeading("fails", "Change fail rate"),
    MeasureHeading("recovery", "Failed deployment recovery"),
    MeasureHeading("rework", "Deployment rework rate"),
)


def cells_of(window: Window | None) -> tuple[MeasureCell, ...]:
    if window is None:
        return tuple(MeasureCell(heading.key, "", "no deployments") for heading in HEADINGS)
    now, trend, days = window.now, window.trend, window.days
    # What was there for a part of the days before only is no past to compare with.
    before = window.before if window.knows_before else Measures()
    fails = [_share(point.failed, point.deployments) for point in trend]
    rework = [_share(point.unplanned, point.deployments) for point in trend]
    return (
        _frequency(now, before, trend, days),
        _span("lead", now.lead, before.lead, now.deployments, [point.lead for point in trend], lead_place),
        _rate("fails", now.failed, now, before.failed, before, fails, fail_place),
        _recovery(now, before, trend),
        _rate("rework", now.unplanned, now, before.unplanned, before, rework, None),
    )


def _frequency(now: Measures, before: Measures, trend: Sequence[TrendPoint], days: int) -> MeasureCell:
    if not now.deployments:
        return MeasureCell("frequency", "", "no deployments")
    per_day = now.deployments / days
    value, unit = often(per_day)
    moved, direction, harm = "", "", 0.0
    if before.deployments >= FEWEST:
        more = round(100 * abs(now.deployments - before.deployments) / before.deployments)
        moved, direction, harm = _moved(
            now.deployments, before.deployments, lambda _: f"{more} %", less_is_better=False
        )
    place = frequency_place(per_day)
    banded = now.deployments >= FEWEST
    return MeasureCell(
        "frequency", value, unit=unit, band=BANDS[place] if banded else "", place=place, moved=moved,
        direction=direction, worse=harm > 0, points=points([p.deployments for p in trend]), harm=harm,
    )  # fmt: skip


def often(per_day: float) -> tuple[str, str]:
    """How often as a number and its unit."""
    for unit, days in (("a day", 1.0), ("a week", 7.0), ("a month", 30.0)):
        if per_day * days >= 1 or unit == "a month":
            number = per_day * days
            return (f"{number:.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")), unit
    raise AssertionError


def _recovery(now: Measures, before: Measures, trend: Sequence[TrendPoint]) -> MeasureCell:
    if not now.failed:
        return MeasureCell("recovery", "", "none failed" if now.deployments else "no deployments")
    found = _span("recovery", now.recovery, before.recovery, now.failed, [p.recovery for p in trend], recovery_place)
    lasting = now.failed - now.recovery.count
    return found if found.value or not lasting else MeasureCell("recovery", "", f"{lasting} not over")


def _span(
    key: str,
    now: Spread,
    before: Spread,
    events: int,
    trend: Sequence[int | None],
    place_of: Callable[[int], int],
) -> MeasureCell:
    if now.median is None:
        return MeasureCell(key, "", "not known" if events else "no deployments")
    if now.count < FEWEST and key == "lead":
        return MeasureCell(key, words(now.median), f"of {now.count}", unit="median", points=points(trend))
    moved, direction, harm = "", "", 0.0
    if before.median is not None and before.count >= FEWEST <= now.count:
        moved, direction, harm = _moved(now.median, before.median, lambda d: words(round(abs(d))), less_is_better=True)
    place, banded = place_of(now.median), now.count >= FEWEST
    return MeasureCell(
        key, words(now.median), "" if banded else f"of {now.count}", unit="median",
        band=BANDS[place] if banded else "", place=place, moved=moved, direction=direction, worse=harm > 0,
        points=points(trend), harm=harm,
    )  # fmt: skip


def _rate(
    key: str,
    part: int,
    now: Measures,
    part_before: int,
    before: Measures,
    trend: Sequence[int | None],
    place_of: Callable[[float], int] | None,
) -> MeasureCell:
    if not now.deployments:
        return MeasureCell(key, "", "no deployments")
    if now.deployments < FEWEST:
        return MeasureCell(key, f"{part} of {now.deployments}", "too few")
    percent = 100 * part / now.deployments
    moved, direction, harm = "", "", 0.0
    if before.deployments >= FEWEST:
        was = 100 * part_before / before.deployments
        moved, direction, harm = _moved(percent, was, lambda d: f"{abs(d):.0f} points", less_is_better=True, least=1.0)
    place = place_of(percent) if place_of else 0
    return MeasureCell(
        key, f"{percent:.0f} %", band=BANDS[place] if place_of else "", place=place, moved=moved,
        direction=direction, worse=harm > 0, points=points(trend), harm=harm,
    )  # fmt: skip


def _moved(
    now: float, before: float, said: Callable[[float], str], *, less_is_better: bool, least: float = 0.0
) -> tuple[str, str, float]:
    """How it moved in words, which way, and how much harm that is: above 0 where it got worse."""
    difference = now - before
    if abs(difference) <= max(least, NOTABLE * abs(before)):
        return "same", "same", 0.0
    worse = (difference > 0) is less_is_better
    share = abs(difference) / max(abs(before), 1.0)
    return (
        f"{said(difference)} {'worse' if worse else 'better'}",
        "up" if difference > 0 else "down",
        share if worse else -share,
    )


def _share(part: int, of: int) -> int | None:
    return round(1000 * part / of) if of else None


def points(values: Sequence[int | None]) -> str:
    """A polyline in a box of 100 by 24, oldest left; empty where fewer than two are known."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    width, height = 100 / (len(values) - 1), 20 / ((high - low) or 1)
    return " ".join(f"{place * width:.1f},{22 - (value - low) * height:.1f}" for place, value in known)


def most_moved(rows: Iterable[MeasuredRow], most: int = 3) -> list[tuple[MeasuredRow, MeasureHeading, MeasureCell]]:
    """What got worse, the greatest harm first."""
    found = [
        (row, heading, cell) for row in rows for heading, cell in zip(HEADINGS, row.cells, strict=True) if cell.harm > 0
    ]
    return sorted(found, key=lambda one: (-one[2].harm, one[0].name.casefold()))[:most]


@dataclass(frozen=True, slots=True)
class DeliveryHealth:
    """what: rows are about. days: of the window. cards: over all rows. changes: what took a step; moved: what got worse
    without one. Of both the greatest harm first."""

    what: str
    days: int
    cards: tuple[tuple[MeasureHeading, MeasureCell], ...]
    rows: tuple[MeasuredRow, ...]
    moved: tuple[tuple[MeasuredRow, MeasureHeading, MeasureCell], ...]
    changes: tuple[ChangeLine, ...] = ()
    columns: tuple[str, ...] = tuple(label for _, label in RUNS)

    @property
    def compared(self) -> bool:
        return any(cell.moved for row in self.rows for cell in row.cells)


def delivery_of_teams(teams: Sequence[TeamWindows], days: int) -> DeliveryHealth:
    known = {one.team.id: window for one in teams for window in one.windows if window.days == days}
    rows = [
        _row(
            one.team.id,
            one.team.name,
            health_href(one.team.slug),
            one.team.slug,
            f"?days={days}",
            known.get(one.team.id),
        )
        for one in teams
    ]
    return _delivery("Team", days, known, rows)


def delivery_of_pipelines(
    team: Team, rows: Sequence[BoardRow], windows: Iterable[Window], days: int, *, whole: bool
) -> DeliveryHealth:
    """`whole`: whether these are all of the team's pipelines, so that what the team delivered is of them."""
    known = {window.pipeline_id: window for window in windows if window.days == days}
    lines = [
        _row(
            row.id,
            row.label,
            pipeline_href(team.slug, row.id),
            team.slug,
            f"?days={days}&pipeline={row.id}",
            known.get(row.id),
        )
        for row in rows
    ]
    own = known.get("") if whole else None
    return _delivery("Pipeline", days, {row.id: known[row.id] for row in rows if row.id in known}, lines, team, own)


def name_order(name: str, id_: str) -> str:
    """What rows are sorted by, as text."""
    return f"{name.casefold()} {id_}"


def _row(id_: str, name: str, href: str, slug: str, query: str, window: Window | None) -> MeasuredRow:
    cells, runs = _said_of(window)
    return MeasuredRow(
        id_, name, href, deployments_href(slug) + query, cells, runs,
        tuple(evidence_href(slug, measure) + query for measure, _ in RUNS),
    )  # fmt: skip


def _delivery(
    what: str,
    days: int,
    windows: Mapping[str, Window],
    rows: Sequence[MeasuredRow],
    team: Team | None = None,
    own: Window | None = None,
) -> DeliveryHealth:
    """`own`: of the team whose pipelines the rows are, where all of them are shown."""
    found = [(row.name, row.href, windows.get(row.id)) for row in rows]
    if team is not None and own is not None:
        found.insert(0, (team.name, health_href(team.slug), own))
    return DeliveryHealth(
        what=what,
        days=days,
        cards=tuple(zip(HEADINGS, cells_of(own or pooled(list(windows.values()))), strict=True)),
        rows=tuple(rows),
        moved=tuple(most_moved(rows)),
        changes=changes_of(found),
    )


def _said(window: Window | None) -> tuple[tuple[MeasureCell, ...], tuple[RunCell, ...]]:
    return cells_of(window), runs_of(window)


# What was read before and has not changed is the same object.
_said_of = remembered(_said, most=16_384)
