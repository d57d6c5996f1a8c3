"""A pipeline's page as live regions."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard.live.regions import Region, Snapshot
from dashboard.readmodels.pipelines import PipelinePage

PARTS = ("chip", "line", "trends", "refs", "runs", "shares")


def parts(built: PipelinePage) -> dict[str, SafeString]:
    return {part: render_to_string(f"pipelines/{part}.html", {"page": built}) for part in PARTS}


def regions_of(built: PipelinePage) -> list[Region]:
    return [Region(part, html) for part, html in parts(built).items()]


def snapshot(built: PipelinePage) -> Snapshot:
    return Snapshot.of(regions_of(built), fresh_until=built.turns_at / 1000 if built.turns_at else None)
