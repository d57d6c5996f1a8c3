"""What every tool says of the run, and the shape of what it posts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.factories import SHA

Post = tuple[dict[str, str], bytes]


@dataclass(frozen=True)
class Telling:
    """What is posted until the run is past its first stage, until it fails, until its retry runs, until it is green."""

    past_build: Sequence[Post]
    failed: Sequence[Post]
    retrying: Sequence[Post]
    passed: Sequence[Post]


PIPELINE, REPOSITORY, NUMBER = "till", "shop/till", 812
BRANCH, COMMIT = "main", SHA
MESSAGE, AUTHOR = "Round the total once", "Mara Lindqvist"
BUILD, ACCEPTANCE, PRODUCTION = "build", "acceptance", "deploy production"


def post(body: Any, **headers: str) -> Post:
    """Names of headers with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"content-type": "application/json", **named}, json.dumps(body).encode()
