"""The query language: never refuses, has one spelling of each query, and keeps what docs/filters.md says."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.readmodels.filters import EVERYTHING, MOST_LETTERS, MOST_TERMS, STATES, Facts, Filter, fold, parse

DOCS = Path(__file__).parents[3] / "docs/filters.md"


def facts(key: str, state: str, **known: str) -> Facts:
    """`words` are those of all parts but the stage, the team and labels, as they are of real rows."""
    parts = {name: fold(value) for name, value in known.items()}
    words = "\n".join(parts.get(name, "") for name in ("words", "repo", "branch", "by"))
    labels = frozenset(parts.pop("labels", "").split())
    return Facts(key, frozenset(state.split()), **{**parts, "words": words}, labels=labels)


ROWS = (
    facts("pay", "failing", words="Checkout\nRetry once", team="Payments", repo="acme/checkout", branch="main",
          stage="contract tests", by="Mara", labels="tier-1"),
    facts("own", "failing taken", words="Ledger", team="Payments", repo="acme/ledger", branch="main",
          stage="deploy", by="Jo\nMara"),
    facts("gate", "waiting", words="Checkout deploy\nonce, retry", team="Payments", repo="acme/checkout-deploy",
          branch="release", stage="approve", by="Ada"),
    facts("calm", "passing", words="Docs", team="Web", repo="acme/docs", branch="maintenance", by="Ada"),
    facts("none", "idle", words="Old one", team="Web"),
)  # fmt: skip

EXAMPLES = {
    "checkout": "pay gate",
    '"retry once"': "pay",
    "retry mara": "pay",
    "is:failing": "pay own",
    "is:failing,waiting": "pay own gate",
    "-is:idle": "pay own gate calm",
    "is:taken": "own",
    "team:pay": "pay own gate",
    "repo:acme/checkout": "pay gate",
    "branch:main": "pay own calm",
    "is:failing stage:contract": "pay",
    "by:mara": "pay own",
    "label:tier-1": "pay",
    "is:failing -by:mara repo:checkout": "",
}
ATOMS = (
    *(
        "is:failing",
        "is:red",
        "IS:Passed,idle",
        "is:nothing",
        "is:",
        "team:pay",
        'team:"site reliability",pay',
        "repo:x",
    ),
    *(
        "stage:contract",
        "branch:main",
        "by:ada",
        "label:tier-1",
        "-is:idle",
        "-words",
        '"some  words"',
        '-"a b"',
        "foo:bar",
    ),
    *('"', "-", "--", "--x", ":", ",", "a,b", '"a:b"', 'a"b c"d', "ẞ", "İ", "\x1c", "is:failing,,waiting", 'by:","'),
)
queries = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(ATOMS), max_size=8).map(" ".join),
    st.lists(st.one_of(st.sampled_from(ATOMS), st.text(max_size=8)), max_size=6).map("".join),
    st.text(min_size=400, max_size=700),
    st.lists(st.sampled_from(("is:red", "by:x", '"a b"', "ŉ")), min_size=15, max_size=300).map(" ".join),
)


def kept(query: Filter) -> list[str]:
    return [one.key for one in query.keep(ROWS)]


@pytest.mark.parametrize(("text", "expected"), EXAMPLES.items(), ids=EXAMPLES)
def test_example_of_the_page_keeps_what_it_says(text: str, expected: str) -> None:
    query = parse(text)
    assert kept(query) == expected.split()
    assert query.problems == ()


def test_page_has_each_example_and_each_state() -> None:
    page = DOCS.read_text()
    assert set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)) == set(EXAMPLES)
    assert [state for state in STATES if f"`{state}`" not in page] == []


@given(queries)
def test_canonical_text_means_the_same_and_is_its_own(text: str) -> None:
    query = parse(text)
    again = parse(query.text)
    assert again == query
    assert again.text == query.text
    assert again.problems == ()
    assert len(query.text) <= MOST_LETTERS
    assert len(query.terms) <= MOST_TERMS


@given(queries, queries)
def test_terms_of_two_queries_keep_what_both_keep(one: str, other: str) -> None:
    first, second = parse(one), parse(other)
    both = Filter(first.terms + second.terms)
    assert kept(both) == [key for key in kept(first) if key in kept(second)]


@given(queries)
def test_minus_keeps_exactly_the_others(text: str) -> None:
    for term in parse(text).terms:
        plain, turned = Filter((term,)), Filter((type(term)(term.key, term.values, not term.negated),))
        assert set(kept(plain)) | set(kept(turned)) == {row.key for row in ROWS}
        assert set(kept(plain)) & set(kept(turned)) == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("is:red team:Pay", "TEAM:pay  is:failing"),
        ("is:waiting,failing", "is:failing,waiting,failed"),
        ("author:mara repository:x", "repo:x by:MARA"),
        ('is:"no signal"', "is:no-signal"),
        ("a b a", "b a"),
        ('"a   b"', '"A b"'),
        ("team:'", 'team:"\'"'),
        ("is:canceled", "is:cancelled"),
    ],
)
def test_two_spellings_of_one_query_are_one(one: str, other: str) -> None:
    assert parse(one) == parse(other)
    assert parse(one).text == parse(other).text
    assert parse(one)


@pytest.mark.parametrize(
    ("text", "canonical", "told"),
    [
        ("foo:bar is:failing", "is:failing", "“foo:” is nothing to look for"),
        ("is:fialing", "", "Nothing is ever “fialing”"),
        ("is:fialing,idle", "is:idle", "Nothing is ever “fialing”"),
        ("team: web", "web", "“team:” was left out"),
        ("x" * 501, "x" * 500, "Only the first 500 characters count."),
        (" ".join(f"w{n:02}" for n in range(21)), " ".join(f"w{n:02}" for n in range(20)), "Only the first terms"),
        ('"fix: it"', '"fix: it"', ""),
        ("is:failing -", 'is:failing "-"', ""),
    ],
)
def test_what_is_left_out_is_told(text: str, canonical: str, told: str) -> None:
    query = parse(text)
    assert query.text == canonical
    assert len(query.problems) == bool(told)
    assert not told or query.problems[0].startswith(told)


@pytest.mark.parametrize("text", ["", "   ", '""', "foo:bar"])
def test_query_without_a_term_keeps_everything(text: str) -> None:
    assert parse(text) == EVERYTHING
    assert not parse(text)
    assert kept(parse(text)) == [row.key for row in ROWS]


def test_three_thousand_pipelines_are_matched_in_a_few_milliseconds() -> None:
    many = [ROWS[place % len(ROWS)] for place in range(3000)]
    query = parse("-is:idle team:pay is:failing,waiting checkout -by:nobody")
    times = []
    for _ in range(5):
        began = time.process_time()
        query.keep(many)
        times.append(time.process_time() - began)
    assert min(times) < 0.003
