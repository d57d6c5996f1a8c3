"""What a job's green run wrote, as hashes: what of a red one's log is new."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.failures.normalise import HASH_BYTES, line_hash, normalised
from dashboard.failures.redaction import redact
from dashboard.failures.steps import Step

MOST_BYTES = 32_000
MOST_LINES = MOST_BYTES // HASH_BYTES


def packed(steps: Iterable[Step]) -> bytes:
    """Of the last MOST_LINES that differ, for a long log is read from its end, too."""
    found: dict[bytes, None] = {}
    for step in steps:
        for line in redact(step.lines):
            digest = line_hash(normalised(line))
            found.pop(digest, None)
            found[digest] = None
    return b"".join(list(found)[-MOST_LINES:])


def unpacked(hashes: bytes) -> frozenset[bytes]:
    return frozenset(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))
