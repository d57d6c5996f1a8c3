"""What joins are made of: each is commutative, associative and idempotent, and None or an empty mapping its unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R", bound=tuple[Any, ...])


def union(a: Mapping[K, T], b: Mapping[K, T], joined: Callable[[T, T], T]) -> Mapping[K, T]:
    """With the join of both where a key is in both."""
    if not b:
        return a
    if not a:
        return b
    return {**a, **{key: joined(a[key], value) if key in a else value for key, value in b.items()}}


def least(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else min(a, b)


def most(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else max(a, b)


def greatest(a: R | None, b: R | None) -> R | None:
    """Of two registers."""
    return max(a, b) if a is not None and b is not None else a if b is None else b
