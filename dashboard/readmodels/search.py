"""What a search finds among teams and pipelines. Commits are looked up on their own page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.readmodels.looks import Look
from dashboard.readmodels.rows import look_of
from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.entities import Team
from storage.repositories.teams import TeamEntry

SHA = re.compile(r"[0-9a-f]{7,64}")
MOST = 20


@dataclass(frozen=True, slots=True)
class PipelineHit:
    row: BoardRow
    team: Team
    look: Look


@dataclass(frozen=True, slots=True)
class Found:
    query: str
    teams: tuple[Team, ...]
    pipelines: tuple[PipelineHit, ...]
    commit: str


def build(query: str, entries: Sequence[TeamEntry], now: int) -> Found:
    words = query.casefold().split()
    sha = query.strip().lower()
    teams = [entry.team for entry in entries if _all_in(words, entry.team.name)]
    hits = [
        PipelineHit(row, entry.team, look_of(row, condition(row, now)))
        for entry in entries
        for row in entry.rows
        if _all_in(words, f"{row.name} {entry.team.name}")
    ]
    hits.sort(key=lambda hit: (not hit.row.name.casefold().startswith(words[0]), hit.row.name)) if words else None
    return Found(query.strip(), tuple(teams[:MOST]), tuple(hits[:MOST]), sha if SHA.fullmatch(sha) else "")


def _all_in(words: Sequence[str], text: str) -> bool:
    folded = text.casefold()
    return bool(words) and all(word in folded for word in words)
