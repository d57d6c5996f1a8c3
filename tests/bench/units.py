"""python -m tests.bench.units: what is exact. Requests and capacity units of pages and events, and bytes of the file,
in one process on SQLite, with 200 teams of 15 pipelines. DynamoDB takes the same (tests/storage/test_round_trips.py).
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from dashboard import store as stores  # noqa: E402
from storage.engines import open_engine  # noqa: E402
from storage.store import Store  # noqa: E402
from storage.table import Table, metered  # noqa: E402
from tests.bench.town import PIPELINES_EACH, TEAMS, fill_many  # noqa: E402
from tests.dashboard.visiting import Visitor  # noqa: E402
from tests.factories import (  # noqa: E402
    IN_MEMORY,
    MINUTE,
    NOW,
    TEAM_ID,
    Clock,
    a_run,
    a_team,
    administrator,
    delivery,
)

STAGES = tuple(f"stage {number} of ten" for number in range(10))
EXECUTIONS = 500


def main() -> None:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        store = _open(Path(folder) / "store.db")
        stores.open_store = lambda *_, **__: store  # type: ignore[attr-defined]
        began = time.process_time()
        paths = _fill(store)
        print(f"{TEAMS} teams, {TEAMS * PIPELINES_EACH} pipelines, made in {time.process_time() - began:.0f} s")
        _pages(store, paths)
        _events(store)
        store.table.engine.close()
        print(f"file: {_size_per_execution(Path(folder) / 'size.db'):,.0f} bytes an execution of 6 stages")


def _open(path: Path) -> Store:
    engine = open_engine(f"sqlite:///{path}")
    engine.prepare()
    return Store(Table(engine, Clock()))


def _fill(store: Store) -> dict[str, str]:
    team = fill_many(store, NOW)
    row = store.pipelines.list_board(team.id)[0].row()
    execution = next(one.execution_id for one in (*row.in_flight, row.ended) if one)
    return {
        "board": f"/teams/{team.slug}",
        "execution": f"/executions/{execution}",
        "pipeline": f"/teams/{team.slug}/pipelines/{row.id}",
        "network": "/",
        "health": "/health",
        "health of a team": f"/health/{team.slug}",
        "commit": "/commits/7c3e1fa",
        "search": "/search?q=service-7",
    }


def _pages(store: Store, paths: dict[str, str]) -> None:
    visitor = Visitor(store, administrator(store))
    print(f"\n{'page':<18}{'calls':>6}{'rcu':>8}{'KB':>7}{'ms':>7}")
    for name, path in paths.items():
        visitor.get(path)
        with metered() as meter:
            began = time.process_time()
            answer = visitor.get(path)
            spent = 1000 * (time.process_time() - began)
        print(f"{name:<18}{meter.calls:>6}{meter.rcu:>8g}{len(answer.content) / 1000:>7.0f}{spent:>7.1f}")


def _events(store: Store) -> None:
    """The events of a run of 10 stages while two others are in flight, each with its delivery's claim."""
    team = a_team(store, "Ten stages", "ten-stages")
    for number in range(30):
        when = NOW - (300 - number) * 10 * MINUTE
        store.recorder.apply(team.id, a_run(str(4000 + number), began=when, stages=STAGES))
    *others, last = [
        a_run(str(5001 + number), began=NOW - (30 - number * 5) * MINUTE, stages=STAGES, outcome=None)
        for number in range(3)
    ]
    for run in others:
        store.recorder.apply(team.id, run)
    meters = []
    began = time.process_time()
    for place, event in enumerate(last):
        with metered() as meter:
            store.recorder.apply(team.id, [event], delivery(f"d-{place}"))
        meters.append(meter)
    spent = 1000 * (time.process_time() - began) / len(last)
    print(f"\nevents of a run of {len(STAGES)} stages, 3 in flight, {spent:.1f} ms each:")
    for unit in ("calls", "rcu", "wcu"):
        found = [getattr(meter, unit) for meter in meters]
        print(f"  {unit:<6}{min(found):g} to {max(found):g}, median {statistics.median(found):g}")


def _size_per_execution(path: Path) -> float:
    """With its pipeline's row, its record and the indexes."""
    store = _open(path)
    for number in range(EXECUTIONS):
        for event in a_run(str(7000 + number), began=NOW - (EXECUTIONS - number) * MINUTE, stages=STAGES[:6]):
            store.recorder.apply(TEAM_ID, [event])
    store.table.engine.close()
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*")) / EXECUTIONS


if __name__ == "__main__":
    main()
