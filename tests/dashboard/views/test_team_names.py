"""Teams are called what people call them, in any script."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import call_command

from storage.store import Store
from tests.dashboard.visiting import Visitor


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Zahlung & Prüfung", "zahlung-prufung"),
        ("Équipe Ça", "equipe-ca"),
        ("日本語", "team-77710aed"),
        ("Команда", ""),
        ("فريق ٢", ""),
        ("Команда 7", "7"),
    ],
)
def test_team_of_any_script_has_an_address_by_form_command_and_api(
    visitor: Visitor, store: Store, name: str, slug: str
) -> None:
    answer = visitor.post("/manage", {"name": name, "slug": "", "is_open": "open"})
    assert answer.status_code == 303
    (entry,) = store.teams.list_all()
    assert answer["Location"] == f"/teams/{entry.team.slug}"
    assert entry.team.slug == slug or (not slug and re.fullmatch(r"team-[0-9a-f]{8}", entry.team.slug))
    assert visitor.get(f"/teams/{entry.team.slug}").status_code == 200
    call_command("connect", name, "github", stdout=io.StringIO())
    assert len(store.teams.list_all()) == 1
