"""Rows as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

# What a spreadsheet would run (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONGEST_CELL = 32_000


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: str) -> str:
    cell = cell[:LONGEST_CELL].replace("\x00", "")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
