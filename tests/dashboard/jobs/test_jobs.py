"""What each job does. Its thread is not started: a run is done by hand."""

from __future__ import annotations

import pytest

from dashboard.auth.last_seen import EVERY_MS, last_seen
from dashboard.jobs import apply_inbox, fold_stale_pipelines, remove_expired, write_last_seen
from dashboard.timekeeping import timekeeper
from dashboard.wakeups import WakeUp, wakeups
from storage.codec import account_items as user_items
from storage.codec import items
from storage.model.accounts import Session
from storage.model.deliveries import PENDING
from storage.model.document import replace
from storage.model.timekeeping import GRACE_MS
from storage.recording.rebuild import Refolded
from storage.store import Store
from tests.dashboard.jobs.doing import do
from tests.factories import BY, NOW, Clock, a_run, a_team, administrator, delivery, execution_changed, record

SESSION = Session("u" * 32, "k" * 64, 0, NOW, NOW + 1000)


def a_stale_pipeline(store: Store) -> str:
    team = a_team(store)
    applied = store.executions.get(record(store, a_run(), team.id))
    pair = store.pipelines.find_pair(team.id, applied.pipeline_id)
    assert pair is not None
    stale = replace(pair[0], history=replace(pair[0].history, runs=(), stale=True))
    store.table.put(items.record_item(stale, 99))
    return applied.pipeline_id


def test_stale_pipeline_is_folded_again_and_open_pages_are_told(store: Store) -> None:
    pipeline_id = a_stale_pipeline(store)
    heard: list[str] = []
    wakeups.listen(WakeUp.STORE_CHANGED, heard.append)
    try:
        thread = do(fold_stale_pipelines.JOB, store, pipeline_id)
    finally:
        wakeups.ignore(WakeUp.STORE_CHANGED, heard.append)
    after = store.pipelines.find(pipeline_id)
    assert after is not None
    assert (len(after.history.runs), after.history.stale, heard) == (1, False, [""])
    assert thread.due == float("inf")


def test_stale_pipeline_that_is_gone_is_left_alone(store: Store) -> None:
    assert do(fold_stale_pipelines.JOB, store, "0" * 32).due == float("inf")


def test_pipeline_that_cannot_be_folded_keeps_no_other_waiting_and_is_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline_id, refold = a_stale_pipeline(store), store.rebuilder.refold

    def broken(one: str) -> Refolded:
        if one == "0" * 32:
            raise RuntimeError("a bug")
        return refold(one)

    monkeypatch.setattr(store.rebuilder, "refold", broken)
    thread = do(fold_stale_pipelines.JOB, store, "0" * 32, pipeline_id)
    after = store.pipelines.find(pipeline_id)
    assert after is not None
    assert not after.history.stale
    assert thread.due < float("inf")
    unchanged = Refolded(changed=False, facts=0)
    monkeypatch.setattr(store.rebuilder, "refold", lambda one: pytest.fail(one) if one == pipeline_id else unchanged)
    thread.wake()
    thread.step()
    assert thread.due == float("inf")


def test_what_waits_in_the_inbox_is_applied(store: Store) -> None:
    team = a_team(store)
    store.deliveries.accept(delivery("waits", outcome=PENDING, events=(execution_changed("5001"),), team_id=team.id))
    do(apply_inbox.JOB, store)
    assert len(store.pipelines.list_board(team.id)) == 1


def test_what_has_expired_is_removed_after_its_grace(store: Store, clock: Clock) -> None:
    store.sessions.put(SESSION, BY)
    key = user_items.session_key(SESSION.user_id, SESSION.key_hash)
    for connection in ("a", "b"):
        timekeeper.hear(connection, NOW, NOW)
    clock.move(GRACE_MS)
    do(remove_expired.JOB, store)
    assert store.table.engine.get(key, consistent=True) is not None
    clock.move(2000)
    do(remove_expired.JOB, store)
    assert store.table.engine.get(key, consistent=True) is None


def test_nothing_is_removed_by_a_clock_that_nobody_believes(store: Store, clock: Clock) -> None:
    store.sessions.put(SESSION, BY)
    key = user_items.session_key(SESSION.user_id, SESSION.key_hash)
    clock.move(2 * GRACE_MS)
    do(remove_expired.JOB, store)
    assert store.table.engine.get(key, consistent=True) is not None


def test_when_sessions_were_last_used_is_written_down(store: Store) -> None:
    user = administrator(store)
    session = Session(user.id, "s" * 64, 0, NOW, NOW + 10 * EVERY_MS)
    store.sessions.put(session, BY)
    last_seen.note(session, NOW + EVERY_MS)
    do(write_last_seen.JOB, store)
    assert [found.seen_at for found in store.sessions.list_of_user(user.id)] == [NOW + EVERY_MS]
