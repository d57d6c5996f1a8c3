"""Create a user, and an API token of theirs when asked for."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from dashboard.auth.passwords import create_user
from dashboard.auth.tokens import create_token
from dashboard.store import get_store
from storage.errors import AlreadyExists


class Command(BaseCommand):
    help = "Create a user who can sign in. With --token, print a new API token of the user's (also of one who exists)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--password", default="", help="asked for when left out")
        parser.add_argument("--token", action="store_true", help="print a new API token")

    def handle(self, *args: Any, **options: Any) -> None:
        store = get_store()
        user_id = store.users.find_id(options["email"])
        user = store.users.find(user_id) if user_id else None
        if user is not None and not options["token"]:
            raise CommandError("Somebody has this e-mail address already.")
        if user is None:
            password = options["password"] or getpass.getpass("Password: ")
            try:
                user = create_user(options["email"], password, options["name"])
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            except AlreadyExists as error:
                raise CommandError("Somebody has this e-mail address already.") from error
            self.stderr.write(f"Created {user.email}.")
        if options["token"]:
            self.stdout.write(create_token(user, "from the command line"))
