"""Each fault for a moment, and all that must hold after it. `make soak` takes its time over the same ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dynamodb_local import Lacking
from tests.soak.invariants import RECOVERY_SECONDS
from tests.soak.suite import ON_DYNAMO, ON_FILE, SHORT, Bench


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as found:
        yield found


@pytest.mark.parametrize("fault", ON_FILE)
def test_server_on_a_file_loses_nothing_and_recovers_from(bench: Bench, fault: str) -> None:
    assert bench.run(fault, SHORT).recovered < RECOVERY_SECONDS


@pytest.mark.local
@pytest.mark.parametrize("fault", ON_DYNAMO)
def test_server_on_dynamodb_loses_nothing_and_recovers_from(bench: Bench, fault: str) -> None:
    try:
        assert bench.run(fault, SHORT).recovered < RECOVERY_SECONDS
    except Lacking as lacking:
        pytest.skip(str(lacking))
