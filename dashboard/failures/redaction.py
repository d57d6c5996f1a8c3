"""What must not leave a log: tokens, keys, passwords. Redacted before anything is kept. Better a harmless word too many
than a secret: nobody debugs by the letters of a token."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

REDACTED = "[redacted]"
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
# A key is not longer; a block that never ends must not eat the log.
LONGEST_KEY_LINES = 200
# What secrets are called. "Unexpected token" is a parser's word.
_NAMED = (
    r"(?<!nexpected )(?:passw(?:or)?d|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"signing[_-]?key|encryption[_-]?key|client[_-]?key|credentials?|auth[_-]?key|session[_-]?id|cookie)[\w.-]{0,40}"
)
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"


class Secret(NamedTuple):
    """`keeps`: what stays beside the redacted word, as a replacement. `example`: something that must go."""

    regex: re.Pattern[str]
    keeps: str
    example: str


def _secret(regex: str, example: str, keeps: str = REDACTED) -> Secret:
    return Secret(re.compile(regex), keeps, example)


# Shapes that the issuers document.
SECRETS = (
    _secret(r"\bgh[opsur]_[A-Za-z0-9]{20,255}", "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6"),
    _secret(r"\bgithub_pat_[A-Za-z0-9_]{20,255}", "github_pat_" + "11ABCDE0aB3dE6gH9jK2mN5pQ8sT1v"),
    _secret(r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[A-Za-z0-9_.-]{16,}", "glpat-" + "aB3dE6gH9jK2mN5pQ8sT"),
    _secret(r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{12,}\b", "AKIA" + "IOSFODNN7EXAMPLE"),
    _secret(r"\bxox[a-z]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}", "xoxb-" + "123456789012-abcdefGHIJKL"),
    _secret(r"https://hooks\.slack\.com/services/\S+", "https://hooks.slack.com/services/" + "T000/B000/XXXX"),
    _secret(r"\bnpm_[A-Za-z0-9]{30,}", "npm_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6"),
    _secret(r"\bpypi-[A-Za-z0-9_-]{30,}", "pypi-" + "AgEIcHlwaS5vcmcCJGFiY2RlZmdoaWprbG1ub3BxcnN0"),
    _secret(r"\bAIza[A-Za-z0-9_-]{30,}", "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"),
    _secret(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}", "sk_live_" + "aB3dE6gH9jK2mN5pQ8sT"),
    _secret(r"\bsk-[A-Za-z0-9_-]{20,}", "sk-" + "aB3dE6gH9jK2mN5pQ8sT1vW4"),
    _secret(r"\bdop_v1_[a-f0-9]{40,}|\bhv[sbr]\.[A-Za-z0-9_-]{20,}", "hvs." + "aB3dE6gH9jK2mN5pQ8sT1vW4"),
    _secret(
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*",
        "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0.abc-def_123",
    ),
    _secret(
        r"((?<![\w+.-])[a-zA-Z][\w+.-]{0,20}://)[^\s/@:]*:[^\s/@]+@",
        "https://ada:hunter2@example.com/x",
        rf"\1{REDACTED}@",
    ),
    _secret(
        r"((?<![\w+.-])[a-zA-Z][\w+.-]{0,20}://)[^\s/@:]{16,}@",
        "https://aB3dE6gH9jK2mN5pQ8sT@example.com/x",
        rf"\1{REDACTED}@",
    ),
    _secret(
        r"(?i)([?&](?:sig|signature|x-(?:amz|goog)-(?:signature|credential|security-token))=)[^&\s\"']+",
        "https://b.example/x?se=1&sig=aB%2F3",
        rf"\1{REDACTED}",
    ),
    _secret(r"(?i)(\bauthorization[\"']?\s*[:=]\s*).+", "Authorization: Basic YWRhOmh1bnRlcjI=", rf"\1{REDACTED}"),
    _secret(r"(?i)(\b(?:set-cookie|cookie)[\"']?\s*:\s*).+", "Set-Cookie: sid=abc; Path=/", rf"\1{REDACTED}"),
    _secret(
        r"(?i)(\b(?:bearer|basic)\s+)(?=[A-Za-z0-9._~+/=-]*[0-9=._~+/-])[A-Za-z0-9._~+/=-]{8,}",
        "Bearer abcdef123456",
        rf"\1{REDACTED}",
    ),
    _secret(
        rf"(?i)({_NAMED}[\"']?\s*(?:=>|[=!]?={{1,2}}|:=?)\s*)(?:{_QUOTED}|(?!\*{{3}}|\[redacted)[^\s\"',;&)\]}}]+)",
        "DB_PASSWORD=hunter2",
        rf"\1{REDACTED}",
    ),
    _secret(
        rf"(?i)((?<!\w)--?[\w.-]{{0,40}}{_NAMED}[= ]\s*)(?:{_QUOTED}|(?!\*{{3}}|\[redacted)[^\s\"'-]\S*)",
        "curl --api-key hunter2 x",
        rf"\1{REDACTED}",
    ),
    _secret(
        r"(?i)(\bcurl\b.*?\s(?:-u|--user)[= ]?\s*[\"']?)[^\s\"']+",
        "curl -u ada:hunter2 https://example.com",
        rf"\1{REDACTED}",
    ),
    _secret(r"(\bmysql(?:dump|admin)?\b.*?\s-p)(?=\S)\S+", "mysql -u root -phunter2 shop", rf"\1{REDACTED}"),
)

_WORD = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_HEX = re.compile(r"[0-9a-fA-F]{32,}")
# Where a hash is a name: git's, images', checksums of packages.
_NAMES_HASHES = re.compile(
    r"(?i)\b(?:commit|head|checkout|checked out|refs?|revision|merge|sha\d*|digest|md5|integrity|etag)\b"
)
LEAST_LENGTH, LEAST_ENTROPY = 20, 3.2
# In names small letters come in words, in random text some two at a time.
LONGEST_RUNS = 2.5


def redact(lines: Iterable[str]) -> Iterator[str]:
    """Line by line, as many as come."""
    inside = 0
    for line in lines:
        if inside:
            inside = 0 if _END.search(line) or inside >= LONGEST_KEY_LINES else inside + 1
            yield REDACTED
        elif begun := _BEGIN.search(line):
            inside = 0 if _END.search(line, begun.end()) else 1
            yield f"{redact_line(line[: begun.start()])}{REDACTED}"
        else:
            yield redact_line(line)


def redact_line(line: str) -> str:
    """Of a clean line. What the tool masked itself stays masked."""
    for secret in SECRETS:
        line = secret.regex.sub(secret.keeps, line)
    hashes_are_names = _NAMES_HASHES.search(line) is not None
    return _WORD.sub(lambda found: _judged(found.group(), hashes_are_names), line)


def _judged(word: str, hashes_are_names: bool) -> str:
    if _HEX.fullmatch(word):
        return word if hashes_are_names or len(set(word)) < 6 else REDACTED
    # A slash may part a path, or be one of the 64 letters.
    random = any(map(looks_random, word.split("/"))) or looks_random(word.replace("/", ""))
    return REDACTED if random else word


def looks_random(word: str) -> bool:
    """Letters and digits in no order, as no name has them."""
    if len(word) < LEAST_LENGTH or entropy(word) < LEAST_ENTROPY:
        return False
    small, capitals, digits = (re.findall(kind, word) for kind in ("[a-z]+", "[A-Z]+", "[0-9]+"))
    if not digits:
        return False
    if small and capitals:
        return sum(map(len, small)) / len(small) <= LONGEST_RUNS
    return len(digits) > 3 and len(word) >= LEAST_LENGTH + 4 and word.isalnum()


def entropy(word: str) -> float:
    """Shannon's, in bits a letter."""
    counts = Counter(word)
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts.values())
