"""What docs/asvs.md says is met can be looked up, and SECURITY.md sums it up rightly."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIST, SUMMARY = ROOT / "docs" / "asvs.md", ROOT / "SECURITY.md"
ROW = re.compile(r"\| (?P<number>\d+\.\d+\.\d+) \| (?P<verdict>[^|]+) \| (?P<words>[^|]+) \|")
SUM = re.compile(r"\| V(\d+) [^|]+ \| (\d+) \| (\d+) \| (\d+) \|([^|]*)\|")
NUMBER = re.compile(r"\b\d+\.\d+\.\d+\b")
FILE = re.compile(r"`([\w./-]+\.(?:py|md|js|service)|Dockerfile)`")
AS = re.compile(r"^as (\d+\.\d+\.\d+)")
VERDICTS = ("met", "not met", "n/a")
# Requirements of levels 1 and 2 in release 5.0.0, a chapter each.
REQUIREMENTS = (27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7)


@dataclass(frozen=True)
class Answer:
    number: str
    verdict: str
    words: str

    @property
    def chapter(self) -> int:
        return int(self.number.partition(".")[0])


ANSWERS = [Answer(*match.group("number", "verdict", "words")) for match in ROW.finditer(LIST.read_text())]
BY_NUMBER = {answer.number: answer for answer in ANSWERS}
MET = [answer for answer in ANSWERS if answer.verdict == "met"]


def test_every_requirement_is_answered_once() -> None:
    assert len(ANSWERS) == len(BY_NUMBER)
    chapters = Counter(answer.chapter for answer in ANSWERS)
    assert tuple(chapters[chapter + 1] for chapter in range(len(REQUIREMENTS))) == REQUIREMENTS
    assert {answer.verdict for answer in ANSWERS} == set(VERDICTS)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.number)
def test_file_that_an_answer_names_is_there(answer: Answer) -> None:
    assert [name for name in FILE.findall(answer.words) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("answer", MET, ids=lambda answer: answer.number)
def test_what_is_met_names_what_shows_it(answer: Answer) -> None:
    """Or is of a kind that shows nothing: something that is not there."""
    other = AS.match(answer.words)
    shown = BY_NUMBER[other[1]] if other else answer
    assert FILE.search(shown.words) or shown.words.startswith(("no such", "there are none")), answer


def test_summary_counts_and_names_what_the_list_says() -> None:
    found = {int(chapter): (tuple(map(int, counts)), why) for chapter, *counts, why in SUM.findall(SUMMARY.read_text())}
    assert len(found) == len(REQUIREMENTS)
    for chapter, (counts, why) in found.items():
        of = [answer for answer in ANSWERS if answer.chapter == chapter]
        assert counts == tuple(sum(answer.verdict == verdict for answer in of) for verdict in VERDICTS), chapter
        assert set(NUMBER.findall(why)) == {answer.number for answer in of if answer.verdict == "not met"}, chapter
    totals = [str(sum(answer.verdict == verdict for answer in ANSWERS)) for verdict in VERDICTS]
    assert f"| **all** | {' | '.join(f'**{total}**' for total in totals)} | |" in SUMMARY.read_text()
