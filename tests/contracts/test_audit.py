"""What is said of known weaknesses, by what pip-audit answers."""

from __future__ import annotations

import json
import sys

import pytest

from tests.audit import audit


def answering(report: object) -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({json.dumps(report)!r})")


def release(**more: object) -> dict[str, object]:
    return {"name": "requests", "version": "2.34.2", **more}


NOT_FOUND = {"name": "six", "version": "1.17.0", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("entries", "code", "said"),
    [
        ([release(vulns=[])], 0, "1 releases audited, nothing known."),
        ([release(vulns=[]), NOT_FOUND], 0, "1 releases audited, nothing known. 1 not audited."),
        (
            [release(vulns=[{"id": "PYSEC-1", "fix_versions": ["2.35"]}])],
            1,
            "requests 2.34.2: PYSEC-1, mended in 2.35",
        ),
        ([release(vulns=[{"id": "PYSEC-2", "fix_versions": []}])], 1, "requests 2.34.2: PYSEC-2"),
        ([NOT_FOUND], 0, "Not audited: the database knows none of 1 releases, so it is none."),
    ],
)
def test_audit_fails_on_what_is_known_and_nothing_else(entries: list[object], code: int, said: str) -> None:
    assert audit(answering({"dependencies": entries})) == (code, said)


def test_database_that_cannot_be_reached_is_told() -> None:
    failing = (sys.executable, "-c", "import sys; sys.exit('no such host')")
    assert audit(failing) == (0, "Not audited: no such host")


def test_database_that_does_not_answer_is_not_waited_for() -> None:
    hanging = (sys.executable, "-c", "import threading; threading.Event().wait()")
    assert audit(hanging, most_seconds=0.2)[1].startswith("Not audited: the database did not answer")
