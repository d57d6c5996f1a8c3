"""Members of one type each, as bodies tell them."""

from __future__ import annotations

import pytest

from dashboard.sources.kit.payload import Payload


@pytest.mark.parametrize(
    ("told", "span"),
    [
        (3, 3000),
        (0.25, 250),
        (3.5004, 3500),
        (0, 0),
        (10**9, 10**12),
        (10**9 + 1, None),
        (-1, None),
        ("3", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_how_long_something_took_is_read_in_milliseconds(told: object, span: int | None):
    assert Payload({"took": told}).span("took") == span


@pytest.mark.parametrize(("told", "read"), [(True, True), (False, False), (None, None), (0, None), ("true", None)])
def test_yes_and_no_are_read_and_nothing_else(told: object, read: bool | None):
    assert Payload({"may": told}).boolean("may") is read
    assert Payload({}).boolean("may") is None


def test_a_member_whose_name_holds_dots_is_found_by_it():
    payload = Payload({"pr.number": "12", "pr": {"number": "13", "title": "t"}})

    assert payload.name("pr.number") == "12"
    assert payload.name("pr.title") == "t"
