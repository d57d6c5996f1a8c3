"""Proxies that forward requests and are not believed."""

from __future__ import annotations

from storage.model.document import Document


class UnbelievedProxy(Document, frozen=True):
    """The latest one. address: where its connection came from. header: what it said. seen_at: milliseconds."""

    address: str
    header: str
    seen_at: int
