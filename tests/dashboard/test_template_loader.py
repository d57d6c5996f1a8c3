"""What of a template's layout is sent."""

from __future__ import annotations

import pytest

from dashboard.template_loader import joined


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("<p>\n  <b>one</b>\n  <i>two</i>\n</p>\n", "<p><b>one</b><i>two</i></p>"),
        ("{% if a %}\n  <b>one</b>\n{% endif %}\n", "{% if a %}<b>one</b>{% endif %}"),
        ("<p>\n  one\n  two\n</p>", "<p> one two </p>"),
        ("<b>{{ one }}</b>\n  {{ two }}\n<i></i>", "<b>{{ one }}</b> {{ two }} <i></i>"),
        ("<b>one</b> <i>two</i>", "<b>one</b> <i>two</i>"),
        ('<b>one</b>{{ " " }}\n  <i>two</i>', "<b>one</b> <i>two</i>"),
        (
            '<i a="1"\n   b="2"{% if c %} c{% endif %}\n   {% if d %}d{% endif %}>',
            '<i a="1" b="2"{% if c %} c{% endif %} {% if d %}d{% endif %}>',
        ),
        ('<use href="#a" />', '<use href="#a"/>'),
        ('<a title="a > b"\n   href="c">', '<a title="a > b" href="c">'),
    ],
)
def test_joined_takes_out_only_what_is_layout(source: str, sent: str) -> None:
    assert joined(source) == sent
