"""What teams and pipelines delivered, as health pages read it, and the facts behind it. They are written only by
storage.recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from storage import keys
from storage.codec import fact_items
from storage.codec.items import text
from storage.model.entities import Team
from storage.model.facts import Fact
from storage.model.windows import Window
from storage.table import Query, Table


@dataclass(frozen=True, slots=True)
class TeamWindows:
    """`windows`: of every length; none where nothing was worked out yet."""

    team: Team
    windows: tuple[Window, ...] = ()


class Windows:
    def __init__(self, table: Table) -> None:
        self._table = table

    def list_all(self) -> list[TeamWindows]:
        """All teams by name, each with its windows."""
        teams: list[Team] = []
        found: dict[str, list[Window]] = defaultdict(list)
        for item in self._table.query(Query(keys.health())).items:
            if text(item, "sk").startswith(keys.TEAMS):
                teams.append(fact_items.health_team_of(item))
            else:
                window = fact_items.window_of(item)
                found[window.team_id].append(window)
        return sorted((TeamWindows(team, tuple(found[team.id])) for team in teams), key=_by_name)

    def list_facts(self, pipeline_id: str, first_day: int) -> Sequence[Fact]:
        """Of a pipeline from that day on, in full, oldest first."""
        page = self._table.query(Query(keys.facts(pipeline_id), after=keys.day_sort(first_day)))
        return [fact_items.fact_of(item) for item in page.items]

    def list_newest_facts(self, pipeline_id: str, first_day: int, most: int) -> Sequence[Fact]:
        """Of a pipeline the newest so many from that day on, in full, newest first."""
        return list_newest_facts(self._table, pipeline_id, first_day, most)

    def list_short_facts(self, pipeline_id: str, first_day: int) -> Sequence[Fact]:
        """Of a pipeline from that day on, as measures over long periods need them, oldest first."""
        return list_short_facts(self._table, pipeline_id, first_day)


def list_short_facts(table: Table, pipeline_id: str, first_day: int, *, consistent: bool = False) -> list[Fact]:
    after = keys.day_sort(first_day) if first_day > 0 else ""
    page = table.query(Query(keys.parts(pipeline_id), after=after, consistent=consistent))
    return [fact for item in page.items for fact in fact_items.part_of(item)]


def list_newest_facts(
    table: Table, pipeline_id: str, first_day: int, most: int, *, consistent: bool = False
) -> list[Fact]:
    after = keys.day_sort(first_day) if first_day > 0 else ""
    query = Query(keys.facts(pipeline_id), after=after, reverse=True, limit=most, consistent=consistent)
    return [fact_items.fact_of(item) for item in table.query(query).items]


def _by_name(found: TeamWindows) -> tuple[str, str]:
    return (found.team.name.casefold(), found.team.id)
