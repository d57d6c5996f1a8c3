"""The server on a machine whose every file system is read-only, but for one folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.bigtransit.starting import ROOT, free_port, serving

# In a mount namespace of its own: $1 is what can still be written.
SCRIPT = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
for place in $(findmnt --noheadings --list --output TARGET); do
  case "$place" in "$1"|/proc*|/sys*) ;; *) mount -o remount,bind,ro "$place" ;; esac
done
shift
if touch /tmp/x 2>/dev/null || touch /dev/shm/x 2>/dev/null; then echo "still writable"; exit 1; fi
exec "$@"
"""
NAMESPACE = ("unshare", "--mount", "bash", "-c", SCRIPT, "read-only")


def need_mounts(folder: Path) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can mount, with unshare (util-linux)")
    tried = subprocess.run([*NAMESPACE, str(folder), "true"], capture_output=True, text=True, timeout=30)
    if tried.returncode != 0:
        pytest.skip(f"mounts are not permitted here: {tried.stdout}{tried.stderr}")


def test_server_runs_where_only_its_folder_can_be_written(tmp_path: Path) -> None:
    need_mounts(tmp_path)
    command = [*NAMESPACE, str(tmp_path), sys.executable, str(ROOT / "manage.py"), "run"]
    told = {"BIGTRANSIT_VAR": str(tmp_path), "BIGTRANSIT_STATIC_ROOT": str(tmp_path)}
    with (
        serving(command, tmp_path, free_port(), **told) as url,
        urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer,
    ):
        assert answer.status == 200
    assert (tmp_path / "bigtransit.db").exists()
