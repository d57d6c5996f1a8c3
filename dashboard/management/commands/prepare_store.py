"""Create the table and its indexes where missing, and the first administrator where the environment names one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from dashboard.startup import create_first_administrator
from dashboard.store import get_store
from storage.errors import StorageError


class Command(BaseCommand):
    help = "Prepare the store. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            get_store().table.engine.prepare()
            created = create_first_administrator()
        except ValidationError as error:
            raise CommandError(
                f"BIGTRANSIT_ADMIN_EMAIL, BIGTRANSIT_ADMIN_PASSWORD: {' '.join(error.messages)}"
            ) from error
        except StorageError as error:
            raise CommandError(f"{type(error).__name__}: {error}") from error
        self.stdout.write("The store is ready." + (" The first administrator was created." if created else ""))
