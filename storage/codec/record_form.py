"""A pipeline's record as it is stored. The runs it remembers are much alike and it is written whenever one ends: so
stages stand in columns under names that are told once, times as differences, and an id that follows from what its tool
calls it is left out. Nothing is lost: `expand` gives back what `compact` was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, chain
from operator import sub
from typing import Any

import msgspec

from storage import keys
from storage.codec import documents
from storage.model.pipeline_record import PipelineRecord
from storage.model.run import AttemptFact, Run, StageCell
from storage.model.run_history import RunHistory

# Of documents in this form; those before are plain.
VERSION = 3

_FIELDS = PipelineRecord.__struct_fields__
_TEAM, _SOURCE, _HISTORY = map(_FIELDS.index, ("team_id", "source", "history"))
_NO_HISTORY = documents.dump(RunHistory()).encode()
_LISTS = slice(0, RunHistory.__struct_fields__.index("forgotten"))
_RUN = Run.__struct_fields__
_ID, _ORDER, _STAGES, _ATTEMPTS = map(_RUN.index, ("id", "order", "stages", "attempts"))
_RUN_TIMES = tuple(map(_RUN.index, ("queued_at", "started_at", "finished_at", "production_at")))
_CELL = StageCell.__struct_fields__
# The columns before it are those that runs share.
_SHARED = _CELL.index("status")
_CELL_TIMES = tuple(map(_CELL.index, ("queued_at", "started_at", "finished_at")))
_SECONDS = _CELL.index("seconds")
_ATTEMPT_TIMES = tuple(map(AttemptFact.__struct_fields__.index, ("at", "began_at", "red_at")))
# In the place of an id that follows from its run's order.
_FOLLOWS = 0

Walk = Callable[[list[Any], Iterable[int], int], int]


def compact(record: PipelineRecord) -> list[Any]:
    """The record's fields, and lines of stages: names, kinds and groups."""
    fields: list[Any] = msgspec.to_builtins(record)
    lines: dict[tuple[Sequence[Any], ...], int] = {}
    for runs in fields[_HISTORY][_LISTS]:
        at = order = 0
        for run in runs:
            if run[_ID] == _told_id(fields, run):
                run[_ID] = _FOLLOWS
            run[_ORDER], order = run[_ORDER] - order, run[_ORDER]
            began, ended = _begin_and_end(run, at)
            _apart(run, _RUN_TIMES, at)
            _attempts(run, _apart, ended)
            if run[_STAGES]:
                run[_STAGES] = _columns(run[_STAGES], began, lines)
            at = began
    return [fields, [*lines]]


def expand(form: list[Any]) -> PipelineRecord:
    fields, lines = form
    for runs in fields[_HISTORY][_LISTS]:
        at = order = 0
        for run in runs:
            order = run[_ORDER] = run[_ORDER] + order
            if run[_ID] == _FOLLOWS:
                run[_ID] = _told_id(fields, run)
            _together(run, _RUN_TIMES, at)
            at, ended = _begin_and_end(run, at)
            _attempts(run, _together, ended)
            if run[_STAGES]:
                run[_STAGES] = _cells(run[_STAGES], at, lines)
    return documents.convert(PipelineRecord, fields)


def without_history(packed: bytes) -> PipelineRecord:
    """The record with an empty history, a thirtieth of the work. `packed`: in this form."""
    fields, _ = documents.unpack(tuple[list[msgspec.Raw], msgspec.Raw], packed)
    told = [_NO_HISTORY if place == _HISTORY else bytes(field) for place, field in enumerate(fields)]
    return documents.load(PipelineRecord, f"[{b','.join(told).decode()}]")


def _told_id(fields: list[Any], run: list[Any]) -> str:
    """As of tools whose executions are numbered."""
    return keys.execution_id(fields[_TEAM], fields[_SOURCE], str(run[_ORDER]))


def _begin_and_end(run: list[Any], before: int) -> tuple[int, int]:
    """Its first and its last known time, from which others are counted. `before`: that of the run told before it."""
    known = [run[place] for place in _RUN_TIMES if run[place] is not None] or [before]
    return known[0], known[-1]


def _attempts(run: list[Any], walk: Walk, at: int) -> None:
    for attempt in run[_ATTEMPTS]:
        walk(attempt, _ATTEMPT_TIMES, at)


def _apart(values: list[Any], places: Iterable[int], at: int) -> int:
    """Each time as what lies between it and the one before. The last time."""
    for place in places:
        time = values[place]
        if time is not None:
            values[place], at = time - at, time
    return at


def _together(values: list[Any], places: Iterable[int], at: int) -> int:
    for place in places:
        if values[place] is not None:
            at = values[place] = values[place] + at
    return at


def _columns(cells: list[list[Any]], at: int, lines: dict[tuple[Sequence[Any], ...], int]) -> list[Any]:
    """The number of its line, then the other columns: one value where all are the same."""
    columns: list[Sequence[Any]] = [*zip(*cells, strict=True)]
    times = [columns[place] for place in _CELL_TIMES]
    columns[_SECONDS] = _less(columns[_SECONDS], times[1], times[2])
    for place, column in zip(_CELL_TIMES, _differences(times, at), strict=True):
        columns[place] = column
    line = lines.setdefault(tuple(columns[:_SHARED]), len(lines))
    return [line, *(column[0] if len({*column}) == 1 else column for column in columns[_SHARED:])]


def _cells(told: list[Any], at: int, lines: list[list[Sequence[Any]]]) -> list[tuple[Any, ...]]:
    line = lines[told[0]]
    many = len(line[0])
    columns = [*line, *(column if isinstance(column, list) else [column] * many for column in told[1:])]
    times = _sums([columns[place] for place in _CELL_TIMES], at)
    for place, column in zip(_CELL_TIMES, times, strict=True):
        columns[place] = column
    columns[_SECONDS] = _more(columns[_SECONDS], times[1], times[2])
    return [*zip(*columns, strict=True)]


def _differences(times: list[Sequence[Any]], at: int) -> list[Sequence[Any]]:
    """Each time less the one before: those of a cell after another's."""
    flat = [*chain.from_iterable(zip(*times, strict=True))]
    if None in flat:
        _apart(flat, range(len(flat)), at)
    else:
        flat = [*map(sub, flat, [at, *flat])]
    return [flat[place :: len(times)] for place in range(len(times))]


def _sums(times: list[Sequence[Any]], at: int) -> list[Sequence[Any]]:
    flat = [*chain.from_iterable(zip(*times, strict=True))]
    if None in flat:
        _together(flat, range(len(flat)), at)
    else:
        flat = [*accumulate(flat, initial=at)][1:]
    return [flat[place :: len(times)] for place in range(len(times))]


def _less(seconds: Sequence[Any], began: Sequence[Any], ended: Sequence[Any]) -> list[Any]:
    """Without those between its begin and its end, which are mostly all."""
    return [
        s if s is None or b is None or e is None else s - (e - b) // 1000
        for s, b, e in zip(seconds, began, ended, strict=True)
    ]


def _more(seconds: Sequence[Any], began: Sequence[Any], ended: Sequence[Any]) -> list[Any]:
    return [
        s if s is None or b is None or e is None else s + (e - b) // 1000
        for s, b, e in zip(seconds, began, ended, strict=True)
    ]
