"""Bodies that real systems and their documentation produced. They are not ours to hand on, so they are read in place:
BIGTRANSIT_PAYLOAD_CORPUS names a folder with one folder a source inside.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Parsed
from tests.dashboard.sources.golden import headers_of

CORPUS = Path(os.environ.get("BIGTRANSIT_PAYLOAD_CORPUS") or "no-corpus")
needs_corpus = pytest.mark.skipif(
    not (CORPUS / "github").is_dir(),
    reason="BIGTRANSIT_PAYLOAD_CORPUS names no folder with recorded payloads (github/, codepipeline/, sns/, ...)",
)


def recorded(source: str) -> list[Path]:
    """Its bodies, without schemas."""
    return sorted(path for path in (CORPUS / source).rglob("*.json") if "schema" not in path.parts)


def read(name: str, event: str = "") -> Parsed:
    """The body of this name within the corpus ("github/ping.app.json"). event: what the source's event header says."""
    source, path = name.partition("/")[0], CORPUS / name
    return SOURCES[source].parse(headers_of(source, event), path.read_bytes())
