"""The process's one store. Engines open their connections lazily and again after a fork."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from storage.store import Store, open_store


@lru_cache(maxsize=1)
def get_store() -> Store:
    return open_store(settings.STORAGE_URL, retention_days=settings.RETENTION_DAYS)
