"""The examples of docs/metrics.md, computed by hand there, are what the code computes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage.model.billing import BilledMinutes, billed_minutes
from storage.model.bottleneck import stage_shares
from storage.model.costs import cost_estimates
from storage.model.document import replace
from storage.model.entities import StageKind, Status, Voice
from storage.model.facts import DAY_MS, Fact, StageFact, repairs
from storage.model.marks import DeploymentMark
from storage.model.measures import Backlog, Measures, Spread, backlog, delivered, measure
from storage.model.merge import EMPTY, merge
from storage.model.prices import PUBLISHED, dollars
from storage.model.run import AttemptFact
from storage.model.steps import StepChange, steps_of
from storage.model.subject_views import Incident
from tests.storage.model.test_billing import ended

DOC = Path(__file__).parents[3] / "docs" / "metrics.md"
DAY = 20_000
WORDS = {"green": Status.SUCCEEDED, "red": Status.FAILED, "errored": Status.ERRORED, "cancelled": Status.CANCELLED}
RUN = re.compile(
    r"run (?P<number>\d+) (?P<commit>\w+) made (?P<made>\S+) ended (?P<ended>\S+) (?P<word>\w+)(?P<rest>.*)"
)


@dataclass
class Example:
    measure: str
    facts: list[Fact]
    incidents: list[Incident]
    wanted: dict[str, str]


def examples() -> Iterator[Example]:
    for section in re.split(r"^## ", DOC.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        block = re.search(r"^```facts\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
        assert block, f"{section[:40]!r} has no example"
        found = Example(section.partition("\n")[0], [], [], {})
        for line in block[1].splitlines():
            if line.startswith("= "):
                said = (re.fullmatch(r"(.+?) (\d.*)", each) for each in line[2:].split(", "))
                found.wanted = {each[1]: each[2] for each in said if each}
            elif line.startswith("incident "):
                found.incidents.append(incident(line))
            else:
                found.facts.append(fact(line))
        yield found


def fact(line: str) -> Fact:
    told = RUN.fullmatch(line)
    assert told, line
    rest = told["rest"]
    at, status = time(told["ended"]), WORDS[told["word"]]
    words: list[tuple[int, int, Status]] = [] if status is Status.CANCELLED else [(1, at, status)]
    if again := re.search(r"then (\w+) (\S+)", rest):
        words.append((2, time(again[2]), WORDS[again[1]]))
    regions = re.search(r"production((?: \d\d:\d\d)+)", rest)
    message = found[1] if (found := re.search(r"says (.*)", rest)) else ""
    marked = re.search(r"marked (\w+)", rest)
    return Fact(
        id=told["number"],
        pipeline_id="p",
        number=told["number"],
        order=int(told["number"]),
        voice=Voice.DEFAULT,
        status=words[-1][2] if words else status,
        at=words[-1][1] if words else at,
        attempts=tuple(AttemptFact(number, word, said, said - 1) for number, said, word in words),
        deployed=(max(map(time, regions[1].split())),) if regions else (),
        commit=told["commit"],
        committed_at=time(told["made"]),
        repair=repairs(message, ""),
        puts_back=found[1] if (found := re.search(r"puts back (\d+)", rest)) else "",
        mark=DeploymentMark(failed=True, by="Ada") if marked else None,
        seconds=number(r"took (\d+)", rest),
        wait_seconds=number(r"waited (\d+)", rest) or 0,
        queue_seconds=number(r"queued (\d+)", rest),
        billed=billed(rest),
        stages=tuple(map(stage, found[1].split())) if (found := re.search(r"stages (.*)", rest)) else (),
    )


def billed(text: str) -> tuple[BilledMinutes, ...]:
    """As the recorder works them out of the same jobs."""
    found = re.search(r"jobs (.*)", text)
    jobs = [re.fullmatch(r"([\w,-]+):(\d+)(?:@(\d+))?", each) for each in found[1].split()] if found else []
    assert None not in jobs
    told = [
        ended(f"job {place}", int(job[2]), int(job[3] or 1), job[1].split(","))
        for place, job in enumerate(filter(None, jobs))
    ]
    return billed_minutes(merge(EMPTY, told), None)


def stage(text: str) -> StageFact:
    told = re.fullmatch(r"(\w+):(\d+)-(\d+)(?:\+(\d+))?", text)
    assert told, text
    name, begin, end, queue = told.groups()
    return StageFact(name, StageKind.OTHER, Status.SUCCEEDED, int(begin), int(end), int(queue) if queue else None)


def incident(line: str) -> Incident:
    told = re.fullmatch(r"incident (\d+) opened (\S+) resolved (\S+)", line)
    assert told, line
    return Incident("i", "t", "github", told[1], "shop", "", "", "", time(told[2]), time(told[3]))


def time(text: str) -> int:
    hours, minutes = text.split(":")
    return DAY * DAY_MS + (int(hours) * 60 + int(minutes)) * 60_000


def number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) if found else None


def told(found: Measures) -> dict[str, str]:
    """As the page writes it."""
    counts = {
        "deployments": found.deployments,
        "deploy days": found.deploy_days,
        "failed": found.failed,
        "unplanned": found.unplanned,
        "runs": found.runs,
        "green": found.green,
        "errored": found.errored,
        "others": found.others,
        "ended": found.ended,
        "succeeded": found.succeeded,
    }
    spreads = {
        "lead": (found.lead, 60, "min"),
        "recovery": (found.recovery, 60, "min"),
        "duration": (found.duration, 60, "min"),
        "queue": (found.queue, 1, "s"),
        "wait": (found.wait, 60, "min"),
        "to green": (found.to_green, 60, "min"),
    }
    return {
        **{name: str(count) for name, count in counts.items()},
        **{name: written(*spread) for name, spread in spreads.items()},
    }


def told_of(found: Backlog) -> dict[str, str]:
    since = (found.undeployed_since or 0) // 60_000 % (24 * 60)
    return {
        "lag": f"{(found.lag_seconds or 0) // 60} min",
        "undeployed": f"{found.undeployed} since {since // 60:02}:{since % 60:02}",
    }


def said_of(steps: Sequence[StepChange]) -> str:
    return ", ".join(f"{step.number} from {step.before:.0f} to {step.after:.0f}" for step in steps)


def shares_of(facts: Sequence[Fact]) -> dict[str, str]:
    return {
        one.stage: f"{one.exclusive} s in {one.runs} of {one.counted} saves {one.saving} s"
        for one in stage_shares(facts)
    }


def cost_of(facts: Sequence[Fact]) -> dict[str, str]:
    found = cost_estimates(facts, PUBLISHED)
    if not found:
        return {}
    (one,) = found
    return {
        "first": f"{dollars(one.micros, 6)} USD",
        "re-runs": f"{dollars(one.rerun_micros, 6)} USD",
        "minutes": f"{one.minutes} and {one.rerun_minutes}",
        "without price": f"{sum(minutes for _, minutes in one.unpriced)} min",
    }


def written(spread: Spread, unit: int, word: str) -> str:
    if spread.median is None or spread.p95 is None:
        return "0"
    return f"{spread.count} median {spread.median // unit} {word} p95 {spread.p95 // unit} {word}"


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.measure)
def test_example_by_hand_is_what_is_computed(example: Example) -> None:
    pipelines = [delivered(example.facts, example.incidents)]
    found = {**told(measure(pipelines, DAY, DAY)), **told_of(backlog(pipelines, (DAY + 1) * DAY_MS))}
    found |= shares_of(example.facts) | cost_of(example.facts)
    found |= {"step": said_of(steps_of(pipelines, DAY * DAY_MS, (DAY + 1) * DAY_MS))}
    assert example.wanted
    for name, said in example.wanted.items():
        assert found[name] == said or found[name].startswith(f"{said} "), name


def test_mark_that_it_did_not_fail_has_the_last_word() -> None:
    example = next(each for each in examples() if each.measure == "Change fail rate")
    facts = [replace(each, mark=DeploymentMark(failed=False)) for each in example.facts]
    assert measure([delivered(facts)], DAY, DAY).failed == 0
