"""Saved views and stars <-> the item beside their person, pure."""

from __future__ import annotations

from storage import keys
from storage.codec import documents
from storage.codec.items import text
from storage.model.saved_views import ViewSet
from storage.table import Item, Key


def views_key(user_id: str) -> Key:
    return Key(keys.user(user_id), "VIEWS")


def views_item(views: ViewSet) -> Item:
    key = views_key(views.user_id)
    return {"pk": key.pk, "sk": key.sk, "version": views.version, "doc": documents.dump(views)}


def views_of(item: Item | None, user_id: str) -> ViewSet:
    return documents.load(ViewSet, text(item, "doc")) if item else ViewSet(user_id)
