"""The two engines behind storage.table.Table, chosen by URL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from storage.engines.file_access import files_at, obstacle

if TYPE_CHECKING:
    from storage.table import Engine

_FORMS = "sqlite:///PATH, dynamodb://REGION/TABLE or dynamodb+http://HOST:PORT/TABLE"
_SQLITE = re.compile(r"sqlite:///(?P<path>[^?#]+)")
_AWS = re.compile(r"dynamodb://(?P<region>[a-z0-9-]+)/(?P<table>[A-Za-z0-9_.-]{3,255})")
_ENDPOINT = re.compile(
    r"dynamodb\+(?P<scheme>https?)://(?:(?P<key>[^:@/]+):(?P<secret>[^@/]+)@)?"
    r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+)(?P<port>:\d+)?/(?P<table>[A-Za-z0-9_.-]{3,255})"
)
ENDPOINT_REGION = "us-east-1"


def open_engine(url: str) -> Engine:
    """The engine at a storage URL; nothing is read or created yet. Raises ValueError for any other URL.

    `sqlite:///var/x.db` is relative to the working directory, `sqlite:////srv/x.db` absolute. An engine that checks
    signatures takes `dynamodb+http://KEY:SECRET@HOST:PORT/TABLE`; AWS credentials are never used on an endpoint.
    """
    if match := _SQLITE.fullmatch(url):
        from storage.engines.sqlite import SqliteEngine

        return SqliteEngine(match["path"])
    if match := _AWS.fullmatch(url):
        from storage.engines.dynamodb import DynamoEngine

        return DynamoEngine(match["table"], match["region"])
    if match := _ENDPOINT.fullmatch(url):
        from storage.engines.dynamodb import DynamoEngine

        endpoint = f"{match['scheme']}://{match['host']}{match['port'] or ''}"
        credentials = (match["key"], match["secret"]) if match["key"] else None
        return DynamoEngine(match["table"], ENDPOINT_REGION, endpoint, credentials=credentials)
    scheme = url.partition("://")[0] if "://" in url else "no scheme"
    raise ValueError(f"a storage URL is {_FORMS}; this one begins with {scheme!r} and does not fit")


def refused_file(url: str) -> str:
    """What keeps this process from the files of an embedded store, in one sentence; empty where nothing does."""
    match = _SQLITE.fullmatch(url)
    return obstacle(files_at(Path(match["path"]))) if match else ""
