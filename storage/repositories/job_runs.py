"""Background jobs: what their latest runs were, for administrators, and leases of those that one process does alone.

A lease is a conditional put: of those who try at once one wins. It holds by the clocks of those who ask, so where these
differ by more than a lease is long, two may work at once: what jobs do must be safe then, too.
"""

from __future__ import annotations

from collections.abc import Callable

from storage import keys
from storage.codec import documents
from storage.codec.items import number, text
from storage.errors import Conflict
from storage.model.document import replace
from storage.model.job_runs import JobRun, Lease, joined
from storage.table import Absent, Item, Key, Query, Table, VersionIs

MOST_JOBS = 100


class JobRuns:
    def __init__(self, table: Table) -> None:
        self._table = table

    def list_all(self) -> list[JobRun]:
        """Of every job that ever ran, by name."""
        page = self._table.query(Query(keys.job_runs(), limit=MOST_JOBS, consistent=True))
        return [documents.load(JobRun, text(item, "doc")) for item in page.items]

    def note(self, run: JobRun, fresh_after: int = 0) -> bool:
        """Keep it where it is the latest, and why it failed. Not where another process noted a run after `fresh_after`
        (milliseconds) and this one has no error to tell. Of those who write at once one is noted. Whether it was."""
        key = _run_key(run.name)
        item = self._table.get(key)
        before = documents.load(JobRun, text(item, "doc")) if item else None
        if before is not None and fresh_after and before.ended_at > fresh_after and not run.error:
            return False
        version = number(item, "version") if item else 0
        after: Item = {"pk": key.pk, "sk": key.sk, "version": version + 1, "doc": documents.dump(joined(before, run))}
        try:
            self._table.put(after, VersionIs(version) if item else Absent())
        except Conflict:
            return False
        return True


class Leases:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def take(self, name: str, holder: str, seconds: float, done_after: int = 0) -> Lease | None:
        """Leave for so long, where nobody has it or theirs has run out. None where somebody has, or has done the job
        after `done_after` (milliseconds; 0: whenever that was). What a clock that was far ahead has written counts for
        nothing: it would keep everybody out for as long as it was."""
        item = self._table.get(_lease_key(name))
        before = documents.load(Lease, text(item, "doc")) if item else Lease(name, "", 0, 0)
        now = self._now()
        held = now < before.until <= now + round(2000 * seconds)
        if held or (done_after and done_after < before.done_at <= now):
            return None
        return self._extend(replace(before, holder=holder), seconds)

    def renew(self, lease: Lease, seconds: float) -> Lease | None:
        """The same for so long from now. None where it ran out and another took it."""
        return self._extend(lease, seconds)

    def release(self, lease: Lease, *, done: bool = True) -> bool:
        """Give it back. False where another has it by now. The item stays, so that no number comes twice."""
        done_at = self._now() if done else lease.done_at
        return self._replace(lease, replace(lease, until=0, version=lease.version + 1, done_at=done_at))

    def _extend(self, lease: Lease, seconds: float) -> Lease | None:
        after = replace(lease, until=self._now() + round(seconds * 1000), version=lease.version + 1)
        return after if self._replace(lease, after) else None

    def _replace(self, before: Lease, after: Lease) -> bool:
        key = _lease_key(after.name)
        item: Item = {"pk": key.pk, "sk": key.sk, "version": after.version, "doc": documents.dump(after)}
        try:
            self._table.put(item, VersionIs(before.version) if before.version else Absent())
        except Conflict as conflict:
            # A write that was sent again may have met itself.
            return conflict.old is not None and conflict.old.get("doc") == item["doc"]
        return True


def _run_key(name: str) -> Key:
    return Key(keys.job_runs(), keys.part(name))


def _lease_key(name: str) -> Key:
    return Key(keys.lease(name), "LEASE")
