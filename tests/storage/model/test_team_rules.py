"""Which rule counts, and which never does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.model.document import replace
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import PipelineRecord, Said
from storage.model.team_rules import (
    UNASSIGNED,
    PipelineFacts,
    RuledSource,
    TeamRule,
    TeamRuleSet,
    covering,
    facts_of,
    fingerprint,
    first_fitting,
    fits,
)

PAY = PipelineFacts(
    "github", "github.com/1/7", "acme/pay-api", account="acme", place="github.com", name="CI", labels=("core", "pci")
)
texts = st.text("ab*?/", max_size=6)


@pytest.mark.parametrize(
    ("pattern", "value", "does"),
    [
        ("acme/*", "acme/pay", True),
        ("acme/*", "acme/", True),
        ("acme/*", "acmes/pay", False),
        ("ACME/Pay", "acme/pAY", True),
        ("*", "anything\nat all", True),
        ("*", "", False),
        ("", "", False),
        ("", "a", False),
        ("p?y", "pay", True),
        ("p?y", "py", False),
        ("*pay*", "acme/pay-api", True),
        ("a*b*c", "a-c-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        (".*", "pay", False),
        ("straße", "STRASSE", True),
    ],
)
def test_pattern_is_read_as_people_write_it(pattern: str, value: str, does: bool) -> None:
    assert fits(pattern, value) is does


def test_pattern_that_would_be_tried_again_and_again_is_not() -> None:
    began = time.process_time()
    assert not fits("a*" * 99 + "b", "a" * 5000)
    assert time.process_time() - began < 1.0


@given(texts, texts, st.text("ab/", min_size=1, max_size=6))
def test_pattern_that_takes_another_as_text_takes_all_that_the_other_takes(wide: str, narrow: str, value: str) -> None:
    if fits(wide, narrow) and fits(narrow, value):
        assert fits(wide, value)


@pytest.mark.parametrize(
    ("rule", "does"),
    [
        ({"repository": "acme/pay-*"}, True),
        ({"repository": "acme/bill-*, acme/pay-*"}, True),
        ({"repository": "acme/bill-*, ,"}, False),
        ({"repository": "acme/pay-*", "name": "Nightly"}, False),
        ({"project": "pay-*", "account": "acme", "name": "c?"}, True),
        ({"source": "github"}, True),
        ({"source": "gitlab", "name": "*"}, False),
        ({"name": "github.com/1/*"}, True),
        ({"project": "acme"}, False),
        ({"place": "*.com"}, True),
        ({"place": "eu-*"}, False),
        ({"label": "pci"}, True),
        ({"label": "web"}, False),
        ({}, False),
    ],
)
def test_rule_fits_where_all_it_looks_at_does(rule: dict[str, str], does: bool) -> None:
    assert TeamRule("t", **rule).fits(PAY) is does


def test_first_rule_that_fits_counts_and_one_of_a_team_that_is_gone_fits_nothing() -> None:
    rules = [
        TeamRule("gone", name="*"),
        TeamRule("web", label="web"),
        TeamRule("pay", name="*"),
        TeamRule("x", name="*"),
    ]
    assert first_fitting(rules, PAY, {"web", "pay", "x"}) == 2
    assert first_fitting(rules, PAY, {"gone"}) == 0
    assert first_fitting(rules, replace(PAY, name="", key=""), {"web", "pay"}) is None


@pytest.mark.parametrize(
    ("earlier", "later", "does"),
    [
        ({"repository": "acme/*"}, {"repository": "acme/pay-*"}, True),
        ({"repository": "acme/*"}, {"repository": "acme/pay-*", "name": "CI"}, True),
        ({"repository": "acme/*, other/*"}, {"repository": "other/x, acme/y"}, True),
        ({"repository": "acme/pay-*"}, {"repository": "acme/*"}, False),
        ({"repository": "acme/*", "name": "CI"}, {"repository": "acme/pay-*"}, False),
        ({"repository": "acme/?"}, {"repository": "acme/*"}, False),
        ({"source": "github"}, {"source": "github", "name": "*"}, True),
        ({"source": "github"}, {"source": "gitlab", "name": "*"}, False),
        ({}, {"name": "*"}, False),
    ],
)
def test_rule_that_an_earlier_one_leaves_nothing_is_told(
    earlier: dict[str, str], later: dict[str, str], does: bool
) -> None:
    rules = [TeamRule("a", **earlier), TeamRule("b", **later)]
    assert covering(rules, 1, {"a", "b"}) == (0 if does else None)
    assert covering(rules, 1, {"b"}) is None
    assert covering(rules, 0, {"a", "b"}) is None


def test_facts_are_what_its_tool_says_and_what_people_labelled() -> None:
    said = {"repository": "acme/pay", "project": "pay", "owner": "acme", "name": "CI", "place": "github.com"}
    record = PipelineRecord("p", "t", "github", "k", {name: Said(1, value) for name, value in said.items()})
    record = replace(record, overrides=PipelineOverrides(name="Deploys pay", labels=("core",)))
    assert facts_of(record) == PipelineFacts("github", "k", "acme/pay", "pay", "acme", "github.com", "CI", ("core",))


def test_rules_decide_for_a_tool_of_a_team_and_for_whatever_is_unassigned() -> None:
    rules = TeamRuleSet(ruled=(RuledSource("t", "github"),))
    assert rules.decide_for("t", "github")
    assert not rules.decide_for("t", "gitlab")
    assert not rules.decide_for("u", "github")
    assert rules.decide_for(UNASSIGNED, "gitlab")


def test_fingerprint_tells_order_from_order() -> None:
    one, other = TeamRule("a", name="x"), TeamRule("b", name="\ud800")
    assert fingerprint([one, other]) != fingerprint([other, one])
    assert fingerprint([one, other]) == fingerprint((one, other))
