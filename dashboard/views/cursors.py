"""Cursors in addresses: a signed place in a list, good only for the list it came from."""

from __future__ import annotations

from django.core import signing
from django.http import Http404

from storage.table import Cursor


def write(cursor: Cursor | None, of: str) -> str:
    return signing.dumps(dict(cursor), salt=f"cursor {of}", compress=True) if cursor else ""


def read(text: str, of: str) -> Cursor | None:
    """Raises Http404 for a cursor that was tampered with or belongs to another list."""
    if not text:
        return None
    try:
        return {str(name): str(value) for name, value in signing.loads(text, salt=f"cursor {of}").items()}
    except signing.BadSignature as error:
        raise Http404("No such page") from error
