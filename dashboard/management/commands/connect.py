"""Create a connection of a team, and the team itself where it does not exist yet."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.auth.requests import COMMAND_LINE
from dashboard.forms.teams import slugify
from dashboard.sources import SOURCES
from dashboard.sources.kit.source import Option
from dashboard.store import get_store
from dashboard.webhooks.connecting import connect, webhook_url
from dashboard.webhooks.trying import curl
from storage.model.entities import Team


class Command(BaseCommand):
    help = "Create a connection; prints the webhook URL and its secret, which is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("team", help="the team's address, such as checkout; created when it does not exist")
        parser.add_argument("source", choices=sorted(SOURCES))
        parser.add_argument("--secret", default="", help="at least 16 characters; made when left out")
        parser.add_argument("--name", default="")
        for name, option in _options().items():
            parser.add_argument(f"--{name.replace('_', '-')}", default="", help=f"{option.label}. {option.hint}")

    def handle(self, *args: Any, **options: Any) -> None:
        team = _team(options["team"])
        try:
            made = connect(
                team.id,
                options["source"],
                COMMAND_LINE,
                secret=options["secret"],
                name=options["name"],
                options={name: options[name] for name in _options()},
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"URL    {webhook_url(made.connection)}\nSecret {made.secret}")
        self.stdout.write("The end of a test run, from a shell:")
        url = webhook_url(made.connection)
        self.stdout.write(curl(SOURCES[options["source"]], made.connection, url, made.secret))
        for number, step in enumerate(SOURCES[options["source"]].setup, 1):
            self.stdout.write(f"{number}. {step}")


def _options() -> dict[str, Option]:
    """Of all sources, by name."""
    return {option.name: option for source in SOURCES.values() for option in source.options}


def _team(name: str) -> Team:
    store, slug = get_store(), slugify(name)
    if not slug:
        raise CommandError("A team's address needs letters or digits.")
    return store.teams.find_by_slug(slug) or store.teams.create(name, slug, COMMAND_LINE)
