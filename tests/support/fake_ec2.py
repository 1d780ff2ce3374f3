"""A small EC2 and STS on 127.0.0.1 that does what moto does not: pages, throttling, faults, hanging.

It answers from a list of records, writes down every request, and plays scripted failures first. Answers are
written by botocore's output shape, so whatever field a record has is on the wire.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.support.ec2_xml import error_xml, response_xml

ROLE_TOKEN = "token-of-a-role"

Query = dict[str, str]
"""The parameters of one request, as EC2's query protocol spells them (`Owner.1`, `MaxResults`)."""

Fault = Callable[["Ec2Handler"], None]
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
    role_seconds: float = 3600.0
    """For how long the token of a role is valid."""
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
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def calls(self, action: str) -> list[Query]:
        """The requests so far for one action."""
        return [query for query in self.requests if query["Action"] == action]

    def fail(self, action: str, status: int, code: str, message: str = "no", *, times: int = 1) -> None:
        """Answer the next requests for an action with an error."""
        self.answer(action, status, error_xml(code, message), times=times)

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
        self._faults.extend([(action, Ec2Handler.answer_truly)] * answers)
        self.hang(action)

    def break_off(self, action: str, *, after: bytes = b"", times: int = 1) -> None:
        """Close the connection of the next requests for an action, after sending some bytes of an answer."""

        def play(handler: Ec2Handler) -> None:
            handler.wfile.write(after)
            handler.close_connection = True

        self._faults.extend([(action, play)] * times)

    def forget_tokens(self) -> None:
        """Make every NextToken given so far stale."""
        self._token_era += 1

    def respond(self, handler: Ec2Handler, query: Query) -> None:
        """Answer a request that no fault was scripted for, as EC2 and STS would."""
        action = query["Action"]
        if action == "DescribeImages":
            self._describe_images(handler, query)
        elif action == "DescribeRegions":
            regions = [{"RegionName": name, "OptInStatus": status} for name, status in self.regions.items()]
            handler.send_shape(action, {"Regions": regions})
        elif action == "DescribeImageAttribute":
            handler.send_shape(action, {"ImageId": query["ImageId"], "LaunchPermissions": self.launch_permissions})
        elif action == "GetCallerIdentity":
            handler.send_identity(assumed_account(handler.headers.get("Authorization", "")) or self.account)
        elif action == "AssumeRole":
            handler.send_role(query["RoleArn"], self.role_seconds)
        else:
            handler.send_error_code(400, "InvalidAction", action)

    def next_fault(self, query: Query) -> Fault | None:
        """The failure that is scripted for this request, if any; it is taken off the script."""
        if self.hang_at is not None and self.hang_at(query):
            return self._hang
        with self._lock:
            for index, (wanted, fault) in enumerate(self._faults):
                if wanted == query["Action"]:
                    del self._faults[index]
                    return fault
        return None

    def _hang(self, handler: Ec2Handler) -> None:
        handler.close_connection = True
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

    def _describe_images(self, handler: Ec2Handler, query: Query) -> None:
        ids = numbered(query, "ImageId")
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

    def _send_page(self, handler: Ec2Handler, query: Query) -> None:
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


class Ec2Handler(BaseHTTPRequestHandler):
    fake: FakeEc2
    query: Query
    server: Ec2Server

    def do_POST(self) -> None:
        """Play the next scripted failure, or answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        query = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        self.fake.requests.append(query)
        self.fake.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.fake.arrived.set()
        self.query = query
        fault = self.fake.next_fault(query)
        if fault is not None:
            fault(self)
        else:
            self.answer_truly()

    def answer_truly(self) -> None:
        """Answer as EC2 and STS would."""
        self.fake.respond(self, self.query)

    def send(self, status: int, body: str | bytes, headers: Mapping[str, str] | None = None) -> None:
        """Send an answer, with more headers or others than an answer of EC2's has."""
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        sent = {"Content-Type": "text/xml;charset=UTF-8", "Content-Length": str(len(data))}
        for name, value in (sent | dict(headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def send_error_code(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send an error as EC2 does."""
        self.send(status, error_xml(code, message), headers)

    def send_shape(self, action: str, answer: dict[str, Any]) -> None:
        """Send a successful answer of an operation."""
        self.send(200, response_xml(action, answer))

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing: the screen belongs to the tests."""

    def send_identity(self, account: str) -> None:
        """Send what STS says of a user of the account."""
        result = f"<Arn>arn:aws:iam::{account}:user/tester</Arn><UserId>U</UserId><Account>{account}</Account>"
        result = f"<GetCallerIdentityResult>{result}</GetCallerIdentityResult>"
        metadata = "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
        name = "GetCallerIdentityResponse"
        self.send(200, f'<{name} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{result}{metadata}</{name}>')

    def send_role(self, arn: str, seconds: float) -> None:
        """Send temporary keys of a role; the access key names its account."""
        until = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {
            "AccessKeyId": f"ASIA{arn.split(':')[4]}",
            "SecretAccessKey": "temporary",
            "SessionToken": ROLE_TOKEN,
            "Expiration": until,
        }
        inside = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
        user = f"<AssumedRoleUser><AssumedRoleId>A:amitui</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>"
        result = f"<AssumeRoleResult><Credentials>{inside}</Credentials>{user}</AssumeRoleResult>"
        metadata = "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
        name = "AssumeRoleResponse"
        self.send(200, f'<{name} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">{result}{metadata}</{name}>')


class Ec2Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()
        self._reset: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        if request in self._reset:
            self._reset.discard(request)
            request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def reset(self, connection: socket.socket) -> None:
        """End a connection by a reset, when its request has been dealt with."""
        self._reset.add(connection)

    def hang_up(self) -> None:
        """Close the connections that clients keep for further requests, for whose end their threads wait."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        """Clients that go away in the middle are what some tests are about; all else is a mistake of the fake."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def fake_ec2(images: Sequence[dict[str, Any]] = ()) -> Iterator[FakeEc2]:
    """A running fake; stopped, with all its connections, at the end."""
    fake = FakeEc2(images=list(images))
    with serving(fake, Ec2Handler):
        yield fake


@contextmanager
def serving(fake: FakeEc2, handler_class: type[Ec2Handler]) -> Iterator[None]:
    """Answer requests to a fake on a free port in threads, until the end."""
    handler = type("Handler", (handler_class,), {"fake": fake})
    with Ec2Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield
        finally:
            fake._released.set()
            server.shutdown()
            server.hang_up()
            thread.join()


def assumed_account(authorization: str) -> str:
    """The account of a request that temporary keys of a role have signed; empty: others did."""
    key = authorization.partition("Credential=")[2].partition("/")[0]
    return key.removeprefix("ASIA") if key.startswith("ASIA") else ""


def numbered(query: Query, name: str) -> list[str]:
    """The values of a list of a request: `ImageId.1`, `ImageId.2`, …."""
    found: list[str] = []
    while (value := query.get(f"{name}.{len(found) + 1}")) is not None:
        found.append(value)
    return found
