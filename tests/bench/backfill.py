"""python -m tests.bench.backfill [--repositories 300] [--days 90] [--killed]: the past of a GitHub organisation, of ten
runs a repository and day, read by a process of its own from a fake: when the first row of a board stands, how long all
takes, in how much memory, and how many requests that is; then, on request, the same killed in its middle.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.recording.recorder import Applied
from storage.store import Store, open_store
from tests.bench.server import ROOT
from tests.dashboard.history.fake_organisation import FakeOrganisation
from tests.dashboard.tool_apis.fake_tool import served
from tests.factories import BY, Clock

RUNS_A_DAY = 10
# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: of a token, and of an App at GitHub
# Enterprise Cloud.
LIMITS = {"a token": 5000, "an App of an enterprise": 15_000}
KEY = "a-signing-key-that-only-benches-use"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.backfill")
    parser.add_argument("--repositories", type=int, default=300)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--killed", action="store_true", help="then again, killed in the middle and begun anew")
    parser.add_argument("--child", metavar="URL", help=argparse.SUPPRESS)
    parser.add_argument("--profile", type=Path, help="where the process's profile is written")
    arguments = parser.parse_args()
    if arguments.child:
        _read(arguments.child, arguments.profile)
        return
    with tempfile.TemporaryDirectory(prefix="bigtransit-bench-") as scratch, served() as tool:
        fake = Unhurried(tool, Clock(time.time_ns() // 1_000_000))
        fake.limit = 10_000_000
        fake.fill(arguments.repositories, arguments.days, RUNS_A_DAY)
        begun = Past(Path(scratch) / "begun", fake, arguments.days)
        begun.process().communicate()
        whole = begun.copy("whole")
        told = json.loads(whole.process(arguments.profile).communicate()[0])
        _report(arguments.repositories, arguments.days, told)
        if arguments.killed:
            _kill(begun.copy("killed"), whole, told["runs"])


class Unhurried(FakeOrganisation):
    """Of very many runs: what it says of a repository is worked out once, so that it is not itself what is measured."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._known: dict[str, dict[str, Any]] = {}

    def _repository(self, name: str) -> dict[str, Any]:
        if name not in self._known:
            self._known[name] = super()._repository(name)
        return self._known[name]


class Past:
    """Of one connection, in a store of its own."""

    def __init__(self, folder: Path, fake: FakeOrganisation, days: int) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.fake, self.days = folder, fake, days
        self.url = f"sqlite:///{folder}/store.db"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BIGTRANSIT_")}
        self.environment = kept | {
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "BIGTRANSIT_STORAGE_URL": self.url,
            "BIGTRANSIT_SECRET_KEY": KEY,
            "BIGTRANSIT_BACKFILL_DAYS": str(days),
            "BENCH_TOOL": fake.tool.address,
        }

    def copy(self, name: str) -> Past:
        folder = self.folder.parent / name
        shutil.copytree(self.folder, folder)
        return Past(folder, self.fake, self.days)

    def process(self, profile: Path | None = None) -> subprocess.Popen[str]:
        """One that reads on until all is read, and tells what that took."""
        told = [sys.executable, "-m", "tests.bench.backfill", "--child", self.url]
        told += ["--profile", str(profile)] if profile else []
        return subprocess.Popen(told, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True)

    def opened(self) -> Store:
        return open_store(self.url)


def _report(repositories: int, days: int, told: Mapping[str, Any]) -> None:
    runs, calls, spent = told["runs"], told["calls"], told["processor"]
    print(
        f"\n{repositories} repositories, {days} days, {runs:,} runs: first row after {told['first']:.2f} s,"
        f" each repository's newest runs after {told['newest']:.0f} s,"
        f" all after {told['seconds']:.0f} s ({runs / told['seconds']:,.0f} runs/s),"
        f" {spent:.0f} s of processor time ({1000 * spent / runs:.2f} ms a run),"
        f" at most {told['memory']:.0f} MB; {calls:,} requests",
        flush=True,
    )
    for who, limit in LIMITS.items():
        hours = calls / (limit * told["share"])
        print(f"  of {who}'s {limit:,} an hour, a share of {told['share']:.0%}: {hours:.1f} hours", flush=True)


def _kill(past: Past, whole: Past, runs: int) -> None:
    """As soon as half of it is told, by no signal that could be caught; then read on by another."""
    from storage.model.backfill import Backfill

    def found() -> Backfill | None:
        return next(iter(store.backfills.list_all()), None)

    process, store = past.process(), past.opened()
    while (stands := found()) is None or stands.runs < runs // 2:
        assert process.poll() is None, "it ended before it was half way"
        time.sleep(0.05)
    process.kill()
    process.communicate()
    stands = found()
    assert stands is not None
    told = json.loads(past.process().communicate()[0])
    same = digest(store) == digest(whole.opened())
    left = "the same" if same else "SOMETHING ELSE"
    print(
        f"  killed at {stands.runs:,} runs; the next one waits a minute for its lease, and had all after"
        f" {told['seconds']:.0f} s, {told['calls']:,} requests in all, {told['runs']:,} runs; it left {left}",
        flush=True,
    )


def digest(store: Store) -> str:
    """Of all rows and histories, and of the newest runs with their stages."""
    told = hashlib.sha256()
    for entry in store.teams.list_boards():
        for row in sorted(entry.rows, key=lambda row: row.name):
            told.update(repr((row.name, row.result, row.in_flight, row.rate)).encode())
            record = store.pipelines.find(row.id)
            assert record is not None
            told.update(repr(record.history).encode())
            for brief in store.executions.list_of_pipeline(row.id, 50).items:
                told.update(repr(store.executions.get(brief.id).stages).encode())
    return told.hexdigest()


def _read(url: str, profile: Path | None) -> None:
    """In the process that is measured, or that makes what two begin with."""
    import django

    django.setup()
    from dashboard.auth.sealing import seal
    from dashboard.history.working import begin, work_on
    from storage.model.entities import ApiAccess, Connection

    store = open_store(url)
    if not Path(url.removeprefix("sqlite:///")).exists():
        store.table.engine.prepare()
        team = store.teams.create("Payments", "payments", BY)
        access = ApiAccess(token=seal("ghp_a-token"), address=os.environ["BENCH_TOOL"])
        connection = Connection("c" * 32, team.id, "github", seal("x" * 20), store.now(), api=access)
        store.connections.create(connection, BY)
        begin(store, connection, BY)
        return
    stands = next(iter(store.backfills.list_all()))
    watch = Watch(store, stands.connection_id)

    def work() -> None:
        """Of a process that died the lease runs out within a minute."""
        while not work_on(store, stands, watch.goes_on):
            time.sleep(0.2)

    if profile:
        import cProfile

        cProfile.runctx("work()", {}, {"work": work}, str(profile))
    else:
        work()
    print(json.dumps(watch.told()))


class Watch:
    """Sees each thing that is written, and is asked after each step."""

    def __init__(self, store: Store, connection_id: str) -> None:
        self._store, self._connection_id = store, connection_id
        self._began, self._spent = time.monotonic(), _processor()
        self._first = self._newest = 0.0
        self._apply = store.recorder.apply
        store.recorder.apply = self.applied  # type: ignore[method-assign]

    def applied(self, *given: Any, **named: Any) -> Applied:
        done = self._apply(*given, **named)
        if not self._first and done.pipeline_id:
            self._first = time.monotonic() - self._began
            print(f"the first row stands after {self._first:.2f} s", file=sys.stderr, flush=True)
        return done

    def goes_on(self) -> bool:
        if not self._newest:
            found = self._store.backfills.find(self._connection_id)
            assert found is not None
            if found.state not in ("listing", "newest"):
                self._newest = time.monotonic() - self._began
        return True

    def told(self) -> dict[str, Any]:
        from django.conf import settings

        found = self._store.backfills.find(self._connection_id)
        assert found is not None
        assert found.state == "done", found
        return {
            "first": self._first,
            "newest": self._newest,
            "seconds": time.monotonic() - self._began,
            "processor": _processor() - self._spent,
            "memory": _peak(),
            "runs": found.runs,
            "calls": found.calls,
            "share": settings.API_SHARE,
        }


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    """MB. Not ru_maxrss: that begins with what the process that started this one held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
