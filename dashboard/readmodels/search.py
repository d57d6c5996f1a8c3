"""What a search finds among all that a person may see: commits, views, teams, pipelines, runs, stages and people. Read
from the teams' summaries and the list of people alone; starred ones come first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

from dashboard.readmodels.appearance import APPEARANCES, Appearance
from dashboard.readmodels.filters import Filter, Key, Term, fold
from dashboard.readmodels.rows import appearance_of, place_of
from dashboard.readmodels.saved_views import ViewLink, link_of
from storage.model.accounts import User
from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.entities import Team
from storage.model.pipeline_names import PipelineName
from storage.model.saved_views import ViewSet
from storage.model.subject_views import ChangeRequest, Environment, Incident, Subject
from storage.repositories.teams import TeamEntry

SHA = re.compile(r"[0-9a-f]{7,64}")
NUMBER = re.compile(r"#?([0-9]{1,12})")
MOST = 20
MOST_OTHERS = 8
NOBODY = ViewSet("")


@dataclass(frozen=True, slots=True)
class PipelineHit:
    row: BoardRow
    team: Team
    appearance: Appearance
    starred: bool = False


@dataclass(frozen=True, slots=True)
class TeamHit:
    team: Team
    starred: bool = False


@dataclass(frozen=True, slots=True)
class RunHit:
    execution_id: str
    number: str
    row: BoardRow
    team: Team
    appearance: Appearance


@dataclass(frozen=True, slots=True)
class CommitHit:
    """note: whose it is, and of what."""

    sha: str
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class FilterHit:
    """Leads to the network, filtered. `note`: what there is to see."""

    words: str
    note: str
    query: str


@dataclass(frozen=True, slots=True)
class Found:
    """Nothing typed: what is starred and the saved views."""

    query: str
    commit: str = ""
    commits: tuple[CommitHit, ...] = ()
    views: tuple[ViewLink, ...] = ()
    teams: tuple[TeamHit, ...] = ()
    pipelines: tuple[PipelineHit, ...] = ()
    runs: tuple[RunHit, ...] = ()
    stages: tuple[FilterHit, ...] = ()
    people: tuple[FilterHit, ...] = ()

    @property
    def any(self) -> bool:
        groups = (self.commits, self.views, self.teams, self.pipelines, self.runs, self.stages, self.people)
        return bool(self.commit) or any(groups)


@dataclass(frozen=True, slots=True)
class _Sought:
    """What was typed, folded. `number`: of a run, where one word is one; `others`: the words beside it."""

    words: tuple[str, ...]
    number: str = ""
    others: tuple[str, ...] = field(default=())

    def within(self, text: str) -> bool:
        return bool(self.words) and all(word in text for word in self.words)


def build(
    query: str,
    entries: Sequence[TeamEntry],
    people: Iterable[User],
    now: int,
    kept: ViewSet = NOBODY,
    subjects: Iterable[Subject] = (),
) -> Found:
    """`entries`: of teams this person may see. `people`, `subjects` (commits and change requests that were found by
    what was typed): all; those of teams they may not see are not found. `now`: milliseconds."""
    known = [(row, entry.team) for entry in entries for row in entry.rows]
    if not query.strip():
        return _starred(entries, known, kept, now)
    sought, sha = _sought(query), query.strip().lower()
    return Found(
        query=query.strip(),
        commit=sha if SHA.fullmatch(sha) else "",
        commits=_commits(subjects, {entry.team.id for entry in entries}),
        views=_views(kept, entries, known, sought),
        teams=_teams(entries, sought, kept),
        pipelines=_pipelines(known, sought, kept, now),
        runs=_runs(known, sought),
        stages=_stages(known, sought, now),
        people=_people(people, entries, sought),
    )


def request_number(query: str) -> str:
    """Of the change request that is asked for: as people write it, with a #."""
    typed = query.strip()
    return typed[1:] if typed.startswith("#") and NUMBER.fullmatch(typed) else ""


def _commits(subjects: Iterable[Subject], team_ids: Container[str]) -> tuple[CommitHit, ...]:
    """Of a change request what it became, else its newest commit."""
    found: dict[str, CommitHit] = {}
    for one in subjects:
        if one.team_id not in team_ids or isinstance(one, Environment | Incident):
            continue
        if isinstance(one, ChangeRequest):
            note = ", ".join(filter(None, (f"#{one.number} {one.state}", one.author, one.repository)))
            hit = CommitHit(one.merge_commit or one.commit, one.title, note)
        else:
            hit = CommitHit(one.sha, one.message or one.sha[:7], ", ".join(filter(None, (one.author, one.repository))))
        if hit.sha:
            found.setdefault(hit.sha, hit)
    return tuple(found.values())[:MOST]


def _sought(query: str) -> _Sought:
    words = tuple(fold(query).split())
    place = next((place for place, word in enumerate(words) if NUMBER.fullmatch(word)), None)
    if place is None:
        return _Sought(words)
    others = words[:place] + words[place + 1 :]
    return _Sought(words, words[place].lstrip("#"), tuple(word for word in others if word != "run"))


Rows = Sequence[tuple[BoardRow, Team]]


def _starred(entries: Sequence[TeamEntry], known: Rows, kept: ViewSet, now: int) -> Found:
    teams = {entry.team.id: entry.team for entry in entries}
    rows = {row.id: (row, team) for row, team in known}
    return Found(
        query="",
        views=_views(kept, entries, known, None),
        teams=tuple(TeamHit(teams[one], starred=True) for one in kept.teams if one in teams)[:MOST],
        pipelines=tuple(_hit(*rows[one], kept, now) for one in kept.pipelines if one in rows)[:MOST],
    )


def _hit(row: BoardRow, team: Team, kept: ViewSet, now: int) -> PipelineHit:
    return PipelineHit(row, team, appearance_of(row, condition(row, now)), row.id in kept.pipelines)


def _views(kept: ViewSet, entries: Sequence[TeamEntry], known: Rows, sought: _Sought | None) -> tuple[ViewLink, ...]:
    views = [view for view in kept.views if sought is None or sought.within(fold(view.name))]
    if not views:
        return ()
    teams = {entry.team.id: entry.team for entry in entries}
    names = {row.id: PipelineName(row.id, row.label, row.name) for row, _ in known}
    links = (link_of(view, teams.get(view.team_id), names.get(view.pipeline_id)) for view in views)
    return tuple(link for link in links if link is not None)[:MOST_OTHERS]


def _teams(entries: Sequence[TeamEntry], sought: _Sought, kept: ViewSet) -> tuple[TeamHit, ...]:
    hits = [
        TeamHit(entry.team, entry.team.id in kept.teams)
        for entry in entries
        if sought.within(fold(f"{entry.team.name} {entry.team.slug}"))
    ]
    hits.sort(key=lambda hit: (not hit.starred, not fold(hit.team.name).startswith(sought.words[0])))
    return tuple(hits[:MOST_OTHERS])


def _pipelines(known: Rows, sought: _Sought, kept: ViewSet, now: int) -> tuple[PipelineHit, ...]:
    starred, first = frozenset(kept.pipelines), sought.words[0] if sought.words else ""
    found = [(row, team) for row, team in known if sought.within(fold(f"{row.name} {team.name}"))]
    found.sort(key=lambda hit: (hit[0].id not in starred, not fold(hit[0].name).startswith(first), fold(hit[0].name)))
    return tuple(_hit(row, team, kept, now) for row, team in found[:MOST])


def _runs(known: Rows, sought: _Sought) -> tuple[RunHit, ...]:
    """Runs in flight and standing results of this number, where all other words are of the pipeline or its team."""
    if not sought.number:
        return ()
    found: dict[str, RunHit] = {}
    for row, team in known:
        told = [(one.execution_id, one.number, one.status) for one in row.in_flight]
        told += [(row.result.execution_id, row.result.number, row.result.status)] if row.result else []
        for execution_id, number, status in told:
            if number == sought.number and execution_id not in found and _names(row, team, sought.others):
                found[execution_id] = RunHit(execution_id, number, row, team, APPEARANCES[status])
    return tuple(found.values())[:MOST_OTHERS]


def _names(row: BoardRow, team: Team, words: Sequence[str]) -> bool:
    text = fold(f"{row.name} {team.name}")
    return all(word in text for word in words)


def _stages(known: Rows, sought: _Sought, now: int) -> tuple[FilterHit, ...]:
    """At which something fails, waits or runs now."""
    moving = ((row, condition(row, now)) for row, _ in known if row.in_flight or row.red)
    places = Counter(place for row, state in moving if (place := place_of(row, state)))
    named = [(name, number) for name, number in places.most_common() if sought.within(fold(name))]
    return tuple(
        FilterHit(name, f"{number} pipeline{'' if number == 1 else 's'} there now", _query(Key.STAGE, name))
        for name, number in named[:MOST_OTHERS]
    )


def _people(people: Iterable[User], entries: Sequence[TeamEntry], sought: _Sought) -> tuple[FilterHit, ...]:
    """Members of teams that may be seen: what they changed last, and what they have taken."""
    teams = {entry.team.id: entry.team.name for entry in entries}
    hits = []
    for user in people:
        shared = sorted(teams[one] for one in user.team_ids if one in teams)
        if shared and user.is_active and sought.within(fold(user.name)):
            note = ", ".join(shared[:2]) + (f" and {len(shared) - 2} more" if len(shared) > 2 else "")
            hits.append(FilterHit(user.name, note, _query(Key.BY, user.name)))
    return tuple(sorted(hits, key=lambda hit: fold(hit.words))[:MOST_OTHERS])


def _query(key: Key, value: str) -> str:
    return Filter((Term(key, (fold(value.replace('"', " ")),)),)).text
