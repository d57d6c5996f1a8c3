"""The names of a team's pipelines as an item."""

from __future__ import annotations

from functools import lru_cache

from storage import keys
from storage.codec import documents
from storage.codec.items import text
from storage.model.pipeline_names import PipelineNames
from storage.table import Item, Key


def names_key(team_id: str) -> Key:
    return Key(keys.names(), keys.team(team_id))


def names_item(team_id: str, names: PipelineNames, version: int) -> Item:
    key = names_key(team_id)
    return {"pk": key.pk, "sk": key.sk, "version": version, "doc": documents.pack(names)}


def names_of(item: Item) -> tuple[str, PipelineNames]:
    """The team's id, and its pipelines' names."""
    return text(item, "sk")[len(keys.TEAMS) :], _names(item["doc"])


@lru_cache(maxsize=1024)
def _names(document: str | int | bytes) -> PipelineNames:
    return documents.unpack(PipelineNames, bytes(document))  # type: ignore[arg-type]
