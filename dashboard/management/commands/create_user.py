"""Create a person, give them a role in a team, or print an API token or a password link of theirs."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from dashboard.auth.limits import TooMany
from dashboard.auth.links import reset_url
from dashboard.auth.passwords import new_user
from dashboard.auth.requests import COMMAND_LINE
from dashboard.auth.tokens import create_token
from dashboard.store import get_store
from storage.errors import AlreadyExists, Conflict
from storage.model.accounts import Role, User
from storage.model.entities import Team
from storage.model.factors import FactorSet

TAKEN = "Somebody has this e-mail address already."
CLAIMED = (
    "They wrote this address themselves and nobody vouches for it. Invite them, or hand them a link (--reset) first."
)


class Command(BaseCommand):
    help = (
        "Create a person who can sign in: an administrator, or with --team and --role somebody of a team. Of somebody "
        "who has a password here already: --team and --role give a role, --token prints a new API token, --reset a "
        "link to choose a new password, --reset-factors takes their second factor."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--password", default="", help="asked for when left out")
        parser.add_argument("--team", default="", help="the team's address; somebody new is then no administrator")
        parser.add_argument("--role", choices=[str(role) for role in Role], default=str(Role.MEMBER))
        parser.add_argument("--token", action="store_true", help="print a new API token")
        parser.add_argument("--reset", action="store_true", help="print a link to choose a new password")
        parser.add_argument("--reset-factors", action="store_true", help="take their second factor, which they lost")

    def handle(self, *args: Any, **options: Any) -> None:
        team, role = _team(options["team"]), Role(options["role"])
        user = _find(options["email"])
        if user is None and (options["token"] or options["reset"] or options["reset_factors"]):
            raise CommandError("Nobody signs in by a password with this e-mail address. To create them, leave it out.")
        if user is None:
            self._create(options, team, role)
            return
        if not (options["token"] or options["reset"] or options["reset_factors"] or team):
            raise CommandError(TAKEN)
        if team is not None and user.email_claimed:
            raise CommandError(CLAIMED)
        if team is not None:
            user = get_store().members.set_role(user, team, role, COMMAND_LINE)
        if options["reset_factors"]:
            self._reset_factors(user)
        if options["token"]:
            try:
                self.stdout.write(create_token(user, "from the command line", COMMAND_LINE))
            except TooMany as full:
                raise CommandError(str(full)) from full
        if options["reset"]:
            self.stdout.write(reset_url(user))

    def _reset_factors(self, user: User) -> None:
        store = get_store()
        now, factors = store.factor_sets.find_with_user(user.id)
        try:
            store.factor_sets.put(now or user, factors, FactorSet(user.id), COMMAND_LINE, "factors.reset")
        except Conflict as error:
            raise CommandError("They were changed meanwhile. Nothing was done: try again.") from error
        self.stderr.write(f"{user.email} signs in with the password alone.")

    def _create(self, options: dict[str, Any], team: Team | None, role: Role) -> None:
        password = options["password"] or getpass.getpass("Password: ")
        try:
            user = new_user(options["email"], password, options["name"], is_admin=team is None)
            user = user.with_role(team.id, role) if team else user
            get_store().members.create_user(user, COMMAND_LINE)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except AlreadyExists as error:
            raise CommandError(TAKEN) from error
        self.stderr.write(f"Created {user.email}.")


def _find(email: str) -> User | None:
    store = get_store()
    user_id = store.users.find_id(email)
    return store.users.find(user_id) if user_id else None


def _team(slug: str) -> Team | None:
    """None where none is named."""
    team = get_store().teams.find_by_slug(slug) if slug else None
    if slug and team is None:
        raise CommandError(f"There is no team at the address {slug}.")
    return team
