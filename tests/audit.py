"""`python -m tests.audit`: known weaknesses of the releases in requirements.lock, by pip-audit.

Skipped with a message where the database cannot be reached; a mirror of PyPI that has none says so release by release.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
MOST_SECONDS = 30
COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
)


def audit(command: Sequence[str] = COMMAND, most_seconds: float = MOST_SECONDS) -> tuple[int, str]:
    """The exit code, 1 where something is known, and what to print."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=most_seconds)
        report = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return 0, f"Not audited: the database did not answer in {most_seconds:.0f} s."
    except (ValueError, KeyError):
        return 0, f"Not audited: {_last_line(done.stderr) or 'no report'}"
    return _verdict(report)


def _verdict(report: list[dict[str, Any]]) -> tuple[int, str]:
    asked = [entry for entry in report if "skip_reason" not in entry]
    if not asked:
        return 0, f"Not audited: the database knows none of {len(report)} releases, so it is none."
    known = [f"{entry['name']} {entry['version']}: {_told(found)}" for entry in asked for found in entry["vulns"]]
    if known:
        return 1, "\n".join(known)
    skipped = len(report) - len(asked)
    return 0, f"{len(asked)} releases audited, nothing known." + (f" {skipped} not audited." if skipped else "")


def _told(found: dict[str, Any]) -> str:
    fixed = ", ".join(found["fix_versions"])
    return f"{found['id']}" + (f", mended in {fixed}" if fixed else "")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


if __name__ == "__main__":
    code, said = audit()
    print(said)
    sys.exit(code)
