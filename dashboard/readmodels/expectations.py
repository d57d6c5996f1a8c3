"""Who says when a pipeline's next run is to come, in words."""

from __future__ import annotations

from dashboard.sources import SOURCES
from storage.model.board_row import BoardRow
from storage.model.expectation import ExpectedBy


def expected_words(row: BoardRow) -> str:
    """Empty where no run is expected. Rows of pages over all teams know no more than who says so."""
    expects = row.expectation
    if expects is None:
        return ""
    match expects.by:
        case ExpectedBy.PERSON:
            return f"{expects.basis or 'somebody'} said every {expects.period_seconds // 3600} h"
        case ExpectedBy.SCHEDULE:
            source = SOURCES.get(row.source)
            return f"its schedule at {source.label if source else 'its tool'} {expects.basis}".rstrip()
        case ExpectedBy.LEARNED:
            return f"learned from its last {expects.basis} scheduled runs" if expects.basis else "learned from its runs"
