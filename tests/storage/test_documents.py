"""Documents: what is written is read again, by later and by earlier versions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from storage.codec import documents, items
from storage.model.deliveries import PENDING
from storage.model.document import Document
from storage.model.entities import Status
from storage.model.events import AnyEvent
from storage.model.merge import EMPTY, StoredExecution, merge
from tests.factories import delivery
from tests.storage.strategies import events

ROOT = Path(__file__).resolve().parents[2]


class Before(Document, frozen=True):
    name: str
    status: Status = Status.QUEUED


class After(Document, frozen=True):
    name: str
    status: Status = Status.QUEUED
    marks: tuple[int, ...] = ()


def test_document_is_the_list_of_the_fields() -> None:
    assert documents.dump(Before("x")) == '["x","queued"]'
    assert documents.dump(After("x", Status.QUEUED, (1,))) == '["x","queued",[1]]'


def test_document_without_its_last_fields_is_read_with_their_defaults() -> None:
    assert documents.load(After, '["x"]') == After("x")


def test_document_of_an_earlier_version_is_read_with_the_new_fields_default() -> None:
    assert documents.load(After, documents.dump(Before("x", Status.FAILED))) == After("x", Status.FAILED)


def test_document_of_a_later_version_is_read_without_its_new_fields() -> None:
    assert documents.load(Before, documents.dump(After("x", Status.FAILED, (1,)))) == Before("x", Status.FAILED)


@given(st.lists(events(), max_size=6))
def test_any_state_comes_back_as_it_went(told: list[AnyEvent]) -> None:
    stored = StoredExecution("e", "t", "p", merge(EMPTY, told))
    assert documents.unpack(StoredExecution, documents.pack(stored)) == stored


def test_long_document_is_deflated_and_a_short_one_is_not() -> None:
    short, long = documents.pack(Before("x")), documents.pack(Before("x" * 1000))
    assert short == bytes((documents.VERSION,)) + b'["x","queued"]'
    assert len(long) < 100
    assert documents.unpack(Before, long) == Before("x" * 1000)


@given(st.lists(events(), max_size=4))
def test_events_in_the_inbox_come_out_as_they_went_in(told: list[AnyEvent]) -> None:
    kept = delivery(outcome=PENDING, events=tuple(told))
    assert items.delivery_of(items.delivery_item(kept)) == kept


def test_text_of_any_alphabet_comes_back() -> None:
    text = "naïve \U0001f680 \u202e \x00 <b>"
    assert documents.load(Before, documents.dump(Before(text))) == Before(text)


def test_threads_may_read_the_first_document_of_a_kind_at_once() -> None:
    command = [sys.executable, "-m", "tests.storage.first_documents"]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 0
