"""The radiator: a team's board, or all open teams, on a wall. It is only ever polled: a stream would need a session."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.template.loader import render_to_string

from dashboard.auth.policy import OPEN, scope_sees
from dashboard.live.regions import Region
from dashboard.readmodels.quiet import quiet_of_team, quiet_of_teams
from dashboard.readmodels.radiator import Radiator, RadiatorRow, build, of_network, of_team
from dashboard.screens.board import TeamReading
from dashboard.screens.overview import Overview, read_overview
from dashboard.screens.screen import Moment, Screen, View
from storage import topics
from storage.model.accounts import User
from storage.store import Store

PARTS = ("name", "counts", "foot")


class RadiatorScreen(Screen[TeamReading | Overview, Radiator]):
    """Its key is a team's id, or empty for all open teams. Who may see it is said by the link, not by who looks."""

    kind = "radiator"
    parents = ("radiator",)

    def read(self, store: Store, key: str) -> TeamReading | Overview:
        if not key:
            return read_overview(store)
        # Closed or open: whoever made the link might show it.
        return TeamReading(store.teams.get(key).team, tuple(store.pipelines.list_board(key)))

    def admit(self, reader: User, key: str, reading: TeamReading | Overview) -> tuple[str, ...]:
        return ()

    def follows(self, key: str) -> tuple[str, ...]:
        return (topics.team(key) if key else topics.NETWORK,)

    def moment(self, reading: TeamReading | Overview, key: str, view: View, now: int) -> Moment:
        radiator = self.build(reading, key, view, now)
        return Moment("\n".join((radiator.name, *radiator.stamps)))

    def build(self, reading: TeamReading | Overview, key: str, view: View, now: int) -> Radiator:
        if isinstance(reading, TeamReading):
            quiet = quiet_of_team(reading.team)
            return build(reading.team.name, topics.team(key), of_team(reading.rows), now, quiet)
        entries = [entry for entry in reading.entries if scope_sees(OPEN, entry.team)]
        quiet = quiet_of_teams(entry.team for entry in entries)
        return build("Network", topics.NETWORK, of_network(entries), now, quiet)

    def regions(self, model: Radiator, view: View) -> Sequence[Region]:
        parts = [
            Region(f"rad-{part}", render_to_string(f"radiator/{part}.html", {"radiator": model}).strip())
            for part in PARTS
        ]
        rows = [Region(f"pl-{row.id}", _row(row), "radiator") for row in model.rows]
        blank = [Region("rad-blank", render_to_string("radiator/blank.html").strip(), "radiator")]
        return parts + (rows or blank)


@lru_cache(maxsize=2048)
def _row(row: RadiatorRow) -> str:
    return render_to_string("radiator/row.html", {"row": row}).strip()
