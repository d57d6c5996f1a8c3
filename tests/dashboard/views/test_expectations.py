"""Runs that a schedule is to begin, as pages say it."""

from __future__ import annotations

from storage.store import Store
from tests.dashboard.views.test_manage import arrange, condition_on_pages
from tests.dashboard.views.town import Town
from tests.dashboard.visiting import Visitor
from tests.factories import DAY, MINUTE, Clock, a_run, record


def test_run_that_a_schedule_did_not_begin_is_missed_until_one_came_or_somebody_says_it_is_not_to(
    visitor: Visitor, store: Store, clock: Clock, town: Town
) -> None:
    for number in range(12):
        begun = clock.now - (12 - number) * DAY - 60 * MINUTE
        record(store, a_run(f"{870 + number}", began=begun, scheduled_at=begun), town.team.id)
    assert visitor.user is not None
    details = f"{town.board}/pipelines/{town.pipeline}/details"
    assert "learned from its last 12 scheduled runs" in visitor.text(details)
    assert condition_on_pages(visitor, town) == ("passing", "passing")
    clock.move(11 * 60 * MINUTE + 1)
    assert condition_on_pages(visitor, town) == ("no_signal", "no_signal")
    board = " ".join(visitor.text(town.board).split())
    assert "should have run" in board
    assert "learned from its last 12 scheduled runs" in board
    record(store, a_run("890", began=clock.now - 5 * MINUTE), town.team.id)
    assert condition_on_pages(visitor, town) == ("no_signal", "no_signal"), "somebody pushed"
    assert arrange(visitor, town, expected_hours="30") == 303
    assert condition_on_pages(visitor, town) == ("passing", "passing")
    assert f"{visitor.user.name} said every 30 h" in visitor.text(details)
    assert arrange(visitor, town) == 303
    assert condition_on_pages(visitor, town) == ("no_signal", "no_signal")
    assert arrange(visitor, town, ignores_schedule="on") == 303
    assert condition_on_pages(visitor, town) == ("passing", "passing")
