"""Which kind a stage is, by what teams usually call it. First match wins; the table is data."""

from __future__ import annotations

import re
from functools import lru_cache

from storage.model.entities import StageKind

_TABLE = (
    (StageKind.DEPLOY, r"pre-?prod|non-?prod|staging|\buat\b|\bqa\b|sandbox|canary env"),
    (StageKind.PRODUCTION, r"\bprod(uction)?\b|\blive\b|\brelease to\b|prod[-_ ]|[-_ ]prod"),
    (StageKind.CAPACITY, r"\bload\b|\bsoak\b|stress|perf(ormance)?\b|capacity|benchmark"),
    (
        StageKind.ACCEPTANCE,
        r"accept|integration|\be2e\b|end.to.end|contract|smoke|verify|browser|\bui\b|functional|approve|approval|scan",
    ),
    (StageKind.COMMIT, r"commit|build|compile|unit|lint|\btests?\b|check|source|package|format|types?\b|analy"),
    (StageKind.DEPLOY, r"deploy|publish|release|rollout|provision|migrat|dev\b|stage\b"),
)
_RULES = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _TABLE)


@lru_cache(maxsize=4096)
def kind_of(name: str) -> StageKind:
    for kind, pattern in _RULES:
        if pattern.search(name):
            return kind
    return StageKind.OTHER


def is_production(environment: str) -> bool:
    return kind_of(environment) is StageKind.PRODUCTION
