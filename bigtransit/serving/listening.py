"""New connections, as they are wanted."""

from __future__ import annotations

import errno
import socket

# Of each connection, for answers; the kernel doubles it.
SEND_BUFFER = 128 * 1024


class NoDescriptorLeft(Exception):
    """The process or the machine has no more."""


def accepted(listener: socket.socket) -> tuple[socket.socket, object] | None:
    """One that waits, with its peer, or None. Raises NoDescriptorLeft.

    All processes have the same listener, and whoever takes many at once has them all: one a turn leaves the next to
    whoever is free sooner."""
    try:
        sock, peer = listener.accept()
    except (BlockingIOError, ConnectionAbortedError, InterruptedError):
        return None
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise NoDescriptorLeft from error
        raise
    _tune(sock)
    return sock, peer


def _tune(sock: socket.socket) -> None:
    """Small pieces go at once, and little waits in the kernel for a client that does not read."""
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
