"""How many runners are online: one item over all tools, among the teams, so that who reads all of those has it."""

from __future__ import annotations

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import text
from storage.model.runners_online import BELIEVED_MS, RunnersOnline
from storage.table import Item, Key

SORT = "RUNNERS"


def online_key() -> Key:
    return Key(keys.teams(), SORT)


def online_item(found: RunnersOnline, now: int) -> Item:
    """`now` in milliseconds."""
    key = online_key()
    expires = (now + BELIEVED_MS) // 1000
    return {"pk": key.pk, "sk": key.sk, "doc": documents.dump(found), schema.EXPIRES: expires}


def online_of(item: Item) -> RunnersOnline:
    return documents.load(RunnersOnline, text(item, "doc"))
