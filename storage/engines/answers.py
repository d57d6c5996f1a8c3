"""What DynamoDB's refusals mean in storage.errors. Pure: works on the answer, not on the SDK's exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storage.engines.wire import from_wire
from storage.errors import Conflict, Contended, Denied, StorageError, TableMissing, Throttled, Unavailable
from storage.table import Item

_THROTTLED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
    }
)
# Refusals that pass by themselves, as those of 5xx do.
_PASSING = frozenset({"TransactionInProgressException"})
_WRONG_REQUEST = frozenset({"SerializationException", "ValidationException"})


def code_of(answer: Mapping[str, Any]) -> str:
    return str(answer.get("Error", {}).get("Code", ""))


def error_of(answer: Mapping[str, Any], message: str) -> StorageError:
    code = code_of(answer)
    if code == "ConditionalCheckFailedException":
        return Conflict(message, old=_old(answer))
    if code == "TransactionCanceledException":
        return _of_reasons(answer.get("CancellationReasons", ()), message)
    if code == "TransactionConflictException":
        return Contended(message)
    if code in _THROTTLED:
        return Throttled(message)
    if code == "ResourceNotFoundException" or "specified index" in message:
        return TableMissing(message)
    if code in _WRONG_REQUEST:
        return StorageError(message)
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    return Denied(message) if status < 500 and code not in _PASSING else Unavailable(message)


def _of_reasons(reasons: Sequence[Mapping[str, Any]], message: str) -> StorageError:
    """One reason a write, in their order. A failed condition goes before contention: it would fail again."""
    codes = [reason.get("Code", "None") for reason in reasons]
    if "ConditionalCheckFailed" in codes:
        index = codes.index("ConditionalCheckFailed")
        return Conflict(message, index=index, old=_old(reasons[index]))
    if "TransactionConflict" in codes:
        return Contended(message)
    if _THROTTLED.intersection(codes):
        return Throttled(message)
    return StorageError(message)


def _old(holder: Mapping[str, Any]) -> Item | None:
    return from_wire(holder["Item"]) if holder.get("Item") else None
