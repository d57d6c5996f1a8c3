"""Is it the tool? Where jobs of several pipelines are queued and none has begun for longer than is usual, that is one
notice for all of them, not a line of each. From what summaries and rows tell, at reading. docs/waiting-and-queues.md.

Pure: rows and the time of day in; what stalls out, and when that may be otherwise although nothing is told.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.sources import SOURCES
from storage.model.board_row import BoardRow
from storage.model.conditions import FOREVER
from storage.model.run_history import late_seconds
from storage.model.runner_queues import LabelQueue

# Pipelines in which something is queued: so many, or all there are where these are fewer, but never one alone.
SEVERAL, FEWEST = 3, 2
# Nothing has begun for ten minutes, and three times as long as 19 of 20 jobs waited lately.
LEAST_MS, TIMES = 600_000, 3
# After a day it is no stall that nobody has seen, but ends that were lost.
LONGEST_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Stall:
    """label: None where nothing of the tool begins, whatever it asks for; else the pool of which nothing does. since:
    when the last job began, or the first of these was queued, whichever was later. jobs, pipelines: how many are
    queued, in how many. teams: ids of those whose pipelines these are."""

    source: str
    label: str | None
    since: int
    jobs: int
    pipelines: int
    teams: frozenset[str]

    @property
    def tool(self) -> str:
        return tool_of(self.source)

    @property
    def pool(self) -> str:
        return self.label or ANY

    @property
    def headline(self) -> str:
        return f"{self.tool} starts nothing" if self.label is None else f"Nothing starts on {self.pool}"


ANY = "any runner"


@dataclass(frozen=True, slots=True)
class Stalls:
    """until: when another may begin, or one of them end, were nothing to be told (milliseconds)."""

    found: tuple[Stall, ...] = ()
    until: int = FOREVER

    def seen_by(self, teams: Collection[str]) -> tuple[Stall, ...]:
        """Those that concern pipelines of these teams."""
        return tuple(stall for stall in self.found if not stall.teams.isdisjoint(teams))


NOTHING = Stalls()


def tool_of(source: str) -> str:
    return SOURCES[source].label if source in SOURCES else source


def stalls_of(rows: Iterable[BoardRow], now: int) -> Stalls:
    by_source: dict[str, list[BoardRow]] = defaultdict(list)
    for row in rows:
        if row.queues:
            by_source[row.source].append(row)
    found, until = list[Stall](), FOREVER
    for source, some in sorted(by_source.items()):
        if any(queue.queued for row in some for queue in row.queues):
            stalls = _of_source(source, some, now)
            found += stalls.found
            until = min(until, stalls.until)
    return Stalls(tuple(found), until) if found or until < FOREVER else NOTHING


class _Queued(NamedTuple):
    row: BoardRow
    queue: LabelQueue


class _Verdict(NamedTuple):
    """When a stall begins and ends by itself, and what it is then."""

    begins: int
    ends: int
    stall: Stall


def _of_source(source: str, rows: Sequence[BoardRow], now: int) -> Stalls:
    by_label: dict[str, list[_Queued]] = defaultdict(list)
    for row in rows:
        for queue in row.queues:
            by_label[queue.label].append(_Queued(row, queue))
    patience = {label: _patience(some) for label, some in by_label.items()}
    everything = [one for some in by_label.values() for one in some]
    whole = _judged(source, None, list(_of_the_tool(source, by_label)), everything, patience)
    if whole is not None and whole.begins <= now < whole.ends:
        return Stalls((whole.stall,), whole.ends)
    parts = (_judged(source, label, some, some, patience) for label, some in sorted(by_label.items()))
    verdicts = [one for one in (whole, *parts) if one is not None]
    turns = [at for one in verdicts for at in (one.begins, one.ends) if at > now]
    stalls = (one.stall for one in verdicts if one is not whole and one.begins <= now < one.ends)
    return Stalls(tuple(stalls), min(turns, default=FOREVER))


def _patience(some: Sequence[_Queued]) -> int:
    """How long nothing may begin, milliseconds."""
    late = late_seconds(seconds for one in some for seconds in one.queue.seconds)
    return max(LEAST_MS, TIMES * 1000 * (late or 0))


def _of_the_tool(source: str, by_label: Mapping[str, Sequence[_Queued]]) -> Iterator[_Queued]:
    """Jobs that ask for runners that the tool itself gives, or might. Where it does not say which those are, one label
    of several that are in use is taken for a pool of its own."""
    hosted = SOURCES[source].hosted_labels if source in SOURCES else ""
    own = {label for label in by_label if "self-hosted" not in label.split(", ")}
    if hosted:
        own = {label for label in own if not label or re.fullmatch(hosted, label)}
    elif len(by_label) > 1 and sum(any(one.queue.queued for one in by_label[label]) for label in own) < FEWEST:
        return
    for label in sorted(own):
        yield from by_label[label]


def _judged(
    source: str,
    label: str | None,
    asking: Sequence[_Queued],
    using: Sequence[_Queued],
    patience: Mapping[str, int],
) -> _Verdict | None:
    """`asking`: the jobs that would stall; `using`: all whose beginning shows that it is no stall."""
    started = max((one.queue.started_at or 0 for one in using), default=0)
    due: dict[str, int] = {}
    first: list[int] = []
    concerned: list[_Queued] = []
    for one in asking:
        allowed = patience[one.queue.label]
        # One that others have passed for so long was lost, or waits for something else.
        waits = next((at for at in one.queue.since if at >= started - allowed), None)
        if waits is not None:
            ready = max(started, waits) + allowed
            due[one.row.id] = min(ready, due.get(one.row.id, ready))
            first.append(waits)
            concerned.append(one)
    needed = min(SEVERAL, len({one.row.id for one in asking}))
    if needed < FEWEST or len(due) < needed:
        return None
    since = max(started, min(first))
    stall = Stall(
        source=source,
        label=label,
        since=since,
        jobs=sum(one.queue.queued for one in concerned),
        pipelines=len(due),
        teams=frozenset(one.row.team_id for one in concerned),
    )
    return _Verdict(sorted(due.values())[needed - 1], since + LONGEST_MS, stall)
