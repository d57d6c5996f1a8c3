"""A pipeline's page: its numbers, its history, and what does not speak for its default branch."""

from __future__ import annotations

import re
from typing import Any

import pytest

from storage.model.entities import Status
from storage.model.events import Origin
from storage.store import Store
from tests.dashboard.views.rows import job, plain, red, run, waits, word
from tests.dashboard.visiting import Visitor
from tests.factories import NOW, REF, a_team, pipeline_id_of, record


class Page:
    def __init__(self, visitor: Visitor, team_id: str) -> None:
        self._visitor, self._team_id = visitor, team_id
        self.path = f"/teams/payments/pipelines/{pipeline_id_of(team_id, REF)}"

    def tell(self, *told) -> None:
        for events in told:
            record(self._visitor.store, events, self._team_id)

    def text(self, query: str = "") -> str:
        return self._visitor.text(self.path + query)

    @property
    def numbers(self) -> dict[str, str]:
        return numbers_on(self.text())

    @property
    def history(self) -> dict[str, str]:
        """What is said of how each run went, by its number."""
        table = self.text().partition('id="runs"')[2].partition("</table>")[0]
        rows = re.findall(r"<tr data-execution=.*?</tr>", table, re.DOTALL)
        cells = [[plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]
        return {cell[0]: cell[1] for cell in cells}


def numbers_on(page: str) -> dict[str, str]:
    """The trends: title and what is said."""
    cards = re.findall(r'trendcard__h">(.*?)</h2><p class="trendcard__v">(.*?)</p>', page)
    return {title: plain(said) for title, said in cards}


@pytest.fixture
def page(visitor: Visitor, store: Store) -> Page:
    return Page(visitor, a_team(store).id)


def test_numbers_are_of_first_attempts(page: Page) -> None:
    page.tell(*(run(100 + n, 600 - n * 60) for n in range(5)), red(105, 200), run(105, 150, attempt=2))
    assert page.numbers["Success rate"] == "83 % of 6 first attempts 1 green only when run again"
    assert page.numbers["Duration"] == "3:00 median 3:00 p95"


def test_numbers_do_not_change_with_the_page_of_history(page: Page) -> None:
    page.tell(*(run(100 + n, 900 - n * 20) for n in range(28)), red(140, 5))
    first = page.text()
    (older,) = re.findall(r'href="(\?before=[^"]+)"', first)
    second = page.text(older)
    assert numbers_on(second) == numbers_on(first)
    assert "Success rate" in numbers_on(second)
    assert ">100</a>" not in first
    assert ">100</a>" in second


def test_queue_before_work_is_told(page: Page) -> None:
    for number in range(3):
        began = 300 - number * 60
        page.tell([word(100 + number, Status.QUEUED, began), job(100 + number, "build", Status.RUNNING, began - 10)])
        done = job(100 + number, "build", Status.SUCCEEDED, began - 12, started_at=None)
        page.tell([done, word(100 + number, Status.SUCCEEDED, began - 12, queued_at=NOW - began * 60_000)])
    assert page.numbers["Queue time"] == "10:00 p95 of 3 runs"


def test_wait_for_people_is_told_apart_from_the_duration(page: Page) -> None:
    for number in range(5):
        began = 900 - number * 150
        page.tell(waits(100 + number, began))
        passed = job(100 + number, "approve", Status.SUCCEEDED, began - 61, started_at=None, queued_at=None)
        page.tell([passed, word(100 + number, Status.SUCCEEDED, began - 61, queued_at=NOW - began * 60_000)])
    assert page.numbers["Waiting for people"] == "1 h median of 5 runs"
    assert page.numbers["Duration"].startswith("0:59 median")


def test_recovery_counts_from_red_to_green(page: Page) -> None:
    page.tell(red(100, 300), run(101, 280, Status.CANCELLED), run(102, 240))
    assert page.numbers["Time to green"] == "1 h median of 1 recovery"


def test_pipeline_that_is_new_says_what_it_lacks(page: Page) -> None:
    page.tell(run(100, 2, None))
    assert page.numbers == {
        "Success rate": "– no finished run yet",
        "Duration": "– needs 5, 0 green first attempts so far",
        "Queue time": "– the tool does not tell",
        "Waiting for people": "– no run waited",
        "Time to green": "– no recovery in the latest runs",
    }


def test_history_tells_a_lost_run_a_re_run_and_a_run_of_another_branch(page: Page) -> None:
    page.tell(run(100, 300, None), red(101, 200), run(101, 150, attempt=2), run(102, 20, None))
    page.tell(run(103, 10, branch="docs"))
    assert page.history == {
        "103": "Succeeded",
        "102": "Running",
        "101": "Succeeded, first attempt failed",
        "100": "Lost, no end was heard of",
    }
    assert "on docs" in plain(page.text())


def test_branches_and_change_requests_are_listed_with_their_newest_result(page: Page) -> None:
    asked: dict[str, Any] = {"origin": Origin.CHANGE_REQUEST, "change_request": "41", "branch": "fix"}
    page.tell(run(100, 90), red(101, 80, **asked), run(102, 60, **asked), red(103, 40, branch="docs"))
    table = page.text().partition('id="refs"')[2].partition("</section>")[0]
    cells = [plain(cell) for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", table.partition("<tbody>")[2], re.DOTALL)]
    assert cells == ["docs", "Failed", "103", "11:23", "#41", "Succeeded", "102", "11:03"]
    assert plain(page.text().partition('id="chip"')[2].partition("</span>")[0]).endswith("Passed, 10:33")


def test_pipeline_without_other_branches_says_nothing_of_them(page: Page) -> None:
    page.tell(run(100, 90))
    assert re.search(r'id="refs"[^>]* hidden', page.text())
