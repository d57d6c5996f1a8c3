"""Asking a tool over HTTP: one layer of retries, so much time, so much of an answer, only hosts that may be asked."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import stamina
from requests import RequestException, Response, Session
from urllib3.exceptions import HTTPError

from dashboard.tool_apis.errors import (
    ApiError,
    NothingThere,
    NotPermitted,
    NotTaken,
    OutOfReach,
    OverQuota,
    TokenRefused,
    TooMuch,
)
from dashboard.tool_apis.quota import is_limited, pause_seconds, quota_of
from dashboard.tool_apis.reach import check_url, guarded
from storage.model.entities import ApiQuota

TOTAL_SECONDS, STEP_SECONDS, TRIES = 20.0, 5.0, 4
WAIT_SECONDS, LONGEST_WAIT_SECONDS, JITTER_SECONDS = 0.2, 2.0, 0.5
MOST_BYTES, CHUNK, MOST_REDIRECTS = 8 * 1024 * 1024, 65_536, 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
REFUSED = "{} does not accept the token: it is wrong, has expired or was revoked"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LogTail:
    """The end of a log. `bytes_read`: how long all of it is; `cut`: whether something before it was left out."""

    text: str
    bytes_read: int
    cut: bool


class _Again(Exception):
    """Not this time. `why`: what to raise where there is no next. `pause`: how long the tool asks to wait, seconds."""

    def __init__(self, why: ApiError, pause: float | None = None) -> None:
        super().__init__(str(why))
        self.why, self.pause = why, pause


class Budget:
    """The time that one thing may take, however many calls it needs."""

    def __init__(self, seconds: float = TOTAL_SECONDS, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._until = timer() + seconds

    def left(self) -> float:
        """Seconds, never below 0."""
        return max(0.0, self._until - self._timer())


class Authorization(Protocol):
    """What lets in, where that is not one token for good."""

    def header(self) -> str:
        """Of the next call. May itself ask the tool; raises ApiError."""
        ...

    def forget(self) -> bool:
        """The tool refused it. Whether the next one may be another."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """`body`: JSON that is sent along, None for none. `elsewhere`: it is not the tool's, and gets no token. `accept`:
    which form of it is wanted, where the tool has several."""

    method: str
    url: str
    body: bytes | None = None
    elsewhere: bool = False
    accept: str = ""


class ApiSession:
    """One tool's API at one address.

    headers:   sent to the address alone, never to where it redirects; the token is in them.
    authorization: makes the header Authorization anew for each call, where it is given.
    named_host: the host that an administrator named, if any.
    now:       milliseconds. heard: told of each quota that an answer gives.
    calls:     how many requests were sent. quota: as of the latest answer that told one.
    """

    def __init__(
        self,
        address: str,
        headers: Mapping[str, str],
        *,
        label: str,
        authorization: Authorization | None = None,
        named_host: str = "",
        now: Callable[[], int],
        heard: Callable[[ApiQuota], object] = lambda quota: None,
    ) -> None:
        self.address, self._headers, self._label = address.rstrip("/"), dict(headers), label
        self._authorization = authorization
        self._named_host, self._now, self._heard = named_host.lower(), now, heard
        self.calls = 0
        self.quota: ApiQuota | None = None
        self._session = Session()
        # Neither proxies nor .netrc of the machine: the one would resolve names for us, the other give a password away.
        self._session.trust_env = False
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.clear()
        adapter = guarded(self._named_host)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)

    def get_json(self, path: str, budget: Budget, **query: str | int) -> Any:
        """Raises ApiError."""
        return self._ask(self._call("GET", path, query), budget, follow=False, read=self._whole)

    def get_linked(self, path: str, budget: Budget, **query: str | int) -> tuple[Any, str]:
        """As `get_json`, and what to ask for next (RFC 8288, rel="next"), as a path with its query at this address;
        empty where the answer names nothing, or something elsewhere. Raises ApiError."""

        def read(response: Response, left: Budget) -> tuple[Any, str]:
            link = response.links.get("next", {}).get("url", "")
            return self._whole(response, left), link.removeprefix(self.address) if self._is_here(link) else ""

        return self._ask(self._call("GET", path, query), budget, follow=False, read=read)

    def get_headed(self, path: str, budget: Budget, header: str, **query: str | int) -> tuple[Any, str]:
        """As `get_json`, and what a header of the answer says; empty where it is not there. Raises ApiError."""

        def read(response: Response, left: Budget) -> tuple[Any, str]:
            return self._whole(response, left), response.headers.get(header, "")

        return self._ask(self._call("GET", path, query), budget, follow=False, read=read)

    def get_told(self, url: str, budget: Budget) -> Any:
        """As `get_json`, of an address that an answer told, which may be one elsewhere. Raises ApiError."""
        call = Call("GET", url, elsewhere=not self._is_here(url))
        return self._ask(call, budget, follow=True, read=self._whole)

    def _is_here(self, link: str) -> bool:
        return link.startswith(f"{self.address}/")

    def send_json(self, method: str, path: str, body: object, budget: Budget, *, tries: int = TRIES) -> Any:
        """`tries`: 1 where a second time would not do the same. Raises ApiError."""
        call = Call(method, f"{self.address}{path}", json.dumps(body).encode())
        return self._ask(call, budget, follow=False, read=self._whole, tries=tries)

    def get_tail(self, path: str, most: int, budget: Budget, accept: str = "") -> LogTail:
        """The last `most` bytes; more is never held. Follows redirects, without the token. Raises ApiError."""
        call = replace(self._call("GET", path, {}), accept=accept)
        return self._ask(call, budget, follow=True, read=lambda response, left: _tail(response, most, left))

    def _call(self, method: str, path: str, query: Mapping[str, str | int]) -> Call:
        return Call(method, f"{self.address}{path}?{urlencode(query)}" if query else f"{self.address}{path}")

    def _ask(
        self,
        call: Call,
        budget: Budget,
        *,
        follow: bool,
        read: Callable[[Response, Budget], T],
        tries: int = TRIES,
    ) -> T:

        def again(error: Exception) -> bool | float:
            """Whether and when, as long as the time allows."""
            if not isinstance(error, _Again):
                return False
            if error.pause is not None:
                return error.pause if error.pause < budget.left() else False
            return budget.left() > LONGEST_WAIT_SECONDS + JITTER_SECONDS

        try:
            for attempt in stamina.retry_context(
                on=again,
                attempts=tries,
                timeout=None,
                wait_initial=WAIT_SECONDS,
                wait_max=LONGEST_WAIT_SECONDS,
                wait_jitter=JITTER_SECONDS,
            ):
                with attempt:
                    return self._once(call, budget, follow=follow, read=read)
        except _Again as error:
            raise error.why from error
        raise AssertionError("a retry either returns or raises")

    def _once(self, call: Call, budget: Budget, *, follow: bool, read: Callable[[Response, Budget], T]) -> T:
        asked, headers = call, {} if call.elsewhere else self._let_in(call)
        for _ in range(MOST_REDIRECTS + 1):
            with self._asked(asked, headers, budget) as response:
                if response.status_code not in REDIRECTS:
                    self._judge(response, first=asked is call and not call.elsewhere)
                    return self._broken(lambda: read(response, budget))
                if not follow:
                    raise OutOfReach(f"{self._label} redirects, which is not followed: is the API address right?")
                asked, headers = Call("GET", urljoin(asked.url, response.headers.get("location", ""))), {}
        raise OutOfReach(f"{self._label} redirects in circles")

    def _let_in(self, call: Call) -> dict[str, str]:
        typed = {} if call.body is None else {"Content-Type": "application/json"}
        own = {} if self._authorization is None else {"Authorization": self._authorization.header()}
        wanted = {"Accept": call.accept} if call.accept else {}
        return {**self._headers, **typed, **own, **wanted}

    @contextmanager
    def _asked(self, call: Call, headers: Mapping[str, str], budget: Budget) -> Iterator[Response]:
        check_url(call.url, self._named_host)
        host = urlsplit(call.url).hostname
        seconds = min(STEP_SECONDS, budget.left())
        if seconds <= 0:
            raise OutOfReach(f"{host} took too long to answer")
        try:
            sent = {"Accept-Encoding": "gzip", **headers}
            self.calls += 1
            response = self._session.request(
                call.method, call.url, data=call.body, headers=sent, stream=True, allow_redirects=False, timeout=seconds
            )
        except RequestException as error:
            raise _Again(OutOfReach(f"{host} cannot be reached ({type(error).__name__})")) from error
        try:
            yield response
        finally:
            response.close()

    def _judge(self, response: Response, *, first: bool) -> None:
        """Raises unless the answer is what was asked for. `first`: it comes from the API, not from where it points."""
        status, headers, now = response.status_code, response.headers, self._now()
        if first and (quota := quota_of(headers, now)) is not None:
            self.quota = quota
            self._heard(quota)
        if first and status == 203:
            # Azure DevOps shows its page for signing in.
            raise TokenRefused(REFUSED.format(self._label))
        if 200 <= status < 300:
            return
        if first and is_limited(status, headers):
            pause = pause_seconds(headers, now)
            until = now + round(pause * 1000)
            raise _Again(OverQuota(f"{self._label} takes no more calls for now", until), pause)
        if status in (404, 410):
            raise NothingThere(f"{self._label} has no such thing, or hides it from this token")
        if first and status == 401:
            refused = TokenRefused(REFUSED.format(self._label))
            raise _Again(refused) if self._authorization and self._authorization.forget() else refused
        if first and status == 403:
            raise NotPermitted(f"The token may not read this at {self._label}")
        if first and status in (400, 409, 422):
            raise NotTaken(f"{self._label} answered {status}")
        if status >= 500 or not first:
            raise _Again(OutOfReach(f"{self._label} answered {status}"))
        raise OutOfReach(f"{self._label} answered {status}")

    def _whole(self, response: Response, budget: Budget) -> Any:
        """None where the answer is that there is nothing."""
        if response.status_code == 204:
            return None
        content = bytearray()
        for chunk in _chunks(response, budget):
            content += chunk
            if len(content) > MOST_BYTES:
                raise TooMuch(f"{self._label} answered more than {MOST_BYTES // 1_048_576} MiB")
        return json.loads(bytes(content))

    def _broken(self, read: Callable[[], T]) -> T:
        """An answer that breaks off or makes no sense may be better the next time."""
        try:
            return read()
        except (HTTPError, OSError, ValueError) as error:
            words = f"the answer of {self._label} broke off, or made no sense"
            raise _Again(OutOfReach(words[:1].upper() + words[1:])) from error


def _chunks(response: Response, budget: Budget) -> Iterator[bytes]:
    """As they come: a chunk that had to be full would wait for a slow sender longer than there is time."""
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        if budget.left() <= 0:
            raise OutOfReach("The answer took too long")
        yield chunk


def _tail(response: Response, most: int, budget: Budget) -> LogTail:
    held: deque[bytes] = deque()
    size = total = 0
    for chunk in _chunks(response, budget):
        held.append(chunk)
        size, total = size + len(chunk), total + len(chunk)
        while size - len(held[0]) >= most:
            size -= len(held.popleft())
    content = b"".join(held)[-most:]
    cut = total > len(content)
    if cut:
        # What is left of a line says nothing.
        content = content.partition(b"\n")[2] or content
    return LogTail(content.decode("utf-8", "replace"), total, cut)
