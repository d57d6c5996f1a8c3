"""How far the reading of a tool's past has come, so that it goes on where it was when a process dies."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from storage.model.document import Document


class BackfillState(enum.StrEnum):
    """`listing`: which projects there are. `newest`: the newest runs of each. `older`: the rest of them. `jobs`: stages
    of each pipeline's newest runs."""

    LISTING = "listing"
    NEWEST = "newest"
    OLDER = "older"
    JOBS = "jobs"
    DONE = "done"
    STOPPED = "stopped"

    @property
    def works(self) -> bool:
        return self not in (BackfillState.DONE, BackfillState.STOPPED)


# A list whose pages end as the one before, or tell nothing, so often in a row does not end; nor one of so many pages.
MOST_STALE, MOST_PAGES = 10, 5000


class Paging(Document, frozen=True):
    """How a list has been read so far. stale: how many pages in a row ended as the one before, or told nothing. last:
    the id of what was told last."""

    pages: int = 0
    stale: int = 0
    last: str = ""

    @property
    def is_endless(self) -> bool:
        """Whether it is to be left off, though it says that it goes on."""
        return self.stale >= MOST_STALE or self.pages >= MOST_PAGES

    def after(self, ids: Sequence[str]) -> Paging:
        """A page that told these."""
        last = ids[-1] if ids else self.last
        return Paging(self.pages + 1, self.stale + 1 if last == self.last else 0, last)


class Backfill(Document, frozen=True):
    """Of one connection. Times are milliseconds.

    since:    runs that were asked for before are not read. only: patterns of projects' ids, as people wrote them; empty
              for all. cursor: where the list of projects goes on.
    projects, finished: how many there are, and how many are done with in the present state.
    runs, jobs, calls: how many runs were told, of how many the jobs were read, how many requests that took.
    oldest_at: of the oldest run told. problem: what went wrong last, in words; empty once something went well.
    resumes_at: when it goes on, where it waits for the tool. failures: so often in a row something went wrong.
    paging: of the list of projects.
    """

    connection_id: str
    team_id: str
    source: str
    asked_at: int
    asked_by: str
    since: int
    only: str = ""
    state: BackfillState = BackfillState.LISTING
    cursor: str = ""
    projects: int = 0
    finished: int = 0
    runs: int = 0
    jobs: int = 0
    calls: int = 0
    oldest_at: int | None = None
    problem: str = ""
    resumes_at: int = 0
    failures: int = 0
    worked_at: int = 0
    ended_at: int | None = None
    version: int = 0
    paging: Paging = Paging()


class Project(Document, frozen=True):
    """What runs are listed by at a tool, as far as its history was read.

    told:      what its reader wants to remember of it. pipelines: the ids of those that its runs were of.
    newest_at: of the newest run told, milliseconds; -1 before any was asked for. cursor: where older ones are.
    all_read:  there are none left, or they cannot be had. jobs_read: so are the jobs of its newest runs.
    problem:   why it cannot be read. checked_at: when its newest runs were last asked for, milliseconds; states_at:
               when its pipelines were, schedules_at: when their schedules were. seen: a digest of each of the newest
               runs, as they were told then.
    paging:    of the list of its runs.
    """

    id: str
    told: str = ""
    active_at: int | None = None
    newest_at: int = -1
    cursor: str = ""
    all_read: bool = False
    jobs_read: bool = False
    problem: str = ""
    checked_at: int = 0
    pipelines: tuple[str, ...] = ()
    states_at: int = 0
    seen: tuple[str, ...] = ()
    schedules_at: int = 0
    paging: Paging = Paging()


class Repair(Document, frozen=True):
    """Of one connection: what keeps its runs as its tool has them. Times are milliseconds.

    listed_at:  when projects were last listed. checked_at: since when all of them were asked for their newest runs.
    repaired:   how many runs stood otherwise than at the tool, repaired_at: when one last did.
    problem:    why it cannot be done, in words; problem_at: since when.
    """

    connection_id: str
    listed_at: int = 0
    checked_at: int = 0
    repaired: int = 0
    repaired_at: int = 0
    problem: str = ""
    problem_at: int = 0


class MissedDeliveries(Document, frozen=True):
    """Of one connection: webhooks that its tool could not deliver and that were read from its record. upto: those of up
    to then (milliseconds) are. count: how many there were."""

    connection_id: str
    upto: int = 0
    count: int = 0
