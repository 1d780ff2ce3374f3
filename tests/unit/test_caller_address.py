"""Which address is `me`: of the SSH session, or as a web server sees it."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from amitui.errors import NetworkError
from amitui.services.caller_address import public_address, ssh_client

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, ""),
        ({"SSH_CONNECTION": "203.0.113.9 50022 10.0.0.5 22"}, "203.0.113.9"),
        ({"SSH_CLIENT": "203.0.113.9 50022 22"}, "203.0.113.9"),
        ({"SSH_CONNECTION": "2001:DB8::9 50022 2001:db8::5 22"}, "2001:db8::9"),
        ({"SSH_CONNECTION": "::ffff:203.0.113.9 50022 ::ffff:10.0.0.5 22"}, "203.0.113.9"),
        ({"SSH_CONNECTION": "10.1.2.3 50022 10.0.0.5 22"}, "10.1.2.3"),
        ({"SSH_CONNECTION": "127.0.0.1 50022 127.0.0.1 22"}, ""),
        ({"SSH_CONNECTION": "fe80::1%eth0 50022 fe80::2%eth0 22"}, ""),
        ({"SSH_CONNECTION": "UNKNOWN 65535 UNKNOWN 65535"}, ""),
        ({"SSH_CONNECTION": "\x1b]0;x\x07 1 2 3"}, ""),
    ],
)
def test_the_client_of_an_ssh_session_is_an_address_that_others_reach(
    environ: dict[str, str], address: str
) -> None:
    assert ssh_client(environ) == address


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("body", "address"),
    [(b"8.8.4.4\n", "8.8.4.4"), (b"2606:4700::1111\n", "2606:4700::1111"), (b"::ffff:8.8.4.4", "8.8.4.4")],
)
def test_the_public_address_is_what_the_server_says(body: bytes, address: str) -> None:
    with answering(body) as url:
        assert asyncio.run(public_address(url)) == address


@pytest.mark.parametrize(
    "body",
    [b"", b"10.0.0.1\n", b"127.0.0.1", b"<html>log in</html>", b"8.8.4.4, 8.8.8.8", b"0.0.0.0", b"\xff\x1b[2J"],
)
def test_what_is_no_public_address_is_no_answer(body: bytes) -> None:
    with (
        answering(body) as url,
        pytest.raises(NetworkError, match=f"^{re.escape(url)} did not answer with a public address$"),
    ):
        asyncio.run(public_address(url))


@pytest.mark.parametrize(("body", "status"), [(b"8.8.4.4", 503), (b"8.8.4.4", 302), (b"8" * 200, 200)])
def test_a_refusal_says_who_did_not_answer_and_what_to_do(body: bytes, status: int) -> None:
    with answering(body, status) as url, pytest.raises(NetworkError, match="did not answer") as caught:
        asyncio.run(public_address(url))
    assert caught.value.why
    assert caught.value.remedy == "choose another address, or type yours"
