"""Cases are played on both engines."""

from __future__ import annotations

from tests.dashboard.cases.playing import stage

__all__ = ["stage"]
