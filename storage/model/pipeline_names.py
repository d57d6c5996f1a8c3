"""The names of a team's pipelines, for search. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from storage.model.document import Document
from storage.model.naming import names_of
from storage.model.pipeline_record import PipelineRecord

# An item holds no more than about so many.
MOST_NAMES = 4000


class PipelineName(NamedTuple):
    """label: as its team's pages show it; name: in full."""

    id: str
    label: str
    name: str


class PipelineNames(Document, frozen=True):
    names: tuple[PipelineName, ...] = ()


def named_of(records: Iterable[PipelineRecord]) -> PipelineNames:
    """Of the pipelines of one team those that people have not hidden, by their names."""
    known = list(records)
    told = names_of(known)
    shown = [
        PipelineName(one.id, told[one.id].label, told[one.id].full)
        for one in known
        if not one.overrides.hidden and not one.moved_to
    ]
    return PipelineNames(tuple(sorted(shown, key=lambda one: (one.name.casefold(), one.id))[:MOST_NAMES]))
