"""A person's saved views and stars, with the addresses they lead to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from storage.model.entities import Team
from storage.model.pipeline_names import PipelineName, PipelineNames
from storage.model.saved_views import SavedView, Screen, ViewSet


@dataclass(frozen=True, slots=True)
class ViewLink:
    """`place`: the page it is of, in words."""

    view: SavedView
    place: str
    address: str


@dataclass(frozen=True, slots=True)
class Star:
    """`drop`: where a post takes it back. `place`: a pipeline's team."""

    name: str
    place: str
    address: str
    drop: str


@dataclass(frozen=True, slots=True)
class ViewsPage:
    """What can be opened still, and how many are kept whose team or pipeline went or may not be seen any more."""

    views: tuple[ViewLink, ...]
    stars: tuple[Star, ...]
    gone: int


def link_of(view: SavedView, team: Team | None, pipeline: PipelineName | None = None) -> ViewLink | None:
    """None where what it is of is not there."""
    fields = {"q": view.query, "sort": view.sort, "group": view.group, "dense": "1" if view.dense else ""}
    asked = urlencode({name: value for name, value in fields.items() if value})
    match view.screen:
        case Screen.NETWORK:
            place, path = "Network", reverse("network")
        case Screen.HEALTH if not view.team_id:
            place, path = "Health", reverse("health")
        case _ if team is None:
            return None
        case Screen.HEALTH:
            place, path = f"Health of {team.name}", reverse("team_health", args=[team.slug])
        case Screen.BOARD:
            place, path = team.name, reverse("board", args=[team.slug])
        case _ if pipeline is None:
            return None
        case _:
            place, path = f"Runs of {pipeline.label}", reverse("pipeline", args=[team.slug, pipeline.id])
    return ViewLink(view, place, f"{path}?{asked}" if asked else path)


def build(kept: ViewSet, teams: Sequence[Team], names: Mapping[str, PipelineNames]) -> ViewsPage:
    """`teams`: those this person may see. `names`: of the pipelines of each team, by its id."""
    known = {team.id: team for team in teams}
    owned = {one.id: (known[team_id], one) for team_id, some in names.items() if team_id in known for one in some.names}
    links = [
        link_of(view, known.get(view.team_id), owned.get(view.pipeline_id, (None, None))[1]) for view in kept.views
    ]
    stars = [_of_team(known[team_id]) for team_id in kept.teams if team_id in known]
    stars += [_of_pipeline(*owned[one]) for one in kept.pipelines if one in owned]
    views = tuple(link for link in links if link is not None)
    asked_for = len(kept.views) + len(kept.teams) + len(kept.pipelines)
    return ViewsPage(views, tuple(stars), asked_for - len(views) - len(stars))


def _of_team(team: Team) -> Star:
    return Star(team.name, "Team", reverse("board", args=[team.slug]), reverse("unstar_team", args=[team.slug]))


def _of_pipeline(team: Team, one: PipelineName) -> Star:
    path = [team.slug, one.id]
    return Star(one.label, team.name, reverse("pipeline", args=path), reverse("unstar_pipeline", args=path))
