from __future__ import annotations

import socket
from typing import Any

import pytest

from dashboard.live.handover import OFFER, Handover, offered, with_handover
from tests.dashboard.live.tiny_app import Stream


def start(sock: socket.socket) -> None:
    raise AssertionError("never called here")


def ask(response: Any, environ: dict[str, Any]) -> Any:
    return with_handover(lambda _, __: response)(environ, lambda *_: None)


def test_response_with_a_handover_is_closed_and_raised():
    response = Stream([b""])
    response.handover = start
    with pytest.raises(Handover) as raised:
        ask(response, {OFFER: True, "gunicorn.socket": object()})
    assert raised.value.start is start
    assert response.closed


@pytest.mark.parametrize("environ", [{}, {OFFER: True}, {OFFER: False, "gunicorn.socket": 1}, {"gunicorn.socket": 1}])
def test_server_that_offers_nothing_gets_the_response_itself(environ):
    response = Stream([b"poll instead"])
    response.handover = start
    assert not offered(environ)
    assert ask(response, environ) is response
    assert not response.closed


def test_ordinary_response_passes():
    response = [b"page"]
    assert ask(response, {OFFER: True, "gunicorn.socket": object()}) is response
