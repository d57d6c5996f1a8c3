"""Lines of logs without what differs from run to run, so that two runs can be compared. Each pattern stands beside an
example, as in kubernetes/test-infra's triage."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

# Nobody reads further, and patterns over very long lines cost time.
LONGEST_LINE = 2000
# How much of a hash tells one line from another: of 5,000 lines two meet by chance once in 20 million logs.
HASH_BYTES = 6

# GitHub writes one before each line of a raw log; the file begins with a byte order mark.
_GITHUB_TIME = re.compile(r"\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z ?")
_CODEBUILD_PREFIX = re.compile(r"\[Container\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? ?")
# ECMA-48: control sequences, operating system commands, and two-letter escapes.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions, as raw logs have them.
_SHOWN = (("##[error]", "Error: "), ("##[warning]", "Warning: "), ("##[notice]", "Notice: "))
_DROPPED = ("##[group]", "##[command]", "##[debug]", "##[section]")


class Pattern(NamedTuple):
    regex: re.Pattern[str]
    becomes: str
    example: str
    normalised: str


def _pattern(regex: str, becomes: str, example: str, normalised: str) -> Pattern:
    return Pattern(re.compile(regex), becomes, example, normalised)


# One after the other, on what those before have left.
PATTERNS = (
    _pattern(
        r"\b\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?",
        "<time>",
        "at 2026-11-23T12:00:00.123Z it broke",
        "at <time> it broke",
    ),
    _pattern(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b", "<time>", "[12:00:07] FAIL", "[<time>] FAIL"),
    _pattern(
        r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",
        "<uuid>",
        "request 01234567-89ab-cdef-0123-456789abcdef",
        "request <uuid>",
    ),
    _pattern(r"\b0x[0-9a-fA-F]+\b", "<hex>", "object at 0x7f5d8cc04810", "object at <hex>"),
    _pattern(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b", "<hex>", "HEAD is 7c3e1fa0b1", "HEAD is <hex>"),
    _pattern(
        r"\b\d+(?:\.\d+)? ?(?:ms|µs|us|ns|s|m|h|secs?|seconds?|mins?|minutes?|hours?)\b"
        r"(?: ?\d+(?:\.\d+)? ?(?:ms|s|secs?|seconds?)\b)?",
        "<duration>",
        "1 failed in 12.34s",
        "<n> failed in <duration>",
    ),
    _pattern(
        r"(?:\b[A-Za-z]:)?\\(?:[\w.@+~ -]+\\)+([\w.@+~-]+)",
        r"<path>/\1",
        r"in D:\a\shop\shop\pay.py",
        "in <path>/pay.py",
    ),
    _pattern(
        r"(?<![\w:/.>])(?:~|\.{1,2})?/(?:[\w.@+~-]+/)+([\w.@+~-]+)",
        r"<path>/\1",
        "File /home/runner/work/shop/shop/pay.py broke",
        "File <path>/pay.py broke",
    ),
    _pattern(r"(?<![\w<])[+-]?\d+(?:[.,]\d+)*", "<n>", "expected 3, got 14.5", "expected <n>, got <n>"),
    _pattern(r"[ \t]+", " ", "a \t  b", "a b"),
)


def clean(line: str) -> str:
    """As people should see it: without time stamps and prefixes of the runner, colours, and what was written over."""
    line = _GITHUB_TIME.sub("", line, count=1) if line[:1] in "\ufeff0123456789" else line
    line = _CODEBUILD_PREFIX.sub("", line, count=1)
    line = _ANSI.sub("", line.rstrip("\r\n"))
    line = line.rpartition("\r")[2] or line
    for marker, shown in _SHOWN:
        if line.startswith(marker):
            line = shown + line[len(marker) :]
    for marker in _DROPPED:
        line = line.removeprefix(marker)
    return _CONTROL.sub("", line)[:LONGEST_LINE].rstrip()


def normalised(line: str) -> str:
    """Of a clean line: what is the same in another run that says the same."""
    for pattern in PATTERNS:
        line = pattern.regex.sub(pattern.becomes, line)
    return line.strip()


def line_hash(line: str) -> bytes:
    """Of a normalised line."""
    return hashlib.sha256(line.encode("utf-8", "surrogatepass")).digest()[:HASH_BYTES]
