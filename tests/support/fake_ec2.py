"""A small EC2 and STS on 127.0.0.1 that does what moto does not: pages, throttling, faults, hanging.

It answers from a list of records, writes down every request, and plays scripted failures first. Answers are
written by botocore's output shape, so whatever field a record has is on the wire.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

Query = dict[str, str]
"""The parameters of one request, as EC2's query protocol spells them (`Owner.1`, `MaxResults`)."""

Fault = Callable[["_Handler"], None]
"""Plays a failure on a request's connection."""


@dataclass
class FakeEc2:
    """The state of the fake; everything may be changed between requests."""

    url: str = ""
    images: list[dict[str, Any]] = field(default_factory=list)
    """What DescribeImages returns, whatever the request, except for ids."""
    regions: dict[str, str] = field(default_factory=lambda: {"us-east-1": "opt-in-not-required"})
    """Region name to opt-in status."""
    launch_permissions: list[dict[str, str]] = field(default_factory=list)
    account: str = "123456789012"
    empty_pages: set[int] = field(default_factory=set)
    """Numbers of pages, from 0, before which an empty one with a token is sent."""
    requests: list[Query] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    """Those of each request, names in lower case."""
    arrived: threading.Event = field(default_factory=threading.Event)
    """Set by each request."""
    hanging: threading.Event = field(default_factory=threading.Event)
    """Set when a request has come that is not answered."""
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when the client of a hanging request closes its connection."""
    hang_at: Callable[[Query], bool] | None = None
    """Requests of which this is true are never answered."""
    _faults: deque[tuple[str, Fault]] = field(default_factory=deque)
    _released: threading.Event = field(default_factory=threading.Event)
    _token_era: int = 0

    def calls(self, action: str) -> list[Query]:
        """The requests so far for one action."""
        return [query for query in self.requests if query["Action"] == action]

    def fail(self, action: str, status: int, code: str, message: str = "no", *, times: int = 1) -> None:
        """Answer the next requests for an action with an error."""
        body = f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></Errors>"
        self.answer(action, status, f"{body}<RequestID>r-error</RequestID></Response>", times=times)

    def answer(self, action: str, status: int, body: str, *, times: int = 1) -> None:
        """Answer the next requests for an action with this body."""
        self._faults.extend([(action, lambda handler: handler.send(status, body))] * times)

    def recover(self) -> None:
        """Forget the failures that have not been played yet."""
        self._faults.clear()
        self.hang_at = None

    def hang(self, action: str) -> None:
        """Never answer the next request for an action; `hung_up` tells when its client gives up."""
        self._faults.append((action, self._hang))

    def hang_after(self, action: str, answers: int) -> None:
        """Answer so many requests for an action, and never the next one; `hanging` tells when it has come."""
        self._faults.extend([(action, _Handler.answer_truly)] * answers)
        self.hang(action)

    def break_off(self, action: str, *, after: bytes = b"", times: int = 1) -> None:
        """Close the connection of the next requests for an action, after sending some bytes of an answer."""

        def play(handler: _Handler) -> None:
            handler.wfile.write(after)

        self._faults.extend([(action, play)] * times)

    def forget_tokens(self) -> None:
        """Make every NextToken given so far stale."""
        self._token_era += 1

    def _hang(self, handler: _Handler) -> None:
        self.hanging.set()
        handler.connection.settimeout(0.02)
        while not self._released.is_set():
            try:
                if not handler.connection.recv(1):
                    self.hung_up.set()
                    return
            except TimeoutError:
                continue
            except OSError:
                self.hung_up.set()
                return

    def _next_fault(self, action: str) -> Fault | None:
        for index, (wanted, fault) in enumerate(self._faults):
            if wanted == action:
                del self._faults[index]
                return fault
        return None

    def _describe_images(self, handler: _Handler, query: Query) -> None:
        ids = _numbered(query, "ImageId")
        if ids and "MaxResults" in query:
            handler.send_error_code(400, "InvalidParameterCombination", "ids and MaxResults")
            return
        if ids:
            known = {image["ImageId"] for image in self.images}
            missing = [image_id for image_id in ids if image_id not in known]
            if missing:
                message = f"The image id{'s' * (len(missing) > 1)} '[{', '.join(missing)}]' does not exist"
                handler.send_error_code(400, "InvalidAMIID.NotFound", message)
                return
            found = [image for image in self.images if image["ImageId"] in ids]
            handler.send_shape("DescribeImages", {"Images": found})
            return
        self._send_page(handler, query)

    def _send_page(self, handler: _Handler, query: Query) -> None:
        start, gap_sent = 0, False
        if "NextToken" in query:
            era, place, gap = query["NextToken"].split("/")
            if int(era) != self._token_era:
                handler.send_error_code(400, "InvalidNextToken", "The token has expired")
                return
            start, gap_sent = int(place), gap == "1"
        size = int(query.get("MaxResults", len(self.images) or 1))
        if start // size in self.empty_pages and not gap_sent:
            answer: dict[str, Any] = {"Images": [], "NextToken": f"{self._token_era}/{start}/1"}
        else:
            answer = {"Images": self.images[start : start + size]}
            if start + size < len(self.images):
                answer["NextToken"] = f"{self._token_era}/{start + size}/0"
        handler.send_shape("DescribeImages", answer)


class _Handler(BaseHTTPRequestHandler):
    fake: FakeEc2
    query: Query

    def do_POST(self) -> None:
        """Play the next scripted failure, or answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        query = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        action = query["Action"]
        self.fake.requests.append(query)
        self.fake.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.fake.arrived.set()
        self.query = query
        fault = self.fake._next_fault(action)
        if self.fake.hang_at is not None and self.fake.hang_at(query):
            fault = self.fake._hang
        if fault is not None:
            fault(self)
        else:
            self.answer_truly()

    def answer_truly(self) -> None:
        """Answer as EC2 and STS would."""
        query = self.query
        action = query["Action"]
        if action == "DescribeImages":
            self.fake._describe_images(self, query)
        elif action == "DescribeRegions":
            regions = [{"RegionName": name, "OptInStatus": status} for name, status in self.fake.regions.items()]
            self.send_shape(action, {"Regions": regions})
        elif action == "DescribeImageAttribute":
            permissions = self.fake.launch_permissions
            self.send_shape(action, {"ImageId": query["ImageId"], "LaunchPermissions": permissions})
        elif action == "GetCallerIdentity":
            self._send_identity()
        else:
            self.send_error_code(400, "InvalidAction", action)

    def send(self, status: int, body: str) -> None:
        """Send an answer."""
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml;charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def send_error_code(self, status: int, code: str, message: str) -> None:
        """Send an error as EC2 does."""
        error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        self.send(status, f"<Response><Errors>{error}</Errors><RequestID>r-error</RequestID></Response>")

    def send_shape(self, action: str, answer: dict[str, Any]) -> None:
        """Send a successful answer of an operation."""
        self.send(200, response_xml(action, answer))

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing: the screen belongs to the tests."""

    def _send_identity(self) -> None:
        account = self.fake.account
        result = f"<Arn>arn:aws:iam::{account}:user/tester</Arn><UserId>U</UserId><Account>{account}</Account>"
        result = f"<GetCallerIdentityResult>{result}</GetCallerIdentityResult>"
        metadata = "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
        name = "GetCallerIdentityResponse"
        self.send(200, f'<{name} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{result}{metadata}</{name}>')


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        """Clients that go away in the middle are what some tests are about."""


@contextmanager
def fake_ec2(images: Sequence[dict[str, Any]] = ()) -> Iterator[FakeEc2]:
    """A running fake; stopped, with all its connections, at the end."""
    fake = FakeEc2(images=list(images))
    handler = type("Handler", (_Handler,), {"fake": fake})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield fake
        finally:
            fake._released.set()
            server.shutdown()
            thread.join()


def response_xml(action: str, answer: dict[str, Any]) -> str:
    """An operation's answer as EC2 writes it."""
    shape = _ec2_model().operation_model(action).output_shape
    inner = _inner_xml(shape, answer)
    namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"
    name = f"{action}Response"
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{name} xmlns="{namespace}">\n    <requestId>r-1</requestId>\n{inner}</{name}>'


@lru_cache(maxsize=1)
def _ec2_model() -> Any:
    import botocore.session

    return botocore.session.Session().get_service_model("ec2")


def _inner_xml(shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        parts = []
        for name, member in shape.members.items():
            if name in value:
                tag = member.serialization.get("name", name)
                parts.append(f"<{tag}>{_inner_xml(member, value[name])}</{tag}>\n")
        return "".join(parts)
    if shape.type_name == "list":
        return "".join(f"<item>{_inner_xml(shape.member, entry)}</item>\n" for entry in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


def _numbered(query: Query, name: str) -> list[str]:
    found: list[str] = []
    while (value := query.get(f"{name}.{len(found) + 1}")) is not None:
        found.append(value)
    return found
