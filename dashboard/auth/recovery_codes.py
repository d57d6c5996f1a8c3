"""Codes for who has lost what they sign in with: ten, shown once, each good once.

With 120 bits each, SHA-256 is enough to keep them under (ASVS 5.0, 6.5.2).
"""

from __future__ import annotations

import secrets

from dashboard.auth.sessions import hash_secret

MANY = 10
GROUPS, LETTERS = 4, 6
# Base32: neither 0 nor 1, which are read as letters.
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_READ_AS = str.maketrans({"0": "o", "1": "l", "-": "", " ": ""})


def make_codes() -> list[str]:
    return ["-".join(_group() for _ in range(GROUPS)) for _ in range(MANY)]


def _group() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))


def hash_of(code: str) -> str:
    """What is kept of it, and found of one that was typed in other case, or with other spaces. Empty where it can be
    none."""
    plain = code[:100].lower().translate(_READ_AS)
    return hash_secret(plain) if len(plain) == GROUPS * LETTERS and plain.isascii() and plain.isalnum() else ""
