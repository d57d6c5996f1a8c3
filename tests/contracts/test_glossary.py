"""Every class that holds something has an entry among the words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("storage/model", "dashboard/readmodels")


def public_classes() -> set[str]:
    trees = (ast.parse(path.read_text()) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    classes = {node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
    return {name for name in classes if not name.startswith("_")}


def test_glossary_has_every_public_class_of_model_and_read_models_and_no_other() -> None:
    types = (ROOT / "docs" / "glossary.md").read_text().partition("\n## Types\n")[2]
    entries = re.findall(r"^\| `(\w+)` \| (.{8,}) \|$", types, re.MULTILINE)
    assert {name for name, _ in entries} == public_classes()
    assert len(entries) == len(public_classes())
