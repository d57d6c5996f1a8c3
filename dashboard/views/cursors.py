"""Cursors in addresses: a sealed place in a list, good only for the list it came from. Sealed, for the place may be of
something the reader may not see."""

from __future__ import annotations

import json

from django.http import Http404

from dashboard.auth.sealing import seal, unseal
from storage.store import Cursor


def write(cursor: Cursor | None, of: str) -> str:
    return seal(json.dumps(dict(cursor)), f"cursor {of}") if cursor else ""


def read(text: str, of: str) -> Cursor | None:
    """Raises Http404 for a cursor that was tampered with or belongs to another list."""
    if not text:
        return None
    opened = unseal(text, f"cursor {of}")
    if not opened:
        raise Http404("No such page")
    return {str(name): str(value) for name, value in json.loads(opened).items()}
