"""Templates from files, with the line breaks that are only there for who reads them taken out as they are compiled.

Between two tags, of HTML or of Django, a line break with its indentation is nothing. Beside text or {{ a value }}, and
between attributes, it is one space. A space between two tags stands on one line, or is written {{ " " }}. So what is
sent does not grow with the care a template is laid out with. No template may hold <pre> or <textarea> over several
lines."""

from __future__ import annotations

import re

from django.template import Origin
from django.template.loaders import filesystem

# A start tag of HTML, whatever template tags stand between and in its attributes.
_TEMPLATE_TAG = r"\{%[^%]*+%\}|\{\{[^}]*+\}\}"
_START_TAG = re.compile(rf"""<[a-zA-Z](?>{_TEMPLATE_TAG}|"(?>{_TEMPLATE_TAG}|[^"])*+"|'[^']*+'|[^<>"'])*+>""")
_BREAK = re.compile(r"(?<![ \t])[ \t]*+\n\s*+")
_BETWEEN_TAGS = re.compile(r"(?:(?<=>)|(?<=[%#]\}))[ \t]*+\n\s*+(?=<|\{[%#]|\Z)")
_SPACE = re.compile(r'(?<!\s)\s*+\{\{ " " \}\}\s*+')
_CLOSED_VOID = re.compile(r'(?<=["}])\s++/>')


class Loader(filesystem.Loader):
    def get_contents(self, origin: Origin) -> str:
        source = super().get_contents(origin)
        return joined(source) if origin.name.endswith(".html") else source


def joined(source: str) -> str:
    """What a template says, without its layout."""
    source = _START_TAG.sub(lambda tag: _BREAK.sub(" ", tag.group()), source.strip())
    source = _BETWEEN_TAGS.sub("", _SPACE.sub(" ", source))
    return _CLOSED_VOID.sub("/>", _BREAK.sub(" ", source))
