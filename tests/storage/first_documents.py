"""Threads that read the first document of a kind at the same moment, kind after kind. A process of its own: where
it goes wrong, the process goes with it."""

from __future__ import annotations

import sys
import threading
from types import GenericAlias

import msgspec

from storage.codec import documents
from storage.model.document import Document

KINDS, THREADS, FIELDS = 40, 4, 20


def main() -> None:
    sys.setswitchinterval(1e-6)
    for _ in range(KINDS):
        inner = msgspec.defstruct("Inner", [(f"a{n}", int) for n in range(FIELDS)], bases=(Document,))
        many = GenericAlias(tuple, (inner, ...))
        outer = msgspec.defstruct("Outer", [(f"b{n}", many) for n in range(FIELDS)], bases=(Document,))
        _read_at_once(outer, documents.dump(outer(*[(inner(*range(FIELDS)),)] * FIELDS)))


def _read_at_once(kind: type, text: str) -> None:
    start = threading.Barrier(THREADS)

    def read() -> None:
        start.wait()
        documents.load(kind, text)

    threads = [threading.Thread(target=read) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
