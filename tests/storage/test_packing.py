"""Dataclasses <-> compact JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from storage.codec import documents as packing
from storage.codec import event_documents as inbox
from storage.model.entities import Status
from storage.model.events import AnyEvent
from storage.model.merge import EMPTY, StoredExecution, merge
from tests.storage.strategies import events


@dataclass(frozen=True)
class Before:
    name: str
    status: Status = Status.QUEUED


@dataclass(frozen=True)
class After:
    name: str
    status: Status = Status.QUEUED
    marks: tuple[int, ...] = field(default=())


def test_trailing_defaults_are_left_out() -> None:
    assert packing.dump(Before("x")) == '["x"]'
    assert packing.dump(After("x", Status.QUEUED, (1,))) == '["x","queued",[1]]'


def test_document_of_an_earlier_version_is_read_with_the_new_fields_default() -> None:
    assert packing.load(After, packing.dump(Before("x", Status.FAILED))) == After("x", Status.FAILED)


def test_document_of_a_later_version_is_read_without_its_new_fields() -> None:
    assert packing.load(Before, packing.dump(After("x", Status.FAILED, (1,)))) == Before("x", Status.FAILED)


@given(st.lists(events(), max_size=6))
def test_any_state_comes_back_as_it_went(told: list[AnyEvent]) -> None:
    stored = StoredExecution("e", "t", "p", merge(EMPTY, told))
    assert packing.load(StoredExecution, packing.dump(stored)) == stored


@given(st.lists(events(), max_size=6))
def test_equal_states_are_equal_bytes(told: list[AnyEvent]) -> None:
    there, back = (StoredExecution("e", "t", "p", merge(EMPTY, some)) for some in (told, told[::-1]))
    assert packing.dump(there) == packing.dump(back)


@given(st.lists(events(), max_size=4))
def test_events_in_the_inbox_come_out_as_they_went_in(told: list[AnyEvent]) -> None:
    assert inbox.decode(inbox.encode(tuple(told))) == tuple(told)


def test_text_of_any_alphabet_comes_back() -> None:
    text = "naïve \U0001f680 \u202e \x00 <b>"
    assert packing.load(Before, packing.dump(Before(text))) == Before(text)
