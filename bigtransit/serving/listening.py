"""New connections, as they are wanted."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

AT_ONCE = 64
# Of each connection, for answers; the kernel doubles it.
SEND_BUFFER = 128 * 1024


class NoDescriptorLeft(Exception):
    """The process or the machine has no more."""


def accepted(listener: socket.socket) -> Iterator[tuple[socket.socket, object]]:
    """Those that wait, each with its peer, and no more than is one's turn. Raises NoDescriptorLeft."""
    for _ in range(AT_ONCE):
        try:
            sock, peer = listener.accept()
        except (BlockingIOError, ConnectionAbortedError, InterruptedError):
            return
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise NoDescriptorLeft from error
            raise
        _tune(sock)
        yield sock, peer


def _tune(sock: socket.socket) -> None:
    """Small pieces go at once, and little waits in the kernel for a client that does not read."""
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
