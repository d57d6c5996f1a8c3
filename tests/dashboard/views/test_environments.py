"""What is live now, over all teams and in each place of one."""

from __future__ import annotations

import re

import pytest

from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.store import Store
from tests.dashboard.views.test_message_sizes import Reader
from tests.dashboard.visiting import Visitor
from tests.factories import MINUTE, NOW, a_run, a_team, action_changed, record

STAGES = ("build", "deploy staging", "deploy production")


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def deliver(store: Store, team: Team, number: int, outcome: Status = Status.SUCCEEDED) -> str:
    events = a_run(
        str(number), stages=STAGES, began=NOW - (60 - 10 * number) * MINUTE, outcome=outcome, number=str(number)
    )
    sha = f"{number:x}".ljust(40, "d")
    return record(
        store, [replace(each, commit=sha, message=f"Change {number}", author="Lena") for each in events], team.id
    )


def words(page: str, begin: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition(begin)[2].partition("</section>")[0]).split())


def test_team_page_tells_each_place_and_what_is_behind_it(visitor: Visitor, store: Store, team: Team) -> None:
    assert "Nothing has been deployed yet" in visitor.text(f"/environments/{team.slug}")
    deliver(store, team, 1)
    deliver(store, team, 2, Status.FAILED)
    told = words(visitor.text(f"/environments/{team.slug}"), 'id="places-')
    staging, production = told.split("deploy production")[:2]
    assert "deploy staging run 2 2dddddd Lena: Change 2" in staging
    assert "deployed nothing" in staging
    assert "run 1 1dddddd Lena: Change 1" in production
    assert "1 run, oldest" in production


def test_page_over_all_teams_tells_production_and_what_is_newer(visitor: Visitor, store: Store, team: Team) -> None:
    a_team(store, "Ledger", "ledger")
    deliver(store, team, 1)
    told = words(visitor.text("/environments"), f'id="env-{team.id}"')
    assert "Lena: Change 1" in told
    deliver(store, team, 2, Status.FAILED)
    told = words(visitor.text("/environments"), f'id="env-{team.id}"')
    assert "Lena: Change 1" in told
    assert re.search("run 2 ?, failed at deploy production", told)


def test_deployment_is_told_to_pages_that_are_open(store: Store, team: Team) -> None:
    deliver(store, team, 1)
    places, all_teams = Reader(store, f"places:{team.id}"), Reader(store, "environments:all")
    deliver(store, team, 2)
    assert b"Change 2" in places.told()
    assert b"Change 2" in all_teams.told()


def test_run_that_waits_is_told_beside_what_is_live_and_where_it_has_passed(
    visitor: Visitor, store: Store, team: Team
) -> None:
    deliver(store, team, 1)
    waits_at_production(store, team, 2)
    staging, production = words(visitor.text(f"/environments/{team.slug}"), 'id="places-').split("deploy production")[
        :2
    ]
    assert "deploy staging run 2 2dddddd Lena: Change 2" in staging
    assert "1 1dddddd Lena: Change 1" in production
    assert "run 2 , waiting for approval at" in production
    told = words(visitor.text("/environments"), f'id="env-{team.id}"')
    assert re.search("Lena: Change 1 .* run 2 ?, waiting for approval at deploy production", told)


def test_first_run_that_waits_for_production_is_told_though_nothing_is_live(
    visitor: Visitor, store: Store, team: Team
) -> None:
    waits_at_production(store, team, 1)
    waits = "run 1 ?, waiting for approval at deploy production"
    assert re.search(f"nothing yet .*{waits}", words(visitor.text(f"/environments/{team.slug}"), 'id="places-'))
    assert re.search(f"nothing yet .*{waits}", words(visitor.text("/environments"), f'id="env-{team.id}"'))


def waits_at_production(store: Store, team: Team, number: int) -> str:
    """A run that has passed staging and waits for a person."""
    began = NOW - (60 - 10 * number) * MINUTE
    events = a_run(str(number), stages=STAGES[:2], began=began, number=str(number))[:-1]
    at, action = events[-1].at + 1000, f"{number}-1-{STAGES[2]}"
    waits = action_changed(str(number), STAGES[2], status=Status.WAITING, raw_status="waiting", at=at, action=action)
    events += [waits, replace(events[1], status=Status.WAITING, raw_status="waiting", at=at)]
    sha = f"{number:x}".ljust(40, "d")
    told = [replace(each, commit=sha, message=f"Change {number}", author="Lena") for each in events]
    return record(store, told, team.id)
