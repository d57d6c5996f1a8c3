from __future__ import annotations

from dataclasses import dataclass

import pytest

from bigtransit.serving.limits import Holdings, Limits, deadline_of, network_of

LIMITS = Limits(most_bytes=1000, most_unfinished=2)


@dataclass(eq=False)
class Held:
    address: str
    held: int = 0


def holding(*told: tuple[str, int]) -> tuple[Holdings[Held], list[Held]]:
    holdings: Holdings[Held] = Holdings(LIMITS)
    found = []
    for address, held in told:
        one = Held(address)
        holdings.begin(one)
        holdings.hold(one, held)
        found.append(one)
    return holdings, found


def test_of_the_address_that_holds_most_the_greatest_is_cut_and_never_a_newcomer() -> None:
    holdings, found = holding(("a", 300), ("a", 310), ("b", 400), ("c", 1))
    assert (holdings.is_full, holdings.greatest()) == (True, found[1])
    holdings.end(found[1])
    assert (holdings.is_full, holdings.greatest()) == (False, found[2])


def test_an_address_with_too_many_loses_its_oldest() -> None:
    holdings, found = holding(("a", 1), ("a", 1), ("b", 1))
    assert holdings.too_many("a") is None
    one = Held("a")
    holdings.begin(one)
    assert holdings.too_many("a") is found[0]
    holdings.end(found[0])
    assert holdings.too_many("a") is None


def test_requests_through_proxies_have_no_limit_of_their_own() -> None:
    holdings, _ = holding(*[("", 1)] * 9)
    assert holdings.too_many("") is None
    assert holdings.bytes == 9


def test_nothing_is_left_when_all_have_ended() -> None:
    holdings, found = holding(("a", 3), ("b", 4))
    for one in found:
        holdings.end(one)
    assert (holdings.bytes, holdings.greatest(), [one.held for one in found]) == (0, None, [0, 0])


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_an_address_counts_for_what_one_client_has(address: str, network: str) -> None:
    assert network_of(address) == network


def test_what_moves_may_take_longer() -> None:
    assert deadline_of(Limits(), 100.0, 0) == 110.0
    assert deadline_of(Limits(), 100.0, 10 * 1024) == 110.0
    assert deadline_of(Limits(), 100.0, 60 * 1024) == 160.0
