"""Log lines that never hold a secret, and that stay lines."""

from __future__ import annotations

import logging
import re
from types import TracebackType
from typing import TypeAlias

HIDDEN = "[hidden]"
_NAMES = r"[\w-]*(?:password|secret|token|verifier)|present|code|state"
_QUOTED = r"\\?(?:'[^'\r\n]*'|\"[^\"\r\n]*\")"
# A word begins here, also behind a line break that a repr has written out.
_BEGIN = r"(?:\b|(?<=\\[nrt]))"
# Links as they stand in a path, and as part of a query.
_SLASH = r"(?:/|%2F)"
_SECRETS = (
    (re.compile(r"bt_[0-9a-f]{8}_[\w-]{20,}"), HIDDEN),
    (
        re.compile(
            r"(?i)((?:authorization|x-api-key|x-hub-signature(?:-256)?|cookie)\\?['\"]?\s*[:=,]\s*b?\\?['\"]?)[^\r\n'\"]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(rf"(?i){_BEGIN}((?:bearer|basic)\s+)[\w.~+/=-]{{8,}}"), rf"\1{HIDDEN}"),
    (
        re.compile(rf"(?i)({_SLASH}join{_SLASH}[^/\s%]+{_SLASH}|{_SLASH}(?:reset|radiator){_SLASH})[^\s?&\"']+"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(rf"(?i){_BEGIN}((?:{_NAMES})=)(?:{_QUOTED}|[^&\s]+)"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)(['\"](?:{_NAMES})\\?['\"]\s*:\s*\[?b?)(?:{_QUOTED})"), rf"\1{HIDDEN}"),
    (re.compile(r"[0-9a-f]{32}\.[\w-]{40,64}"), HIDDEN),
    (re.compile(r"(://[^/\s:@]*:)[^@/\s]+@"), rf"\1{HIDDEN}@"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def discreet(text: str) -> str:
    """Without what would let somebody in."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _one_line(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class Discreet(logging.Formatter):
    """A message is one line, whatever stands in it. A traceback keeps its own, set in, so that none of them passes for
    a message. Secrets are looked for before anything is escaped: an escape would hide where one begins."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _one_line(discreet(record.message))
        return super().formatMessage(record)

    def formatException(self, ei: _ExcInfo) -> str:
        told = discreet(super().formatException(ei))
        return "\n".join(f"  {_one_line(line)}" for line in told.split("\n"))

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))
