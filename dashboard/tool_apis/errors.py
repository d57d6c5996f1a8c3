"""What can go wrong when a tool is asked. Each says in words what is to be done; none holds a token."""

from __future__ import annotations


class ApiError(Exception):
    """The words are for whoever looks after the connection."""


class OutOfReach(ApiError):
    """No answer, or none that makes sense, within the time. Worth another try later."""


class TooMuch(OutOfReach):
    """The answer is longer than what is read of one. Worth asking for less."""


class NotTaken(OutOfReach):
    """The tool understood, and does not do it: something in what was sent is not to its liking."""


class HostRefused(ApiError):
    """Its address is not one that may be asked."""


class TokenRefused(ApiError):
    """The tool does not know the token or the credentials, or not any more."""


class NotPermitted(ApiError):
    """The tool knows the token, which may not read this."""


class NothingThere(ApiError):
    """Never was, is gone, or is hidden from this token: tools answer all three alike."""


class OverQuota(ApiError):
    """The tool takes no more calls before `until` (milliseconds)."""

    def __init__(self, words: str, until: int) -> None:
        super().__init__(words)
        self.until = until
