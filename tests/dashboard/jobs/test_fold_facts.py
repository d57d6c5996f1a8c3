"""What teams delivered is worked out by a job, a failure in one place keeps nothing else waiting."""

from __future__ import annotations

import pytest

from dashboard.jobs import fold_facts
from dashboard.wakeups import WakeUp, wakeups
from storage.model.document import replace
from storage.model.facts import DAY_MS
from storage.recording.fact_folder import FactFolder, StaleDay
from storage.store import Store
from tests.dashboard.jobs.doing import do
from tests.factories import BY, NOW, Clock, a_run, a_team, record


def deployments(store: Store) -> dict[str, int | None]:
    """In 30 days, by the team's address; None where that was not worked out."""
    return {
        found.team.slug: next((window.now.deployments for window in found.windows if window.days == 30), None)
        for found in store.windows.list_all()
    }


def test_run_that_ended_is_counted_and_open_pages_are_told(store: Store) -> None:
    team = a_team(store)
    assert deployments(store) == {team.slug: None}
    record(store, a_run("1", stages=("build", "production")), team.id)
    heard: list[str] = []
    wakeups.listen(WakeUp.STORE_CHANGED, heard.append)
    try:
        do(fold_facts.JOB, store)
        do(fold_facts.JOB, store)
    finally:
        wakeups.ignore(WakeUp.STORE_CHANGED, heard.append)
    assert (deployments(store), heard) == ({team.slug: 1}, [""])


def test_next_day_counts_for_all_teams_though_nothing_happened(store: Store, clock: Clock) -> None:
    team = a_team(store)
    record(store, a_run("1", stages=("build", "production")), team.id)
    do(fold_facts.JOB, store)
    clock.now = NOW + 31 * DAY_MS
    do(fold_facts.JOB, store)
    assert deployments(store) == {team.slug: 0}


def test_day_that_cannot_be_folded_keeps_no_other_waiting_and_is_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams = [a_team(store, name, name.lower()) for name in ("Ledger", "Payments")]
    for team in teams:
        record(store, a_run("1", stages=("build", "production")), team.id)
    broken = store.rebuilder.list_pipelines(teams[0].id)[0]
    fold = FactFolder.fold_day

    def folds(folder: FactFolder, stale: StaleDay) -> None:
        if stale.pipeline_id == broken:
            raise RuntimeError("a bug")
        fold(folder, stale)

    monkeypatch.setattr(FactFolder, "fold_day", folds)
    do(fold_facts.JOB, store)
    assert deployments(store) == {"ledger": 0, "payments": 1}
    monkeypatch.undo()
    do(fold_facts.JOB, store)
    assert deployments(store) == {"ledger": 1, "payments": 1}


def test_renamed_and_deleted_teams_are_so_on_health_at_once(store: Store) -> None:
    team, other = a_team(store), a_team(store, "Ledger", "ledger")
    do(fold_facts.JOB, store)
    entry = store.teams.get(team.id)
    store.teams.update(entry, replace(entry.team, name="Money", slug="money"), BY)
    store.teams.delete(other, BY)
    assert [found.team.name for found in store.windows.list_all()] == ["Money"]
