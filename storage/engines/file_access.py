"""Whether this process may use the files of the embedded store: a first start as root leaves files that are root's."""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Sequence
from pathlib import Path


def key_at(path: Path) -> Path:
    """Where the signing key is kept of a store whose file is `path`."""
    return path.with_suffix(".key")


def files_at(path: Path) -> list[Path]:
    """The folder of a store whose file is `path`, and every file that it has or will have in there."""
    own = (path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm", ".lock"))
    return [path.parent, *own, *([key_at(path)] if os.path.lexists(key_at(path)) else [])]


def obstacle(paths: Sequence[Path]) -> str:
    """What stands between this process and these files, one sentence that names the path and says what to do. Empty
    where nothing does. What is not there yet has to be made in its folder."""
    refused = [(path, culprit) for path in paths if (culprit := _culprit(path))]
    if not refused:
        return ""
    path, culprit = refused[0]
    if _is_read_only(culprit):
        return f"{culprit} lies on a read-only file system: the store needs a folder that can be written"
    me = _name(os.geteuid())
    if not os.path.lexists(path):
        return f"{culprit} cannot be used by {me}: run `sudo install -d -o {me} {shlex.quote(str(path))}`"
    owner = _name(culprit.stat().st_uid)
    named = " ".join(shlex.quote(str(place)) for place in dict.fromkeys(culprit for _, culprit in refused))
    if owner == me:
        return f"{culprit} cannot be used, though it belongs to {me}: run `chmod u+rwX {named}`"
    return f"{culprit} belongs to {owner} and cannot be used by {me}: run `sudo chown {me} {named}`"


def _culprit(path: Path) -> Path | None:
    """The file or the folder, of those on the way to `path`, that refuses."""
    for folder in reversed(path.absolute().parents):
        if os.path.lexists(folder) and not os.access(folder, os.X_OK):
            return folder
    if os.path.lexists(path):
        # The key is only read.
        needed = os.R_OK if path.suffix == ".key" else os.W_OK | (os.X_OK if path.is_dir() else os.R_OK)
        return None if os.access(path, needed) else path
    there = next(folder for folder in path.absolute().parents if os.path.lexists(folder))
    return None if os.access(there, os.W_OK) else there


def _is_read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
