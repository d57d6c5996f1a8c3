"""Values that nobody in their right mind sends, drawn from a generator whose seed repeats them all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from urllib.parse import quote, quote_from_bytes

# The same in CI each time; another one, or a longer run, where somebody looks for more.
SEED = int(os.environ.get("HOSTILE_SEED", "1"))
TIMES = int(os.environ.get("HOSTILE_TIMES", "1"))

TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\r\nSet-Cookie: a=b",
    "\ud800",
    "\udfff\ud800",
    "\u202egpj.exe",
    "\ufeff",
    "\u2028",
    "e\u0301" * 300,
    "\u0301" * 5_000,
    "😀" * 1_100,
    "ﷺ" * 400,
    "İ" * 300,
    "x" * 70_000,
    "TEAM#1",
    "EXECUTION#",
    "../../etc/passwd",
    "..\\..\\",
    "<script>alert(1)</script>",
    "{{7*7}}{% debug %}",
    "{0.__class__}%s%n",
    "';--",
    "javascript:alert(1)",
    "http://[::1",
    "https://a@b:99999/",
    "https://exa\tmple.com",
    "//evil.example",
    "-1",
    "1e999",
    "9" * 40,
    "٣",
    "²",
    "0x10",
    "NaN",
    "null",
    "true",
    "=cmd|' /C calc'!A0",
    "0000-00-00T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:60Z",
    "9999-12-31T23:59:59-23:59",
    "2026-02-30T10:00:00Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T12:00:00+99:99",
    "+275760-09-13T00:00:00Z",
    "2026-11-23T12:00:00Z",
    "1795435200",
    "refs/heads/main",
    "completed",
    "SUCCEEDED",
    "arn:aws:codepipeline:::",
    "arn:" + ":" * 50,
)
NUMBERS: tuple[Any, ...] = (
    0,
    -0.0,
    -1,
    1,
    0.5,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    2**64,
    10**19,
    10**40,
    1e308,
    5e-324,
    1_795_435_200,
    1_795_435_200_000,
    -62_135_596_800_001,
    253_402_300_800_000,
    float("nan"),
    float("inf"),
    float("-inf"),
)
WORDS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], [{}], {"": ""}, {"id": {}}, [1, "a", None, {}])
# As JSON text, for what no value of Python's is: it stands in the place of this word.
MARK = "in the place of a raw text"
RAW = (
    "[" * 70 + "]" * 70,
    "[" * 3_000,
    '{"a":' * 65 + "1" + "}" * 65,
    "[" + "1," * 60_000 + "1]",
    "1" * 5_000,
    "1e400",
    "-",
    "01",
    "1.",
    "+1",
    "0x1",
    "'a'",
    "NaN",
    "Infinity",
    "undefined",
    '"\\ud83d"',
    '"\\uDC00\\uD800"',
    '"\\u0000"',
    '"\\x41"',
    '"\n"',
    '"a',
    "{,}",
    '{"a":1,"a":{}}',
    "//",
)


class Drawing:
    """Hostile values. Two of one seed draw the same ones in the same order."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one(self, of: Sequence[Any]) -> Any:
        return self.random.choice(of)

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def text(self) -> str:
        if self.chance(0.8):
            return str(self.one(TEXTS))
        length = self.random.randrange(1, 40)
        return "".join(chr(self.random.randrange(self.one([128, 256, 0x3000, 0x11_0000]))) for _ in range(length))

    def value(self) -> Any:
        """Anything that JSON's encoder takes, and a mark for what it does not."""
        kind = self.random.randrange(5)
        if kind == 0:
            return MARK
        return self.one(NUMBERS) if kind == 1 else self.one(WORDS) if kind == 2 else self.text()

    def mutated(self, value: Any) -> Any:
        """A copy with something wrong somewhere in it: another type, a member missing, one too many, one renamed."""
        found = json.loads(json.dumps(value))
        places = list(_places(found))
        for _ in range(self.random.choice([1, 1, 1, 2, 5])):
            holder, key = self.one(places)
            self._change(holder, key)
        return found

    def _change(self, holder: Any, key: Any) -> None:
        kind = self.random.randrange(6)
        if isinstance(holder, dict) and kind == 0:
            holder.pop(key, None)
        elif isinstance(holder, dict) and kind == 1:
            holder[self.text()] = holder.pop(key, None)
        elif kind == 2 and (isinstance(holder, list) or key in holder):
            holder[key] = [holder[key]] * self.one([1, 2, 100])
        else:
            holder[key] = self.value()

    def encoded(self, value: Any) -> bytes:
        """JSON text of it, or what should have been."""
        try:
            text = json.dumps(value, ensure_ascii=self.chance(0.7))
        except (ValueError, RecursionError):
            text = "[]"
        text = text.replace(f'"{MARK}"', self.one(RAW))
        if self.chance(0.1):
            at = text.find("{", self.random.randrange(len(text)))
            text = text[: at + 1] + '"id":1,"status":null,' + text[at + 1 :]
        raw = text.encode("utf-8", "surrogatepass")
        return self._spoiled(raw) if self.chance(0.15) else raw

    def _spoiled(self, raw: bytes) -> bytes:
        kinds: Sequence[Callable[[], bytes]] = (
            lambda: raw[: self.random.randrange(len(raw) + 1)],
            lambda: b"\xef\xbb\xbf" + raw,
            lambda: raw.decode("utf-8", "replace").encode("utf-16"),
            lambda: raw.replace(b"e", b"\xc0\x80", 1),
            lambda: raw.replace(b"a", b"\xed\xa0\x80", 1),
            lambda: b"[" + raw + b"]",
            lambda: raw + raw,
            lambda: b"payload=" + quote_from_bytes(raw).encode(),
            lambda: b"",
            lambda: b"\x00" * 40,
            lambda: b"\x1f\x8b" + raw,
        )
        return self.random.choice(kinds)()

    def segment(self) -> str:
        """A part of a path, encoded."""
        kind = self.random.randrange(4)
        if kind == 0:
            return str(self.one(["..", ".", "%2e%2e", "%00", "%", "%zz", "%c0%af", "%ed%a0%80", "%ff", ";a=b", "%2f"]))
        return quote(self.text()[:3_000], safe=self.one(["", "/", "#?"]), errors="surrogatepass")

    def query(self, names: Sequence[str]) -> str:
        pairs = []
        for _ in range(self.random.choice([0, 1, 1, 2, 8, 300])):
            name = self.one(names) if self.chance(0.8) else self.segment()
            pairs.append(f"{name}={self.segment()}" if self.chance(0.9) else name)
        return self.random.choice(["&", "&", ";", "&&"]).join(pairs)[:8_000]

    def header(self) -> str:
        """What a server lets through: one line of Latin letters."""
        kept = self.text()[:4_000].replace("\r", " ").replace("\n", " ").replace("\x00", " ")
        return kept.encode("utf-8", "surrogatepass").decode("latin-1")


def _places(value: Any) -> Any:
    """Every member of every object and list: what holds it, and its name."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in list(members):
        yield value, key
        if isinstance(member, dict | list):
            yield from _places(member)
