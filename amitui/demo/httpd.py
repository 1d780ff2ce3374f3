"""HTTP around the dispatcher: threads, keep-alive, and nothing written to the terminal."""

from __future__ import annotations

import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.dispatch import Answer, Request
from amitui.demo.model import CloudError
from amitui.demo.wire import error_answer

if TYPE_CHECKING:
    import socket

    from amitui.demo.dispatch import Dispatcher

_LARGEST_BODY: Final = 4_000_000
"""Bytes; a RunInstances with user data is a hundredth of it."""


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

    def do_PUT(self) -> None:
        self._respond()

    def do_DELETE(self) -> None:
        self._respond()

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal belongs to someone else."""

    def _respond(self) -> None:
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
            if name.lower() not in {"content-length", "connection", "transfer-encoding", "server", "date"}:
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
