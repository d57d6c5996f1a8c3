"""The command line: `run` prepares the store and serves, everything else is Django's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from gunicorn.app.base import Application

CONFIGURATION = Path(__file__).with_name("gunicorn.conf.py")
USAGE = """\
bigtransit run              prepare the store and serve; BIGTRANSIT_ variables are the settings
bigtransit COMMAND --help   every other command
"""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bigtransit.settings")
    if sys.argv[1:] == ["run"]:
        run()
        return
    if len(sys.argv) == 1:
        print(USAGE)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def run() -> None:
    """Ends with one sentence where it cannot start."""
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from bigtransit.start import find_room_for_temporary_files, refuse_what_cannot_start

    find_room_for_temporary_files(settings.VAR)
    # Where gunicorn is told more, it alone knows where it listens, and looks again.
    told_here = "GUNICORN_CMD_ARGS" not in os.environ
    refuse_what_cannot_start([(settings.HOST, settings.PORT)] if told_here else [], settings.STORAGE_URL)
    execute_from_command_line([sys.argv[0], "prepare_store"])
    Server().run()


class Server(Application):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn in this process, so that no folder of the working directory is taken for a package of ours."""

    def load_config(self) -> None:
        self.load_config_from_file(str(CONFIGURATION))
        told = self.cfg.parser().parse_args(self.cfg.get_cmd_args_from_env())
        for name, value in vars(told).items():
            if value is not None and name != "args":
                self.cfg.set(name.lower(), value)

    def load(self) -> Any:
        from bigtransit.wsgi import application

        return application
