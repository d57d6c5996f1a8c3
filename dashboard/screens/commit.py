"""A commit: where it is, over every pipeline that people of one scope see. Its key is what was asked for and the
scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import Http404
from django.template.loader import render_to_string

from dashboard.auth.policy import scope_includes, scope_sees
from dashboard.live.reader import Notice
from dashboard.live.regions import Region
from dashboard.readmodels.commits import Commit, build
from dashboard.screens.network import scope_behind, scope_key
from dashboard.screens.screen import Moment, Screen, View, tag_of
from storage import topics
from storage.model.accounts import User
from storage.model.briefs import ExecutionBrief
from storage.model.entities import Team
from storage.model.subject_views import PushedCommit
from storage.repositories.pipelines import Owner
from storage.store import Cursor, Store

PAGE, LOOKED_THROUGH = 100, 500
# Pushes that one commit came by: to so many branches.
MOST_HEADS, MOST_OTHERS = 3, 10


@dataclass(frozen=True, slots=True)
class Sees:
    """What somebody may see. belongs: whether they have a role in the team with this id, which tells without reading
    the team."""

    sees: Callable[[Team], bool]
    belongs: Callable[[str], bool]

    @classmethod
    def of_scope(cls, scope: str) -> Sees:
        return cls(partial(scope_sees, scope), partial(scope_includes, scope))


@dataclass(frozen=True, slots=True)
class CommitReading:
    """What people of the scope may see. `next` is None where the list of runs ends. stamp: what it
    looks like follows from it."""

    runs: Sequence[ExecutionBrief]
    next: Cursor | None
    owners: Mapping[str, Owner]
    pushed: Sequence[PushedCommit] = ()
    of_heads: Sequence[ExecutionBrief] = ()
    stamp: str = ""

    @property
    def teams(self) -> frozenset[str]:
        """Ids of those it is about."""
        return frozenset([*(owner.team.id for owner in self.owners.values()), *(one.team_id for one in self.pushed)])


def read_commit(store: Store, sha: str, of: Sees, limit: int = PAGE, cursor: Cursor | None = None) -> CommitReading:
    """Each run is asked for where its pipeline is now. What who reads may not see costs them nothing and shows nowhere:
    one page of the index is looked through, whatever is on it, and the next begins behind the last run that was shown.
    Where LOOKED_THROUGH runs, or as many pipelines and teams as one read takes, come before the first that they may
    see, the list ends.

    Two reads; one more where it came in the middle of a push, and another where its team is only open to them."""
    read = store.executions.list_of_commit(sha, LOOKED_THROUGH, cursor)
    own = [one for one in read.pushed if of.belongs(one.team_id)]
    others = [one for one in read.pushed if not of.belongs(one.team_id)][:MOST_OTHERS]
    of_heads = _of_heads(store, own)
    runs = store.pipelines.fitting([*of_heads, *read.items], MOST_OTHERS)[len(of_heads) :]
    owners = store.pipelines.owners([*runs, *of_heads], [one.team_id for one in others])
    if open_ := [one for one in others if one.team_id in owners.teams and of.sees(owners.teams[one.team_id])]:
        more = _of_heads(store, open_)
        of_heads += more
        owners |= store.pipelines.owners(more)
    visible = {id_: owner for id_, owner in owners.by_pipeline.items() if of.sees(owner.team)}
    seen = [run for run in runs if run.pipeline_id in visible]
    shown = seen[:limit]
    goes_on = len(seen) > limit or len(runs) < len(read.items) or read.next is not None
    following = store.executions.after_run_of_commit(shown[-1]) if shown and goes_on else None
    heads = [run for run in of_heads if run.pipeline_id in visible]
    pushed = [*own, *open_]
    versions = [
        (id_, owner.team.version, owner.version, owner.row and owner.row.version) for id_, owner in visible.items()
    ]
    stamp = tag_of(f"{shown}{heads}{pushed}{sorted(versions)}")
    return CommitReading(shown, following, visible, pushed, heads, stamp)


def _of_heads(store: Store, pushed: Sequence[PushedCommit]) -> list[ExecutionBrief]:
    """The runs of the commits that pushes ended with, newest pushes first."""
    heads = dict.fromkeys(one.head for one in sorted(pushed, key=lambda one: -one.pushed_at) if one.head != one.sha)
    found = [run for head in list(heads)[:MOST_HEADS] for run in store.executions.list_of_commit(head, PAGE).items]
    return list(store.pipelines.fitting(found, MOST_OTHERS))


def key_of(sha: str, reader: User) -> str:
    return f"{sha}.{scope_key(reader)}"


class CommitScreen(Screen[CommitReading, Commit]):
    kind = "commit"
    rank = 1
    parents = ("ways",)

    def read(self, store: Store, key: str) -> CommitReading:
        sha, _, scope = key.partition(".")
        return read_commit(store, sha, Sees.of_scope(scope_behind(scope)))

    def reread(self, store: Store, key: str, reading: CommitReading, notices: Sequence[Notice]) -> CommitReading:
        """Only where a team that it is about was named, or any that might be."""
        wanted = {topics.team(team_id) for team_id in reading.teams}
        about = any(not wanted.isdisjoint(notice) or _gate(notice) for notice in notices)
        return self.read(store, key) if about or not wanted else reading

    def admit(self, reader: User, key: str, reading: CommitReading) -> tuple[str, ...]:
        if key.partition(".")[2] != scope_key(reader):
            raise Http404("No such topic")
        return ()

    def follows(self, key: str) -> tuple[str, ...]:
        return (topics.NETWORK,)

    def moment(self, reading: CommitReading, key: str, view: View, now: int) -> Moment:
        return Moment(reading.stamp)

    def build(self, reading: CommitReading, key: str, view: View, now: int) -> Commit:
        sha = key.partition(".")[0]
        return build(sha, reading.runs, reading.owners, reading.pushed, reading.of_heads)

    def regions(self, model: Commit, view: View) -> Sequence[Region]:
        ways = [Region(f"way-{way.pipeline_id}", _rendered("way", {"way": way}), "ways") for way in model.ways]
        return [
            Region("commit-head", _rendered("head", {"commit": model})),
            *(ways or [Region("ways-none", _rendered("no_way", {}), "ways")]),
            Region("commit-runs", _rendered("runs", {"commit": model})),
        ]


def _gate(notice: Notice) -> bool:
    return any(name.startswith(topics.gate("")) for name in notice)


def _rendered(template: str, context: dict[str, Any]) -> str:
    return render_to_string(f"commits/{template}.html", context).strip()
