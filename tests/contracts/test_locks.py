"""The locks: what is installed, release by release and with hashes, and that it is what requirements*.txt ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PAIRS = (("requirements.txt", "requirements.lock"), ("requirements-dev.txt", "requirements-dev.lock"))
RELOCK = "run `make lock`"


@dataclass(frozen=True, slots=True)
class Entry:
    """`asked_by`: the requirements files that name it."""

    requirement: Requirement
    hashes: tuple[str, ...]
    asked_by: tuple[str, ...]

    @property
    def version(self) -> str:
        (specifier,) = self.requirement.specifier
        assert specifier.operator == "=="
        return specifier.version


def entries(lock: str) -> Iterator[Entry]:
    for block in re.split(r"^(?=\w)", (ROOT / lock).read_text(), flags=re.MULTILINE):
        if block.strip():
            head = block.splitlines()[0].rstrip(" \\")
            hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})\b", block)
            yield Entry(Requirement(head), tuple(hashes), tuple(re.findall(r"-r (\S+)", block)))


def asked(requirements: str) -> dict[str, Requirement]:
    lines = [line for line in (ROOT / requirements).read_text().splitlines() if line and line[0] not in "#-"]
    return {canonicalize_name(found.name): found for found in map(Requirement, lines)}


def locked(lock: str) -> dict[str, str]:
    return {canonicalize_name(entry.requirement.name): entry.version for entry in entries(lock)}


@pytest.mark.parametrize(("requirements", "lock"), PAIRS)
def test_lock_satisfies_what_is_asked_for(requirements: str, lock: str) -> None:
    versions = locked(lock)
    for name, requirement in asked(requirements).items():
        assert name in versions, f"{name} is not in {lock}: {RELOCK}"
        assert requirement.specifier.contains(versions[name]), f"{name} {versions[name]} is not {requirement}: {RELOCK}"


@pytest.mark.parametrize(("requirements", "lock"), PAIRS)
def test_lock_holds_nothing_that_nobody_asks_for_any_more(requirements: str, lock: str) -> None:
    said = {canonicalize_name(entry.requirement.name) for entry in entries(lock) if requirements in entry.asked_by}
    assert said == set(asked(requirements)), RELOCK


@pytest.mark.parametrize("lock", [lock for _, lock in PAIRS])
def test_every_release_in_a_lock_has_its_hash(lock: str) -> None:
    found = list(entries(lock))
    assert len(found) > 30
    assert not [entry.requirement.name for entry in found if not entry.hashes]


@pytest.mark.parametrize("lock", [lock for _, lock in PAIRS])
def test_lock_names_no_registry(lock: str) -> None:
    """The machine's own settings say where from, a mirror perhaps."""
    assert not re.search(r"https?:|--(extra-)?index|--find-links|--trusted", (ROOT / lock).read_text())


def test_what_is_tested_is_what_runs() -> None:
    tested = locked("requirements-dev.lock")
    assert {name: tested.get(name) for name in locked("requirements.lock")} == locked("requirements.lock")
