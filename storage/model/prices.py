"""What a minute on a runner costs, by the labels it is asked for with and the day: as published, unless people say
otherwise. Pure.

As GitHub's documentation had them when they were read (READ, SOURCE), and until 2026 its
https://docs.github.com/en/billing/reference/actions-minute-multipliers. Definition: docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase

from storage.model.document import Document

READ = "2026-11"
SOURCE = "https://docs.github.com/en/billing/reference/actions-runner-pricing"
EPOCH = date(1970, 1, 1)
MOST_PRICES, LONGEST_PATTERN = 200, 60
MOST_MICROS = 1_000_000_000


class Price(Document, frozen=True):
    """Of a minute, in millionths of a US dollar. pattern: of labels as facts have them, with * and ? as in file names;
    since: the day it holds from, whole days since the epoch, UTC."""

    pattern: str
    since: int
    micros: int


class PriceTable(Document, frozen=True):
    """`version`: 0 as long as nobody has changed what is published."""

    prices: tuple[Price, ...] = ()
    version: int = 0
    updated_at: int = 0
    updated_by: str = ""

    def micros(self, label: str, day: int) -> int | None:
        """A minute's price that day: of the patterns that match the longest has it, in its newest price by then."""
        known = [one for one in self.prices if one.since <= day and fnmatchcase(label.lower(), one.pattern.lower())]
        best = max(known, key=lambda one: (len(one.pattern), one.pattern, one.since), default=None)
        return best.micros if best is not None and label else None


def day_of(text: str) -> int:
    """Of a date as in 2026-01-31. Raises ValueError."""
    return (date.fromisoformat(text) - EPOCH).days


def date_of(day: int) -> str:
    return date.fromordinal(EPOCH.toordinal() + day).isoformat()


def month_of(day: int) -> str:
    """As in 2026-01."""
    return date_of(day)[:7]


_BEGIN, _CUT = day_of("2020-01-01"), day_of("2026-01-01")
# Labels of standard runners, and of larger ones as GitHub proposes them: millionths of a dollar until 2026, and since.
_PUBLISHED: dict[str, tuple[int, int]] = {
    "ubuntu-slim": (2_000, 2_000),
    "ubuntu-latest": (8_000, 6_000),
    "ubuntu-??.04": (8_000, 6_000),
    "ubuntu-??.04-arm": (5_000, 5_000),
    "windows-latest": (16_000, 10_000),
    "windows-20??": (16_000, 10_000),
    "windows-11-arm": (10_000, 8_000),
    "macos-latest": (80_000, 62_000),
    "macos-??": (80_000, 62_000),
    "macos-??-intel": (80_000, 62_000),
    "macos-*-large": (120_000, 77_000),
    "macos-*-xlarge": (160_000, 102_000),
}
_CORES: dict[str, dict[int, tuple[int, int]]] = {
    "ubuntu": {
        4: (16_000, 12_000), 8: (32_000, 22_000), 16: (64_000, 42_000), 32: (128_000, 82_000), 64: (256_000, 162_000),
    },
    "windows": {
        4: (32_000, 22_000), 8: (64_000, 42_000), 16: (128_000, 82_000), 32: (256_000, 162_000),
        64: (512_000, 322_000),
    },
}  # fmt: skip


def _published() -> Iterator[Price]:
    larger = {f"{name}-*-{cores}-cores": both for name, by in _CORES.items() for cores, both in by.items()}
    for pattern, (before, since) in {**_PUBLISHED, **larger}.items():
        yield Price(pattern, _BEGIN, before)
        yield Price(pattern, _CUT, since)


PUBLISHED = PriceTable(tuple(_published()))


def as_text(table: PriceTable) -> str:
    """A line a price: from when, for which labels, dollars a minute."""
    return "\n".join(f"{date_of(one.since)} {one.pattern} {dollars(one.micros, 6)}" for one in table.prices)


def dollars(micros: int, places: int = 2) -> str:
    """Rounded half up; of six places without those at the end that say nothing."""
    step = 10 ** (6 - places)
    whole = (micros + step // 2) // step
    text = f"{whole // 10**places}.{whole % 10**places:0{places}d}"
    return text.rstrip("0").rstrip(".") if places > 2 else text
