"""Static files as served: hashed names, compressed, one stylesheet made of its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEET = "css/app.css"
IMPORT = re.compile(r'@import url\("([\w./-]+)"\);\n')


class BundledStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """`@import` would cost the browser a round trip a file, so the parts are put into the sheet itself."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        source = finders.find(SHEET)
        if not dry_run and isinstance(source, str):
            Path(self.path(SHEET)).write_text(_inlined(Path(source)))
            # Django reads what it hashes from where it was found, unless told otherwise.
            paths = {**paths, SHEET: (self, SHEET)}
        yield from super().post_process(paths, dry_run, **options)


def _inlined(sheet: Path) -> str:
    return IMPORT.sub(lambda match: (sheet.parent / match.group(1)).read_text(), sheet.read_text())
