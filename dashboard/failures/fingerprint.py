"""What tells that two failures are the same, over runs and pipelines."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from dashboard.failures.normalise import normalised
from dashboard.failures.rules import GENERIC

# Of the best lines so many: further ones differ by what else happened to fail.
LINES, LEAST_LETTERS, LENGTH = 3, 8, 32


def fingerprint_of(causes: Sequence[str]) -> str:
    """Of cause lines, clean, the best first. Empty where they say too little to tell one failure from another."""
    telling = [normalised(line) for line in causes if not GENERIC.match(line)][:LINES]
    said = "\n".join(telling)
    if sum(letter.isalpha() for letter in said) < LEAST_LETTERS:
        return ""
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]
