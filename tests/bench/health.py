"""python -m tests.bench.health [--teams 200]: health pages over 90 days of facts, and the time to work them out.

Of one team the facts are written as the recorder writes them, without the runs that they would be of, and put together
day by day; of the others the days are written as that leaves them. Pages read no more.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from storage.codec import fact_items
from storage.model.entities import StageKind, Status, Voice
from storage.model.facts import DAY_MS, Fact, StageFact
from storage.model.run import AttemptFact
from storage.store import Store, metered, open_store
from storage.table import Item, Put
from tests.bench import pages, report
from tests.bench.server import Server
from tests.dashboard.views.town import workflow_of
from tests.factories import BY, MINUTE, a_run

PIPELINES_EACH, DAYS, RUNS_A_DAY = 15, 90, 2
AT_ONCE = 50
FAR = 4_000_000_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.health")
    parser.add_argument("--teams", type=int, default=200)
    teams: int = parser.parse_args().teams
    with tempfile.TemporaryDirectory(prefix="bigtransit-bench-") as scratch:
        url = f"sqlite:///{scratch}/store.db"
        with Server(url, Path(scratch), workers=pages.WORKERS) as server:
            store = open_store(url)
            _fold(store, teams, _fill(store, teams))
            store.table.engine.close()
            paths = {"health of all": "/health", "health of a team": "/health/team-0"}
            costs = pages.costs_of(url, paths, Path(scratch))
            found = pages.measure(server, server.sign_in(), paths, costs, rounds=3, seconds=1)
            print("\n".join(report.page_lines(list(found.values()))))


def _fill(store: Store, teams: int) -> int:
    """Teams of pipelines with a run of today, and the facts of the days before it."""
    count, now = 0, store.now()
    for number in range(teams):
        team = store.teams.create(f"Team number {number}", f"team-{number}", BY)
        for place in range(PIPELINES_EACH):
            ref = workflow_of(f"service-{number}-{place}", number * 100 + place + 1)
            run = str(1 + 10 * (number * PIPELINES_EACH + place))
            applied = store.recorder.apply(team.id, a_run(run, ref=ref, began=now - 90 * MINUTE))
            assert applied is not None
            facts = list(_facts(applied.pipeline_id, now // DAY_MS))
            writes = [Put(item) for item in (_parts if number else _changed)(applied.pipeline_id, facts)]
            for at in range(0, len(writes), AT_ONCE):
                store.table.transact(writes[at : at + AT_ONCE])
            count += len(facts)
        store.table.put(fact_items.stale_team_item(team.id))
        store.rebuilder.rename(team.id)
    return count


def _changed(pipeline_id: str, facts: Sequence[Fact]) -> list[Item]:
    return [fact_items.changed_item(pipeline_id, fact.day, fact.id, fact_items.packed(fact), FAR) for fact in facts]


def _parts(pipeline_id: str, facts: Sequence[Fact]) -> list[Item]:
    days: dict[int, list[Fact]] = {}
    for fact in facts:
        days.setdefault(fact.day, []).append(fact)
    return [fact_items.part_item(pipeline_id, day, 0, found, FAR) for day, found in days.items()]


def _facts(pipeline_id: str, today: int) -> Iterator[Fact]:
    chance = random.Random(pipeline_id)
    for order in range(DAYS * RUNS_A_DAY):
        at = (today - DAYS + order // RUNS_A_DAY) * DAY_MS + chance.randrange(DAY_MS // 2)
        red = chance.random() < 0.1
        status = Status.FAILED if red else Status.SUCCEEDED
        seconds = round(chance.gauss(900, 90))
        names = ("build", "test", "integration", "staging", "production")
        yield Fact(
            id=f"{chance.getrandbits(128):032x}", pipeline_id=pipeline_id, number=str(order), order=order,
            voice=Voice.DEFAULT, status=status, at=at, began_at=at - 1000 * seconds, seconds=seconds,
            queue_seconds=chance.randrange(60), attempts=(AttemptFact(1, status, at, at - 1000 * seconds),),
            deployed=() if red else (at,), commit=f"{chance.getrandbits(48):012x}", committed_at=at - 3_600_000,
            message="A change of some fifty letters, as they mostly are", author="Lena Hoffmann",
            repair=chance.random() < 0.05,
            stages=tuple(StageFact(name, StageKind.OTHER, Status.SUCCEEDED, 100 * n, 100 * n + 90)
                         for n, name in enumerate(names)),
        )  # fmt: skip


def _fold(store: Store, teams: int, facts: int) -> None:
    folder = store.fact_folder
    began = time.perf_counter()
    days = 0
    for day in list(folder.stale_days()):
        folder.fold_day(day)
        days += 1
    parts_at = time.perf_counter()
    print(f"{facts} facts of {teams} teams; {days} days of one team put together in {parts_at - began:.0f} s")
    while stale := folder.list_stale_teams():
        for team in stale:
            folder.fold_stale_team(team)
    windows_at = time.perf_counter()
    print(f"windows of {teams} teams worked out in {windows_at - parts_at:.0f} s")
    with metered() as meter:
        found = store.windows.list_all()
    longest = max(len(fact_items.window_item(window)["doc"]) for one in found for window in one.windows)  # type: ignore[arg-type]
    print(f"read in {meter.calls} call, {meter.rcu} units; the longest item {longest} bytes")


if __name__ == "__main__":
    main()
