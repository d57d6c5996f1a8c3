"""What teams and the installation agree on about stages, and how far a change of that has come: items in one partition,
one of each that was ever changed."""

from __future__ import annotations

from collections.abc import Callable

from storage import keys, schema
from storage.codec import documents
from storage.codec.convention_items import StoredConventions, conventions_item, conventions_key, conventions_of
from storage.codec.items import text
from storage.errors import Conflict
from storage.model.accounts import Actor, Fields
from storage.model.apply_progress import INSTALLATION, ApplyProgress
from storage.model.document import replace
from storage.model.stage_rules import Conventions, Inherited
from storage.repositories import audit
from storage.table import Absent, Item, Key, Put, Query, Table, VersionIs

MOST = 500
# Since it was last written.
KEPT_SECONDS = 120 * 86_400


class StageConventions:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self, scope: str) -> StoredConventions:
        """Of a team, by its id, or of the INSTALLATION."""
        return conventions_of(self._table.get(conventions_key(scope)))

    def find_inherited(self, team_id: str) -> Inherited:
        """What counts for a team's pipelines below their own."""
        found = self._table.batch_get([conventions_key(team_id), conventions_key(INSTALLATION)])
        return Inherited(*(conventions_of(item).conventions for item in found))

    def put(self, scope: str, before: StoredConventions, after: Conventions, by: Actor, target: str) -> None:
        """In their place, to be brought into the pipelines they are for. Raises Conflict when somebody else changed
        them first. `target`: whose they are, as people say."""
        now = self._now()
        team_id = "" if scope == INSTALLATION else scope
        said, says = difference(before.conventions, after)
        noted = audit.entry(
            by, now, "stage_rules.changed", target, target_id=team_id, team_id=team_id, before=said, after=says
        )
        condition = VersionIs(before.version) if before.version else Absent()
        written = conventions_item(scope, after, before.version + 1)
        # Whatever was under way begins again, from the new ones. Its version goes on from theirs: nobody who brings the
        # old ones in may write over it.
        begun = ApplyProgress(scope, now, by.name, version=(before.version + 1) * VERSIONS_APART)
        self._table.transact([Put(written, condition), Put(self._item(begun)), audit.put(noted)])

    def find_progress(self, scope: str) -> ApplyProgress | None:
        item = self._table.get(_progress_key(scope))
        return documents.load(ApplyProgress, text(item, "doc")) if item else None

    def list_progress(self) -> list[ApplyProgress]:
        """Of all conventions that were changed lately, at most MOST."""
        page = self._table.query(Query(keys.APPLYING, limit=MOST, consistent=True))
        return [documents.load(ApplyProgress, text(item, "doc")) for item in page.items]

    def put_progress(self, before: ApplyProgress, wanted: ApplyProgress) -> ApplyProgress:
        """In its place. Raises Conflict where the conventions were changed meanwhile, or another process is at it."""
        after = replace(wanted, version=before.version + 1)
        try:
            self._table.put(self._item(after), VersionIs(before.version))
        except Conflict as conflict:
            # A write that was sent again may have met itself.
            if conflict.old is None or conflict.old.get("doc") != documents.dump(after):
                raise
        return after

    def _item(self, progress: ApplyProgress) -> Item:
        key = _progress_key(progress.scope)
        expires = self._now() // 1000 + KEPT_SECONDS
        doc = documents.dump(progress)
        return {"pk": key.pk, "sk": key.sk, schema.EXPIRES: expires, "version": progress.version, "doc": doc}


# More than a change is written about.
VERSIONS_APART = 1_000_000


def difference(before: Conventions, after: Conventions) -> tuple[Fields, Fields]:
    """For the audit log: rules and budgets where they differ, in their order."""
    told = [(_rules(one), _budgets(one)) for one in (before, after)]
    changed = [name for name, old, new in zip(("rules", "budgets"), *told, strict=True) if old != new]
    was, now = (dict(zip(("rules", "budgets"), one, strict=True)) for one in told)
    return tuple((name, was[name]) for name in changed), tuple((name, now[name]) for name in changed)


def _rules(conventions: Conventions) -> str:
    return "; ".join(f"{rule.pattern} is {rule.kind}" for rule in conventions.rules)[: audit.LONGEST_VALUE]


def _budgets(conventions: Conventions) -> str:
    return ", ".join(f"{each.kind} {each.minutes} min" for each in conventions.budgets)


def _progress_key(scope: str) -> Key:
    return Key(keys.APPLYING, keys.part(scope))
