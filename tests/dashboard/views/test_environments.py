"""What is live now, over all teams and in each place of one."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.auth.policy import OPEN
from dashboard.screens import ENVIRONMENTS
from dashboard.screens.loads import ScreenLoads
from dashboard.screens.screen import View, look_at
from dashboard.sources import SOURCES
from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.model.events import ExecutionChanged
from storage.store import Store
from storage.table import metered
from tests.dashboard.bodies import ago
from tests.dashboard.views.test_message_sizes import Reader
from tests.dashboard.visiting import Visitor
from tests.factories import MINUTE, NOW, REF, a_run, a_team, action_changed, deployment_changed, record
from tests.storage.model.test_subjects import deployed

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
    staging, production = told.split(" production ")[:2]
    assert " staging run 2 2dddddd Lena: Change 2" in staging
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


def test_rollback_is_told_by_the_change_that_it_brought_back(visitor: Visitor, store: Store, team: Team) -> None:
    """On the pages of all teams and the board, which name what is in production."""
    deliver(store, team, 1)
    deliver(store, team, 2)
    first = f"{1:x}".ljust(40, "d")
    back = a_run("3", stages=("deploy production",), began=NOW - 5 * MINUTE, outcome=Status.SUCCEEDED, number="3")
    put_back = [
        replace(each, commit=first, author="ines", **({"rollback": True} if isinstance(each, ExecutionChanged) else {}))
        for each in back
    ]
    record(store, put_back, team.id)
    for page in ("/environments", "/", f"/teams/{team.slug}"):
        assert "Rolled back to Lena: Change 1" in visitor.text(page), page


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
    told = words(visitor.text(f"/environments/{team.slug}"), 'id="places-')
    staging, production = told.split(" production ", 1)
    assert " staging run 2 2dddddd Lena: Change 2" in staging
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


def service(predicate: str, minutes: float, artifact: str = "", where: str = "production", **more: object) -> bytes:
    """A CDEvent of the till, so many minutes ago."""
    content = {"environment": {"id": where}, **({"artifactId": artifact} if artifact else {})}
    context = {"id": f"{predicate} {minutes}", "source": "/cluster", "timestamp": ago(minutes)}
    context["type"] = f"dev.cdevents.service.{predicate}.0.3.0"
    subject = {"id": "service/till", "content": content}
    return json.dumps({"context": context, "subject": subject, "customData": more}).encode()


def tell(store: Store, team: Team, *bodies: bytes) -> None:
    for body in bodies:
        store.recorder.apply(team.id, [], subjects=SOURCES["cdevents"].parse({}, body).subjects)


def test_services_that_no_pipeline_here_deploys_are_told_with_what_is_live(
    visitor: Visitor, store: Store, team: Team
) -> None:
    sha = "4be1c0ffee2233445566778899aabbccddeeff00"
    tell(
        store,
        team,
        service("deployed", 50, "pkg:oci/till@1.0", "staging"),
        service("upgraded", 30, "pkg:oci/till@1.1", "staging"),
        service("rolledback", 20, f"pkg:golang/till@{sha}", author="Noor", url="https://till.example"),
        service("deployed", 40, "pkg:oci/till@0.9", "demo"),
        service("removed", 10, where="demo"),
        service("published", 5, where="preview"),
    )
    text = visitor.text(f"/environments/{team.slug}")
    told = words(text, 'data-service="service/till"')
    assert "demo nothing – – removed" in told
    assert "preview nothing – – not known" in told
    assert re.search(r"production 4be1c0f Noor .* rolled back", told)
    assert re.search(r"staging 1.1 – .* upgraded", told)
    assert 'href="https://till.example"' in text
    assert f'href="/commits/{sha}"' in text
    assert "Nothing has been deployed yet" not in text


def test_page_over_all_teams_tells_what_of_services_is_in_production(
    visitor: Visitor, store: Store, team: Team
) -> None:
    sha = "4be1c0ffee2233445566778899aabbccddeeff00"
    tell(
        store,
        team,
        service("deployed", 50, "pkg:oci/till@1.0", "staging"),
        service("rolledback", 20, f"pkg:golang/till@{sha}", author="Noor"),
    )
    told = words(visitor.text("/environments"), f'id="env-{team.id}"')
    assert re.search(r"service/till 4be1c0f Noor .* rolled back", told)
    assert "staging" not in told
    tell(store, team, service("removed", 10))
    record(store, a_run(stages=("build",)), team.id)
    note = "1 pipeline put nothing into production, 1 service with nothing there"
    assert note in words(visitor.text("/environments"), f'id="env-{team.id}"')


def test_services_of_teams_that_somebody_may_not_see_are_not_told(
    store: Store,
) -> None:
    closed = a_team(store, "Ledger", "ledger", is_open=False)
    tell(store, closed, service("deployed", 50, "pkg:oci/till@1.0"))
    model = look_at(ENVIRONMENTS, ENVIRONMENTS.read(store, OPEN), OPEN, View(), NOW).model
    assert model.teams == ()


def test_page_over_all_teams_costs_a_call_for_all_services(visitor: Visitor, store: Store, team: Team) -> None:
    tell(store, team, service("deployed", 50, "pkg:oci/till@1.0"))
    tell(store, a_team(store, "Ledger", "ledger"), service("deployed", 50, "pkg:oci/till@1.0"))
    visitor.text("/environments")
    with metered() as meter:
        visitor.text("/environments")
    assert len(meter.operations) <= 3


def test_service_is_told_to_open_pages_over_all_teams(store: Store, team: Team) -> None:
    tell(store, team, service("deployed", 50, "pkg:oci/till@1.0"))
    all_teams = Reader(store, "environments:all")
    tell(store, team, service("upgraded", 30, "pkg:oci/till@1.1"))
    assert b"1.1" in all_teams.told()


def test_what_a_run_of_a_pipeline_deployed_is_told_by_its_stages_alone(
    visitor: Visitor, store: Store, team: Team
) -> None:
    deliver(store, team, 1)
    told = deployed(1, 1, pipeline=REF.key, execution="1")
    store.recorder.apply(team.id, [], subjects=[told])
    assert "data-service" not in visitor.text(f"/environments/{team.slug}")
    store.recorder.apply(team.id, [], subjects=[deployed(2, 2, scope="github.com/9", repository="acme/by-hand")])
    assert 'data-service="acme/by-hand"' in visitor.text(f"/environments/{team.slug}")


def test_service_is_told_to_pages_that_are_open(store: Store, team: Team) -> None:
    tell(store, team, service("deployed", 50, "pkg:oci/till@1.0"))
    places = Reader(store, f"places:{team.id}")
    tell(store, team, service("upgraded", 30, "pkg:oci/till@1.1"))
    assert b"1.1" in places.told()


def test_service_that_a_run_deployed_is_told_to_pages_that_are_open(store: Store, team: Team) -> None:
    deliver(store, team, 1)
    places = Reader(store, f"places:{team.id}")
    event, subject = deployment_changed("1"), deployed(1, 1, scope="service/till", repository="")
    store.recorder.apply(team.id, [event], subjects=[subject])
    assert b"service/till" in places.told()
    store.recorder.apply(team.id, [event], subjects=[deployed(2, 2, scope="service/till", repository="", ref="v2")])
    assert b"v2" in places.told()


def test_board_and_environments_of_one_team_may_be_open_at_once(store: Store, team: Team) -> None:
    deliver(store, team, 1)
    loads = ScreenLoads(lambda: store, lambda: 0.0)
    loads.load(f"team:{team.id}", 0)
    assert [region.id[:7] for region in loads.load(f"places:{team.id}", 0).regions] == ["places-"]
    assert b"none" not in b"".join(region.id.encode() for region in loads.load(f"places:{team.id}", 0).regions)


def test_page_of_environments_costs_four_calls(visitor: Visitor, store: Store, team: Team) -> None:
    deliver(store, team, 1)
    tell(store, team, service("deployed", 50, "pkg:oci/till@1.0"))
    visitor.text(f"/environments/{team.slug}")
    with metered() as meter:
        visitor.text(f"/environments/{team.slug}")
    assert len(meter.operations) <= 4
