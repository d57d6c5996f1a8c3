"""Log lines that never hold a secret, and that stay lines."""

from __future__ import annotations

import logging
import re

HIDDEN = "[hidden]"
_SECRETS = (
    (re.compile(r"\bbt_[0-9a-f]{8}_[\w-]{20,}"), HIDDEN),
    (
        re.compile(
            r"(?i)(\b(?:authorization|x-api-key|x-hub-signature(?:-256)?|cookie|set-cookie)['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"(/join/[^/\s]+/|/reset/|/radiator/)[^\s?\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b((?:password|secret|token|code|state|client_secret|code_verifier)=)[^&\s]+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b[0-9a-f]{32}\.[\w-]{40,64}"), HIDDEN),
    (re.compile(r"(://[^/\s:@]*:)[^@/\s]+@"), rf"\1{HIDDEN}@"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def discreet(text: str) -> str:
    """Without what would let somebody in."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class Discreet(logging.Formatter):
    """A message is one line, whatever stands in it; a traceback keeps its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), record.message).replace(
            "\n", "\\n"
        )
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))
