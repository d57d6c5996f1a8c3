"""Rows as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

# What a spreadsheet would run (OWASP, CSV injection), at the beginning of a cell; and where one begins for a
# spreadsheet that takes semicolons or tabs for their ends, as half of Europe's do.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[=+\-@\t\r\n＝＋－＠])")
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
    return _FORMULA.sub(r"\1'", cell.replace("\x00", ""))[:LONGEST_CELL]
