"""A run told post by post, through its source and the real recorder, to a team that nothing else was told to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from dashboard.sources import SOURCES
from storage.keys import new_id
from storage.model.board_row import BoardRow
from storage.model.entities import Execution
from storage.model.events import AnyEvent, by_execution
from storage.model.merge import EMPTY, State, merge
from storage.store import Store

Posts = Sequence[tuple[Mapping[str, str], bytes]]


@dataclass(frozen=True)
class Board:
    """What stands after the telling: the rows of the team, and their leading or last executions."""

    team_id: str
    rows: tuple[BoardRow, ...]
    executions: tuple[Execution, ...]


def tell(store: Store, source: str, posts: Posts) -> Board:
    team_id = f"{new_id()}"
    for headers, body in posts:
        parsed = SOURCES[source].parse(headers, body)
        *first, last = by_execution(parsed.events) or [[]]
        for part in first:
            store.recorder.apply(team_id, part)
        store.recorder.apply(team_id, last, subjects=parsed.subjects)
    rows = tuple(stored.row() for stored in store.pipelines.list_board(team_id))
    newest = (row.latest for row in rows)
    found = (store.executions.find(one.execution_id) for one in newest if one)
    return Board(team_id, rows, tuple(one for one in found if one))


def states(source: str, posts: Posts) -> dict[tuple[str, str], State]:
    """By host and id, of every execution that the posts speak of."""
    events: dict[tuple[str, str], list[AnyEvent]] = {}
    for headers, body in posts:
        for event in SOURCES[source].parse(headers, body).events:
            events.setdefault((event.pipeline.host, event.execution), []).append(event)
    return {key: reduce(lambda state, one: merge(state, [one]), told, EMPTY) for key, told in events.items()}


def orders(posts: Posts, times: int = 12) -> Iterator[Posts]:
    """In other orders, each with some posts told again."""
    for seed in range(times):
        chance = random.Random(seed)
        shuffled = [*posts, *chance.sample(posts, min(3, len(posts)))]
        chance.shuffle(shuffled)
        yield shuffled
