"""What a team's runs are estimated to cost, as page, file and answer of the API; and the prices that it is made of."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from django.test import Client

from dashboard.auth.tokens import create_token
from dashboard.views.cost import first_day
from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.model.events import ActionChanged, AnyEvent
from storage.model.prices import PUBLISHED, Price, as_text, date_of, day_of
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.test_bottleneck import words_of
from tests.dashboard.visiting import Visitor
from tests.factories import BY, DAY, MINUTE, NOW, a_pipeline_execution, a_run, a_team, record
from tests.storage.recording.tables import fold_facts


def on(label: str, events: list[AnyEvent]) -> list[AnyEvent]:
    return [replace(e, runner_labels=(label,)) if isinstance(e, ActionChanged) else e for e in events]


@pytest.fixture
def team(store: Store) -> Team:
    """Of this month a run on Linux that was run again, one on another runner, and one of CodePipeline; of last month
    one on Linux. Each has three jobs of a minute."""
    team = a_team(store)
    again = a_run("1", attempt=2, began=NOW - 10 * MINUTE)
    for events in (
        on("ubuntu-latest", [*a_run("1", outcome=Status.FAILED), *again]),
        on("acme-large", a_run("2")),
        on("ubuntu-latest", a_run("3", began=NOW - 30 * DAY)),
        a_pipeline_execution("x"),
    ):
        record(store, events, team.id)
    store.rebuilder.rename(team.id)
    fold_facts(store)
    return team


def rows_of(page: str) -> list[str]:
    found = re.findall(r"<tr>(.*?)</tr>", page.replace("\n", " "), re.DOTALL)
    return [words_of(row.replace("</t", " </t")).strip() for row in found[1:]]


def test_page_estimates_each_month_and_pipeline_with_re_runs_apart(visitor: Visitor, team: Team) -> None:
    now, checkout, ledger, before, of_before = rows_of(visitor.text("/health/payments/cost"))
    assert now == "2026-11 All pipelines 3 $0.04 $0.02 $0.02 6 acme-large, 3 min; runner not told, 3 min"
    assert checkout == "2026-11 checkout 2 $0.04 $0.02 $0.02 6 acme-large, 3 min"
    assert ledger == "2026-11 ledger 1 unknown – – 0 runner not told, 3 min"
    assert before == "2026-10 All pipelines 1 $0.02 $0.02 – 3 –"
    assert of_before == "2026-10 checkout 1 $0.02 $0.02 – 3 –"


def test_page_of_nothing_says_so(visitor: Visitor, store: Store) -> None:
    a_team(store, "Quiet", "quiet")
    assert "No run of these months has minutes that could be estimated." in visitor.text("/health/quiet/cost")


def test_changed_price_changes_past_months(visitor: Visitor, store: Store, team: Team) -> None:
    mine = Price("acme-*", 0, 1_000_000)
    store.prices.put(PUBLISHED, replace(PUBLISHED, prices=(*PUBLISHED.prices, mine)), BY)
    page = visitor.text("/health/payments/cost")
    assert rows_of(page)[1] == "2026-11 checkout 2 $3.04 $3.02 $0.02 9 –"
    assert "By prices that a test changed" in words_of(page)


def test_every_answer_says_that_it_is_an_estimate(visitor: Visitor, team: Team) -> None:
    assert "<h1>Cost estimate</h1>" in visitor.text("/health/payments/cost")
    assert ">Cost estimate</a>" in visitor.text("/health/payments")
    file = b"".join(visitor.get("/health/payments/cost.csv").streaming_content).decode()
    row = next(csv.DictReader(io.StringIO(file)))
    assert (row["month"], row["pipeline"], row["estimate first runs USD"]) == ("2026-11", "checkout", "0.018")
    assert row["minutes without a price"] == "3"
    found = json.loads(visitor.get("/health/payments/cost.json").content)
    assert (found["estimate"], found["currency"]) == (True, "USD")
    assert [(each["month"], each["estimatedUsd"], each["estimatedRerunsUsd"]) for each in found["items"]] == [
        ("2026-11", 0.018, 0.018), ("2026-11", 0.0, 0.0), ("2026-10", 0.018, 0.0),
    ]  # fmt: skip


def test_api_has_the_same(visitor: Visitor, team: Team) -> None:
    assert visitor.user is not None
    headers = {"Authorization": f"Bearer {create_token(visitor.user, 'x', BY)}"}
    found = Client().get("/api/v1/health/cost?team=payments&months=6", headers=headers)
    assert found.json() == json.loads(visitor.get("/health/payments/cost.json?months=6").content)
    assert Client().get("/api/v1/health/cost?team=payments&months=7", headers=headers).status_code == 400
    assert Client().get("/api/v1/health/cost", headers=headers).status_code == 400


def test_months_are_whole_and_at_most_twelve(visitor: Visitor, team: Team) -> None:
    assert [date_of(first_day(day_of("2026-02-28"), months)) for months in (3, 6, 12)] == [
        "2025-12-01", "2025-09-01", "2025-03-01",
    ]  # fmt: skip
    assert json.loads(visitor.get("/health/payments/cost.json?months=99").content)["months"] == 3


def test_page_reads_each_pipeline_once(visitor: Visitor, team: Team) -> None:
    visitor.get("/health/payments/cost")
    with metered() as meter:
        visitor.get("/health/payments/cost?months=12")
    # Who asks, the rows, the prices, and the parts of two pipelines.
    assert meter.calls == 5


PRICES = "/manage/prices"


def test_administrator_changes_prices_and_the_log_has_the_lines(visitor: Visitor, store: Store) -> None:
    text = as_text(PUBLISHED).replace("2026-01-01 ubuntu-latest 0.006", "2026-01-01 ubuntu-latest 0.005")
    answer = visitor.post(PRICES, {"prices": text, "based_on": "0"})
    assert answer.status_code == 303
    table = store.prices.find()
    assert (table.micros("ubuntu-latest", day_of("2026-05-01")), table.version) == (5_000, 1)
    (entry,) = [one for one in store.audit.list_all().items if one.action == "prices.changed"]
    assert (entry.before, entry.after) == (
        (("ubuntu-latest from 2026-01-01", "0.006"),), (("ubuntu-latest from 2026-01-01", "0.005"),),
    )  # fmt: skip
    assert "0.005" in visitor.text(PRICES)


def test_prices_left_empty_are_those_that_are_published(visitor: Visitor, store: Store) -> None:
    visitor.post(PRICES, {"prices": "2026-01-01 mine 1", "based_on": "0"})
    assert len(store.prices.find().prices) == 1
    visitor.post(PRICES, {"prices": " ", "based_on": "1"})
    assert store.prices.find().prices == PUBLISHED.prices


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("yesterday mine 1", "Line 1 has to begin with a day"),
        ("2026-01-01 1", "Line 1 has no label"),
        ("2026-01-01 mine free", "Line 1 has to end with US dollars"),
        ("2026-01-01 mine 1e3", "Line 1 has to end with US dollars"),
        ("2026-01-01 mine 1001", "Line 1: a minute costs no more"),
        ("2026-01-01 mine 1\n2026-01-01 mine 2", "two prices from one day"),
        ("\n".join(f"2026-01-01 mine{number} 1" for number in range(201)), "No more than 200 prices"),
    ],
)
def test_price_that_is_none_is_refused_with_its_line(visitor: Visitor, store: Store, line: str, said: str) -> None:
    answer = visitor.post(PRICES, {"prices": line, "based_on": "0"})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert store.prices.find() == PUBLISHED


def test_prices_that_somebody_changed_meanwhile_are_not_written_over(visitor: Visitor, store: Store) -> None:
    store.prices.put(PUBLISHED, replace(PUBLISHED, prices=PUBLISHED.prices[:1]), BY)
    answer = visitor.post(PRICES, {"prices": "2026-01-01 mine 1", "based_on": "0"})
    assert "Somebody changed the prices meanwhile" in answer.content.decode()
    assert store.prices.find().prices == PUBLISHED.prices[:1]
