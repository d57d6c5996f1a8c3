"""What a sign-in costs: as much for somebody nobody knows, and not more than two hashes at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.auth import passwords
from dashboard.auth.passwords import authenticate
from storage.store import Store
from tests.factories import BY, PASSWORD, a_user, administrator


class Hashing:
    """Notes what a password is compared with, and how many comparisons run at a time."""

    def __init__(self) -> None:
        self.known: list[str] = []
        self.most = self._running = 0
        self._lock = threading.Lock()
        self.meet = threading.Barrier(2)

    def __call__(self, password: str, known: str, setter: object = None) -> bool:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
            self.known.append(known)
        if len(self.known) <= 2:
            self.meet.wait(10)
        with self._lock:
            self._running -= 1
        return False


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Hashing:
    found = Hashing()
    monkeypatch.setattr(passwords, "check_password", found)
    return found


def test_hash_is_worked_out_for_everybody(store: Store, hashing: Hashing) -> None:
    hashing.meet = threading.Barrier(1)
    known = administrator(store)
    gone = a_user(store, "gone@example.com")
    store.users.set_standing(gone, BY, is_admin=False, is_active=False)
    a_user(store, "sso@example.com", password="", issuer="https://idp.example", subject="7")
    for email in (known.email, "nobody@example.com", "gone@example.com", "sso@example.com", "", "x" * 300):
        assert authenticate(email, PASSWORD) is None
    assert len(hashing.known) == 6
    algorithms = {each.partition("$")[0] for each in hashing.known}
    assert algorithms == {known.password.partition("$")[0]}


def test_two_hash_at_once_and_the_others_wait(store: Store, hashing: Hashing) -> None:
    email = administrator(store).email
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda _: authenticate(email, PASSWORD), range(6))) == [None] * 6
    assert (len(hashing.known), hashing.most) == (6, 2)
