"""What of a list is shown and in what order. The address alone remembers."""

from __future__ import annotations

import re

import pytest

from dashboard.views import live
from storage.model.entities import Status
from storage.store import Store
from tests.dashboard.views.test_pages import tag_on
from tests.dashboard.views.town import workflow_of
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import MINUTE, NOW, a_run, a_team, record

NAMES = ["oldest", "between", "newest"]


@pytest.fixture(autouse=True)
def team_id(store: Store) -> str:
    """Three that fail since 60, 40 and 20 minutes, and one that passes."""
    team = a_team(store)
    for place, name in enumerate(NAMES):
        began = NOW - (60 - 20 * place) * MINUTE
        failed = a_run(str(100 + place), began=began, outcome=Status.FAILED, ref=workflow_of(name, place))
        record(store, failed, team.id)
    record(store, a_run("900", began=NOW - 90 * MINUTE, ref=workflow_of("calm", 9)), team.id)
    return team.id


def names(page: str) -> list[str]:
    return re.findall(r'title="(\w+) · CI"', page.partition("<main")[2])


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", NAMES[::-1]),
        ("?sort=longest", NAMES),
        ("?sort=newest", NAMES[::-1]),
        ("?sort=<b>", NAMES[::-1]),
        ("?sort=name", sorted(NAMES)),
        ("?sort=activity", NAMES[::-1]),
    ],
)
def test_order_is_asked_for_in_the_address(visitor: Visitor, query: str, wanted: list[str]) -> None:
    assert names(visitor.text(f"/teams/payments{query}")) == [*wanted, "calm"]
    assert names(visitor.text(f"/{query}")) == wanted


def test_rows_and_headings_stand_as_what_sorts_them_in_the_browser(visitor: Visitor) -> None:
    for query in ("", "?sort=longest", "?sort=name", "?group=repository", "?group=label&sort=name"):
        board = visitor.text(f"/teams/payments{query}").partition('id="board"')[2].partition('id="livenow"')[0]
        orders = re.findall(r'data-order="([^"]*)"', board)
        rows = [order for order in orders if not order.endswith("/")]
        assert len(rows) == 4, query
        assert rows == sorted(rows), query


@pytest.mark.parametrize("path", ["/", "/teams/payments"])
@pytest.mark.parametrize(
    ("query", "wanted"),
    [("newest", {"newest"}), ("-newest", {"oldest", "between"}), ("is:failing", set(NAMES)), ("is:waiting", set())],
)
def test_page_shows_only_what_the_filter_leaves(visitor: Visitor, path: str, query: str, wanted: set[str]) -> None:
    assert set(names(visitor.text(f"{path}?q={query}"))) - {"calm"} == wanted


def test_board_on_which_nothing_matches_says_so(visitor: Visitor) -> None:
    assert "No pipeline matches" in visitor.text("/teams/payments?q=is:waiting")
    assert '<p class="panel__foot dim" id="no-match" hidden>' in visitor.text("/teams/payments")


@pytest.mark.parametrize("path", ["/", "/teams/payments"])
def test_condition_of_the_tally_filters_and_leads_back(visitor: Visitor, path: str) -> None:
    assert 'href="?q=is%3Afailing"' in visitor.text(path)
    chosen = visitor.text(f"{path}?q=is%3Afailing+newest")
    assert '<a href="?q=newest" aria-current="true"><svg class="glyph glyph--sm st-failed"' in chosen


def test_filter_that_says_nonsense_is_told(visitor: Visitor) -> None:
    assert 'class="filter__problem"' in visitor.text("/?q=is:purple")


def test_groups_have_headings_with_their_numbers(visitor: Visitor) -> None:
    page = visitor.text("/teams/payments?group=repository")
    assert (
        len(re.findall(r'class="row-group"', page)) == len(set(re.findall(r"github.com/([^/]+/[^/\"]+)/act", page)))
        or 1
    )
    assert "data-fold" in page
    assert "data-fold" not in visitor.text("/teams/payments")


@pytest.mark.parametrize("path", ["/", "/teams/payments"])
@pytest.mark.parametrize("query", ["", "?sort=longest", "?q=newest", "?q=is%3Afailing&sort=name"])
def test_stream_and_poll_of_a_view_are_of_that_view(visitor: Visitor, team_id: str, path: str, query: str) -> None:
    page = visitor.text(f"{path}{query}")
    assert visitor.poll(f"{path}{query}", tag_on(page)).status_code == 304
    told = text_of(visitor.poll(f"{path}{query}", "old"))
    assert names(f"<main{told}") == names(page)
    topic = ("network:all" if path == "/" else f"team:{team_id}") + query
    snapshot = live.hub.topics.load(topic, 0)
    assert snapshot.tag == tag_on(page)
    shown = "".join(region.html for region in snapshot.regions if region.parent)
    assert set(names(f"<main{shown}")) == set(names(page))


def test_view_can_be_saved_by_the_page_of_views(visitor: Visitor) -> None:
    page = visitor.text("/account/views?screen=board&team=payments&q=is%3Afailing&sort=longest")
    assert '<input type="hidden" name="q" value="is:failing">' in page
    answer = visitor.post("/account/views", {"name": "Red", "screen": "board", "team": "payments", "q": "is:failing"})
    assert answer["Location"] == "/teams/payments?q=is%3Afailing"


@pytest.mark.parametrize(
    ("path", "query", "wanted"),
    [
        ("/health", "is:failing", ["payments"]),
        ("/health", "team:other", []),
        ("/health/payments", "newest", ["newest"]),
        ("/health/payments", "-is:failing", ["calm"]),
    ],
)
def test_health_is_of_what_the_filter_leaves(visitor: Visitor, path: str, query: str, wanted: list[str]) -> None:
    page = visitor.text(f"{path}?q={query}").partition('id="delivery-measures"')[2].partition("</table>")[0]
    pattern = r'href="/health/(\w+)"' if path == "/health" else r"pipelines/[0-9a-f]+\">(\w+)"
    assert re.findall(pattern, page) == wanted


def test_runs_of_a_pipeline_are_filtered_and_say_out_of_how_many(visitor: Visitor, store: Store, team_id: str) -> None:
    for run, author in ((950, "Ada"), (951, "Noor")):
        events = a_run(str(run), ref=workflow_of("calm", 9), began=NOW - (1000 - run) * MINUTE, author=author)
        record(store, events, team_id)
    row = next(row.row() for row in store.pipelines.list_board(team_id) if row.row().label == "calm")
    path = f"/teams/payments/pipelines/{row.id}"
    assert visitor.text(path).count("data-execution=") == 3
    filtered = visitor.text(f"{path}?q=by:noor")
    assert filtered.count("data-execution=") == 1
    assert "1 of these 3" in filtered
