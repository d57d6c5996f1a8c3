"""The organisation in the store: teams, connections, 90 days of runs, somebody to sign in as. Bodies go through the
real sources and the real record path; only the network is left out.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings

from dashboard.auth.passwords import create_user
from dashboard.auth.requests import COMMAND_LINE
from dashboard.auth.sealing import unseal
from dashboard.forms.teams import slugify
from dashboard.simulator.organisation import Blueprint, Life, blueprints
from dashboard.simulator.plans import Plan, again, plan, rollback
from dashboard.simulator.post import Post
from dashboard.simulator.posts import posts
from dashboard.sources import SOURCES
from dashboard.webhooks.connecting import connect
from storage.keys import execution_id, pipeline_id
from storage.model.accounts import Role
from storage.model.entities import Connection
from storage.model.events import AnyEvent
from storage.model.subjects import AnySubjectEvent
from storage.store import Store

EMAIL, PASSWORD = "mara@example.com", "big-transit-demo"
NAME = "demo organisation"
DAY_MS = 86_400_000
MINUTE = 60_000
HOUR_MS = 60 * MINUTE
# As many as a row needs to know where its pipeline stands: of one that is broken for nine runs also the one before, of
# one that takes long as many as say what it takes.
LATEST, LATEST_OF = 4, {Life.BROKEN: 11, Life.LATE: 20}
# Its attempts.
Run = tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A pipeline of the organisation and the connection its events come through."""

    blueprint: Blueprint
    team_id: str
    connection: Connection
    secret: str


def lines(store: Store, wanted: Sequence[Blueprint] | None = None) -> list[Line]:
    """Every pipeline with its team and connection, which are made where they are missing."""
    wanted = blueprints() if wanted is None else wanted
    known = {entry.team.slug: entry.team for entry in store.teams.list_all()}
    found: dict[tuple[str, str], tuple[str, Connection]] = {}
    made = []
    for blueprint in wanted:
        key = (blueprint.team, blueprint.source)
        if key not in found:
            slug = slugify(blueprint.team)
            team = known.get(slug) or store.teams.create(blueprint.team, slug, COMMAND_LINE)
            known[slug] = team
            found[key] = (team.id, _connection(store, team.id, blueprint.source))
        team_id, connection = found[key]
        made.append(Line(blueprint, team_id, connection, unseal(connection.secret)))
    return made


def _connection(store: Store, team_id: str, source: str) -> Connection:
    for brief in store.connections.list_of_team(team_id):
        if brief.source == source and brief.name == NAME:
            whole = store.connections.find(brief.id)
            if whole is not None:
                return whole
    return connect(team_id, source, COMMAND_LINE, name=NAME).connection


_PEOPLE = (
    ("ines@example.com", "Ines Okafor", Role.MANAGER),
    ("kofi@example.com", "Kofi Mensah", Role.MEMBER),
    ("yuki@example.com", "Yuki Tanaka", Role.VIEWER),
)


def _people(store: Store, team_id: str) -> None:
    """Somebody of each role in one team, with the password of the demo."""
    team = store.teams.get(team_id).team
    for email, name, role in _PEOPLE:
        store.members.set_role(
            create_user(email, PASSWORD, COMMAND_LINE, name, is_admin=False), team, role, COMMAND_LINE
        )


def prepare(store: Store, say: Callable[[str], object], wanted: Sequence[Blueprint] | None = None) -> list[Line]:
    """Teams, connections, people: what of them is not there yet. It takes little time; the runs are written after."""
    fresh = not store.users.any_exists()
    if fresh:
        create_user(EMAIL, PASSWORD, COMMAND_LINE, "Mara Lindqvist")
        say(f"Sign in as {EMAIL} with the password {PASSWORD}. This is a demo: anybody can know that.")
    found = lines(store, wanted)
    if fresh and found:
        _people(store, found[0].team_id)
    return found


def write_latest(store: Store, wanted: Sequence[Line]) -> int:
    """Of each pipeline that has none the latest runs: those that its row tells of. How many were written."""
    written = 0
    missing = [line for line in wanted if store.pipelines.find_row(line.team_id, _pipeline_id(line)) is None]
    for line in missing:
        for run in _kept(store, line)[-LATEST_OF.get(line.blueprint.life, LATEST) :]:
            written += _write(store, line, run)
    for team_id in {line.team_id for line in missing}:
        store.rebuilder.rename(team_id)
    return written


def runs_before(store: Store, wanted: Sequence[Line]) -> Iterator[int]:
    """Writes what is missing of 90 days, of all pipelines the newest first, a run a step. Runs that it still has to
    write. It may be left at any step and begun again by another process."""
    missing = [(run[0].queued, line, run) for line in wanted for run in _not_written(store, line)]
    missing.sort(key=lambda each: each[0])
    while missing:
        _, line, run = missing.pop()
        _write(store, line, run)
        yield len(missing)


def _not_written(store: Store, line: Line) -> Sequence[Run]:
    """The oldest ones: they are written from the newest on."""
    found = _kept(store, line)
    return found[: bisect_left(found, True, key=lambda run: _is_written(store, line, run))]


def _kept(store: Store, line: Line) -> Sequence[Run]:
    """Without those of too long ago."""
    oldest = store.now() - settings.RETENTION_DAYS * DAY_MS
    return [run for run in runs(line.blueprint, line.connection.created_at) if run[0].queued >= oldest]


def _is_written(store: Store, line: Line, run: Run) -> bool:
    (event, *_), _ = said(line.blueprint.source, posts(run[0])[:1])
    return store.executions.find_head(execution_id(line.team_id, event.pipeline.source, event.execution)) is not None


def _pipeline_id(line: Line) -> str:
    (event, *_), _ = said(line.blueprint.source, posts(plan(line.blueprint, 1, 0, "green"))[:1])
    return pipeline_id(line.team_id, event.pipeline.source, event.pipeline.key)


def said(source: str, sent: Sequence[Post]) -> tuple[list[AnyEvent], list[AnySubjectEvent]]:
    """What these posts say of executions, and of other subjects."""
    parsed = [SOURCES[source].parse(post.headers, post.body) for post in sent]
    return [event for one in parsed for event in one.events], [event for one in parsed for event in one.subjects]


def _write(store: Store, line: Line, run: Run) -> int:
    """What was sent of it so far."""
    sent = [post for part in run for post in posts(part) if post.at <= store.now()]
    found, subjects = said(line.blueprint.source, sent)
    if not found:
        return 0
    store.recorder.apply(line.team_id, found, subjects=subjects)
    return 1


def runs(blueprint: Blueprint, now: int) -> list[Run]:
    """Those of 90 days up to now, oldest first. The last few tell what the pipeline is in today."""
    dice = random.Random(f"history/{blueprint.index}")
    first = now - (5 if blueprint.life is Life.YOUNG else 90) * DAY_MS
    latest = now - _age_of_latest(blueprint, dice)
    step = (latest - first) / max(1, blueprint.runs - 1)
    found: list[Run] = []
    for number in range(1, blueprint.runs):
        queued = round(first + (number - 1) * step + dice.uniform(0, 0.5) * step)
        found += _run(blueprint, number, queued, _fate(blueprint, number))
    if blueprint.life is Life.REDEPLOY:
        before = found.pop()
        found.append((*before, again(before[0], now - 45_000)))
    return found + _run(blueprint, blueprint.runs, latest, _latest_fate(blueprint))


def _run(blueprint: Blueprint, number: int, queued: int, fate: str) -> list[Run]:
    """With what follows from it: a second attempt, a rollback, which is a run of its own."""
    first = plan(blueprint, number, queued, Life.FAILING if fate == Life.RERUN else fate)
    flaky = blueprint.life is Life.FLAKY and first.result == "failure" and number % 2
    if fate == Life.RERUN or flaky:
        return [(first, again(first, first.ended + 3 * MINUTE))]
    if fate == Life.ROLLBACK:
        return [(first,), (rollback(blueprint, number + 1, first.ended + 2 * MINUTE, to=number - 1),)]
    return [(first,)]


def _fate(blueprint: Blueprint, number: int) -> str:
    left = blueprint.runs - number
    if blueprint.life is Life.BROKEN and left <= 9:
        return Life.FAILING
    if blueprint.life is Life.FAILING and left == 1 and blueprint.index % 2:
        return Life.FAILING
    calm = (Life.LATE, Life.RUNNING, Life.YOUNG, Life.WAITING, Life.ROLLBACK, Life.REDEPLOY)
    if blueprint.life in calm and left <= 6:
        return "green"
    return ""


_STANDING = (
    Life.TIMED_OUT,
    Life.WAITING,
    Life.LATE,
    Life.NO_SIGNAL,
    Life.QUEUED,
    Life.CANCELLED,
    Life.SUPERSEDED,
    Life.RERUN,
    Life.ROLLBACK,
)


def _latest_fate(blueprint: Blueprint) -> str:
    if blueprint.life in (Life.FAILING, Life.BROKEN):
        return Life.FAILING
    return blueprint.life if blueprint.life in _STANDING else "green"


def _age_of_latest(blueprint: Blueprint, dice: random.Random) -> int:
    """How long ago the latest run was queued."""
    usual = usual_seconds(blueprint) * 1000
    match blueprint.life:
        case Life.RUNNING:
            return round(usual * dice.uniform(0.25, 0.75))
        case Life.LATE:
            return round(usual * 1.6)
        case Life.QUEUED:
            return 50_000
        case Life.WAITING:
            return round(usual * 0.7) + dice.randint(5, 40) * MINUTE
        case Life.RERUN | Life.ROLLBACK:
            return 2 * usual + 20 * MINUTE
        case Life.NO_SIGNAL:
            return 26 * HOUR_MS
        case Life.BROKEN:
            return 3 * HOUR_MS
        case _:
            return usual + dice.randint(4, 200) * MINUTE


def usual_seconds(blueprint: Blueprint) -> int:
    groups = {stage.group for stage in blueprint.stages}
    return sum(max(s.seconds for s in blueprint.stages if s.group == group) + 8 for group in groups)
