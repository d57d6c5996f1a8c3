"""Keeps events coming: begins runs at a realistic pace and posts what their tools would send, signed, to the server."""

from __future__ import annotations

import heapq
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.urls import reverse

from dashboard.simulator.codepipeline_posts import execution_of
from dashboard.simulator.history import MINUTE, Line, usual_seconds
from dashboard.simulator.organisation import Life
from dashboard.simulator.plans import Plan, again, plan
from dashboard.simulator.post import Post
from dashboard.simulator.posts import posts
from dashboard.sources import SOURCES
from storage import keys
from storage.model.board_row import BoardRow, LatestExecution
from storage.model.entities import Status
from storage.store import Store

TRIES = 5
STANDING = (Life.BROKEN, Life.NO_SIGNAL)
MOVING = (Status.QUEUED, Status.WAITING, Status.RUNNING)
# CodePipeline does not number its runs: those of the simulator go by the second they were queued in.
NUMBERS_SINCE = 1_700_000_000
LONGEST_QUEUE = 20
# How often somebody runs again what failed.
RUN_AGAIN = 0.4


def signed(post: Post, secret: str) -> dict[str, str]:
    """The post's headers with the proof its tool would add."""
    return {**post.headers, **SOURCES[post.source].verifier.prove(post.body, secret, post.at)}


def send(url: str, line: Line, post: Post, pause: Callable[[float], None] = time.sleep) -> int:
    """Post it, again where it is asked for. The last status, 0 when nobody answered."""
    address = url + reverse("webhook", args=[line.blueprint.source, line.connection.id])
    status = 0
    for _ in range(TRIES):
        request = urllib.request.Request(address, post.body, signed(post, line.secret))  # noqa: S310 - our own server
        wait = 1.0
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            status = error.code
            if status not in (429, 503):
                return status
            wait = float(error.headers.get("Retry-After") or 1)
        except OSError:
            status = 0
        pause(wait)
    return status


@dataclass(order=True)
class _Due:
    at: float
    order: int
    line: Line = field(compare=False)
    post: Post | None = field(compare=False, default=None)


class Simulation:
    """`now`: milliseconds. `speed`: how many times as many runs begin."""

    def __init__(self, lines: Sequence[Line], now: Callable[[], int], speed: float = 1.0, seed: int = 1) -> None:
        self._now, self._speed = now, speed
        self._dice = random.Random(seed)
        self._heap: list[_Due] = []
        self._count = 0
        self._numbers: dict[int, int] = {}
        self._lines = lines

    def begin(self, store: Store) -> None:
        """Go on from what stands on the boards: finish what runs, and let new runs begin."""
        rows: dict[str, BoardRow] = {}
        for team_id in dict.fromkeys(line.team_id for line in self._lines):
            found = [stored.row() for stored in store.pipelines.list_board(team_id)]
            rows |= {f"{team_id}/{row.name.partition(' · ')[0]}": row for row in found}
        for line in self._lines:
            row = rows.get(f"{line.team_id}/{line.blueprint.name}")
            begins = self._go_on(line, row)
            if line.blueprint.life not in STANDING:
                self._push(begins + self._pause(line) * self._dice.random(), line)

    def _go_on(self, line: Line, row: BoardRow | None) -> int:
        """Finish the run that a simulation before this one, or the history, left moving. When the next may begin."""
        blueprint, latest, now = line.blueprint, row.latest if row else None, self._now()
        self._numbers[blueprint.index] = blueprint.runs
        found = _left(line, latest) if latest else None
        if latest is None or found is None:
            return now
        self._numbers[blueprint.index] = max(blueprint.runs, found.number)
        stays = blueprint.life is Life.NO_SIGNAL or (blueprint.life is Life.WAITING and found.number == blueprint.runs)
        if latest.status not in MOVING or stays:
            return now
        self._schedule(line, found, since=latest.last_event_at)
        return max(now, found.ended)

    def due(self) -> list[tuple[Line, Post]]:
        """What is to be sent now; new runs begin on the way."""
        found = []
        while self._heap and self._heap[0].at <= self._now():
            item = heapq.heappop(self._heap)
            if item.post is not None:
                found.append((item.line, item.post))
            else:
                self._start(item.line)
        return found

    def wait(self) -> float:
        """Seconds until something is due, at most one."""
        return max(0.02, min(1.0, (self._heap[0].at - self._now()) / 1000)) if self._heap else 1.0

    def _start(self, line: Line) -> None:
        index = line.blueprint.index
        self._numbers[index] = self._next_number(line)
        fate = Life.WAITING if line.blueprint.life is Life.WAITING and self._dice.random() < 0.3 else ""
        planned = plan(line.blueprint, self._numbers[index], self._now(), fate)
        self._schedule(line, planned)
        if planned.result == "failure" and self._dice.random() < RUN_AGAIN:
            planned = again(planned, planned.ended + 2 * MINUTE)
            self._schedule(line, planned)
        rest = max(0, min(planned.ended, self._now() + 40 * MINUTE) - self._now())
        self._push(self._now() + rest + self._pause(line), line)

    def _next_number(self, line: Line) -> int:
        following = self._numbers[line.blueprint.index] + 1
        return following if line.blueprint.source == "github" else max(following, _number_at(self._now()))

    def _pause(self, line: Line) -> float:
        """Milliseconds between the end of one run and the next."""
        return (usual_seconds(line.blueprint) * 1000 + self._dice.expovariate(1 / (20 * MINUTE))) / self._speed

    def _schedule(self, line: Line, planned: Plan, since: int = 0) -> None:
        """What was to be sent since then; what is overdue goes out at once, in its order."""
        for post in posts(planned):
            if post.at >= since:
                self._push(post.at, line, post)

    def _push(self, at: float, line: Line, post: Post | None = None) -> None:
        self._count += 1
        heapq.heappush(self._heap, _Due(at, self._count, line, post))


def _number_at(at: int) -> int:
    return at // 1000 - NUMBERS_SINCE


def _left(line: Line, latest: LatestExecution) -> Plan | None:
    """The plan of the run a board shows, so that it goes on as it began. None where it is none of ours."""
    blueprint = line.blueprint
    begun = latest.queued_at or latest.started_at or latest.last_event_at
    if blueprint.source == "github":
        return _known(line, int(latest.number), begun, latest.attempt) if latest.number.isdigit() else None
    seconds = range(_number_at(begun), _number_at(begun) - LONGEST_QUEUE - 1, -1)
    candidates = [_known(line, number, (number + NUMBERS_SINCE) * 1000, latest.attempt, begun) for number in seconds]
    candidates.append(_known(line, blueprint.runs, begun, latest.attempt))
    return next((found for found in candidates if _is_execution(line, found, latest.execution_id)), None)


def _known(line: Line, number: int, queued: int, attempt: int = 1, begun: int = 0) -> Plan:
    """Runs of the history have the fate their pipeline's life gives them, later ones drew theirs. `begun`: when the
    attempt was, if not with the run."""
    life = line.blueprint.life
    fate = "" if number > line.blueprint.runs else Life.LATE if life is Life.LATE else "green"
    first = plan(line.blueprint, number, queued, Life.FAILING if life is Life.RERUN and fate else fate)
    return first if attempt == 1 else again(first, begun or queued)


def _is_execution(line: Line, found: Plan, execution_id: str) -> bool:
    return keys.execution_id(line.team_id, "codepipeline", execution_of(found)) == execution_id
