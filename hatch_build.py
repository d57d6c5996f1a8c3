"""How a wheel is made: requirements.txt as its dependencies, and the static files gathered into it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = Path(__file__).parent
# Named in requirements.txt and needed by nobody who serves.
FOR_TESTS = ("moto", "pytest-django")


def requirements() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", *FOR_TESTS))]


class Dependencies(MetadataHookInterface):
    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        metadata["dependencies"] = requirements()


class StaticFiles(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """collectstatic is a command of Django's, and imports all that the settings name."""
        return requirements()

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        told = {
            "BIGTRANSIT_STATIC_ROOT": self._folder.name,
            "BIGTRANSIT_SECRET_KEY": "for-this-command-alone-as-no-key" * 2,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BIGTRANSIT_")}
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        subprocess.run(command, cwd=self.root, env={**kept, **told}, check=True)
        build_data["force_include"][self._folder.name] = "bigtransit/staticfiles"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._folder.cleanup()
