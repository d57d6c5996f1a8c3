"""DORA's bands, as the last report that named any has them: 2023 (dora.dev), with the limits of Apache DevLake.
Deployment rework rate has none. A place is among BANDS, 0 the best."""

from __future__ import annotations

EDITION = "2023 report"
BANDS = ("Elite", "High", "Medium", "Low")
HOUR, DAY, WEEK, MONTH = 3600, 86_400, 604_800, 2_629_800


def frequency_place(per_day: float) -> int:
    return 0 if per_day >= 1 else 1 if per_day >= 1 / 7 else 2 if per_day >= 1 / 30 else 3


def lead_place(seconds: float) -> int:
    return 0 if seconds < DAY else 1 if seconds < WEEK else 2 if seconds < MONTH else 3


def fail_place(percent: float) -> int:
    return 0 if percent <= 5 else 1 if percent <= 10 else 2 if percent <= 15 else 3


def recovery_place(seconds: float) -> int:
    return 0 if seconds < HOUR else 1 if seconds < DAY else 2 if seconds < WEEK else 3
