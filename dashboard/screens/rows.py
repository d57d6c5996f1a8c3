"""A board row as a live region, made of parts that change alone: a stage that ends is a few hundred bytes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.template.loader import get_template
from django.utils.html import format_html

from dashboard.links import execution_href
from dashboard.live.regions import Region
from dashboard.readmodels.lines import Segment
from dashboard.readmodels.rows import RowView, view_of
from dashboard.readmodels.teams import BoardLine
from dashboard.screens.kept import Kept

Content = tuple[str | Region, ...]
_contents: Kept[tuple[str, str], tuple[RowView, Content]] = Kept(most=20_000)
_regions: Kept[tuple[str, str, str], Region] = Kept(most=20_000)


def row_region(line: BoardLine, slug: str, order: str) -> Region:
    """`order`: what the row is sorted by, as text. Rendered once a version and condition, put together once an
    order."""
    key = (order, slug, line.stamp)
    region = _regions.get(key)
    if region is None:
        region = _row(*_content(line, slug), order)
        _regions.put(key, region)
    return region


def _content(line: BoardLine, slug: str) -> tuple[RowView, Content]:
    key = (slug, line.stamp)
    found = _contents.get(key)
    if found is None:
        view = view_of(line.row, line.version, slug, line.condition)
        found = view, _parts(view)
        _contents.put(key, found)
    return found


def _row(view: RowView, content: Content, order: str) -> Region:
    opening = format_html(
        '<li class="row {}{}" id="pl-{}" data-pipeline="{}" data-condition="{}" data-order="{}">',
        view.appearance.css, " is-hot" if view.hot else "", view.id, view.id, view.condition, order,
    )  # fmt: skip
    return Region.of_parts(f"pl-{view.id}", opening, content, "</li>", "board")


def _parts(view: RowView) -> Content:
    dot = " · "

    def text(name: str) -> str:
        return _rendered(f"teams/row/{name}.html", {"view": view, "dot": dot})

    def part(name: str, letter: str) -> Region:
        return Region(f"{view.part_id}-{letter}", text(name))

    flight: Content = (dot, part("flight", "f"), text("flight_began")) if view.flight else ()
    state = Region.of_parts(
        f"{view.part_id}-s",
        format_html(
            '<p class="who__state trunc" id="{}-s" data-announce="{}: {}">',
            view.part_id, view.row.label, view.headline.state,
        ),
        (text("headline"), *flight, " ", text("holder")),
        "</p>",
    )  # fmt: skip
    who = (part("mark", "m"), text("name"), state, part("commit", "c"))
    line = _line(view)
    return (
        '<div class="who">', *who, '</div><div class="row__line">', *([line] if line else []), "</div>",
        part("clock", "t"), part("green", "g"), part("runs", "r"),
    )  # fmt: skip


def _line(view: RowView) -> Region | None:
    latest = view.row.latest
    if latest is None:
        return None
    opening = format_html(
        '<ol class="line {}" id="{}-l" aria-label="{}">', view.line.css, view.part_id, view.line_label
    )
    stops = [
        _segment(segment, latest.execution_id, f"{view.part_id}-{place}")
        for place, segment in enumerate(view.line.segments)
    ]
    return Region.of_parts(f"{view.part_id}-l", opening, stops, "</ol>")


@lru_cache(maxsize=20_000)
def _segment(segment: Segment, execution_id: str, stop_id: str) -> Region:
    """Most stages of a run that moves are as they were."""
    context = {"segment": segment, "href": execution_href(execution_id), "stop_id": stop_id}
    if segment.fork:
        return Region(stop_id, _rendered("includes/fork.html", context))
    return Region(stop_id, _rendered("includes/stop.html", {**context, "stop": segment.stops[0]}))


def _rendered(template: str, context: dict[str, Any]) -> str:
    return get_template(template).render(context).strip()
