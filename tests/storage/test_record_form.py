"""A record comes back as it was, whatever its runs say, also from the plain form of the build before."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from storage import keys
from storage.codec import documents, items, record_form
from storage.model.document import replace
from storage.model.entities import StageKind, Status, Voice
from storage.model.pipeline_record import PipelineRecord, Said
from storage.model.run import AttemptFact, Run, StageCell
from storage.model.run_history import RunHistory
from storage.store import Store
from storage.table import item_size
from tests.factories import MINUTE, NOW, TEAM_ID, a_run, record
from tests.storage.recording.tables import PIPELINE_ID

times = st.none() | st.integers(-(2**40), 2**50) | st.integers(NOW, NOW + MINUTE)
seconds = st.none() | st.integers(-5, 10**6)
words = st.text(max_size=4)


def built(kind_: type, **fields: Any) -> st.SearchStrategy[Any]:
    return st.builds(kind_, **fields)


cells = built(
    StageCell, name=st.sampled_from(["build", "test", ""]) | words, kind=st.sampled_from(StageKind),
    group=st.integers(0, 3), status=st.none() | st.sampled_from(Status), queued_at=times, started_at=times,
    finished_at=times, usual_seconds=seconds, done=st.integers(0, 9), jobs=st.integers(0, 9), seconds=seconds,
    carried=st.booleans(), pending=st.booleans(),
)  # fmt: skip
attempts = built(
    AttemptFact, number=st.integers(1, 3), status=st.sampled_from(Status), at=st.integers(0, 2**50),
    began_at=st.integers(0, 2**50), red_at=times, stage=words, deploys=st.booleans(),
)  # fmt: skip
orders = st.integers(-1, 2**60)
runs = built(
    Run, id=st.uuids().map(lambda id_: id_.hex) | words, number=words, order=orders, voice=st.sampled_from(Voice),
    status=st.sampled_from(Status), attempt=st.integers(1, 3), queued_at=times, started_at=times, finished_at=times,
    commit=words, message=words, production_at=times, stages=st.lists(cells, max_size=4).map(tuple),
    attempts=st.lists(attempts, max_size=2).map(tuple), seconds=seconds, wait_seconds=seconds, queue_seconds=seconds,
)  # fmt: skip
numbered = runs.map(lambda run: replace(run, id=keys.execution_id(TEAM_ID, "github", str(run.order))))
some = st.lists(runs | numbered, max_size=3).map(tuple)
histories = built(RunHistory, runs=some, quiet=some, tags=some, redeploys=some, others=some, stale=st.booleans())


def recorded(history: RunHistory) -> PipelineRecord:
    return PipelineRecord("p" * 32, TEAM_ID, "github", "key", {"name": Said(3, "CI")}, history=history)


@given(histories)
def test_record_comes_back_as_it_was(history: RunHistory) -> None:
    found = recorded(history)
    assert items.record_of(items.record_item(found, 1)) == found
    assert items.record_item(found, 1) == items.record_item(found, 1)
    assert items.record_without_history(items.record_item(found, 1)) == replace(found, history=RunHistory())


@given(histories)
def test_record_of_the_build_before_is_read(history: RunHistory) -> None:
    found = recorded(history)
    plain = {**items.record_item(found, 1), "doc": documents.pack(found)}
    assert items.record_of(plain) == found
    assert items.record_without_history(plain) == replace(found, history=RunHistory())


def test_thirty_runs_of_ten_stages_that_are_much_alike_take_less_than_a_kilobyte(store: Store) -> None:
    for number in range(30):
        stages = tuple(f"stage {place} of ten" for place in range(10))
        record(store, a_run(str(4000 + number), began=NOW - (300 - number) * 10 * MINUTE, stages=stages))
    item = store.table.get(items.record_key(PIPELINE_ID))
    assert item is not None
    assert len(items.record_of(item).history.runs) == 30
    assert documents.version_of(bytes(item["doc"])) == record_form.VERSION  # type: ignore[arg-type]
    assert item_size(item) < 1024
