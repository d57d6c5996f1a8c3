"""The stylesheets say nothing that a browser of 2020 (Chromium 85) would misread. That browser is asked itself in
tests/browser/test_old_browser.py; this needs none."""

from __future__ import annotations

import re

import pytest

from tests.contracts.stylesheets import SHEETS, Rule, rules

# https://caniuse.com: shipped after Chromium 85.
NEWER_VALUES = re.compile(
    r"\b(light-dark|color-mix|color|oklch|oklab|lch|lab|hwb|round|mod|rem|abs|sign|sin|cos|tan|pow|sqrt|exp|anchor|"
    r"if|attr|linear|shape|image-set|cross-fade)\(|\d(dvh|svh|lvh|dvw|svw|lvw|dvi|dvb|cqw|cqh|cqi|cqb|cqmin|cqmax|lh|rlh|"
    r"cap|ic)\b|\(from "
)
NEWER_PROPERTIES = re.compile(
    r"inset(-.*)?|(padding|margin)-(inline|block)|border-(start|end)-.*|aspect-ratio|container.*|translate|rotate|scale|"
    r"content-visibility|text-wrap.*|field-sizing|row-gap-.*|font-palette|overflow-clip-margin|"
    r"scrollbar-(gutter|color)|animation-timeline|view-transition-.*|offset-.*|mask|mask-.*"
)
NEWER_AT_RULES = re.compile(r"@(layer|container|property|scope|starting-style|view-transition|position-try)\b")
# What a rule with one of them says may be lost, but it must not take anything else with it.
NEWER_SELECTORS = re.compile(
    r":(has|is|where|focus-visible|modal|open|popover-open|user-(in)?valid|state)\b|:not\([^()]*,"
)
RULES = [rule for rule in rules() if not rule.is_asked_first]


def named(rule: Rule) -> str:
    return f"{rule.sheet}: {rule.head}"


def test_every_sheet_was_read() -> None:
    assert {rule.sheet for rule in rules()} == {sheet.name for sheet in SHEETS}
    assert len(RULES) > 500


def old_attr(name: str, value: str) -> str:
    """Without attr() of `content`, which any browser knows."""
    return value.replace("attr(", "") if name == "content" else value


def test_values_and_properties_are_those_that_an_old_browser_knows() -> None:
    wrong = [
        f"{named(rule)} {{ {name}: {value} }}"
        for rule in RULES
        for name, value in rule.declared
        if NEWER_VALUES.search(old_attr(name, value)) or NEWER_PROPERTIES.fullmatch(name)
    ]
    assert not wrong


def test_rules_are_neither_nested_nor_in_blocks_that_an_old_browser_passes_over() -> None:
    assert not [named(rule) for rule in RULES if "&" in rule.head or ";" in rule.head]
    assert not [named(rule) for rule in RULES if any(map(NEWER_AT_RULES.match, (*rule.inside, rule.head)))]


def test_selector_that_an_old_browser_lacks_takes_no_other_with_it() -> None:
    """One selector that cannot be read makes the whole rule void."""
    mixed = [
        named(rule)
        for rule in RULES
        if 0 < sum(bool(NEWER_SELECTORS.search(one)) for one in rule.selectors) < len(rule.selectors)
    ]
    assert not mixed


COLOURS = {"bg", "surface", "ink", "rule", "ok", "fail", "run", "wait", "late", "idle", "sign"}
BOTH = re.compile(r"var\(--if-light, (.+)\) var\(--if-dark, (.+)\)")


def test_colours_have_a_value_for_light_and_one_for_dark() -> None:
    tokens = {name: value for rule in RULES if rule.sheet == "tokens.css" for name, value in rule.declared}
    found = {name.removeprefix("--") for name, value in tokens.items() if BOTH.fullmatch(value)}
    assert found >= COLOURS
    halves = [name for name, value in tokens.items() if "--if-" in value and not BOTH.fullmatch(value)]
    assert not halves


def test_dark_is_for_screens_alone() -> None:
    """Whoever prints a dark page wants no black paper, and gets no light ink on white."""
    dark = [rule for rule in RULES if ("--if-dark", "initial") in rule.declared]
    assert len(dark) == 2
    assert all(rule.inside[0].startswith("@media screen") for rule in dark)


@pytest.mark.parametrize(
    "text",
    [
        "light-dark(#fff, #000)",
        "color-mix(in srgb, red, blue)",
        "100dvh",
        "oklch(1 0 0)",
        "50cqw",
        "rgb(from #f r g b)",
    ],
)
def test_what_is_newer_is_found(text: str) -> None:
    assert NEWER_VALUES.search(text)
