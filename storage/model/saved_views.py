"""What a person keeps for themselves: views they saved, teams and pipelines they starred. Pure."""

from __future__ import annotations

import enum

from storage.model.document import Document, replace

MOST_VIEWS = 50
# Teams and pipelines together.
MOST_STARS = 200


class Full(ValueError):
    """No more fit. Says so in a sentence for a person."""


class Screen(enum.StrEnum):
    """Where a view is of."""

    NETWORK = "network"
    BOARD = "board"
    HEALTH = "health"
    HISTORY = "history"


class SavedView(Document, frozen=True):
    """A selection with a name. `query`: canonical text of the filter; `sort`, `group`: the words addresses have.
    `team_id` of a board, a team's health and a history; `pipeline_id` of a history."""

    id: str
    name: str
    screen: Screen
    team_id: str = ""
    pipeline_id: str = ""
    query: str = ""
    sort: str = ""
    group: str = ""
    dense: bool = False


class ViewSet(Document, frozen=True):
    """All of one person. `version` 0: nothing is stored. `teams`, `pipelines`: ids of starred ones, oldest first."""

    user_id: str
    version: int = 0
    views: tuple[SavedView, ...] = ()
    teams: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()

    def view(self, view_id: str) -> SavedView | None:
        return next((each for each in self.views if each.id == view_id), None)

    def of(self, screen: Screen, team_id: str = "", pipeline_id: str = "") -> tuple[SavedView, ...]:
        """Those of one page, in the order they were saved."""
        wanted = (screen, team_id, pipeline_id)
        return tuple(each for each in self.views if (each.screen, each.team_id, each.pipeline_id) == wanted)

    def with_view(self, view: SavedView) -> ViewSet:
        """In place of the one of this id, or of this name on the same page, or besides the others. Raises Full."""
        same = next(
            (each.id for each in self.of(view.screen, view.team_id, view.pipeline_id) if each.name == view.name), ""
        )
        taken = {view.id, same}
        if not any(each.id in taken for each in self.views):
            if len(self.views) >= MOST_VIEWS:
                raise Full(f"You have {MOST_VIEWS} views. Delete one first.")
            return replace(self, views=(*self.views, view))
        placed: list[SavedView] = []
        for each in self.views:
            if each.id not in taken:
                placed.append(each)
            elif view not in placed:
                placed.append(view)
        return replace(self, views=tuple(placed))

    def renamed(self, view_id: str, name: str) -> ViewSet:
        view = self.view(view_id)
        return self.with_view(replace(view, name=name)) if view else self

    def without_view(self, view_id: str) -> ViewSet:
        return replace(self, views=tuple(each for each in self.views if each.id != view_id))

    def with_star(self, *, team_id: str = "", pipeline_id: str = "") -> ViewSet:
        """Of a team or a pipeline. Raises Full."""
        teams = dict.fromkeys(filter(None, (*self.teams, team_id)))
        pipelines = dict.fromkeys(filter(None, (*self.pipelines, pipeline_id)))
        if len(teams) + len(pipelines) > MOST_STARS:
            raise Full(f"You have {MOST_STARS} stars. Take one back first.")
        return replace(self, teams=tuple(teams), pipelines=tuple(pipelines))

    def without_star(self, *, team_id: str = "", pipeline_id: str = "") -> ViewSet:
        return replace(
            self,
            teams=tuple(each for each in self.teams if each != team_id),
            pipelines=tuple(each for each in self.pipelines if each != pipeline_id),
        )
