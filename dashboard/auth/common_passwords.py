"""Passwords that anybody would try first: the commonest ones, and what is known of the person and the product.

Each is refused in any case and with digits and signs at its end as well. The list: dashboard/auth/data/README.md.
"""

from __future__ import annotations

import gzip
import string
import unicodedata
from functools import lru_cache
from pathlib import Path

from django.core.exceptions import ValidationError

LIST = Path(__file__).parent / "data" / "common_passwords.txt.gz"
PRODUCT = ("big transit", "bigtransit", "transit")
# A shorter word is inside too many others.
SHORTEST_WORD = 3
# So many letters besides words that anybody knows make a password of one's own.
OWN_LETTERS = 4
_ENDS = string.digits + string.punctuation + string.whitespace


def fold(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def stem(word: str) -> str:
    """Without the digits and signs at its end."""
    return word.rstrip(_ENDS)


@lru_cache(maxsize=1)
def _listed() -> bytes:
    """A line each. As one text it takes a tenth of the memory that a set would; looking one up takes less than hashing
    a password by far."""
    return b"\n" + gzip.decompress(LIST.read_bytes())


def is_listed(word: str) -> bool:
    return bool(word) and "\n" not in word and f"\n{word}\n".encode("utf-8", "surrogatepass") in _listed()


class CommonPasswordValidator:
    """One of Django's AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError."""
        word = fold(password)
        base = stem(word)
        if any(is_listed(each) for each in (word, base) if len(each) >= SHORTEST_WORD):
            raise ValidationError("This password is too common: it is among the first that anybody would try.")

    def get_help_text(self) -> str:
        return "It must not be a common one, with digits and signs at its end neither."


class OwnWordsValidator:
    """One of Django's AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError where little is left of it without words that anybody knows of this person."""
        left = fold(password)
        found = [word for word in _known_words(user) if word in left]
        for word in found:
            left = left.replace(word, " ")
        if found and sum(letter.isalpha() for letter in left) < OWN_LETTERS:
            raise ValidationError("It is little more than your name, your e-mail or the name of this product.")

    def get_help_text(self) -> str:
        return "It must be more than your name, your e-mail or the name of this product."


def _known_words(user: object) -> list[str]:
    """Longest first, so that a name goes as a whole before its parts do."""
    email, name = fold(getattr(user, "email", "")), fold(getattr(user, "name", ""))
    local, _, host = email.partition("@")
    parts = (email, local, *_parts(local), *_parts(host), name, "".join(name.split()), *_parts(name), *PRODUCT)
    return sorted({part for part in parts if len(part) >= SHORTEST_WORD}, key=lambda word: (-len(word), word))


def _parts(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in text).split()
