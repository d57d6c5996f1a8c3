"""Log lines that never hold a secret, that stay lines, and that cost what they are long.

What strangers send is in them: it is cut before any pattern looks at it, and no pattern looks at one place from many.
"""

from __future__ import annotations

import logging
import re
import time
from types import TracebackType
from typing import TypeAlias

HIDDEN = "[hidden]"
# Of a message, and of a traceback, whose end tells most.
MOST_MESSAGE, MOST_BEGIN, MOST_END = 4096, 4096, 12_288
MOST_WORD = 256
# What a name ends with that holds a secret, and names that hold one as they are.
_ENDS = "password|secret|token|verifier"
_WHOLE = "present|code|state"
_QUOTED = r"\\?(?:'[^'\r\n]*'|\"[^\"\r\n]*\")"
# A word begins here, also behind a line break that a repr has written out.
_BEGIN = r"(?:\b|(?<=\\[nrt]))"
# Links as they stand in a path, and as part of a query.
_SLASH = r"(?:/|%2F)"
_SECRETS = (
    (re.compile(r"bt_[0-9a-f]{8}_[\w-]{20,}"), HIDDEN),
    (
        re.compile(
            r"(?i)((?:authorization|x-api-key|x-hub-signature(?:-256)?|cookie)\\?['\"]?\s{0,9}[:=,]\s{0,9}b?\\?['\"]?)"
            r"[^\r\n'\"]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(rf"(?i){_BEGIN}((?:bearer|basic)\s{{1,9}})[\w.~+/=-]{{8,}}"), rf"\1{HIDDEN}"),
    (
        re.compile(rf"(?i)({_SLASH}join{_SLASH}[^/\s%]{{1,64}}{_SLASH}|{_SLASH}(?:reset|radiator){_SLASH})[^\s?&\"']+"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(rf"(?i)((?:{_ENDS}|{_BEGIN}(?:{_WHOLE}))=)(?:{_QUOTED}|[^&\s]+)"), rf"\1{HIDDEN}"),
    (
        re.compile(rf"(?i)((?:{_ENDS}|['\"](?:{_WHOLE}))\\?['\"]\s{{0,9}}:\s{{0,9}}\[?b?)(?:{_QUOTED})"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"[0-9a-f]{32}\.[\w-]{40,64}"), HIDDEN),
    (re.compile(r"(://[^/\s:@]{0,256}:)[^@/\s]{1,256}@"), rf"\1{HIDDEN}@"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def discreet(text: str) -> str:
    """Without what would let somebody in."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def cut(text: str, most: int) -> str:
    """Its beginning. The word in which it is cut goes with the rest: half a secret would not be known as one."""
    if len(text) <= most:
        return text
    begin = text[:most]
    space = max(begin.rfind(between, most - MOST_WORD) for between in " \t\r\n")
    return f"{begin[:space] if space > 0 else begin[: most - MOST_WORD]} … ({len(text)} characters)"


def _one_line(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class SecretFreeFormatter(logging.Formatter):
    """A message is one line, whatever stands in it. A traceback keeps its own, set in, so that none of them passes for
    a message. Secrets are looked for before anything is escaped: an escape would hide where one begins. Times are UTC
    and say so: lines of several machines are read side by side."""

    converter = staticmethod(time.gmtime)
    default_time_format, default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _one_line(discreet(cut(record.message, MOST_MESSAGE)))
        return super().formatMessage(record)

    def formatException(self, ei: _ExcInfo) -> str:
        told = super().formatException(ei)
        if len(told) > MOST_BEGIN + MOST_END:
            end = told[-MOST_END:]
            told = f"{cut(told, MOST_BEGIN)}\n{end[end.find(chr(10)) + 1 :] if chr(10) in end else end[MOST_WORD:]}"
        told = discreet(told)
        return "\n".join(f"  {_one_line(line)}" for line in told.split("\n"))

    def format(self, record: logging.LogRecord) -> str:
        """A request that Django finds suspicious (a Host that is not ours) is its sender's fault: the stack tells
        nothing."""
        if record.name.startswith("django.security"):
            record.exc_info = record.exc_text = record.stack_info = None
        told = super().format(record)
        return discreet(told) if record.stack_info else told
