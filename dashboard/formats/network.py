"""The network as live regions."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboard.live.regions import Region, Snapshot
from dashboard.readmodels.network import Network

PARTS = ("tally", "attention", "arrivals", "teams")


def parts(network: Network) -> dict[str, SafeString]:
    return {part: render_to_string(f"network/{part}.html", {"network": network}) for part in PARTS}


def snapshot(network: Network) -> Snapshot:
    regions = [Region(part, html) for part, html in parts(network).items()]
    return Snapshot.of(regions, fresh_until=network.turns_at / 1000 if network.turns_at else None)
