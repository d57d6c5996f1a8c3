"""An execution's page as live regions."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from dashboard.live.regions import Region, Snapshot
from dashboard.readmodels.executions import ExecutionPage

PARTS = ("sign", "line", "failure", "facts", "axis")


def parts(built: ExecutionPage) -> dict[str, SafeString]:
    return {part: render_to_string(f"executions/{part}.html", {"page": built}) for part in PARTS}


def legs(built: ExecutionPage) -> list[Region]:
    context = {"page": built, "table": built.timetable}
    return [
        Region(leg.id, render_to_string("executions/leg.html", {**context, "leg": leg}), "legs")
        for leg in built.timetable.legs
    ]


def legs_html(regions: list[Region]) -> SafeString:
    return mark_safe("".join(region.html for region in regions))  # noqa: S308 - rendered by templates


def regions_of(built: ExecutionPage) -> list[Region]:
    return [*(Region(part, html) for part, html in parts(built).items()), *legs(built)]


def snapshot(built: ExecutionPage) -> Snapshot:
    turns = built.turns_at / 1000 if built.turns_at else None
    return Snapshot.of(regions_of(built), ("legs",), turns)
