"""Connections of which nothing is taken, as boards tell them: calmly, and only where it is unusual. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.readmodels.stalls import tool_of
from storage.model.entities import Team
from storage.model.quiet import QuietConnection, QuietReason

# Of more of them a page says how many there are.
MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class QuietLine:
    """`team`: whose it is, empty on the team's own pages."""

    team: str
    quiet: QuietConnection

    @property
    def called(self) -> str:
        tool = tool_of(self.quiet.source)
        return f"{tool}, {self.quiet.name}" if self.quiet.name else tool

    @property
    def said(self) -> str:
        """What is so, before since when."""
        return _SAID[self.quiet.reason]

    @property
    def short(self) -> str:
        return self.quiet.reason.value

    @property
    def spoken(self) -> str:
        """For who hears the page."""
        whose = f" of {self.team}" if self.team else ""
        return f"{self.called}{whose}: {self.said}"


_SAID = {
    QuietReason.SILENT: "nothing heard, for longer than is usual",
    QuietReason.REFUSED: "posts come and are refused",
    QuietReason.PAUSED: "paused, nothing of it is taken",
}


@dataclass(frozen=True, slots=True)
class QuietNotice:
    """more: how many lines are left out."""

    lines: tuple[QuietLine, ...] = ()
    more: int = 0


NOTHING_QUIET = QuietNotice()


def quiet_of_team(team: Team | None, source: str = "") -> QuietNotice:
    """`source`: of one tool alone, where it is not empty."""
    quiet = team.quiet if team else ()
    return _notice([QuietLine("", one) for one in quiet if source in ("", one.source)])


def quiet_of_teams(teams: Iterable[Team]) -> QuietNotice:
    """The one that is silent for the longest first; without those that people paused."""
    lines = [QuietLine(team.name, one) for team in teams for one in team.quiet if one.reason is not QuietReason.PAUSED]
    return _notice(sorted(lines, key=lambda line: (line.quiet.since, line.quiet.connection_id)))


def _notice(lines: Sequence[QuietLine]) -> QuietNotice:
    return QuietNotice(tuple(lines[:MOST_LINES]), max(0, len(lines) - MOST_LINES))
