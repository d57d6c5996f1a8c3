"""Create the table and its indexes where missing, and the first administrator where the environment names one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from dashboard.operations.startup import create_first_administrator, needs_rebuild
from dashboard.store import get_store
from dashboard.webhooks.connecting import list_unlisted
from storage.errors import FileRefused, StorageError


class Command(BaseCommand):
    help = "Prepare the store. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            store = get_store()
            store.table.engine.prepare()
            created = create_first_administrator()
            waits = needs_rebuild(store)
            list_unlisted(store)
        except ValidationError as error:
            raise CommandError(
                f"BIGTRANSIT_ADMIN_EMAIL, BIGTRANSIT_ADMIN_PASSWORD: {' '.join(error.messages)}"
            ) from error
        except FileRefused as error:
            raise CommandError(str(error)) from error
        except StorageError as error:
            raise CommandError(f"{type(error).__name__}: {error}") from error
        self.stdout.write("The store is ready." + (" The first administrator was created." if created else ""))
        if waits:
            self.stdout.write("An earlier version wrote it: run `python manage.py rebuild` once, while it serves.")
