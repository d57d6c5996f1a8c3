"""What stands behind a team's numbers, read for pages, files and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.readmodels.rows import row_of
from storage.model.board_row import BoardRow
from storage.model.entities import Team
from storage.model.evidence import Period
from storage.model.facts import DAY_MS, Fact
from storage.model.measures import Delivered, delivered
from storage.model.subject_views import Incident
from storage.model.windows import first_day_read
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Behind:
    """rows: of the pipelines, by name. facts: of each of them, as windows are made of them. now: milliseconds."""

    team: Team
    rows: tuple[BoardRow, ...]
    facts: Mapping[str, Sequence[Fact]]
    incidents: Sequence[Incident]
    days: int
    now: int

    @property
    def today(self) -> int:
        """Whole days since the epoch."""
        return self.now // DAY_MS

    @property
    def period(self) -> Period:
        return Period((self.today - self.days + 1) * DAY_MS, (self.today + 1) * DAY_MS, self.now)

    @property
    def names(self) -> dict[str, str]:
        """Of its pipelines, by their ids."""
        return {row.id: row.label for row in self.rows}

    def delivered(self) -> list[Delivered]:
        return [
            delivered(
                self.facts[row.id],
                [one for one in self.incidents if one.repository and one.repository == row.repository],
            )
            for row in self.rows
        ]


def list_rows(store: Store, team: Team, only: str = "") -> list[BoardRow]:
    """Of the pipelines that the team shows, by name. `only`: one's id."""
    found = (row_of(each) for each in store.pipelines.list_board(team.id))
    rows = [row for row in found if not row.hidden and only in ("", row.id)]
    return sorted(rows, key=lambda row: (row.label.casefold(), row.id))


def read_behind(store: Store, team: Team, days: int, only: str = "") -> Behind:
    """`only`: one pipeline's id, empty for all that the team shows."""
    now, rows = store.now(), list_rows(store, team, only)
    first = first_day_read(now // DAY_MS)
    return Behind(
        team=team,
        rows=tuple(rows),
        facts={row.id: store.windows.list_facts(row.id, first) for row in rows},
        incidents=store.subjects.list_incidents(team.id, first * DAY_MS),
        days=days,
        now=now,
    )
