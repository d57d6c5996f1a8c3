"""Items of what teams and the installation agree on about stages."""

from __future__ import annotations

from typing import NamedTuple

from storage import keys
from storage.codec import documents, items
from storage.model.apply_progress import INSTALLATION
from storage.model.stage_rules import NO_CONVENTIONS, Conventions
from storage.table import Item, Key


class StoredConventions(NamedTuple):
    """version: 0 where nobody has said anything yet."""

    conventions: Conventions = NO_CONVENTIONS
    version: int = 0


def conventions_key(scope: str) -> Key:
    """`scope`: a team's id, or INSTALLATION."""
    return Key(keys.settings() if scope == INSTALLATION else keys.team(scope), "CONVENTIONS")


def conventions_item(scope: str, conventions: Conventions, version: int) -> Item:
    key = conventions_key(scope)
    return {"pk": key.pk, "sk": key.sk, "version": version, "doc": documents.dump(conventions)}


def conventions_of(item: Item | None) -> StoredConventions:
    if item is None:
        return StoredConventions()
    return StoredConventions(documents.load(Conventions, items.text(item, "doc")), items.number(item, "version"))
