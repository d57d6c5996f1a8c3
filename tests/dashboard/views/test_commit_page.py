"""Where a commit is: its page, for every commit of a push, by whom it may be seen, at what cost, and live."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from dashboard.auth.tokens import create_token
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.model.subjects import ChangeRequestState
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.test_environments import deliver, waits_at_production
from tests.dashboard.views.test_message_sizes import Reader
from tests.dashboard.visiting import Visitor
from tests.factories import BY, MINUTE, NOW, a_member, a_run, a_team, record
from tests.storage.model.test_subjects import asked, pushed

MIDDLE = f"{6:x}".rjust(40, "a")


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def head_of(number: int) -> str:
    return f"{number:x}".ljust(40, "d")


def push_of_twelve(store: Store, team: Team, head: str, branch: str = "main") -> None:
    shas = [*(f"{number:x}".rjust(40, "a") for number in range(1, 12)), head]
    store.recorder.apply(
        team.id,
        [],
        None,
        [
            replace(
                pushed(1, sha, head=head, number=number, size=12, message=f"Part {number}", change_request="41"),
                branch=branch,
                scope=f"github.com/1/{branch}",
            )
            for number, sha in enumerate(shas, start=1)
        ],
    )


def text(page: str, begin: str = 'id="commit-head"', end: str = "</main>") -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition(begin)[2].partition(end)[0]).split())


def test_commit_in_the_middle_of_a_push_is_where_the_pushs_last_commit_is(
    visitor: Visitor, store: Store, team: Team
) -> None:
    deliver(store, team, 1)
    waits_at_production(store, team, 2)
    push_of_twelve(store, team, head_of(2))
    told = text(visitor.text(f"/commits/{MIDDLE}"))
    assert (
        told.startswith("> Waiting for approval at deploy production")
        or "Waiting for approval at deploy production" in told
    )
    assert "Part 6" in told
    assert "6 of 12 pushed to main" in told
    assert re.search("Live in staging since", told)
    assert "Before production deploy production" in told
    assert re.search("staging has it since .* production has run 1, without it", told)


def test_page_costs_three_calls_and_one_more_in_the_middle_of_a_push(store: Store, team: Team) -> None:
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    waits_at_production(store, team, 2)
    push_of_twelve(store, team, head_of(2))
    for sha, calls in ((head_of(2), ["batch_get", "query", "batch_get"]),
                       (MIDDLE, ["batch_get", "query", "query", "batch_get"])):  # fmt: skip
        with metered() as meter:
            assert member.get(f"/commits/{sha}").status_code == 200
        assert meter.operations == calls


def test_pushes_of_teams_that_may_not_be_seen_show_nowhere_and_cost_nothing(store: Store) -> None:
    hidden, seen = a_team(store, "Hidden", "hidden", is_open=False), a_team(store, "Seen", "seen", is_open=False)
    outsider = Visitor(store, a_member(store, seen, Role.VIEWER))
    waits_at_production(store, hidden, 2)
    push_of_twelve(store, hidden, head_of(2))
    with metered() as meter:
        told = outsider.text(f"/commits/{MIDDLE}")
    assert meter.operations == ["batch_get", "query", "batch_get"]
    assert "Part 6" not in told
    assert "Not heard of" in told


def test_push_to_a_team_that_is_only_open_to_the_reader_is_told(store: Store) -> None:
    ours, others = a_team(store), a_team(store, "Others", "others", is_open=True)
    visitor = Visitor(store, a_member(store, ours, Role.VIEWER))
    waits_at_production(store, others, 2)
    push_of_twelve(store, others, head_of(2))
    assert "Waiting for approval at deploy production" in visitor.text(f"/commits/{MIDDLE}")


def test_commit_that_has_arrived_says_since_when(visitor: Visitor, store: Store, team: Team) -> None:
    deliver(store, team, 1)
    page = visitor.text(f"/commits/{head_of(1)}")
    assert "In production" in text(page)
    assert re.search(r'data-arrived="\d+"', page)
    deliver(store, team, 2)
    assert "In production" in text(visitor.text(f"/commits/{head_of(1)}"))


def test_commit_whose_run_failed_before_production_says_where(visitor: Visitor, store: Store, team: Team) -> None:
    deliver(store, team, 1)
    deliver(store, team, 2, Status.FAILED)
    told = text(visitor.text(f"/commits/{head_of(2)}"))
    assert "Failed at deploy production" in told
    assert "Expected unknown it has stopped" in told


def test_commit_that_failed_comes_with_the_later_run_that_is_on_its_way(
    visitor: Visitor, store: Store, team: Team
) -> None:
    deliver(store, team, 1)
    deliver(store, team, 2, Status.FAILED)
    waits_at_production(store, team, 3)
    told = text(visitor.text(f"/commits/{head_of(2)}"))
    assert "Waiting for approval at deploy production" in told
    assert "run 3 , a later version that has it, too" in told


def test_arrival_is_expected_by_the_usual_times_of_what_is_left(visitor: Visitor, store: Store, team: Team) -> None:
    for number in range(1, 7):
        deliver(store, team, number)
    waits_at_production(store, team, 7)
    assert "Expected ~1 min after the approval" in text(visitor.text(f"/commits/{head_of(7)}"))


def test_commit_pushed_without_a_run_says_so(visitor: Visitor, store: Store, team: Team) -> None:
    push_of_twelve(store, team, head_of(2))
    assert "Pushed" in text(visitor.text(f"/commits/{MIDDLE}"))
    assert "no run has begun for it" in text(visitor.text(f"/commits/{MIDDLE}"))


def test_open_page_is_told_of_the_arrival(store: Store, team: Team) -> None:
    waits_at_production(store, team, 2)
    push_of_twelve(store, team, head_of(2))
    open_page = Reader(store, f"commit:{MIDDLE}.all")
    events = a_run("2", stages=("build", "deploy staging", "deploy production"), began=NOW - 30 * MINUTE, number="2")
    record(store, [replace(each, commit=head_of(2), at=each.at + 20 * MINUTE) for each in events], team.id)
    assert b"In production" in open_page.told()


def test_api_answers_with_the_runs_of_the_pushs_last_commit(store: Store, team: Team) -> None:
    run = waits_at_production(store, team, 2)
    push_of_twelve(store, team, head_of(2))
    token = create_token(a_member(store, team, Role.VIEWER), "x", BY)
    answer = Client().get(f"/api/v1/commits/{MIDDLE}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert [item["id"] for item in answer.json()["items"]] == [run]


def test_commits_are_found_by_their_author_and_change_requests_by_their_number(
    visitor: Visitor, store: Store, team: Team
) -> None:
    hidden = a_team(store, "Hidden", "hidden", is_open=False)
    push_of_twelve(store, team, head_of(2))
    store.recorder.apply(team.id, [], None, [asked(2, ChangeRequestState.MERGED, merge_commit=head_of(2))])
    store.recorder.apply(hidden.id, [], None, [asked(2, title="A secret", commit=head_of(3))])
    outsider = Visitor(store, a_member(store, team, Role.VIEWER))
    for who in (visitor, outsider):
        assert f'href="/commits/{MIDDLE}"' in who.text("/search?q=ada")
        assert f'href="/commits/{head_of(2)}"' in who.text("/search?q=%23388")
    assert "A secret" in visitor.text("/search?q=%23388")
    assert "A secret" not in outsider.text("/search?q=%23388")
