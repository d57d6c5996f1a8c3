"""Fixtures of the storage tests."""

from tests.storage.engines import (
    concurrent_table,
    local_endpoint,
    local_engine,
    local_table,
    moto_engine,
    moto_table,
    sqlite_table,
    table,
)

__all__ = [
    "concurrent_table",
    "local_endpoint",
    "local_engine",
    "local_table",
    "moto_engine",
    "moto_table",
    "sqlite_table",
    "table",
]
