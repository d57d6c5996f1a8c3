"""The critical path and what there is to save, against a schedule that is worked out again without each stage; and what
makes no difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.model.bottleneck import (
    bottleneck_of,
    critical_path,
    first_day_of,
    green_paths,
    left_out,
    since_day,
    slower_since,
    stage_shares,
)
from storage.model.document import replace
from storage.model.entities import StageKind, Status, Voice
from storage.model.facts import DAY_MS, Fact, StageFact
from storage.model.run import AttemptFact

DAY = 20_000
NEVER = -1000


def stage(name: str, begin: int, end: int, queue: int | None = None, wait: int = 0) -> StageFact:
    return StageFact(name, StageKind.OTHER, Status.SUCCEEDED, begin, end, queue, wait)


def fact(number: int, *stages: StageFact, day: int = DAY, status: Status = Status.SUCCEEDED) -> Fact:
    at = day * DAY_MS + number * 1000
    return Fact(
        f"e{number}", "p", str(number), number, Voice.DEFAULT, status, at,
        attempts=(AttemptFact(1, status, at, at - 1),), stages=stages, commit=f"c{number}",
    )  # fmt: skip


@st.composite
def schedules(draw: st.DrawFn) -> list[StageFact]:
    """Stages that each begin once some of those before have ended, five seconds or more apart from all others."""
    found: list[StageFact] = []
    for number in range(draw(st.integers(1, 8))):
        needs = draw(st.lists(st.sampled_from(found), max_size=3)) if found else []
        queue = 10 * draw(st.integers(0, 3))
        begin = max((one.end or 0 for one in needs), default=0) + queue
        found.append(stage(f"s{number}", begin, begin + 10 * draw(st.integers(1, 12)), queue))
    return found


class Slow:
    """A schedule in which each stage waits for all that had ended before it began."""

    def __init__(self, stages: Sequence[StageFact]) -> None:
        self.stages = {one.name: one for one in stages}

    def times(self, name: str) -> tuple[int, int]:
        one = self.stages[name]
        assert one.begin is not None
        assert one.end is not None
        return one.begin, one.end

    def before(self, name: str) -> list[str]:
        return [other for other in self.stages if self.times(other)[1] <= self.times(name)[0]]

    def last(self, names: Iterable[str]) -> str | None:
        return max(names, key=lambda name: (self.times(name)[::-1], name), default=None)

    def path(self) -> list[str]:
        at = self.last(self.stages)
        found = []
        while at is not None:
            found.append(at)
            at = self.last(self.before(at))
        return found[::-1]

    def ends(self, less: dict[str, int]) -> int:
        """When all has ended, were some stages so much shorter."""

        def end(name: str) -> int:
            _, ended = self.times(name)
            before = self.before(name)
            was = max((self.times(other)[1] for other in before), default=0)
            is_now = max((end(other) for other in before), default=0)
            return is_now + (ended - was) - less.get(name, 0)

        return max(map(end, self.stages))


@settings(max_examples=300)
@given(schedules())
def test_path_and_saving_are_those_of_the_schedule_without_each_stage(stages: list[StageFact]) -> None:
    slow, found = Slow(stages), critical_path(stages)
    assert [one.stage for one in found] == slow.path()
    whole = slow.ends({})
    for one in found:
        assert one.saving == whole - slow.ends({one.stage: one.exclusive}), one


@settings(max_examples=300)
@given(schedules())
def test_every_second_of_the_way_is_of_one_stage_or_between_two(stages: list[StageFact]) -> None:
    found = critical_path(stages)
    first = next(one for one in stages if one.name == found[0].stage)
    began = (first.begin or 0) - (first.queue_seconds or 0)
    assert sum(one.exclusive + one.wait + one.between for one in found) == max(one.end or 0 for one in stages) - began
    assert all(min(one.run, one.queue, one.wait, one.between, one.saving) >= 0 for one in found)


@given(st.lists(schedules(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_of_facts_and_of_stages_makes_no_difference(runs: list[list[StageFact]], dice: object) -> None:
    facts = [fact(number, *stages) for number, stages in enumerate(runs)]
    turned = [replace(one, stages=tuple(reversed(one.stages))) for one in reversed(facts)]
    assert stage_shares(facts) == stage_shares(turned)


def test_wait_for_people_is_apart_whether_before_or_within_a_stage() -> None:
    asked_first = critical_path([stage("build", 0, 60), stage("live", 660, 700, queue=600, wait=590)])
    assert [(one.run, one.queue, one.wait) for one in asked_first] == [(60, 0, 0), (40, 10, 590)]
    asked_within = critical_path([stage("build", 0, 60), stage("approve", 60, 660, wait=600)])
    assert [(one.run, one.queue, one.wait) for one in asked_within] == [(60, 0, 0), (0, 0, 600)]


def test_clocks_a_second_apart_do_not_tear_the_path() -> None:
    found = critical_path([stage("build", 0, 61), stage("test", 60, 100)])
    assert [(one.stage, one.run) for one in found] == [("build", 61), ("test", 39)]


def test_run_that_says_nothing_of_the_way_to_green_is_left_out_with_the_reason() -> None:
    green = fact(1, stage("build", 0, 60))
    again = (*green.attempts, AttemptFact(2, Status.SUCCEEDED, green.at + 1, green.at))
    assert left_out(green) is None
    assert left_out(fact(1, status=Status.FAILED)) == "not green at first attempt"
    assert left_out(replace(green, attempts=again)) == "run again: its stages are those of its last attempt"
    assert left_out(replace(green, stages=())) == "its stages are not timed"
    assert green_paths([replace(green, voice=Voice.OTHER)]) == []


def test_stage_that_lies_on_the_path_of_few_runs_ranks_by_its_share() -> None:
    usual = [fact(number, stage("build", 0, 60)) for number in range(4)]
    rare = fact(9, stage("build", 0, 60), stage("scan", 60, 260))
    first, second = stage_shares([*usual, rare])
    assert (first.stage, first.exclusive, first.share) == ("build", 60, 1.0)
    assert (second.stage, second.exclusive, second.share, second.saving) == ("scan", 200, 0.2, 200)


def test_under_five_runs_have_no_bottleneck() -> None:
    paths = green_paths([fact(number, stage("build", 0, 60)) for number in range(5)])
    found = bottleneck_of(paths, 7)
    assert found is not None
    assert (found.stage.stage, found.total, found.weekly_saving) == ("build", 60, 300)
    assert bottleneck_of(paths[:4], 7) is None


def test_of_very_many_runs_whole_days_of_the_newest_are_looked_at() -> None:
    one = stage("build", 0, 60)
    facts = [fact(number, one, day=DAY - number // 100) for number in range(400)]
    first = first_day_of(facts, DAY - 29, DAY)
    assert (DAY - first + 1, len(since_day(green_paths(facts), first))) == (3, 300)
    assert first_day_of(facts[:399], DAY - 29, DAY) == DAY - 29
    assert first_day_of([fact(number, one) for number in range(400)], DAY - 29, DAY) == DAY


def test_stage_that_takes_longer_for_good_is_told_with_its_first_run() -> None:
    facts = [
        fact(number, stage("build", 0, 60), stage("test", 60, 360 if number < 10 else 660), day=DAY + number)
        for number in range(20)
    ]
    found = slower_since(facts, ("build", "test"))
    assert list(found) == ["test"]
    assert (found["test"].number, found["test"].commit, found["test"].before, found["test"].after) == (
        "10", "c10", 300, 600,
    )  # fmt: skip
