"""Very many executions, straight into a SQLite file: to record a million through webhooks would take hours.

Of each shape one run is recorded, event by event; the others are its items with other ids and other times. Some are
compared with what the recorder writes of the same events.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from storage import keys
from storage.codec import documents, fact_items, items
from storage.engines import open_engine
from storage.engines.sqlite_schema import INSERT, row_of
from storage.model.entities import Status
from storage.model.events import AnyEvent, PipelineRef
from storage.model.facts import DAY_MS
from storage.store import Store
from storage.table import Item, Table
from tests.dashboard.views.town import workflow_of
from tests.factories import BY, MINUTE, SHA, a_run, pipeline_id_of, record

PIPELINES, PIPELINES_EACH = 300, 15
DAYS = 390
STAGES = ("build", "unit tests", "lint", "package", "integration tests", "deploy staging", "acceptance", "capacity",
          "deploy production", "smoke test")  # fmt: skip
# Of the run that each shape is recorded of; of as many digits as the others'.
MODEL_PLACE, MODEL_RUN, MODEL_NUMBER, MODEL_BEGAN = 899_999, 9_876_543_210, "765432", 1_700_000_000_000
COMPARED = 20
PROCESSES = 2
_TIME = re.compile(r"(?<![\w.])1[678]\d{11}(?!\w)")


class Shape(NamedTuple):
    stages: int
    outcome: Status = Status.SUCCEEDED
    branch: str = "main"
    again: bool = False


SHAPES = (
    Shape(6), Shape(8), Shape(10), Shape(7, branch="retry-issuer"), Shape(6, branch="renovate/pytest"), Shape(9),
    Shape(5, Status.FAILED), Shape(10, again=True), Shape(4, Status.FAILED, branch="retry-issuer"), Shape(8),
    Shape(6, Status.CANCELLED), Shape(10),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What is each run's own."""

    team_id: str
    ref: PipelineRef
    run: int
    number: str
    began: int
    commit: str

    @property
    def execution_id(self) -> str:
        return keys.execution_id(self.team_id, "github", str(self.run))

    @property
    def pipeline_id(self) -> str:
        return pipeline_id_of(self.team_id, self.ref)

    def events(self, shape: Shape) -> list[AnyEvent]:
        said: dict[str, Any] = {"ref": self.ref, "number": self.number, "branch": shape.branch, "commit": self.commit}
        said |= {"url": f"https://github.com/{self.ref.repository}/actions/runs/{self.run}"}
        stages, first = STAGES[: shape.stages], Status.FAILED if shape.again else shape.outcome
        events = a_run(str(self.run), began=self.began, stages=stages, outcome=first, **said)
        if shape.again:
            later = self.began + 30 * MINUTE
            events += a_run(str(self.run), began=later, stages=stages, outcome=shape.outcome, attempt=2, **said)
        return events

    def words(self) -> list[str]:
        """By which its items differ from another's, beside their times."""
        return [
            *(self.execution_id, self.pipeline_id, self.team_id, self.ref.key, self.ref.project, str(self.run)),
            *(f'"{self.number}"', self.commit, self.commit[:12]),
        ]


def run_told(team_id: str, place: int, began: int, run: int, number: str, commit: str) -> Told:
    return Told(team_id, workflow_of(f"service-{place:06d}", 100_000 + place), run, number, began, commit)


MODEL = run_told("model-team", MODEL_PLACE, MODEL_BEGAN, MODEL_RUN, MODEL_NUMBER, SHA)


class Model:
    """Items of one run of a shape, and the same of any other."""

    def __init__(self, execution: Item, fact: Item) -> None:
        stored, _ = items.head_of(execution)
        self._execution, self._fact = execution, fact
        self._at = fact_items.fact_of(fact).at
        self._noted = f'{stored.fact_day},"{stored.fact_digest}"'
        packed = (execution["doc"], execution["summary"], fact["doc"])
        self._texts = [_Text(bytes(documents.unpack(msgspec.Raw, one)).decode()) for one in packed]  # type: ignore[arg-type]

    def of(self, told: Told) -> tuple[Item, Item]:
        """The execution and its fact."""
        later = told.began - MODEL.began
        words = list(zip(MODEL.words(), told.words(), strict=True))
        day = (self._at + later) // DAY_MS
        document, summary, fact = (text.at(later, words) for text in self._texts)
        fact_document = _pack(fact)
        document = document.replace(self._noted, f'{day},"{fact_items.digest(fact_document)}"')
        put: Item = {"doc": _pack(document), "summary": _pack(summary), "commit_pk": keys.commit(told.commit)}
        key = fact_items.fact_key(told.pipeline_id, day, told.execution_id)
        return (
            {name: put.get(name) or _changed(value, later, words) for name, value in self._execution.items()},
            {"pk": key.pk, "sk": key.sk, "doc": fact_document, "expires": _changed(self._fact["expires"], later, ())},
        )


class _Text:
    """A document whose times are told apart from the rest."""

    def __init__(self, text: str) -> None:
        self._times = [int(found) for found in _TIME.findall(text)]
        self._form = _TIME.sub("%d", text.replace("%", "%%"))

    def at(self, later: int, words: Sequence[tuple[str, str]]) -> str:
        text = self._form % tuple([time + later for time in self._times])
        for old, new in words:
            text = text.replace(old, new)
        return text


def _pack(text: str) -> bytes:
    return documents.pack(msgspec.Raw(text.encode()))


def _changed(value: Any, later: int, words: Sequence[tuple[str, str]]) -> Any:
    """Of an item's attributes only times of expiry are as large a number."""
    if isinstance(value, int):
        return value + later // 1000 if value > 1_000_000_000 else value
    for old, new in words:
        value = value.replace(old, new)
    return value


class ManyRuns:
    """now: milliseconds. Runs of a pipeline are spread over its retention, the newest an hour ago."""

    def __init__(self, executions: int, folder: Path, now: int) -> None:
        self.path, self.url = folder / "many.db", f"sqlite:///{folder / 'many.db'}"
        self.each = executions // PIPELINES
        self._folder, self._now = folder, now // 1000 * 1000
        self._teams: list[str] = []

    def fill(self) -> None:
        """The newest run of each pipeline is recorded, so that it stands on its board."""
        store = _open(self.url, self._now)
        places = range(PIPELINES)
        self._teams = [store.teams.create(f"Team {n}", f"team-{n}", BY).id for n in range(0, PIPELINES, PIPELINES_EACH)]
        for place in places:
            told = self.told(place, self.each - 1)
            store.recorder.apply(told.team_id, told.events(self.shape(place, self.each - 1)))
        store.table.engine.close()
        self._compare()
        context = multiprocessing.get_context("fork")
        with closing(_unsafe(self.path)) as connection, context.Pool(PROCESSES) as pool:
            for rows in pool.imap(self._rows, places):
                connection.execute("BEGIN")
                connection.executemany(INSERT, rows)
                connection.execute("COMMIT")
        # Makes the indexes again.
        store.table.engine.prepare()
        store.table.engine.close()

    def shape(self, place: int, number: int) -> Shape:
        return SHAPES[(7 * place + number) % len(SHAPES)]

    def told(self, place: int, number: int) -> Told:
        before = (self.each - number) * (DAYS * DAY_MS // self.each // 1000 * 1000)
        run = 1_000_000_000 + number * PIPELINES + place
        commit = hashlib.sha1(str(run).encode(), usedforsecurity=False).hexdigest()
        began = self._now - 60 * MINUTE - before + place * 1000
        return run_told(self._teams[place // PIPELINES_EACH], place, began, run, f"{100_000 + number}", commit)

    @cached_property
    def _models(self) -> dict[Shape, Model]:
        return {shape: Model(*self._recorded(MODEL, shape)) for shape in set(SHAPES)}

    def _recorded(self, told: Told, shape: Shape) -> tuple[Item, Item]:
        """Event by event, as webhooks come; the fact as the job that puts it in its place leaves it."""
        path = self._folder / "recorded.db"
        store = _open(f"sqlite:///{path}", told.began)
        record(store, told.events(shape), told.team_id)
        for day in list(store.fact_folder.stale_days()):
            store.fact_folder.fold_day(day)
        execution = store.table.get(items.execution_key(told.execution_id))
        assert execution is not None
        stored, _ = items.head_of(execution)
        fact = store.table.get(fact_items.fact_key(told.pipeline_id, stored.fact_day, told.execution_id))
        assert fact is not None
        store.table.engine.close()
        path.unlink()
        return execution, fact

    def _compare(self) -> None:
        """Every shape, at places and times that spread over all."""
        for sample in range(COMPARED):
            place, number = sample * PIPELINES // COMPARED, sample * self.each // COMPARED
            told, shape = self.told(place, number), self.shape(place, number)
            assert self._models[shape].of(told) == self._recorded(told, shape), (shape, told)

    def _rows(self, place: int) -> list[tuple[Any, ...]]:
        models = (
            self._models[self.shape(place, number)].of(self.told(place, number)) for number in range(self.each - 1)
        )
        return [row_of(item) for model in models for item in model]


def _open(url: str, now: int) -> Store:
    engine = open_engine(url)
    engine.prepare()
    return Store(Table(engine, lambda: now))


def _unsafe(path: Path) -> sqlite3.Connection:
    """Nothing is lost that could not be made again. Without indexes, which are made at the end."""
    connection = sqlite3.connect(path, isolation_level=None)
    for name in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
        connection.execute(f"PRAGMA {name}").fetchall()
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql NOTNULL").fetchall():
        connection.execute(f"DROP INDEX {name}")
    return connection


def derived(path: Path) -> Iterator[tuple[Any, ...]]:
    """All rows but the notices of changes."""
    with closing(sqlite3.connect(path)) as connection:
        yield from connection.execute("SELECT * FROM items WHERE pk NOT LIKE 'CHANGES#%' ORDER BY pk, sk")


def digest(path: Path) -> str:
    found = hashlib.sha256()
    for row in derived(path):
        found.update(repr(row).encode())
    return found.hexdigest()
