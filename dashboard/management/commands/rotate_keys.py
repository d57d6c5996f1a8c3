"""Seal every stored secret under the present signing key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.auth.requests import COMMAND_LINE
from dashboard.auth.second_factor import seal_factors_anew
from dashboard.store import get_store
from dashboard.webhooks.connecting import seal_all_anew
from storage.errors import StorageError


class Command(BaseCommand):
    help = (
        "After a new BIGTRANSIT_SECRET_KEY, with the old one in BIGTRANSIT_SECRET_KEY_FALLBACKS: seal every stored"
        " secret under the new key, so that the old one can be dropped. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sealed, unreadable = seal_all_anew(get_store(), COMMAND_LINE)
            apps, lost = seal_factors_anew(get_store(), COMMAND_LINE)
        except StorageError as error:
            raise CommandError(f"{type(error).__name__}: {error}") from error
        self.stdout.write(f"{sealed} connections sealed under the present key.")
        self.stdout.write(f"{apps} authenticator apps sealed under the present key.")
        if unreadable:
            raise CommandError(f"{unreadable} cannot be opened with any key given: rotate their secrets.")
        if lost:
            raise CommandError(f"{lost} authenticator apps cannot be opened: reset the second factor of these people.")
