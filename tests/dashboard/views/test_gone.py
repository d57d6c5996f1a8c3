"""Addresses that lead nowhere, and screens whose link has ended."""

from __future__ import annotations

from storage.store import Store
from tests.dashboard.visiting import Visitor


def test_unknown_address_keeps_the_menu_of_who_is_signed_in(visitor: Visitor) -> None:
    answer = visitor.get("/nothing-is-here")
    assert answer.status_code == 404
    assert 'aria-label="Main"' in answer.content.decode()


def test_unknown_address_has_no_menu_for_strangers(stranger: Visitor) -> None:
    assert 'aria-label="Main"' not in stranger.text("/nothing-is-here")


def test_dead_screen_link_says_so_without_a_menu(visitor: Visitor, store: Store) -> None:
    answer = visitor.get("/radiator/nobody-has-this-key")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "This screen link has ended" in text
    assert 'aria-label="Main"' not in text
