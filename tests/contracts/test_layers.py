"""Import-linter knows the layers; CONTRIBUTING.md says what belongs in each, in the same order."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[2]


def layers_of(container: str) -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each.get("containers") == [container])
    return list(chain.from_iterable(re.split(r"\s*[|:]\s*", layer) for layer in layers))


def described(container: str) -> list[str]:
    cells = re.findall(r"^\| (`(?:bigtransit|dashboard|storage)/.*?`) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.M)
    names = [re.findall(r"`([\w/]+)`", cell) for cell in cells]
    of_container = [row for row in names if row[0].startswith(f"{container}/") and row[0].count("/") == 1]
    return [name.removeprefix(f"{container}/") for name in chain.from_iterable(of_container)]


def test_layers_of_the_dashboard_are_described_from_the_top_down() -> None:
    assert described("dashboard") == layers_of("dashboard")


def test_layers_of_the_storage_are_described() -> None:
    assert sorted(described("storage")) == sorted(layers_of("storage"))
