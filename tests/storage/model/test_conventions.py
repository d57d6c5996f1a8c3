"""Which kind a stage is by its name, over names as teams write them: stage_names.txt and its neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.model.conventions import environment_in, is_production, kind_of, names_environment
from storage.model.entities import StageKind
from storage.model.stage_words import RULES, SAYS_NOTHING

HERE = Path(__file__).parent
DOCUMENTED = Path(__file__).parents[3] / "docs" / "stage-kinds.md"
SEPARATORS = st.sampled_from([*" -_/.():,&", " (", " / ", ""])
WORDS = st.sampled_from(sorted({word for rule in RULES for word in rule.words} | set(SAYS_NOTHING)))


def listed(name: str) -> list[tuple[str, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").split("\n")
    found = [line.partition("\t") for line in lines if line and not line.startswith("#")]
    return [(expected, text) for expected, _, text in found]


def wrong(name: str, answer: Callable[[str], str]) -> list[str]:
    return [
        f"{text!r}: {answer(text)}, expected {expected}" for expected, text in listed(name) if answer(text) != expected
    ]


def yes(says: Callable[[str], bool]) -> Callable[[str], str]:
    return lambda text: "yes" if says(text) else "no"


@pytest.mark.parametrize(
    ("name", "answer", "least"),
    [
        ("stage_names.txt", kind_of, 300),
        ("bracket_texts.txt", yes(names_environment), 60),
        ("environment_names.txt", yes(is_production), 40),
    ],
)
def test_listed_names_are_read_as_a_person_would(name: str, answer: Callable[[str], str], least: int) -> None:
    found = wrong(name, answer)
    assert not found, "\n" + "\n".join(found)
    texts = [text for _, text in listed(name)]
    assert len(set(texts)) == len(texts) >= least


def test_empty_text_says_nothing() -> None:
    assert (kind_of(""), is_production(""), names_environment("")) == (StageKind.OTHER, False, False)


@given(st.lists(st.one_of(WORDS, SEPARATORS, st.text(max_size=6)), max_size=30).map(lambda parts: "".join(parts)[:200]))
def test_any_name_has_a_kind_whatever_its_case(name: str) -> None:
    assert kind_of(name.lower()) is kind_of(name.upper())
    assert names_environment(name.lower()) is names_environment(name.upper())
    assert kind_of(name) in StageKind


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "aA",
        "test",
        "prod",
        "production-",
        "e2",
        "(",
        "\u0345",
        "pre",
        "build and ",
        "受け入れ",
        "\u202e",
        "\ud800",
    ],
)
def test_time_to_read_a_name_grows_no_faster_than_its_length(part: str) -> None:
    name = part * (20_000 // len(part))
    began = time.perf_counter()
    kind_of(name + "x")
    names_environment(name + "x")
    assert time.perf_counter() - began < 3


def test_every_rule_is_documented() -> None:
    text = DOCUMENTED.read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| {rule.kind} | {rule.when} | {', '.join(rule.words)} |" in text
    assert ", ".join(SAYS_NOTHING) in text


@pytest.mark.parametrize(
    ("stage", "environment"),
    [
        ("deploy (staging)", "staging"),
        ("Deploy-Staging", "Staging"),
        ("promote to production", "production"),
        ("release / prod-eu", "prod-eu"),
        ("Production", "Production"),
        ("deploy", "deploy"),
        ("deploy docs", "deploy docs"),
        ("deploy (3.12)", "deploy (3.12)"),
        ("publish to npm", "publish to npm"),
        ("", ""),
        (" (", " ("),
    ],
)
def test_environment_is_called_what_the_stages_name_calls_it(stage: str, environment: str) -> None:
    assert environment_in(stage) == environment
