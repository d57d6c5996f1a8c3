"""The deployments behind the numbers: as page and file, and marks that change them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from storage.model.document import replace
from storage.model.entities import Status, Team
from storage.model.measures import Measures, Spread
from storage.store import Store
from tests.dashboard.views.delivering import DAY, HOUR, STAGES, delivering_team
from tests.dashboard.views.town import workflow_of
from tests.dashboard.visiting import Visitor
from tests.factories import NOW, a_run, a_team, record
from tests.storage.recording.tables import fold_facts


@pytest.fixture
def team(store: Store) -> Team:
    return delivering_team(store)


def measures(store: Store, days: int = 30) -> Measures:
    (found,) = store.windows.list_all()
    return next(window.now for window in found.windows if window.days == days)


@dataclass
class Recomputed:
    """The five measures from nothing but an exported file: no code of the product."""

    deployments: int
    lead: tuple[int, int | None]
    failed: int
    recovery: tuple[int, int | None]
    unplanned: int


def recompute(file: str, first_day: str) -> Recomputed:
    rows = [row for row in csv.DictReader(io.StringIO(file)) if row["time"][:10] >= first_day]
    leads = sorted(int(each) for row in rows for each in row["lead seconds of its commits"].split())
    recoveries = sorted(int(row["recovery seconds"]) for row in rows if row["recovery seconds"])
    return Recomputed(
        deployments=len(rows),
        lead=(len(leads), middle(leads)),
        failed=sum(row["failed"] != "" for row in rows),
        recovery=(len(recoveries), middle(recoveries)),
        unplanned=sum(row["unplanned"] != "" for row in rows),
    )


def middle(values: Sequence[int]) -> int | None:
    return values[math.ceil(len(values) / 2) - 1] if values else None


def pair(spread: Spread) -> tuple[int, int | None]:
    return spread.count, spread.median


@pytest.mark.parametrize("days", [7, 30])
def test_independent_computation_over_the_export_finds_the_same_five_measures(
    visitor: Visitor, store: Store, team: Team, days: int
) -> None:
    file = visitor.get(f"/health/{team.slug}/deployments.csv?days={days}")
    text = b"".join(file.streaming_content).decode()
    first_day = datetime.fromtimestamp((NOW // DAY - days + 1) * DAY / 1000, UTC).date().isoformat()
    found, right = recompute(text, first_day), measures(store, days)
    assert found == Recomputed(right.deployments, pair(right.lead), right.failed, pair(right.recovery), right.unplanned)
    assert (found.failed > 0, found.deployments > 10, found.lead[1]) != (False, False, None)


def test_json_has_the_same_rows(visitor: Visitor, team: Team) -> None:
    found = json.loads(visitor.text(f"/health/{team.slug}/deployments.json"))
    assert (found["team"], found["days"], len(found["items"])) == (team.slug, 30, 22)
    assert {bool(item["failed"]) for item in found["items"]} == {True, False}


def test_page_says_of_each_what_counts_and_why(visitor: Visitor, store: Store, team: Team) -> None:
    page = visitor.text(f"/health/{team.slug}/deployments")
    assert "22 deployments" in page
    assert page.count("repaired by the next") == measures(store).failed
    one = store.rebuilder.list_pipelines(team.id)[0]
    assert "11 deployments" in visitor.text(f"/health/{team.slug}/deployments?pipeline={one}")
    assert f'href="/health/{team.slug}/deployments?days=30&amp;pipeline={one}"' in visitor.text(f"/health/{team.slug}")


def test_mark_changes_the_numbers_at_once_with_its_reason_in_the_audit_log(
    visitor: Visitor, store: Store, team: Team
) -> None:
    before = measures(store)
    page = visitor.text(f"/health/{team.slug}/deployments")
    fine = next(row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if "repair" not in row and "Run" in row)
    address = re.findall(r'href="(/health/[^"]+/deployments/[0-9a-f]+)"', fine)[0]
    assert visitor.post(address, {"failed": "yes"}).status_code == 400
    assert (
        visitor.post(address, {"failed": "yes", "unplanned": "yes", "reason": "prices were wrong"}).status_code == 303
    )
    after = measures(store)
    assert (after.failed, after.unplanned, after.deployments) == (
        before.failed + 1, before.unplanned + 1, before.deployments,
    )  # fmt: skip
    assert "prices were wrong" in visitor.text(f"/health/{team.slug}/deployments")
    assert "prices were wrong" in visitor.text("/manage/audit")
    # What comes later of the run, and folding all of it again, leave the mark.
    pipeline_id = store.rebuilder.list_pipelines(team.id)[0]
    store.rebuilder.refold(pipeline_id)
    fold_facts(store)
    assert measures(store) == after
    assert visitor.post(address, {"failed": "", "unplanned": "", "reason": ""}).status_code == 303
    assert measures(store) == before


def test_only_deployments_of_the_team_can_be_marked(visitor: Visitor, store: Store, team: Team) -> None:
    other = a_team(store, "Ledger", "ledger")
    execution_id = record(store, a_run("7", ref=workflow_of("other", 9), stages=STAGES), other.id)
    assert visitor.get(f"/health/{team.slug}/deployments/{execution_id}").status_code == 404
    running = record(store, a_run("8", ref=workflow_of("other", 9), stages=STAGES)[:2], other.id)
    assert visitor.get(f"/health/ledger/deployments/{running}").status_code == 404
    assert visitor.get(f"/health/ledger/deployments/{'0' * 32}").status_code == 404


def test_rows_reach_back_as_far_as_the_numbers(visitor: Visitor, store: Store) -> None:
    """The deployment before is long past: it says where the commits of the next begin, in both."""
    team = a_team(store)
    for number, (days, outcome) in enumerate([(200, Status.SUCCEEDED), (3, Status.FAILED), (2, Status.SUCCEEDED)], 1):
        events = a_run(str(number), stages=STAGES, began=NOW - days * DAY, number=str(number), outcome=outcome)
        told = {"commit": f"{number:x}".ljust(40, "b"), "committed_at": NOW - days * DAY - HOUR}
        record(store, [replace(each, **told) for each in events], team.id)
    fold_facts(store)
    (item,) = json.loads(visitor.text(f"/health/{team.slug}/deployments.json"))["items"]
    assert len(item["leadSeconds"]) == measures(store).lead.count == 2
