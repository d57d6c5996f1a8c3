"""Look at settings, store, clock, secrets, permissions, proxies, connections and jobs, and say what to do."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.operations.diagnosis import examine
from dashboard.operations.findings import WRONG
from dashboard.store import get_store


class Command(BaseCommand):
    help = (
        "Look at settings, store, clock, secrets, permissions, proxies, connections and jobs, and say what to do. "
        "Changes nothing."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for part, finding in examine(get_store()):
            wrong += finding.level == WRONG
            self.stdout.write(f"{finding.level:<8} {part}: {finding.words}")
            if finding.cure:
                self.stdout.write(f"{'':<8} {finding.cure}")
        if wrong:
            raise CommandError(f"{wrong} things are wrong.")
