"""Live pages: who watches what, what changed, and the one message that brings every open page up to date."""

from dashboard.live.handover import Handover, offered, with_handover
from dashboard.live.hub import Hub, stop_all
from dashboard.live.messages import whole
from dashboard.live.regions import Region, Snapshot, tag_of

__all__ = ["Handover", "Hub", "Region", "Snapshot", "offered", "stop_all", "tag_of", "whole", "with_handover"]
