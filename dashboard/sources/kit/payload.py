"""Strict reading of JSON bodies, and typed access to what is in them. All text, links and times that come from outside
pass through here and leave it safe to store, to sort by and to show.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import NoReturn
from urllib.parse import urlsplit

from dashboard.sources.kit.source import NothingForUs, Rejected

MAX_DEPTH = 64
MAX_NODES = 50_000
MAX_DIGITS = 20
MAX_TEXT_BYTES = 1024
MAX_NAME = 200
MAX_LINK = 2048
MAX_ID = 2**63 - 1
MOST_SECONDS = 10**9
ROOT = "$"

_LAST_MOMENT = 253_402_300_799_999
_FIRST_MOMENT = -62_135_596_800_000
_SECONDS_BELOW = 100_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,12}))?)?"
    r" ?(?:([Zz]|UTC)|([+-])([0-9]{2}):?([0-9]{2}))?"
)
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CLEANING: dict[int, str] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *map(ord, _BIDI)), ""),
    **{ord(space): " " for space in "\t\n\v\f\r\x85\u2028\u2029"},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
# Only from where a word begins, and never given back, so that it costs what it is long.
_ADDRESS = re.compile(r"(?<![^\s@<>])<?([^\s@<>]++)(?<=\w)@[^\s<>]++>?")
_UNSAFE_IN_LINK = re.compile(r"[\x00-\x20\x7f-\xa0\"<>\\^`{|}\s\ud800-\udfff" + _BIDI + "]")


def load(body: bytes) -> dict[str, object]:
    """The JSON object in a body. Raises Rejected unless it is UTF-8, strict JSON, an object, and of sane size. Of keys
    given twice the last one holds."""
    value = load_any(body)
    if not isinstance(value, dict):
        raise Rejected("A JSON object is needed", ROOT)
    return value


def load_any(body: bytes) -> object:
    """As `load`, for bodies that may hold any JSON value."""
    if _least_values(body) > MAX_NODES:
        # Before it is read: five megabytes of empty lists are a hundred of memory.
        raise Rejected(f"The body holds more than {MAX_NODES} values", ROOT)
    try:
        text = body.decode("utf-8-sig")
        value: object = json.loads(text, parse_constant=_refuse, parse_int=_integer, parse_float=_float)
    except (ValueError, RecursionError) as error:
        raise Rejected("The body is not JSON in UTF-8", ROOT) from error
    _check_size(value)
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number is too long")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _refuse(digits[:MAX_DIGITS])


def _least_values(body: bytes) -> int:
    """How many values there are at least, or more than may be: each comma and each bracket that opens stands for one.
    What stands in text is left out only where it might matter."""
    found = _marks(body)
    if found <= MAX_NODES:
        return found
    found = end = 0
    for number, text in enumerate(_TEXT.finditer(body)):
        found += _marks(body[end : text.start()])
        end = text.end()
        # Each value has one name at most.
        if found > MAX_NODES or number > 2 * MAX_NODES:
            return MAX_NODES + 1
    return found + _marks(body[end:])


def _marks(body: bytes) -> int:
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _check_size(value: object) -> None:
    """Level by level instead of recursively, so that no depth can exhaust the stack."""
    level, nodes, depth = [value], 0, 0
    while level:
        nodes += len(level)
        if nodes > MAX_NODES:
            raise Rejected(f"The body holds more than {MAX_NODES} values", ROOT)
        containers = [node for node in level if isinstance(node, dict | list)]
        if containers and depth == MAX_DEPTH:
            raise Rejected(f"The body is nested deeper than {MAX_DEPTH} levels", ROOT)
        level = [child for node in containers for child in (node.values() if isinstance(node, dict) else node)]
        depth += 1


def clean(text: str, limit: int = MAX_TEXT_BYTES) -> str:
    """Text fit to store and show: no lone surrogates, NFC, no control or bidi characters, at most `limit` bytes."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text.strip()
    # Cut before normalising as well: a megabyte of combining marks takes seconds to put in order.
    normal = unicodedata.normalize("NFC", text[: 4 * limit].translate(_CLEANING))
    return normal.encode()[:limit].decode(errors="ignore").strip()


def first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def link(value: object) -> str:
    """An absolute http or https address without user info; empty for anything else."""
    if not isinstance(value, str) or not value or len(value) > MAX_LINK or _UNSAFE_IN_LINK.search(value):
        return ""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    return value if parts.scheme in ("http", "https") and host and "@" not in parts.netloc else ""


def moment(value: object) -> int | None:
    """Milliseconds since the epoch: from RFC 3339, `2015-05-17 18:08:09 UTC`, or a number of seconds or milliseconds.
    A time without a zone is UTC, a leap second is the second before it, a time outside the years 1 to 9999 is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_number(value)
    if not isinstance(value, str):
        return None
    if value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS:
        return _from_number(int(value))
    match = _MOMENT.fullmatch(value.strip())
    return _from_match(match) if match else None


def _from_number(value: float) -> int | None:
    milliseconds = int(value * 1000 if value < _SECONDS_BELOW else value)
    return milliseconds if 0 <= milliseconds <= _LAST_MOMENT else None


def _from_match(match: re.Match[str]) -> int | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3, 4, 5, 6))
    try:
        told = datetime(year, month, day, hour, minute, min(second, 59) if second <= 60 else second, tzinfo=UTC)
    except ValueError:
        return None
    since = told - _EPOCH
    milliseconds = (since.days * 86_400 + since.seconds) * 1000 + int((match[7] or "0").ljust(3, "0")[:3])
    if match[9]:
        hours, minutes = int(match[10]), int(match[11])
        if hours > 23 or minutes > 59:
            return None
        milliseconds -= (1 if match[9] == "+" else -1) * (hours * 60 + minutes) * 60_000
    return milliseconds if _FIRST_MOMENT <= milliseconds <= _LAST_MOMENT else None


class Payload:
    """An object of the body and where it stands in it. Paths are dotted ("head_commit.author.name"); a member whose own
    name holds dots is found by it ("pr.number").

    What is optional reads as empty when it is absent or of the wrong type; what is needed raises Rejected.
    """

    def __init__(self, value: Mapping[str, object], path: str = "") -> None:
        self._value = value
        self._path = path

    def _at(self, path: str) -> object:
        if path in self._value:
            return self._value[path]
        value: object = self._value
        for name in path.split("."):
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    def where(self, path: str) -> str:
        return f"{self._path}.{path}" if self._path else path

    def raw(self, path: str) -> str:
        """Text as it came."""
        value = self._at(path)
        return value if isinstance(value, str) else ""

    def text(self, *paths: str) -> str:
        """The first of these that says something, cleaned."""
        return next((text for path in paths if (text := clean(self.raw(path)))), "")

    def name(self, *paths: str) -> str:
        """As `text`, cut to the length of a name."""
        for path in paths:
            raw = self.raw(path)
            if raw and (found := name(raw)):
                return found
        return ""

    def person(self, *paths: str) -> str:
        """As `name`, for a name of somebody."""
        return next((told for path in paths if (told := person(self.raw(path)))), "")

    def names(self, path: str, most: int) -> tuple[str, ...]:
        """The names in a list, the first `most` of them."""
        value = self._at(path)
        found = (name(one) for one in value if isinstance(one, str)) if isinstance(value, list) else ()
        return tuple(islice((one for one in found if one), most))

    def values(self, path: str, most: int) -> tuple[str, ...]:
        """As names, the texts and numbers that stand there: alone, in a list, or in an object, without their names."""
        value = self._at(path)
        found = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
        told = (name(str(one)) for one in found if isinstance(one, str | int | float) and not isinstance(one, bool))
        return tuple(islice((one for one in told if one), most))

    def line(self, *paths: str) -> str:
        """As `text`, the first line only."""
        return next((text for path in paths if (text := clean(first_line(self.raw(path))))), "")

    def need(self, path: str) -> str:
        """A name that must be there."""
        found = self.name(path)
        if not found:
            raise Rejected("Text is needed", self.where(path))
        return found

    def identifier(self, path: str) -> int:
        """A number that names something: a whole one from 1 to 2^63-1, and no other spelling of it."""
        value = self._at(path)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_ID:
            raise Rejected("A whole number from 1 to 9223372036854775807 is needed", self.where(path))
        return value

    def integer(self, path: str) -> int | None:
        """A count, as 2, 2.0 or "2"; None where there is none."""
        value = self._at(path)
        if isinstance(value, str):
            value = int(value) if value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS else None
        if isinstance(value, float):
            value = int(value) if value.is_integer() else None
        return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_ID else None

    def number(self, path: str) -> int | None:
        """As `integer`, where it counts or names something: from 1."""
        found = self.integer(path)
        return found if found is not None and found > 0 else None

    def is_true(self, path: str) -> bool:
        return self._at(path) is True

    def boolean(self, path: str) -> bool | None:
        """None where neither is said."""
        value = self._at(path)
        return value if isinstance(value, bool) else None

    def span(self, path: str) -> int | None:
        """How long something took, told in seconds, in milliseconds; None where there is no such time."""
        value = self._at(path)
        known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_SECONDS
        return round(value * 1000) if known and isinstance(value, int | float) else None

    def is_null(self, name: str) -> bool:
        """Whether the sender said that there is none, which is more than not naming it."""
        return name in self._value and self._value[name] is None

    def attempt(self, path: str) -> int:
        """Absent, 0 and nonsense all mean the first."""
        return max(1, self.integer(path) or 1)

    def moment(self, *paths: str) -> int | None:
        """The first of these that is a time, in milliseconds since the epoch."""
        return next((at for path in paths if (at := moment(self._at(path))) is not None), None)

    def need_moment(self, *paths: str) -> int:
        found = self.moment(*paths)
        if found is None:
            raise Rejected("A time is needed", self.where(paths[0]))
        return found

    def link(self, *paths: str) -> str:
        return next((address for path in paths if (address := link(self._at(path)))), "")

    def obj(self, path: str) -> Payload:
        """An object, empty where there is none."""
        value = self._at(path)
        return Payload(value if isinstance(value, Mapping) else {}, self.where(path))

    def need_obj(self, path: str) -> Payload:
        """An object that must be there. A null says that the sender knew nothing, which is not an error."""
        value = self._at(path)
        if isinstance(value, Mapping):
            return Payload(value, self.where(path))
        if value is None and path in self._value:
            raise NothingForUs(f"{self.where(path)} is null")
        raise Rejected("An object is needed", self.where(path))

    def items(self, path: str) -> tuple[Payload, ...]:
        """The objects of a list."""
        value = self._at(path)
        found = value if isinstance(value, list) else []
        return tuple(Payload(v, f"{self.where(path)}.{i}") for i, v in enumerate(found) if isinstance(v, Mapping))

    def __bool__(self) -> bool:
        return bool(self._value)


def name(text: str) -> str:
    return clean(text)[:MAX_NAME].strip()


def person(text: str) -> str:
    """A name of somebody. Tools send e-mail addresses as such, and not everyone who looks on should get those: they are
    cut to what stands before the @."""
    return name(_ADDRESS.sub(r"\1", clean(text)))
