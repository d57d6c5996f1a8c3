"""Static files as served: hashed names, compressed; one stylesheet (charts, radiators and settings have one more) and
one script, made of their parts, no comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEETS = ("css/app.css", "css/charts.css", "css/radiator.css", "css/settings.css")
SCRIPT = "js/app.js"
IMPORT = re.compile(r'@import url\("([\w./-]+)"\);\n')
PART = re.compile(r"^// @part (\S+)\n", re.MULTILINE)
EMPTY = re.compile(r"(?<=[\w-]):(?=[;}])")
OURS = "js/"


class BundledStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """A file a part would cost the browser a request each, and those of `@import` a round trip, too."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        for name, put_together in (*((sheet, _sheet) for sheet in SHEETS), (SCRIPT, _script)):
            source = finders.find(name)
            if dry_run or not isinstance(source, str):
                continue
            Path(self.path(name)).write_text(put_together(Path(source)))
            # Django reads what it hashes from where it was found, unless told otherwise.
            paths = {**paths, name: (self, name)}
        yield from super().post_process(paths, dry_run, **options)


def _sheet(sheet: Path) -> str:
    whole = cssmin(IMPORT.sub(lambda match: (sheet.parent / match.group(1)).read_text(), sheet.read_text()))
    # Browsers of 2020 take a custom property for empty only where there is a space.
    return EMPTY.sub(": ", whole)


def _script(script: Path) -> str:
    return PART.sub(lambda match: _part(match.group(1)), script.read_text())


def _part(name: str) -> str:
    """A source map that is not served is not asked for."""
    text = Path(str(finders.find(name))).read_text().rstrip()
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    return f"(() => {{\n'use strict';\n{jsmin(text)}\n}})();\n" if name.startswith(OURS) else f"{text};\n"
