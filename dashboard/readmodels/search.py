"""What a search finds among teams and pipelines. Commits are looked up on their own page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.readmodels.looks import Look
from dashboard.readmodels.rows import look_of
from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.entities import Team
from storage.model.pipeline_names import PipelineName, PipelineNames

SHA = re.compile(r"[0-9a-f]{7,64}")
MOST = 20
NONE = PipelineNames()


@dataclass(frozen=True, slots=True)
class PipelineHit:
    row: BoardRow
    team: Team
    look: Look


@dataclass(frozen=True, slots=True)
class Matches:
    """What is called so. `pipelines`: the first of them, each with its team."""

    query: str
    teams: tuple[Team, ...]
    pipelines: tuple[tuple[Team, PipelineName], ...]
    commit: str


@dataclass(frozen=True, slots=True)
class Found:
    query: str
    teams: tuple[Team, ...]
    pipelines: tuple[PipelineHit, ...]
    commit: str


def match(query: str, teams: Sequence[Team], names: Mapping[str, PipelineNames]) -> Matches:
    """`names`: of the pipelines of each team, by its id."""
    words = query.casefold().split()
    sha = query.strip().lower()
    found = [team for team in teams if _all_in(words, team.name)]
    hits = [
        (team, one)
        for team in teams
        for one in names.get(team.id, NONE).names
        if _all_in(words, f"{one.name} {team.name}")
    ]
    hits.sort(key=lambda hit: (not hit[1].name.casefold().startswith(words[0]), hit[1].name)) if words else None
    return Matches(query.strip(), tuple(found[:MOST]), tuple(hits[:MOST]), sha if SHA.fullmatch(sha) else "")


def build(matches: Matches, rows: Sequence[BoardRow], now: int) -> Found:
    """`rows`: the matching pipelines as they are now."""
    known = {row.id: row for row in rows}
    hits = [
        PipelineHit(row, team, look_of(row, condition(row, now)))
        for team, one in matches.pipelines
        if (row := known.get(one.id)) is not None
    ]
    return Found(matches.query, matches.teams, tuple(hits), matches.commit)


def _all_in(words: Sequence[str], text: str) -> bool:
    folded = text.casefold()
    return bool(words) and all(word in folded for word in words)
