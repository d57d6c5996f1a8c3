"""What stands behind each number of a team, as page, file and answer of the API; the measures in the API themselves."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from dashboard.auth.tokens import create_token
from storage.model.entities import Team
from storage.model.evidence import Measure
from storage.store import Store
from tests.dashboard.views.delivering import delivering_team
from tests.dashboard.visiting import Visitor
from tests.factories import BY, a_team

Api = Callable[[str], Any]
RATES = ("success_rate", "first_attempt_rate", "change_fail_rate", "deployment_rework_rate")


@pytest.fixture
def team(store: Store) -> Team:
    a_team(store, "Quiet", "quiet")
    return delivering_team(store)


@pytest.fixture
def api(visitor: Visitor) -> Api:
    assert visitor.user is not None
    headers = {"Authorization": f"Bearer {create_token(visitor.user, 'x', BY)}"}
    return lambda path: Client().get(f"/api/v1{path}", headers=headers)


def measures_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in found["measures"]}


def test_api_tells_every_measure_of_every_team(api: Api, team: Team) -> None:
    answer = api("/health?days=30").json()
    assert answer["days"] == 30
    found = {one["team"]["slug"]: measures_of(one) for one in answer["items"]}
    assert set(found) == {team.slug, "quiet"}
    for measures in found.values():
        assert list(measures) == [measure.value for measure in Measure]
    mine = found[team.slug]
    assert mine["success_rate"]["sample"] == 24
    assert mine["success_rate"]["value"] == pytest.approx(22 / 24)
    assert mine["deployment_frequency"] == {
        "id": "deployment_frequency", "value": pytest.approx(22 / 30), "unit": "1/d", "sample": 22,
        "formula": "#deployments", "previous": None, "band": "High", "edition": "2023 report",
    }  # fmt: skip
    assert mine["undeployed_age"]["value"] == 0
    assert {one["unit"] for one in mine.values()} == {"ratio", "s", "1/d"}


def test_api_says_too_few_under_five(api: Api, team: Team) -> None:
    quiet = next(one for one in api("/health").json()["items"] if one["team"]["slug"] == "quiet")
    for measure in quiet["measures"]:
        assert measure["value"] is None
        assert measure["reason"] in ("too few", "not known")
    assert measures_of(quiet)["success_rate"]["reason"] == "too few"


def test_api_tells_pipelines_of_a_named_team(api: Api, team: Team) -> None:
    answer = api(f"/health?team={team.slug}&days=90").json()
    assert [one["team"]["slug"] for one in answer["items"]] == [team.slug]
    assert [one["pipeline"]["name"] for one in answer["pipelines"]] == ["service-0", "service-1"]
    samples = [measures_of(one)["success_rate"]["sample"] for one in answer["pipelines"]]
    assert samples == [12, 12]


def test_api_refuses_other_days_teams_and_measures(api: Api, team: Team) -> None:
    assert api("/health?days=31").status_code == 400
    assert api("/health?team=nobody").status_code == 404
    assert api("/health/success_rate").status_code == 400
    assert api("/health/success_rate?team=nobody").status_code == 404
    assert api(f"/health/happiness?team={team.slug}").status_code == 404
    assert api(f"/health/success_rate?team={team.slug}&cursor=x").status_code == 400


@pytest.mark.parametrize("measure", list(Measure))
def test_rows_behind_a_number_make_it(api: Api, team: Team, measure: Measure) -> None:
    (item,) = api(f"/health?team={team.slug}").json()["items"]
    value = measures_of(item)[measure]
    rows = api(f"/health/{measure}?team={team.slug}").json()
    assert rows["formula"] == value["formula"]
    counted = sorted(row["value"] for row in rows["items"])
    if measure in RATES:
        assert sum(counted) / len(counted) == value["value"]
    elif measure is Measure.DEPLOYMENT_FREQUENCY:
        assert len(counted) / 30 == value["value"]
    elif value["value"] is not None and measure.endswith("p95"):
        assert counted[-(-95 * len(counted) // 100) - 1] == value["value"]
    elif value["value"] is not None and measure not in (Measure.RELEASABLE_LAG, Measure.UNDEPLOYED_AGE):
        assert counted[(len(counted) - 1) // 2] == value["value"]
    assert all(row["reason"] for row in rows["leftOut"])


def test_rows_come_in_pages(api: Api, team: Team) -> None:
    whole = api(f"/health/success_rate?team={team.slug}").json()
    pages = [api(f"/health/success_rate?team={team.slug}&limit=7").json()]
    while following := pages[-1]["next"]:
        pages.append(api(f"/health/success_rate?team={team.slug}&limit=7&cursor={following}").json())
    assert len(pages) == 4
    assert [row for page in pages for row in page["items"]] == whole["items"]


def test_page_and_files_have_the_rows_with_what_is_left_out(visitor: Visitor, team: Team) -> None:
    path = f"/health/{team.slug}/measures/duration_p50"
    page = visitor.text(path)
    counted, left_out = page.partition("Left out")[::2]
    assert counted.count("<tr>") - 1 == 22
    assert left_out.count("<tr>") - 1 == 2
    assert "failed" in left_out
    file = b"".join(visitor.get(f"{path}.csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [row["counted"] for row in rows].count("yes") == 22
    found = json.loads(visitor.text(f"{path}.json"))
    assert (len(found["items"]), len(found["leftOut"])) == (22, 2)


def test_number_on_the_health_page_opens_what_stands_behind_it(visitor: Visitor, store: Store, team: Team) -> None:
    page = visitor.text(f"/health/{team.slug}")
    one = store.rebuilder.list_pipelines(team.id)[0]
    for measure in ("success_rate", "duration_p50", "queue_p50"):
        assert f'href="/health/{team.slug}/measures/{measure}?days=30&amp;pipeline={one}"' in page
    opened = visitor.text(f"/health/{team.slug}/measures/success_rate?days=30&pipeline={one}")
    assert re.search(r"<h2 id=\"value-h\">\s*92 %", opened)
    assert visitor.get(f"/health/{team.slug}/measures/happiness").status_code == 404


def test_health_page_tells_which_practices_pipelines_do(visitor: Visitor, team: Team) -> None:
    panel = visitor.text(f"/health/{team.slug}").partition('id="practices"')[2].partition("</table>")[0]
    rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in panel.split("<tr>")[2:]]
    assert len(rows) == 8
    assert "The default branch is green all 2" in rows
    assert any(row.startswith("Changes are integrated on most days 0 of 2 service-0 12 of 30 days") for row in rows)
