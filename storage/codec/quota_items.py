"""What a connection's tool says remains of the calls that it takes. Beside the connection, not in it: it is written
whenever the tool is asked, and must not stand in the way of who changes the connection."""

from __future__ import annotations

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import text
from storage.model.entities import ApiQuota
from storage.table import Item, Key

# Nobody asks what it was before.
KEPT_SECONDS = 2 * 86_400


def quota_key(connection_id: str) -> Key:
    return Key(keys.connection(connection_id), "QUOTA")


def quota_item(connection_id: str, quota: ApiQuota) -> Item:
    key = quota_key(connection_id)
    expires = quota.told_at // 1000 + KEPT_SECONDS
    return {"pk": key.pk, "sk": key.sk, "doc": documents.dump(quota), schema.EXPIRES: expires}


def quota_of(item: Item) -> ApiQuota:
    return documents.load(ApiQuota, text(item, "doc"))
