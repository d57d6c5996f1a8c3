"""Every measure is what a slow computation finds that follows the words of docs/metrics.md one by one."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.model.entities import Status, Voice
from storage.model.evidence import Measure, Period, evidence
from storage.model.facts import DAY_MS, Fact
from storage.model.marks import DeploymentMark
from storage.model.measures import Spread, backlog, delivered, measure
from storage.model.run import AttemptFact
from storage.model.subject_views import Incident

DAYS = 6
REASONS = {
    "cancelled", "succeeded", "failed", "errored", "timed out", "not timed", "the tool does not tell",
    "waited for nobody", "still red", "when it was made is not known", "made after it was deployed, by its own clock",
    "not over", "its first attempt is not known",
}  # fmt: skip
FIRST = 20_000
ENDS = (Status.SUCCEEDED, Status.FAILED, Status.ERRORED, Status.TIMED_OUT)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Facts of one pipeline: no two things happen at one moment."""
    count = draw(st.integers(1, 9))
    moments = iter(draw(st.lists(st.integers(0, DAYS * DAY_MS - 1), min_size=40, max_size=40, unique=True)))
    base = FIRST * DAY_MS
    found = []
    for order in range(1, count + 1):
        ended = draw(st.booleans()) or draw(st.booleans())
        attempts, deployed = [], []
        for number in range(1, draw(st.integers(1, 2)) + 1) if ended else ():
            at, status = base + next(moments), draw(st.sampled_from(ENDS))
            red = status.red and draw(st.booleans())
            attempts.append(AttemptFact(number, status, at, at - 1000, at - 500 if red else None))
            if draw(st.booleans()):
                deployed.append(at + 1)
        attempts.sort(key=lambda one: one.at)
        attempts = [AttemptFact(n, a.status, a.at, a.began_at, a.red_at) for n, a in enumerate(attempts, 1)]
        rollback = draw(st.integers(0, 4)) == 0
        found.append(
            Fact(
                id=f"e{order}",
                pipeline_id="p",
                number=str(order),
                order=order,
                voice=draw(st.sampled_from([Voice.DEFAULT, Voice.DEFAULT, Voice.DEFAULT, Voice.TAG, Voice.OTHER])),
                status=attempts[-1].status if attempts else Status.CANCELLED,
                at=attempts[-1].at if attempts else base + next(moments),
                seconds=draw(st.none() | st.integers(0, 5000)),
                wait_seconds=draw(st.none() | st.integers(0, 50)),
                queue_seconds=draw(st.none() | st.integers(0, 50)),
                attempts=tuple(attempts),
                deployed=tuple(sorted(deployed)),
                commit=draw(st.sampled_from(["a", "b", "c", "d", "", f"own{order}"])),
                committed_at=draw(st.none() | st.integers(base - DAY_MS, base + DAYS * DAY_MS)),
                rollback=rollback,
                puts_back=f"e{draw(st.integers(1, count))}" if rollback and draw(st.booleans()) else "",
                repair=draw(st.integers(0, 4)) == 0,
                mark=draw(st.none() | st.builds(
                    DeploymentMark, failed=st.sampled_from([None, True, False]),
                    unplanned=st.sampled_from([None, True, False]), by=st.just("Ada"),
                )) if draw(st.integers(0, 3)) == 0 else None,
            )
        )  # fmt: skip
    return found


@st.composite
def troubles(draw: st.DrawFn) -> list[Incident]:
    found = []
    for number in range(draw(st.integers(0, 2))):
        opened = FIRST * DAY_MS + draw(st.integers(0, DAYS * DAY_MS))
        resolved = draw(st.none() | st.integers(opened, opened + DAY_MS))
        found.append(Incident(str(number), "t", "github", str(number), "shop", "", "", "", opened, resolved))
    return found


class Slow:
    """One question at a time, each over everything."""

    def __init__(self, facts: Sequence[Fact], incidents: Sequence[Incident]) -> None:
        self.facts, self.incidents = facts, incidents
        self.deployed = sorted((at, fact.order, fact.id) for fact in facts for at in fact.deployed)
        self.by_id = {fact.id: fact for fact in facts}

    def fact(self, place: int) -> Fact:
        return self.by_id[self.deployed[place][2]]

    def lead(self, place: int) -> list[int]:
        """Of the commits that no earlier deployment had brought."""
        mine = self.brought(place)
        before = {commit for earlier in range(place) for commit in self.brought(earlier)}
        at = self.deployed[place][0]
        seconds = [round((at - made) / 1000) for commit, made in mine.items() if commit not in before and made]
        return [each for each in seconds if each > 0]

    def brought(self, place: int) -> dict[str, int | None]:
        fact = self.fact(place)
        earlier = [self.fact(other).order for other in range(place) if self.fact(other).voice is Voice.DEFAULT]
        if fact.voice is not Voice.DEFAULT or not earlier:
            inside = [fact]
        else:
            inside = [
                one for one in self.facts if one.voice is Voice.DEFAULT and max(earlier) < one.order <= fact.order
            ]
        return {one.commit: one.committed_at for one in sorted(inside, key=lambda one: one.order) if one.commit}

    def version_before(self, place: int) -> int | None:
        """Where what this one brings back was last."""
        fact = self.fact(place)
        same = [
            other
            for other in range(place)
            if self.fact(other).id in (fact.id, fact.puts_back)
            or (fact.commit and self.fact(other).commit == fact.commit)
        ]
        return max(same) if same and max(same) != place - 1 else None

    def remedies(self, place: int) -> list[int]:
        """Which deployments say that this one failed, in their order."""
        found = []
        for later in range(place + 1, len(self.deployed)):
            fact, target = self.fact(later), self.version_before(later)
            if target is not None:
                blamed = target + 1
            elif fact.rollback or fact.repair:
                blamed = later - 1
            else:
                continue
            found += [later] if blamed == place else []
        return found

    def opened_after(self, place: int) -> list[Incident]:
        at = self.deployed[place][0]
        until = self.deployed[place + 1][0] if place + 1 < len(self.deployed) else math.inf
        return [one for one in self.incidents if at <= one.opened_at < until]

    def failed(self, place: int) -> bool:
        mark = self.fact(place).mark
        if mark and mark.failed is not None:
            return mark.failed
        return bool(self.opened_after(place) or self.remedies(place))

    def recovery(self, place: int) -> int | None:
        at = self.deployed[place][0]
        if not self.failed(place):
            return None
        if mine := self.opened_after(place):
            ends = [one.resolved_at for one in mine]
            return None if None in ends else round((max(end for end in ends if end is not None) - at) / 1000)
        after = self.remedies(place)[:1] or ([place + 1] if place + 1 < len(self.deployed) else [])
        return round((self.deployed[after[0]][0] - at) / 1000) if after else None

    def unplanned(self, place: int) -> bool:
        fact = self.fact(place)
        if fact.mark and fact.mark.unplanned is not None:
            return fact.mark.unplanned
        return fact.rollback or fact.repair or self.version_before(place) is not None

    def undeployed(self, end: int) -> list[Fact]:
        """Runs that said something after the version which the last deployment of the default branch left there."""
        places = [
            place
            for place, (at, *_) in enumerate(self.deployed)
            if at < end and self.fact(place).voice is Voice.DEFAULT
        ]
        if not places:
            return []
        version = self.version(places[-1])
        older = [one.commit for one in self.facts if one.voice is Voice.DEFAULT and one.order <= version]
        return [one for one in self.said(end) if one.order > version and (not one.commit or one.commit not in older)]

    def version(self, place: int) -> int:
        before = self.version_before(place)
        return self.fact(place).order if before is None else self.version(before)

    def said(self, end: int) -> list[Fact]:
        return [
            fact
            for fact in self.facts
            if fact.voice is Voice.DEFAULT and not fact.rollback and fact.attempts and fact.at < end
        ]

    def lag(self, end: int) -> int | None:
        said = sorted(self.said(end), key=lambda fact: fact.order)
        greens = [fact for fact in said if fact.status is Status.SUCCEEDED]
        return max(0, round((self.made(said[-1]) - self.made(greens[-1])) / 1000)) if greens else None

    def made(self, fact: Fact) -> int:
        return fact.committed_at if fact.committed_at is not None else fact.at

    def reds(self) -> list[tuple[int, int]]:
        """When each stretch ended, and how long it was, in seconds."""
        said = sorted(
            (attempt.at, fact.order, fact.id, attempt.number, attempt)
            for fact in self.facts
            if fact.voice is Voice.DEFAULT and not fact.rollback
            for attempt in fact.attempts
        )
        found = []
        for place, (at, *_, attempt) in enumerate(said):
            before = [one[-1] for one in said[:place]]
            last_green = max((n for n, one in enumerate(before) if one.status is Status.SUCCEEDED), default=-1)
            reds = [one for one in before[last_green + 1 :] if one.status.red]
            if attempt.status is Status.SUCCEEDED and reds:
                since = reds[0].red_at if reds[0].red_at is not None else reds[0].at
                found.append((at, round((at - since) / 1000)))
        return found


def spread_of(values: Sequence[int | None]) -> Spread:
    known = sorted(value for value in values if value is not None)
    if not known:
        return Spread()
    rank = next(rank for rank in range(1, len(known) + 1) if rank / len(known) >= 0.95)
    return Spread(len(known), known[(len(known) - 1) // 2], known[rank - 1])


@settings(max_examples=600 if os.environ.get("CI") else 100)
@given(st.data())
def test_measures_are_what_their_words_say(data: st.DataObject) -> None:
    facts, incidents = data.draw(histories()), data.draw(troubles())
    begin = FIRST + data.draw(st.integers(0, DAYS - 1))
    end = data.draw(st.integers(begin, FIRST + DAYS))
    found = measure([delivered(data.draw(st.permutations(facts)), incidents)], begin, end)
    slow = Slow(facts, incidents)
    places = [place for place, (at, *_) in enumerate(slow.deployed) if begin <= at // DAY_MS <= end]
    assert found.deployments == len(places)
    assert found.deploy_days == len({slow.deployed[place][0] // DAY_MS for place in places})
    assert found.lead == spread_of([seconds for place in places for seconds in slow.lead(place)])
    assert found.failed == sum(slow.failed(place) for place in places)
    assert found.recovery == spread_of([slow.recovery(place) for place in places])
    assert found.unplanned == sum(slow.unplanned(place) for place in places)
    firsts = [
        fact
        for fact in facts
        if fact.voice is Voice.DEFAULT and begin <= (fact.attempts[0].at if fact.attempts else fact.at) // DAY_MS <= end
    ]
    says = [fact.attempts[0].status for fact in firsts if fact.attempts]
    green = [fact for fact in firsts if fact.attempts and fact.attempts[0].status is Status.SUCCEEDED]
    assert (found.runs, found.green, found.errored) == (len(says), len(green), says.count(Status.ERRORED))
    assert found.others == sum(not fact.attempts for fact in firsts)
    assert found.main_days == len({(one.attempts[0].at if one.attempts else one.at) // DAY_MS for one in firsts})
    assert found.duration == spread_of([fact.seconds for fact in green])
    assert found.queue == spread_of([fact.queue_seconds for fact in firsts])
    assert found.wait == spread_of([fact.wait_seconds or None for fact in firsts])
    assert found.to_green == spread_of([seconds for at, seconds in slow.reds() if begin <= at // DAY_MS <= end])
    ended = [one for one in facts if one.voice is Voice.DEFAULT and one.attempts and begin <= one.at // DAY_MS <= end]
    assert (found.ended, found.succeeded) == (len(ended), sum(one.status is Status.SUCCEEDED for one in ended))


@settings(max_examples=600 if os.environ.get("CI") else 100)
@given(st.data())
def test_backlog_is_what_its_words_say(data: st.DataObject) -> None:
    facts = data.draw(histories())
    end = FIRST * DAY_MS + data.draw(st.integers(0, DAYS * DAY_MS))
    found = backlog([delivered(data.draw(st.permutations(facts)))], end)
    slow = Slow(facts, [])
    waiting = slow.undeployed(end)
    assert found.lag_seconds == slow.lag(end)
    assert found.undeployed == len({one.commit or one.id for one in waiting})
    assert found.undeployed_since == min((slow.made(one) for one in waiting), default=None)


@settings(max_examples=600 if os.environ.get("CI") else 100)
@given(st.data())
def test_what_stands_behind_each_measure_makes_it(data: st.DataObject) -> None:
    facts, incidents = data.draw(histories()), data.draw(troubles())
    pipelines = [delivered(data.draw(st.permutations(facts)), incidents)]
    first = FIRST + data.draw(st.integers(0, DAYS - 1))
    last = data.draw(st.integers(first, FIRST + DAYS))
    period = Period(first * DAY_MS, (last + 1) * DAY_MS, (last + 1) * DAY_MS)
    found, stock = measure(pipelines, first, last), backlog(pipelines, period.end)

    def values(asked: Measure) -> list[int]:
        return [one.value for one in evidence(asked, pipelines, period) if one.value is not None]

    shares = {
        Measure.SUCCESS_RATE: (found.succeeded, found.ended),
        Measure.FIRST_ATTEMPT_RATE: (found.green, found.runs),
        Measure.CHANGE_FAIL_RATE: (found.failed, found.deployments),
        Measure.DEPLOYMENT_REWORK_RATE: (found.unplanned, found.deployments),
        Measure.DEPLOYMENT_FREQUENCY: (found.deployments, found.deployments),
    }
    for asked, (part, whole) in shares.items():
        assert (sum(values(asked)), len(values(asked))) == (part, whole), asked
    spreads = {
        Measure.DURATION_P50: found.duration,
        Measure.DURATION_P95: found.duration,
        Measure.QUEUE_P50: found.queue,
        Measure.HUMAN_WAIT_P50: found.wait,
        Measure.TIME_TO_GREEN: found.to_green,
        Measure.CHANGE_LEAD_TIME: found.lead,
        Measure.FAILED_DEPLOYMENT_RECOVERY_TIME: found.recovery,
    }
    for asked, spread in spreads.items():
        assert spread_of(values(asked)) == spread, asked
    assert max(values(Measure.UNDEPLOYED_AGE), default=None) == (
        None if stock.undeployed_since is None else max(0, round((period.end - stock.undeployed_since) / 1000))
    )
    lags = evidence(Measure.RELEASABLE_LAG, pipelines, period)
    newest = max(lags, key=lambda one: one.fact.order, default=None)
    assert (newest.value if newest else None) == stock.lag_seconds
    assert {one.why for asked in Measure for one in evidence(asked, pipelines, period) if one.value is None} <= REASONS
