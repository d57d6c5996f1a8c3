"""Rules about stages: what patterns match, which rule counts, whose budget holds."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.model.conventions import kind_of
from storage.model.document import replace
from storage.model.entities import StageKind
from storage.model.overrides import PipelineOverrides, StageOverride
from storage.model.pipeline_record import PipelineRecord
from storage.model.stage_rules import (
    NO_CONVENTIONS,
    Budget,
    ConventionLevel,
    Conventions,
    Inherited,
    StageRule,
    budget_of,
    budgets_of,
    matches,
    rules_of,
    says_something,
)

A, C, D, P, OTHER = (
    StageKind.ACCEPTANCE, StageKind.CAPACITY, StageKind.DEPLOY, StageKind.PRODUCTION, StageKind.OTHER
)  # fmt: skip
words = st.sampled_from(["deploy", "prod", "smoke", "tests", "eu", "é"])
names = st.lists(words, min_size=1, max_size=4).map(" ".join)
parts = st.one_of(words, st.sampled_from(["*", "de*", "*ploy", "*mok*", "sm*ke"]))
patterns = st.lists(parts, min_size=1, max_size=4).map(" ".join)
rules = st.builds(StageRule, patterns, st.sampled_from(StageKind))
conventions = st.builds(
    Conventions,
    st.lists(rules, max_size=4).map(tuple),
    st.dictionaries(st.sampled_from(StageKind), st.integers(0, 90), max_size=3).map(
        lambda found: tuple(Budget(kind, minutes) for kind, minutes in found.items())
    ),
)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("deploy to prod", "Deploy-to_PROD"),
        ("deploy to prod", "deploy (to: prod)"),
        ("Déploiement *", "deploiement eu"),
        ("deploy *", "deploy"),
        ("deploy * eu", "deploy eu"),
        ("deploy * eu", "deploy the shop eu"),
        ("deploy*", "deployment"),
        ("*prod", "nonprod"),
        ("*smoke*", "post-deploy Smoke tests"),
        ("* prod", "prod"),
        ("a ** b", "a b"),
        ("*", ""),
        ("*", "🚀"),
        ("e2e-*", "e2e: checkout"),
    ],
)
def test_pattern_means_these(pattern: str, name: str) -> None:
    assert matches(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("deploy", "deployment"),
        ("deploy *", "deployment"),
        ("* prod", "nonprod"),
        ("deploy eu", "deploy the shop eu"),
        ("deploy * eu", "deploy eu west"),
        ("ab*ba", "aba"),
        ("deploy", ""),
    ],
)
def test_pattern_does_not_mean_these(pattern: str, name: str) -> None:
    assert not matches(pattern, name)


@given(patterns, names)
def test_pattern_is_matched_as_its_definition_says(pattern: str, name: str) -> None:
    """By a regular expression over words that are set apart, which is right and not linear."""
    said = "".join(".*" if w == "*" else re.escape(f" {w} ").replace(r"\*", ".*") for w in pattern.split())
    apart = "".join(f" {word} " for word in name.split())
    plain = {ord("é"): "e"}
    assert matches(pattern, name) == bool(re.fullmatch(said.translate(plain), apart.translate(plain)))


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_pattern_and_a_name(pattern: str, name: str) -> None:
    assert matches(pattern, name) in (True, False)
    assert matches("*", name)
    if "*" not in name and says_something(name):
        assert matches(name.upper(), name.upper())


def test_long_names_are_matched_in_linear_time() -> None:
    def took(length: int) -> float:
        begun = time.process_time()
        matches("*a*a*a*a*a*a*a*a*a*a*b*", "a" * length)
        return time.process_time() - begun

    took(10)
    assert min(took(400_000 + place) for place in range(3)) < 1


@pytest.mark.parametrize("pattern", ["", " ", "()", "🚀 -"])
def test_pattern_without_a_word_says_nothing(pattern: str) -> None:
    assert not says_something(pattern)


def a_record(own: Conventions, inherited: Inherited, *stages: StageOverride) -> PipelineRecord:
    return PipelineRecord("p", "t", "github", "k", overrides=PipelineOverrides(stages=stages, conventions=own),
                          inherited=inherited)  # fmt: skip


@given(conventions, conventions, conventions, names)
def test_first_rule_that_matches_counts_level_after_level_and_then_the_words(
    own: Conventions, team: Conventions, installation: Conventions, name: str
) -> None:
    found = a_record(own, Inherited(team, installation)).arranged.kind(name)
    told = [rule.kind for level in (own, team, installation) for rule in level.rules if matches(rule.pattern, name)]
    assert found is (told[0] if told else kind_of(name))


@given(conventions, names, st.sampled_from(StageKind))
def test_what_was_chosen_for_a_stage_counts_before_every_rule(own: Conventions, name: str, kind: StageKind) -> None:
    assert a_record(own, Inherited(own), StageOverride(name, kind)).arranged.kind(name) is kind
    assert a_record(own, Inherited(own), StageOverride(name, None, "prod-eu")).arranged.kind(name) is P


def test_rule_counts_before_what_a_tool_made_of_the_name() -> None:
    told = a_record(Conventions((StageRule("a", D),)), Inherited()).arranged
    assert (told.kind("a", A), told.kind("b", A)) == (D, A)


@given(conventions, conventions, conventions, st.sampled_from(StageKind))
def test_budget_is_of_the_first_level_that_has_one_for_the_kind(
    own: Conventions, team: Conventions, installation: Conventions, kind: StageKind
) -> None:
    told = [
        (level, minutes)
        for level, one in zip(ConventionLevel, (own, team, installation), strict=False)
        if (minutes := one.minutes(kind)) is not None
    ] or ([(ConventionLevel.STANDARD, 10)] if kind is StageKind.COMMIT else [(ConventionLevel.STANDARD, 0)])
    found = budget_of(kind, budgets_of(own, Inherited(team, installation)))
    assert ((found.level, found.minutes) if found else None) == (told[0] if told[0][1] else None)


def test_without_rules_of_others_a_pipeline_is_read_by_its_own_settings() -> None:
    bare = a_record(NO_CONVENTIONS, Inherited())
    assert bare.arranged is bare.overrides
    inherited = replace(bare, inherited=Inherited(Conventions((StageRule("x", C),))))
    assert inherited.arranged.kind("x") is C
    assert rules_of(NO_CONVENTIONS, inherited.inherited) == (StageRule("x", C),)
    assert inherited.arranged.kind("y") is OTHER
