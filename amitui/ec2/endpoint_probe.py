"""A look at the way to an endpoint, step by step: proxy, name, connection, TLS, and the clock of who answers.

One GET without credentials, over plain sockets: a client of botocore could not say which step failed.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

_TIMEOUT_S: Final = 4.0
"""Of each step."""

_MOST_HEAD: Final = 16_384
"""Bytes of an answer's head; what is longer is no endpoint's."""


class Step(NamedTuple):
    """One step on the way."""

    name: str
    """`proxy`, `DNS`, `TCP`, `TLS` or `HTTP`."""
    is_ok: bool
    words: str


class Probe(NamedTuple):
    """What was found on the way."""

    steps: tuple[Step, ...]
    """As far as it went: the last one may have failed."""
    ahead_s: float | None = None
    """Seconds by which this machine's clock is ahead of the one that answered; `None`: it said no time."""


def endpoint_of(region: str, profile: str | None) -> str:
    """The URL of EC2 in a Region, by botocore's rules (FIPS and dual stack included). Blocks: imports botocore."""
    from botocore.session import Session

    # With keys at hand it looks for none, which might take a login's time.
    keys = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    client = Session(profile=profile).create_client("ec2", region_name=region, **keys)
    return str(client.meta.endpoint_url)


def trusted_certificates(profile: str | None) -> str:
    """The file of certificates that connections of a profile trust. Blocks: imports botocore."""
    from botocore.httpsession import where
    from botocore.session import Session

    found = Session(profile=profile).get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    return str(found or where())


def without_password(url: str) -> str:
    """A URL that can be shown: what stands before the host's name goes."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme or 'http'}://{host}"


def probe(url: str, certificates: str, proxies: Mapping[str, str] | None = None) -> Probe:
    """Go the way to an endpoint.

    Args:
        certificates: a file of trusted ones.
        proxies: by scheme, instead of those of the environment.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = getproxies() if proxies is None else proxies
    proxy = "" if proxy_bypass(host) else proxies.get(parts.scheme, "")
    steps = [Step("proxy", True, without_password(proxy) if proxy else "none")]
    try:
        found = _gone(parts, proxy, ssl.create_default_context(cafile=certificates), steps)
    except ssl.SSLCertVerificationError as error:
        steps.append(Step("TLS", False, f"{host}: {error.verify_message}"))
        # The clock may be the cause: it is read all the same. Nothing is sent that nobody may read.
        found = _unverified(parts, proxy)
    except _Failed as failed:
        steps.append(failed.step)
        found = None
    return Probe(tuple(steps), found)


class _Failed(Exception):
    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self.step = Step(name, False, words)


def _unverified(parts: SplitResult, proxy: str) -> float | None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return _gone(parts, proxy, context, [])
    except (_Failed, OSError):
        return None


def _gone(parts: SplitResult, proxy: str, context: ssl.SSLContext, steps: list[Step]) -> float | None:
    """The whole way; gives by how many seconds the clock is ahead.

    Raises:
        _Failed: a step did not succeed.
        ssl.SSLCertVerificationError: the certificate is not trusted.
    """
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    first = urlsplit(proxy if "//" in proxy else f"//{proxy}") if proxy else parts
    began = time.monotonic()
    connection = _connected(first.hostname or "", first.port or (8080 if proxy else port), steps)
    try:
        if proxy and is_tls:
            _tunnelled(connection, host, port, first)
        if is_tls:
            try:
                connection = context.wrap_socket(connection, server_hostname=host)
            except ssl.SSLCertVerificationError:
                raise
            except OSError as error:
                raise _Failed("TLS", f"{host}: {_words(error)}") from error
            assert isinstance(connection, ssl.SSLSocket)  # noqa: S101
            steps.append(Step("TLS", True, f"{connection.version()}, certificate of {host} is trusted"))
        target = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/" if proxy and not is_tls else "/"
        head = _answer(connection, f"GET {target} HTTP/1.1", host)
    finally:
        connection.close()
    took = time.monotonic() - began
    status, _, rest = head.partition("\r\n")
    if not status.startswith("HTTP/"):
        raise _Failed("HTTP", "what answered is no web server")
    steps.append(Step("HTTP", True, f"answered after {took * 1000:.0f} ms"))
    return _ahead(rest)


def _connected(host: str, port: int, steps: list[Step]) -> socket.socket:
    began = time.monotonic()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _Failed("DNS", f"{host} does not resolve: {_words(error)}") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    shown = ", ".join(addresses[:3]) + (", …" if len(addresses) > 3 else "")
    steps.append(Step("DNS", True, f"{host} is {shown} ({(time.monotonic() - began) * 1000:.0f} ms)"))
    began = time.monotonic()
    try:
        connection = socket.create_connection((host, port), _TIMEOUT_S)
    except OSError as error:
        raise _Failed("TCP", f"{host} port {port}: {_words(error)}") from error
    steps.append(Step("TCP", True, f"port {port} ({(time.monotonic() - began) * 1000:.0f} ms)"))
    return connection


def _tunnelled(connection: socket.socket, host: str, port: int, proxy: SplitResult) -> None:
    import base64

    login = ""
    if proxy.username is not None:
        from urllib.parse import unquote

        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
        login = f"\r\nProxy-Authorization: Basic {base64.b64encode(pair).decode()}"
    head = _answer(connection, f"CONNECT {host}:{port} HTTP/1.1{login}", f"{host}:{port}", "proxy")
    status = head.split("\r\n", 1)[0].split(" ", 2)
    if len(status) < 2 or not status[1].startswith("2"):
        raise _Failed("proxy", f"it refuses the connection: {' '.join(status[1:]) or 'no HTTP'}")


def _answer(connection: socket.socket, request: str, host: str, step: str = "HTTP") -> str:
    """The head of the answer to a request without a body."""
    kept = "" if step == "proxy" else "\r\nConnection: close"
    received = b""
    try:
        connection.sendall(f"{request}\r\nHost: {host}{kept}\r\n\r\n".encode("latin-1"))
        while b"\r\n\r\n" not in received and len(received) < _MOST_HEAD:
            # A tunnel's own bytes follow the head at once: none of them may be read with it.
            more = connection.recv(1 if step == "proxy" else 4096)
            if not more:
                break
            received += more
    except OSError as error:
        raise _Failed(step, f"connected, but no answer: {_words(error)}") from error
    return received.partition(b"\r\n\r\n")[0].decode("latin-1")


def _ahead(head: str) -> float | None:
    now = time.time()
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "date":
            try:
                return now - parsedate_to_datetime(value.strip()).timestamp()
            except (ValueError, OverflowError):
                return None
    return None


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {_TIMEOUT_S:g} s"
    strerror = getattr(error, "strerror", None)
    return str(strerror or error)
