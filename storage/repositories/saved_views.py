"""What people keep for themselves: saved views and stars, one item beside the person, read with whoever comes. Nothing
of it is in the audit log: it changes what nobody else sees."""

from __future__ import annotations

from collections.abc import Callable

from storage.codec import saved_view_items
from storage.errors import Conflict
from storage.model.document import replace
from storage.model.saved_views import ViewSet
from storage.table import Absent, Table, VersionIs

TRIES = 3


class ViewSets:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, user_id: str) -> ViewSet:
        """Empty where there is nothing."""
        return saved_view_items.views_of(self._table.get(saved_view_items.views_key(user_id)), user_id)

    def put(self, before: ViewSet, after: ViewSet) -> ViewSet:
        """What now stands. Raises Conflict when another window of theirs wrote first."""
        written = replace(after, version=before.version + 1)
        condition = VersionIs(before.version) if before.version else Absent()
        self._table.put(saved_view_items.views_item(written), condition)
        return written

    def change(self, present: ViewSet, change: Callable[[ViewSet], ViewSet]) -> ViewSet:
        """What now stands. Begins again where another window wrote first; nothing is written where nothing changes.
        Raises what `change` raises, Conflict when others write again and again."""
        for _ in range(TRIES):
            after = change(present)
            if after == present:
                return present
            try:
                return self.put(present, after)
            except Conflict:
                present = self.find(present.user_id)
        raise Conflict("your views are being written by another window")
