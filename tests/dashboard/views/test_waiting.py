"""Everything that waits for a person: the page, its stream, the API."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dashboard.auth.tokens import create_token
from dashboard.views.api import api
from dashboard.wakeups import WakeUp, wakeups
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.model.events import AnyEvent, Origin
from storage.store import Store
from tests.dashboard.views.rows import plain
from tests.dashboard.views.test_message_sizes import Reader
from tests.dashboard.views.town import workflow_of
from tests.dashboard.visiting import Visitor
from tests.factories import (
    BY,
    DAY,
    MINUTE,
    NOW,
    Clock,
    a_member,
    a_run,
    a_team,
    action_changed,
    execution_changed,
    pipeline_action,
    pipeline_execution,
    record,
    unnamed,
)

CART = workflow_of("cart", 4)


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def asks(number: int, ago: float, *jobs: str, ref: Any = CART, **said: Any) -> list[AnyEvent]:
    """A run that waits at these jobs since so many minutes, then one more minute at each."""
    at, execution = NOW - round(ago * MINUTE), str(number)
    events: list[AnyEvent] = [
        execution_changed(execution, number=execution, pipeline=ref, at=at - MINUTE, message=f"Change {number}", **said)
    ]
    for place, name in enumerate(jobs):
        when = at + place * MINUTE
        events.append(
            action_changed(
                execution, name, status=Status.WAITING, raw_status="waiting", at=when, queued_at=when,
                action=f"{number}-{name}", url=f"https://github.com/acme/cart/actions/runs/{number}/job/{place}",
                environment=f"{name}-env", deciders=("ops", "kofi"), pipeline=unnamed(ref),
            )
        )  # fmt: skip
    return events


def lines(visitor: Visitor, path: str = "/waiting") -> list[str]:
    page = visitor.text(path).partition('id="waiting" data-sorted')[2].partition("</tbody>")[0]
    return [plain(row.partition(">")[2]) for row in page.split("<tr ")[1:]]


def test_line_tells_all_that_somebody_needs_to_decide_and_leads_to_the_tool(
    visitor: Visitor, store: Store, team: Team
) -> None:
    record(store, asks(7, 30, "ship"), team.id)
    (line,) = lines(visitor)
    for said in ("cart", "Payments", "ship for ship-env", "run 7 of main", "Mara Lindqvist: Change 7", "ops, kofi"):
        assert said in line
    page = visitor.text("/waiting")
    assert 'href="https://github.com/acme/cart/actions/runs/7/job/0"' in page
    assert "Open cart ship in GitHub Actions" in line


def test_oldest_stands_first_over_teams_tools_and_branches(visitor: Visitor, store: Store, team: Team) -> None:
    ledger = a_team(store, "Ledger", "ledger")
    record(store, asks(7, 30, "ship"), team.id)
    record(store, asks(8, 90, "ship", origin=Origin.CHANGE_REQUEST, change_request="41"), team.id)
    waits = [
        pipeline_execution("x", Status.RUNNING, NOW - 99 * MINUTE, url="https://eu-west-1.console.aws.amazon.com/x")
    ]
    asked = pipeline_action("x", "Prod", Status.WAITING, NOW - 60 * MINUTE)
    record(store, [*waits, asked], ledger.id)
    told = lines(visitor)
    assert [re.search(r"#41|Ledger|run 7", line)[0] for line in told] == ["#41", "Ledger", "run 7"]  # type: ignore[index]
    assert "Open ledger Prod in AWS CodePipeline" in told[1]
    assert "not told" in told[1]


def test_every_job_of_a_run_that_waits_is_a_line(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, asks(7, 30, *(f"to {place}" for place in range(6))), team.id)
    told = lines(visitor)
    assert [re.search(r"to \d", line)[0] for line in told] == ["to 0", "to 1", "to 2", "to 3"]  # type: ignore[index]
    assert "and 2 more of this run" in told[3]


def test_run_that_nobody_let_begin_waits_as_a_whole_and_leads_to_the_run(
    visitor: Visitor, store: Store, team: Team
) -> None:
    held = execution_changed("7", status=Status.WAITING, raw_status="action_required", pipeline=CART)
    record(store, [held], team.id)
    (line,) = lines(visitor)
    assert "the whole run" in line
    assert 'href="https://github.com/acme/checkout/actions/runs/7"' in visitor.text("/waiting")


def test_run_without_any_address_leads_to_its_own_page(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, [replace(event, url="") for event in asks(7, 30, "ship")], team.id)
    assert "Open run of cart, GitHub Actions told no address" in lines(visitor)[0]


def test_tool_that_lets_go_on_without_a_word_says_when_it_last_told(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, asks(7, 30, "ship"), team.id)
    assert "last told 11:30" in lines(visitor)[0]
    asked = execution_changed("7", status=None, pipeline=CART, at=NOW - 30 * MINUTE, checked_at=NOW - 2 * MINUTE)
    record(store, [asked], team.id)
    assert "asked 11:58" in lines(visitor)[0]
    assert "last told" not in lines(visitor)[0]
    record(store, [pipeline_action("x", "Prod", Status.WAITING, NOW)], team.id)
    record(store, [pipeline_execution("x", Status.RUNNING, NOW)], team.id)
    assert "last told" not in lines(visitor)[1]


def test_nothing_waits_is_said_in_words(visitor: Visitor, store: Store, team: Team) -> None:
    assert "Nothing waits for anybody." in visitor.text("/waiting")
    record(store, a_run("7", outcome=None), team.id)
    assert lines(visitor) == []
    assert "Nothing waits for anybody." in visitor.text("/waiting")


def test_address_filters_by_team(visitor: Visitor, store: Store, team: Team) -> None:
    ledger = a_team(store, "Ledger", "ledger")
    record(store, asks(7, 30, "ship"), team.id)
    record(store, asks(8, 20, "ship"), ledger.id)
    assert ["Ledger" in line for line in lines(visitor, "/waiting?team=ledger")] == [True]
    page = visitor.text("/waiting?team=ledger")
    assert plain(page.partition('id="waiting-teams"')[2].partition("</nav>")[0]).endswith("2 wait1 Ledger1 Payments")
    assert "Nothing of this team waits for anybody." in visitor.text("/waiting?team=nobody")
    assert len(lines(visitor, "/waiting?team=%00<")) == 2


def test_wait_that_its_tool_ends_by_itself_is_listed_no_longer(
    visitor: Visitor, store: Store, team: Team, clock: Clock
) -> None:
    record(store, asks(7, 30, "ship"), team.id)
    clock.now = NOW - 30 * MINUTE + 30 * DAY - 1
    assert visitor.user is not None
    visitor.sign_in(visitor.user)
    assert len(lines(visitor)) == 1
    clock.move(1)
    assert lines(visitor) == []


def test_run_that_was_let_go_on_leaves_pages_that_are_open(store: Store, team: Team) -> None:
    reader = Reader(store, "waiting:all")
    record(store, asks(7, 30, "ship"), team.id)
    assert b"ship-env" in reader.told()
    record(store, a_run("9", began=NOW - 5 * MINUTE, outcome=None), team.id)
    assert reader.told() == b""
    let = action_changed("7", "ship", status=Status.QUEUED, at=NOW, action="7-ship", pipeline=unnamed(CART))
    record(store, [let], team.id)
    assert b"Nothing waits for anybody" in reader.told()


def test_nobody_is_told_of_teams_they_may_not_see(store: Store, team: Team) -> None:
    closed = a_team(store, "Ledger", "ledger", is_open=False)
    record(store, asks(7, 30, "ship"), team.id)
    record(store, asks(8, 20, "ship"), closed.id)
    visitor = Visitor(store, a_member(store, team, Role.VIEWER))
    assert ["Payments" in line for line in lines(visitor)] == [True]
    assert [one["team"]["slug"] for one in ask(store, visitor)["items"]] == ["payments"]


def test_visit_wakes_who_asks_tools_again_and_a_poll_does_not(visitor: Visitor, store: Store, team: Team) -> None:
    heard: list[str] = []
    wakeups.listen(WakeUp.WAITS_ARE_LOOKED_AT, heard.append)
    try:
        tag = live_tag(visitor.text("/waiting"))
        assert len(heard) == 1
        assert visitor.poll("/waiting", tag).status_code == 304
        assert len(heard) == 1
        ask(store, visitor)
        assert len(heard) == 2
    finally:
        wakeups.ignore(WakeUp.WAITS_ARE_LOOKED_AT, heard.append)


def live_tag(page: str) -> str:
    return str(re.findall(r'hx-ptag="([^"]+)"', page)[0])


# The API


def ask(store: Store, visitor: Visitor, query: str = "", status: int = 200) -> dict[str, Any]:
    assert visitor.user is not None
    token = create_token(visitor.user, "reads", BY)
    answer = visitor.client.get(f"/api/v1/waiting{query}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status
    found: dict[str, Any] = answer.json()
    return found


def test_api_tells_the_same(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, asks(7, 30, "ship"), team.id)
    (one,) = ask(store, visitor)["items"]
    assert one == {
        "team": {"id": team.id, "name": "Payments", "slug": "payments"},
        "pipeline": {"id": one["pipeline"]["id"], "name": "cart"},
        "source": "github",
        "tool": "GitHub Actions",
        "execution": {
            "id": one["execution"]["id"],
            "number": "7",
            "ref": "main",
            "message": "Change 7",
            "author": "Mara Lindqvist",
            "url": "https://github.com/acme/checkout/actions/runs/7",
        },
        "stage": "ship",
        "job": None,
        "environment": "ship-env",
        "since": "2026-11-23T11:30:00.000Z",
        "deciders": ["ops", "kofi"],
        "url": "https://github.com/acme/cart/actions/runs/7/job/0",
        "more": 0,
        "lastToldAt": "2026-11-23T11:30:00.000Z",
        "checkedAt": None,
    }


def test_api_pages_and_filters_by_team(visitor: Visitor, store: Store, team: Team) -> None:
    record(store, asks(7, 30, "ship", "fly", "swim"), team.id)
    first = ask(store, visitor, "?limit=2")
    rest = ask(store, visitor, f"?limit=2&cursor={first['next']}")
    assert [one["stage"] for one in (*first["items"], *rest["items"])] == ["ship", "fly", "swim"]
    assert rest["next"] is None
    assert ask(store, visitor, "?team=payments")["items"] != []
    assert ask(store, visitor, "?team=nobody", 404)["message"] == "Team not found"
    assert ask(store, visitor, "?limit=0", 400)["message"] == "limit must be from 1 to 1000"
    assert ask(store, visitor, "?cursor=x", 400)["message"] == "No such page"


def test_api_is_described() -> None:
    path = api.get_openapi_schema()["paths"]["/api/v1/waiting"]["get"]
    assert path["summary"] == "Everything that waits for a person, oldest first"
    assert [one["name"] for one in path["parameters"]] == ["team", "limit", "cursor"]
