"""The radiator as regions. It is only ever polled: a stream would need a session."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard.live.regions import Region, Snapshot
from dashboard.readmodels.radiator import Radiator, RadiatorRow

PARTS = ("name", "counts", "foot")


@lru_cache(maxsize=2048)
def row_html(row: RadiatorRow) -> SafeString:
    return render_to_string("radiator/row.html", {"row": row})


def rows_html(radiator: Radiator) -> list[SafeString]:
    return [row_html(row) for row in radiator.rows] or [render_to_string("radiator/blank.html")]


def parts(radiator: Radiator) -> dict[str, SafeString]:
    return {part: render_to_string(f"radiator/{part}.html", {"radiator": radiator}) for part in PARTS}


def tag_of(radiator: Radiator) -> str:
    """Changes exactly when the name does, or any pipeline's version or condition."""
    said = "\n".join((radiator.name, *radiator.stamps))
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def snapshot(radiator: Radiator) -> Snapshot:
    ids = [f"pl-{row.id}" for row in radiator.rows] or ["rad-blank"]
    regions = [Region(f"rad-{part}", html) for part, html in parts(radiator).items()]
    regions += [Region(name, html, "radiator") for name, html in zip(ids, rows_html(radiator), strict=True)]
    return Snapshot(tag_of(radiator), tuple(regions), ("radiator",))
