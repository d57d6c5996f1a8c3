"""What waits for a runner now, by label or pool, and how long jobs waited for one lately. From events alone, but
for how many runners are online."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from dashboard.readmodels.network import TeamOverview
from dashboard.readmodels.stalls import ANY, Stall, tool_of
from dashboard.sources import SOURCES
from storage.model.board_row import BoardRow
from storage.model.conditions import FOREVER
from storage.model.entities import Status, Team
from storage.model.run_history import late_seconds
from storage.model.runner_queues import LabelQueue
from storage.model.runners_online import RunnersOnline

# One that has been queued for longer has lost its end: no tool keeps a job for a runner so long and says nothing.
LOST_MS = 7 * 86_400_000
MOST_PIPELINES = 12
NOBODY_TOLD = RunnersOnline()


@dataclass(frozen=True, slots=True)
class QueuedPipeline:
    """A pipeline of which jobs wait: how many, and since when the longest waiting one does."""

    team: Team
    pipeline_id: str
    pipeline: str
    name: str
    queued: int
    oldest_at: int


@dataclass(frozen=True, slots=True)
class RunnerLine:
    """A label of one tool. queued: jobs that wait; oldest_at: since when, None while none does. pipelines: whose those
    are, the longest waiting first; more: how many of them are not told. late_seconds: 19 of 20 jobs waited no longer,
    None under five of the `sample`. runners_online: None where the tool's API does not tell."""

    source: str
    label: str
    queued: int
    oldest_at: int | None
    pipelines: tuple[QueuedPipeline, ...]
    more: int
    late_seconds: int | None
    sample: int
    runners_online: int | None = None

    @property
    def id(self) -> str:
        told = f"{self.source}\n{self.label}".encode("utf-8", "surrogatepass")
        return f"queue-{blake2b(told, digest_size=6).hexdigest()}"

    @property
    def tool(self) -> str:
        return tool_of(self.source)

    @property
    def pool(self) -> str:
        return self.label or ANY

    @property
    def order(self) -> str:
        """The longest waiting first, then by name."""
        waits = f"0-{self.oldest_at:015d}" if self.oldest_at is not None else "1"
        return f"{waits}-{self.tool} {self.label}".casefold()


@dataclass(frozen=True, slots=True)
class Queues:
    """silent_tools: those in use that do not tell what waits for a runner."""

    lines: tuple[RunnerLine, ...]
    queued: int
    stalls: tuple[Stall, ...]
    silent_tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    team: Team
    row: BoardRow
    queue: LabelQueue
    since: tuple[int, ...]


def build(
    teams: Sequence[TeamOverview], stalls: Sequence[Stall], now: int, online: RunnersOnline = NOBODY_TOLD
) -> Queues:
    parts: dict[tuple[str, str], list[_Part]] = defaultdict(list)
    for team in teams:
        for summary, _ in team.pipelines:
            for queue in summary.row.queues:
                since = tuple(at for at in queue.since if now < at + LOST_MS)
                parts[summary.row.source, queue.label].append(_Part(team.team, summary.row, queue, since))
    lines = [_line(source, label, some, online.of(source, label, now)) for (source, label), some in parts.items()]
    lines.sort(key=lambda line: line.order)
    sources = {summary.row.source for team in teams for summary, _ in team.pipelines}
    return Queues(
        lines=tuple(line for line in lines if line.queued or line.sample),
        queued=sum(line.queued for line in lines),
        stalls=tuple(stalls),
        silent_tools=tuple(sorted(tool_of(source) for source in sources if _is_silent(source))),
    )


def queues_until(teams: Iterable[TeamOverview], now: int) -> int:
    """When the next job counts as lost (milliseconds)."""
    rows = (summary.row for team in teams for summary, _ in team.pipelines)
    ends = (at + LOST_MS for row in rows for queue in row.queues for at in queue.since)
    return min((end for end in ends if end > now), default=FOREVER)


def _is_silent(source: str) -> bool:
    return source in SOURCES and Status.QUEUED in SOURCES[source].never


def _line(source: str, label: str, parts: Sequence[_Part], online: int | None) -> RunnerLine:
    seconds = [each for part in parts for each in part.queue.seconds]
    waiting = sorted((part for part in parts if part.since), key=lambda part: (part.since[0], part.row.id))
    pipelines = tuple(
        QueuedPipeline(part.team, part.row.id, part.row.label, part.row.name, _queued(part), part.since[0])
        for part in waiting[:MOST_PIPELINES]
    )
    return RunnerLine(
        source=source,
        label=label,
        queued=sum(map(_queued, waiting)),
        oldest_at=waiting[0].since[0] if waiting else None,
        pipelines=pipelines,
        more=max(0, len(waiting) - MOST_PIPELINES),
        late_seconds=late_seconds(seconds),
        sample=len(seconds),
        runners_online=online,
    )


def _queued(part: _Part) -> int:
    """Without those that are lost."""
    return part.queue.queued - (len(part.queue.since) - len(part.since))
