"""In what order what needs attention stands: newest first, or what has lasted longest. The address alone remembers."""

from __future__ import annotations

import re

import pytest

from storage.model.entities import Status
from storage.store import Store
from tests.dashboard.views.test_pages import tag_on
from tests.dashboard.views.town import workflow_of
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import MINUTE, NOW, a_run, a_team, record

NAMES = ["oldest", "between", "newest"]


@pytest.fixture(autouse=True)
def _board(store: Store) -> None:
    """Three that fail since 60, 40 and 20 minutes, and one that passes."""
    team = a_team(store)
    for place, name in enumerate(NAMES):
        began = NOW - (60 - 20 * place) * MINUTE
        failed = a_run(str(100 + place), began=began, outcome=Status.FAILED, ref=workflow_of(name, place))
        record(store, failed, team.id)
    record(store, a_run("900", began=NOW - 90 * MINUTE, ref=workflow_of("calm", 9)), team.id)


def names(page: str) -> list[str]:
    return re.findall(r'title="(\w+) · CI"', page.partition("<main")[2])


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("", NAMES[::-1]), ("?order=longest", NAMES), ("?order=newest", NAMES[::-1]), ("?order=<b>", NAMES[::-1])],
)
def test_order_is_asked_for_in_the_address(visitor: Visitor, query: str, wanted: list[str]) -> None:
    assert names(visitor.text(f"/teams/payments{query}")) == [*wanted, "calm"]
    assert names(visitor.text(f"/{query}")) == wanted


@pytest.mark.parametrize("path", ["/", "/teams/payments"])
def test_page_offers_both_orders_and_says_which_it_is_in(visitor: Visitor, path: str) -> None:
    newest, longest = visitor.text(path), visitor.text(f"{path}?order=longest")
    assert '<a href="?" aria-current="true">Newest first</a><a href="?order=longest">Longest first</a>' in newest
    assert '<a href="?">Newest first</a><a href="?order=longest" aria-current="true">Longest first</a>' in longest
    assert 'data-by="longest"' in longest
    assert 'data-by="longest"' not in newest


def test_order_and_filter_keep_each_other(visitor: Visitor) -> None:
    page = visitor.text("/teams/payments?show=failing&order=longest")
    assert 'href="?show=failing&amp;order=longest"' in page
    assert '<a href="?show=failing">Newest first</a>' in page


@pytest.mark.parametrize("path", ["/", "/teams/payments"])
def test_news_are_the_same_for_both_and_tell_the_browser_both_orders(visitor: Visitor, path: str) -> None:
    """So that one stream serves all who look."""
    tag = tag_on(visitor.text(path))
    assert tag_on(visitor.text(f"{path}?order=longest")) == tag
    assert visitor.poll(f"{path}?order=longest", tag).status_code == 304
    news = text_of(visitor.poll(f"{path}?order=longest", "old"))
    orders = re.findall(r'data-order="([^"]+)" data-order-longest="([^"]+)"', news)
    failing = [pair for pair in orders if pair[0].startswith("0-")]
    by_newest, by_longest = sorted(failing), sorted(failing, key=lambda pair: pair[1])
    assert by_newest == by_longest[::-1]
    assert len(failing) == 3
