"""Keys: what may be part of one, and that no two things share one."""

from __future__ import annotations

import pytest

from storage import keys
from tests.factories import TEAM_ID


@pytest.mark.parametrize("value", ["", "a#b", "x" * 513])
def test_value_that_would_break_a_key_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="part of a key"):
        keys.team(value)


def test_ids_of_two_teams_never_meet() -> None:
    assert keys.pipeline_id(TEAM_ID, "github", "1/CI") != keys.pipeline_id("other", "github", "1/CI")
    assert keys.execution_id("a", "bc", "d") != keys.execution_id("ab", "c", "d")
