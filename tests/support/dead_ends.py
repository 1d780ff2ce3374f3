"""Addresses at which nobody answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unroutable() -> Iterator[str]:
    """Host and port of a socket whose SYN packets are dropped: its queue is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            for client in waiting:
                client.close()
