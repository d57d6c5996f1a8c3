"""Rules about stages that were changed come into every pipeline they are for, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard.jobs import apply_conventions
from dashboard.jobs.apply_conventions import JOB, MOST_FAILED, SOME
from dashboard.jobs.job_thread import JobThread
from storage import keys
from storage.errors import Unavailable
from storage.model.apply_progress import INSTALLATION, ApplyProgress
from storage.model.document import replace
from storage.model.entities import StageKind, Team
from storage.model.stage_rules import Conventions, StageRule
from storage.recording.rebuild import Refolded
from storage.store import Store
from tests.copies import copied
from tests.dashboard.jobs.doing import Stopping, do, thread_of
from tests.factories import BY, REF, a_run, a_team, record

MANY = 2 * SOME + 1
RULES = Conventions((StageRule("build", StageKind.PRODUCTION),))


def organisation(store: Store) -> tuple[Team, Team]:
    """One team with many pipelines, and one with one."""
    large, small = a_team(store), a_team(store, "Shop", "shop")
    for number in range(MANY):
        ref = replace(REF, key=f"github.com/1296269/{number}", name=f"CI {number}")
        record(store, a_run(str(6000 + number), stages=("build",), ref=ref)[-1:], large.id)
        record(store, a_run(str(6000 + number), stages=("build",), ref=ref)[-2:-1], large.id)
    record(store, a_run("7000", stages=("build",)), small.id)
    return large, small


@pytest.fixture
def teams(store: Store) -> tuple[Team, Team]:
    return copied(store, organisation)


def say(store: Store, scope: str, rules: Conventions = RULES) -> None:
    store.stage_conventions.put(scope, store.stage_conventions.find(scope), rules, BY, "somebody")


def progress(store: Store, scope: str = INSTALLATION) -> ApplyProgress:
    found = store.stage_conventions.find_progress(scope)
    assert found is not None
    return found


def with_rules(store: Store, team: Team) -> int:
    """How many of its pipelines are read by them, and no longer stale."""
    records = store.pipelines.list_records(store.rebuilder.list_pipelines(team.id)).values()
    return sum(StageKind.PRODUCTION is one.arranged.kind("build") and not one.history.stale for one in records)


def test_rules_of_the_installation_come_into_all_pipelines_and_those_of_a_team_into_its_own(
    store: Store, teams: tuple[Team, Team]
) -> None:
    large, small = teams
    say(store, small.id)
    do(JOB, store)
    assert (with_rules(store, large), with_rules(store, small)) == (0, 1)
    assert (progress(store, small.id).applied, progress(store, small.id).total) == (1, 1)
    say(store, INSTALLATION)
    do(JOB, store)
    assert (with_rules(store, large), with_rules(store, small)) == (MANY, 1)
    told = progress(store)
    assert (told.applied, told.total, told.works, told.failed) == (MANY + 1, MANY + 1, False, ())
    assert not JOB.needed(store)


def stopped_after(store: Store, monkeypatch: pytest.MonkeyPatch, calls: int) -> JobThread:
    """A run that is killed in its next pipeline."""
    real, stopping = store.rebuilder.refold, Stopping()
    left = iter(range(calls))

    def refold(pipeline_id: str) -> Refolded:
        if next(left, None) is None:
            stopping.set()
            raise Unavailable("killed")
        return real(pipeline_id)

    monkeypatch.setattr(store.rebuilder, "refold", refold)
    thread = thread_of(JOB, store, stopping=stopping)
    thread.wake("")
    thread.step()
    monkeypatch.setattr(store.rebuilder, "refold", real)
    return thread


def test_killed_job_goes_on_where_it_was(
    store: Store, teams: tuple[Team, Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(store, INSTALLATION)
    stopped_after(store, monkeypatch, SOME + 1)
    assert (progress(store).applied, progress(store).total, progress(store).works) == (SOME, MANY + 1, True)
    folded: list[str] = []
    real: Callable[[str], Refolded] = store.rebuilder.refold

    def refold(pipeline_id: str) -> Refolded:
        folded.append(pipeline_id)
        return real(pipeline_id)

    monkeypatch.setattr(store.rebuilder, "refold", refold)
    do(JOB, store)
    assert len(folded) == MANY + 1 - (SOME + 1)
    assert (progress(store).applied, progress(store).works) == (MANY + 1, False)
    assert sum(with_rules(store, team) for team in teams) == MANY + 1


def test_job_that_is_told_to_stop_notes_how_far_it_is(store: Store, teams: tuple[Team, Team]) -> None:
    say(store, INSTALLATION)
    stopping = Stopping()
    thread = thread_of(JOB, store, stopping=stopping)
    thread.wake("")
    real = store.stage_conventions.put_progress

    def stop_after_counting(before: ApplyProgress, wanted: ApplyProgress) -> ApplyProgress:
        stopping.set()
        return real(before, wanted)

    vars(store.stage_conventions)["put_progress"] = stop_after_counting
    thread.step()
    assert (progress(store).total, progress(store).applied, progress(store).works) == (MANY + 1, 0, True)


def test_rules_that_change_meanwhile_begin_anew(
    store: Store, teams: tuple[Team, Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(store, INSTALLATION)
    real, others = store.rebuilder.refold, iter([Conventions((StageRule("b*", StageKind.CAPACITY),))])

    def refold(pipeline_id: str) -> Refolded:
        for rules in others:
            say(store, INSTALLATION, rules)
        return real(pipeline_id)

    monkeypatch.setattr(store.rebuilder, "refold", refold)
    do(JOB, store)
    assert progress(store).works
    do(JOB, store)
    assert not progress(store).works
    ids = [id_ for team in teams for id_ in store.rebuilder.list_pipelines(team.id)]
    kinds = {one.arranged.kind("build") for one in store.pipelines.list_records(ids).values()}
    assert kinds == {StageKind.CAPACITY}


def test_pipeline_that_cannot_be_folded_keeps_no_other_waiting_and_is_tried_again(
    store: Store, teams: tuple[Team, Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(store, teams[0].id)
    broken = sorted(store.rebuilder.list_pipelines(teams[0].id))[1]
    real = store.rebuilder.refold

    def refold(pipeline_id: str) -> Refolded:
        if pipeline_id == broken:
            raise RuntimeError("a bug")
        return real(pipeline_id)

    monkeypatch.setattr(store.rebuilder, "refold", refold)
    do(JOB, store)
    told = progress(store, teams[0].id)
    assert (told.applied, told.failed, told.works) == (MANY - 1, (broken,), True)
    monkeypatch.setattr(store.rebuilder, "refold", real)
    do(JOB, store)
    told = progress(store, teams[0].id)
    assert (told.applied, told.failed, told.works) == (MANY, (), False)


def test_where_most_cannot_be_folded_no_more_are_tried(
    store: Store, teams: tuple[Team, Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(store, teams[0].id)
    monkeypatch.setattr(apply_conventions, "MOST_FAILED", SOME - 1)
    tried: list[str] = []

    def refold(pipeline_id: str) -> Refolded:
        tried.append(pipeline_id)
        raise RuntimeError("a bug")

    monkeypatch.setattr(store.rebuilder, "refold", refold)
    do(JOB, store)
    assert (len(tried), MOST_FAILED > SOME) == (SOME, True)


def test_pipeline_that_goes_meanwhile_is_left_alone(
    store: Store, teams: tuple[Team, Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(store, teams[1].id)
    monkeypatch.setattr(store.rebuilder, "list_pipelines", lambda _: [keys.new_id()])
    do(JOB, store)
    assert not progress(store, teams[1].id).works
