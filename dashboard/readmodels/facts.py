"""What filters look at, of board rows, summaries of rows and runs. Computed once a version of a row and condition."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache

from dashboard.readmodels.filters import Facts, fold
from dashboard.readmodels.rows import place_of
from storage.model.board_row import BoardRow
from storage.model.briefs import ExecutionBrief
from storage.model.document import remembered
from storage.model.entities import Condition, Status, Team

# Pipelines whose newest version is remembered.
MOST = 16_384
_SAID = {Status.SUCCEEDED: "passing"}
_MOVING = (Status.WAITING, Status.RUNNING, Status.QUEUED)
_known: OrderedDict[tuple[str, str], tuple[BoardRow, Team, Condition, Facts]] = OrderedDict()


def facts_of(row: BoardRow, team: Team, state: Condition) -> Facts:
    """Of a pipeline in this condition; `row` may come from its summary. The same objects give the same facts again
    without looking."""
    # A summary has no address, so that it does not take the place of the row itself.
    key = (row.id, row.url)
    known = _known.get(key)
    if known is not None and known[0] is row and known[2] is state and (known[1] is team or known[1] == team):
        return known[3]
    made = _facts(row, team, state)
    _known[key] = (row, team, state, made)
    if len(_known) > MOST:
        _known.popitem(last=False)
    return made


def _facts(row: BoardRow, team: Team, state: Condition) -> Facts:
    runs = [one for one in (*row.in_flight, row.ended) if one is not None]
    people = [one.author for one in runs] + ([row.taken.name] if row.taken else [])
    branches = [name for one in runs for name in (one.branch, one.ref)]
    return Facts(
        key=row.id,
        states=_states(state, taken=row.taken is not None),
        words=_lines([row.name, row.label, row.repository, *branches, *(one.message for one in runs), *people]),
        team=_names(team.name, team.slug),
        repo=fold(row.repository),
        branch=_lines(branches),
        stage=fold(place_of(row, state)),
        by=_lines(people),
        labels=frozenset(fold(label) for label in row.overrides.labels),
    )


@lru_cache(maxsize=64)
def _states(state: Condition, *, taken: bool) -> frozenset[str]:
    return frozenset((str(state), "taken")) if taken else frozenset((str(state),))


@lru_cache(maxsize=1024)
def _names(name: str, slug: str) -> str:
    return _lines((name, slug))


def _lines(texts: Iterable[str]) -> str:
    """Each that is not empty once, on lines of their own."""
    return "\n".join(filter(None, dict.fromkeys(map(fold, texts))))


def _facts_of_run(run: ExecutionBrief) -> Facts:
    wanted = next((one for one in _MOVING if run.status is one), None)
    places = [stage.name for stage in run.stages if (stage.status.red if run.status.red else stage.status is wanted)]
    return Facts(
        key=run.id,
        states=frozenset(_words_of(run.status)),
        words=_lines([run.pipeline_name, run.branch, run.ref, run.message, run.author]),
        branch=_lines([run.branch, run.ref]),
        stage=_lines(places),
        by=fold(run.author),
    )


# Of a run of a pipeline's history. Its page knows of one team, one repository and one set of labels only, so a run is
# of none here.
facts_of_run = remembered(_facts_of_run, 2048)


def _words_of(status: Status) -> tuple[str, ...]:
    return (_SAID.get(status, str(status)), *(("failing",) if status.red else ()))
