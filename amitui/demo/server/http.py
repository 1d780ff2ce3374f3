"""HTTP around the dispatcher: threads, keep-alive, and nothing written to the terminal.

Any web page that is open on this machine can send requests to 127.0.0.1. None of them is answered: they carry an
origin, or come from a browser that says so, or name a host that is not this machine's (a page whose own name was
pointed here). Nothing tells a browser that a page may read an answer.
"""

from __future__ import annotations

import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.server.dispatch import Answer, Request
from amitui.demo.server.wire import error_answer

if TYPE_CHECKING:
    import socket
    from email.message import Message

    from amitui.demo.server.dispatch import Dispatcher

_LARGEST_BODY: Final = 4_000_000
"""Bytes; a RunInstances with user data is a hundredth of it."""


_OWN_HEADERS: Final = frozenset({"content-length", "connection", "transfer-encoding", "server", "date"})

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})

_OF_A_PAGE: Final = ("Origin", "Referer")
"""Headers that browsers send with what a page asks for, and clients of AWS never."""

_NOT_A_PAGE: Final = frozenset({"none", "same-origin"})
"""What a browser says of an address that its user typed, and of its own requests for more of that."""


def foreign(headers: Message, port: int) -> str:
    """Why a request may come from a web page, in words; empty when it cannot.

    Args:
        headers: of the request.
        port: where this server listens.
    """
    hosts = headers.get_all("Host") or []
    name, _, named_port = hosts[0].strip().lower().rpartition(":") if len(hosts) == 1 else ("", "", "")
    if name not in _LOOPBACK or named_port != str(port):
        return f"This server answers to 127.0.0.1:{port} and localhost:{port} only."
    if any(header in headers for header in _OF_A_PAGE):
        return "This server does not answer web pages."
    if any(value.strip().lower() not in _NOT_A_PAGE for value in headers.get_all("Sec-Fetch-Site") or ()):
        return "This server does not answer web pages."
    return ""


class DemoRequestHandler(BaseHTTPRequestHandler):
    """One connection, kept open for as long as the client likes."""

    protocol_version = "HTTP/1.1"
    server_version = "amitui-demo"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    server: DemoHttpServer

    def do_POST(self) -> None:
        self._respond()

    def do_GET(self) -> None:
        self._respond()

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal belongs to someone else."""

    def _respond(self) -> None:
        words = foreign(self.headers, self.server.port)
        if words:
            # What it goes on to send is not read.
            self.close_connection = True
            self._send(Answer(403, f"{words}\n".encode(), [("Content-Type", "text/plain; charset=utf-8")]))
            return
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(Answer(413, b"", []))
            return
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, query, dict(self.headers.items()), self.rfile.read(int(length)))
        try:
            answer = self.server.dispatcher.answer(request)
        except Exception as error:  # noqa: BLE001 - a fault of the simulation must not look like a lost connection
            text = f"The demo's cloud failed: {type(error).__name__}: {error}"
            answer = Answer(500, error_answer(CloudError("InternalError", text, 500), "0"))
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            lowered = name.lower()
            if lowered not in _OWN_HEADERS and not lowered.startswith("access-control-"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


class DemoHttpServer(socketserver.ThreadingTCPServer):
    """The server on a socket that listens already."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, dispatcher: Dispatcher) -> None:
        super().__init__(listener.getsockname(), DemoRequestHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.dispatcher = dispatcher
        self._thread: threading.Thread | None = None
        self._connections: set[Any] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The endpoint URL."""
        host, port = self.socket.getsockname()[:2]
        return f"http://{host}:{port}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def start(self) -> DemoHttpServer:
        """Serve on a thread of this process, as tests do; `stop` ends it."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="demo-http", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """End what `start` began: no thread, socket or connection stays."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()

    def server_close(self) -> None:
        """Close the listening socket and every connection that a client still keeps open."""
        super().server_close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            self.shutdown_request(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle of an answer is its own business."""
