"""What storage may raise. Views and ingest map these to answers; engines map their own errors to these.

StorageError
├── NotFound        the item is not there
├── AlreadyExists   a unique name or key is taken
├── Conflict        a condition failed: somebody else wrote first
├── Throttled       the engine refuses for now; nothing was written
│   └── Contended   another transaction held one of the items
├── Unavailable     the engine cannot be reached or did not answer in time
│   └── Denied      it answers that we may not: credentials or rights are missing
│       └── FileRefused  a file of the embedded store may not be used by this process, since it is root's, perhaps
├── TableMissing    the engine answers, but the table or an index is not there
├── TooLarge        an item or a transaction is larger than any engine takes
├── LastAdministrator  nobody would be left to administer
├── Reserved        what the product itself needs is neither renamed nor removed
└── BadKey          a value cannot be part of a key
"""

from __future__ import annotations


class StorageError(Exception):
    """Base of all storage errors."""


class NotFound(StorageError):
    pass


class AlreadyExists(StorageError):
    pass


class Conflict(StorageError):
    """A condition failed. `index` is the position in the transaction, `old` the item that stood there, if known."""

    def __init__(self, message: str, *, index: int = 0, old: dict[str, str | int | bytes] | None = None) -> None:
        super().__init__(message)
        self.index = index
        self.old = old


class Throttled(StorageError):
    pass


class Contended(Throttled):
    """Another transaction held one of the items; nothing was written."""


class Unavailable(StorageError):
    pass


class Denied(Unavailable):
    """What the engine refuses until somebody puts credentials or rights right."""


class FileRefused(Denied):
    """Says in one sentence which path and what to do."""


class TableMissing(StorageError):
    pass


class TooLarge(StorageError):
    pass


class LastAdministrator(StorageError):
    pass


class Reserved(StorageError):
    """Says in one sentence what is kept."""


class BadKey(StorageError, ValueError):
    pass
