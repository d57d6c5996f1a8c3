"""A wrong clock loses nothing, and says so."""

from __future__ import annotations

import pytest

from dashboard import timekeeping
from dashboard.timekeeping import Timekeeper
from dashboard.webhooks import ingest
from storage.model.entities import Connection
from storage.model.timekeeping import GRACE_MS, HOUR_MS
from storage.store import Store
from tests.dashboard.visiting import Visitor
from tests.dashboard.webhooks.test_ingest import saying
from tests.factories import DAY, NOW, TEAM_ID, Clock, a_member, a_run, a_team, execution_changed, record, stored_items

YEARS = 730 * DAY


class Timer:
    """Seconds, moved with the clock or by itself."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def keeper(timer: Timer, store: Store, monkeypatch: pytest.MonkeyPatch) -> Timekeeper:
    """One that believes the clock, in the place of the process's own."""
    found = Timekeeper(timer)
    for module in (timekeeping, ingest):
        monkeypatch.setattr(module, "timekeeper", found)
    for module_name in ("jobs.remove_expired", "operations.readiness", "views.manage.teams"):
        monkeypatch.setattr(f"dashboard.{module_name}.timekeeper", found)
    found.hear("a", NOW, NOW)
    found.hear("b", NOW, NOW)
    purge(found, store)
    timer.seconds += 3 * HOUR_MS / 1000
    return found


def purge(keeper: Timekeeper, store: Store) -> int:
    """As the job does it."""
    before = keeper.look(store)
    return 0 if before is None else store.table.engine.purge_expired(before // 1000)


def executions(store: Store) -> int:
    return sum(str(item["pk"]).startswith("EXECUTION#") for item in stored_items(store))


def test_start_two_years_ahead_loses_nothing(store: Store, clock: Clock, keeper: Timekeeper, timer: Timer) -> None:
    record(store, a_run("5001"), a_team(store).id)
    clock.move(YEARS)
    restarted = Timekeeper(timer)
    assert purge(restarted, store) == 0
    assert (restarted.jumped_to, executions(store)) == (NOW + YEARS, 1)
    clock.move(-YEARS)
    assert purge(restarted, store) == 0
    assert (restarted.jumped_to, executions(store)) == (0, 1)


def test_what_has_expired_goes_after_its_grace(store: Store, clock: Clock, keeper: Timekeeper, timer: Timer) -> None:
    record(store, a_run("5001"), a_team(store).id)
    days = 400 + GRACE_MS // DAY
    for _ in range(days // 10 + 1):
        clock.move(10 * DAY)
        timer.seconds += 10 * DAY / 1000
        assert executions(store) == 1
        purge(keeper, store)
    assert executions(store) == 0


def test_events_of_two_connections_that_agree_make_it_believed(store: Store, clock: Clock, keeper: Timekeeper) -> None:
    clock.move(YEARS)
    purge(keeper, store)
    assert keeper.jumped_to
    for number, connection in enumerate(("c" * 32, "d" * 32)):
        told = saying(execution_changed(f"70{number}", at=clock.now), key=f"k{number}")
        answer = ingest.ingest(store, Connection(connection, TEAM_ID, "github", "", NOW), told, {}, b"")
        assert answer.code == 202
        purge(keeper, store)
        assert bool(keeper.jumped_to) == (number == 0)


def test_administrators_are_told_and_confirm(store: Store, clock: Clock, keeper: Timekeeper, visitor: Visitor) -> None:
    purge(keeper, store)
    assert "clock has jumped" not in visitor.text("/manage")
    assert visitor.get("/readyz").json() == {"status": "ready"}
    clock.move(3 * DAY)
    purge(keeper, store)
    visitor = Visitor(store, visitor.user)
    assert "clock has jumped" in visitor.text("/manage")
    assert visitor.get("/readyz").json()["removal"] == "paused: the clock has jumped"
    assert visitor.post("/manage/clock").status_code == 303
    assert "clock has jumped" not in visitor.text("/manage")
    assert "clock.confirmed" in [entry.action for entry in store.audit.list_all().items]


def test_nobody_else_says_that_the_clock_is_right(store: Store, keeper: Timekeeper) -> None:
    from storage.model.accounts import Role

    member = Visitor(store, a_member(store, a_team(store), Role.MANAGER))
    assert member.post("/manage/clock").status_code == 403
