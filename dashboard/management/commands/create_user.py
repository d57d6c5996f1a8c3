"""Create a person, change what they are, or print an API token or a password link of theirs."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from dashboard.auth.links import reset_url
from dashboard.auth.passwords import create_user
from dashboard.auth.requests import COMMAND_LINE
from dashboard.auth.tokens import create_token
from dashboard.store import get_store
from storage.errors import AlreadyExists
from storage.people import Role, User


class Command(BaseCommand):
    help = (
        "Create a person who can sign in: an administrator, or with --team and --role somebody of a team. With --token"
        " print a new API token, with --reset a link to choose a new password (also for one who exists)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--password", default="", help="asked for when left out")
        parser.add_argument("--team", default="", help="the team's address; the person is then no administrator")
        parser.add_argument("--role", choices=[str(role) for role in Role], default=str(Role.MEMBER))
        parser.add_argument("--token", action="store_true", help="print a new API token")
        parser.add_argument("--reset", action="store_true", help="print a link to choose a new password")

    def handle(self, *args: Any, **options: Any) -> None:
        store = get_store()
        user_id = store.users.find_id(options["email"])
        user = store.users.find(user_id) if user_id else None
        if user is not None and not (options["token"] or options["reset"] or options["team"]):
            raise CommandError("Somebody has this e-mail address already.")
        if user is None:
            user = self._create(options)
        if options["team"]:
            user = self._join(user, options["team"], Role(options["role"]))
        if options["token"]:
            self.stdout.write(create_token(user, "from the command line", COMMAND_LINE))
        if options["reset"]:
            self.stdout.write(reset_url(user))

    def _create(self, options: dict[str, Any]) -> User:
        password = options["password"] or getpass.getpass("Password: ")
        is_admin = not options["team"]
        try:
            user = create_user(options["email"], password, COMMAND_LINE, options["name"], is_admin=is_admin)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except AlreadyExists as error:
            raise CommandError("Somebody has this e-mail address already.") from error
        self.stderr.write(f"Created {user.email}.")
        return user

    def _join(self, user: User, slug: str, role: Role) -> User:
        store = get_store()
        team = next((entry.team for entry in store.teams.list_all() if entry.team.slug == slug), None)
        if team is None:
            raise CommandError(f"There is no team at the address {slug}.")
        return store.members.set_role(user, team, role, COMMAND_LINE)
