"""How long an answer may take, and how often botocore sends one call before it reports a failure.

Where nothing answers, further tries within a call only delay the news: botocore's own pauses add up to 15 seconds.
Callers repeat what may be answered later (`domain/retrying.py`), and say so meanwhile. Throttling is different: it
ends by itself within seconds, so botocore waits it out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from amitui.ec2.errors.codes import BY_CODE
from amitui.ec2.errors.translate import connection_cause
from amitui.errors import AwsError, ThrottledError

CONNECT_SECONDS: Final = 5.0
"""For name look-up, TCP and TLS together. Two lost SYN packets are sent again within it (after 1 and 3 s)."""
READ_SECONDS: Final = 30.0
"""Silence of a connection after which a call fails."""
READ_SECONDS_OF: Final[dict[str, float]] = {
    # EC2 has been seen to work for more than half a minute on a page of all public images. A shorter limit would
    # break off what is about to come, and make EC2 do the work again; 60 s is the limit of AWS's own tools.
    "DescribeImages": 60.0,
    # STS looks nothing up: it answers within a second, or not at all.
    "GetCallerIdentity": 10.0,
}
"""By operation, where it differs from `READ_SECONDS`."""
ATTEMPTS: Final = 5
"""Tries of one call that is throttled, with growing pauses (at most 20 s); it usually ends after the second."""

_MOST_TRIES: Final[dict[str, int]] = {
    "ClientConnectorError": 1,
    "ConnectTimeoutError": 1,
    "ProxyConnectionError": 1,
    "SSLError": 1,
    "InvalidProxiesConfigError": 1,
    "ReadTimeoutError": 1,
    # A connection that was made and then lost: another one is likely to work.
    "EndpointConnectionError": 2,
    "ConnectionClosedError": 2,
    "HTTPClientError": 2,
}
"""How often a call is sent that fails in this way: by class, or the nearest class it derives from."""

_by_caller: ContextVar[bool] = ContextVar("retried_by_caller", default=False)

SERVER_ERROR_TRIES: Final = 3
"""How often a call is sent that a server error answers; the pauses take at most 3 s in all."""


class Patience(NamedTuple):
    """How long an answer may take, and how often a call is tried."""

    connect_seconds: float
    read_seconds: float | None
    """`None`: what is usual for each operation."""
    attempts: int

    def read_seconds_of(self, operation: str) -> float:
        """For how long the connection may be silent in a call.

        Args:
            operation: as EC2 names it.
        """
        return READ_SECONDS_OF.get(operation, READ_SECONDS) if self.read_seconds is None else self.read_seconds


def end_early(
    attempts: int, caught_exception: BaseException | None = None, response: Any = None, **_rest: Any
) -> bool | None:
    """Handles botocore's event `needs-retry`: false ends the call, `None` leaves the decision to others.

    Args:
        attempts: tries so far.
        caught_exception: what the last one raised, if anything.
        response: its answer otherwise: (HTTP response, what was parsed of it).
    """
    if _by_caller.get():
        return False
    most = _tries_after(caught_exception) if caught_exception is not None else _tries_after_answer(response)
    return False if most is not None and attempts >= most else None


@contextmanager
def retried_by_caller() -> Iterator[None]:
    """Have botocore send calls that this task makes meanwhile once only: the caller repeats and counts them."""
    token = _by_caller.set(True)
    try:
        yield
    finally:
        _by_caller.reset(token)


def tries_of(error: AwsError) -> int:
    """How often a call that changes nothing is sent when it fails like this."""
    cause = error.__cause__
    if not error.retryable or cause is None:
        return 1
    tries = _tries_after(cause)
    # Otherwise it was answered: with a server's error, or with something that is no answer of EC2's.
    return SERVER_ERROR_TRIES if tries is None else tries


def retry_after_of(error: AwsError, now: Callable[[], float] = time.time) -> float:
    """Seconds for which an answer asks to be left alone (RFC 9110, Retry-After: seconds or a date); 0 without it.

    Args:
        now: seconds since the epoch.
    """
    response = getattr(error.__cause__, "response", None)
    metadata = response.get("ResponseMetadata") if isinstance(response, dict) else None
    headers = metadata.get("HTTPHeaders") if isinstance(metadata, dict) else None
    value = str(headers.get("retry-after") or "").strip() if isinstance(headers, dict) else ""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now()) if value else 0.0
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _tries_after(error: BaseException) -> int | None:
    kinds = [kind.__name__ for kind in type(connection_cause(error)).__mro__ + type(error).__mro__]
    return next((_MOST_TRIES[kind] for kind in kinds if kind in _MOST_TRIES), None)


def _tries_after_answer(response: Any) -> int | None:
    if response is None:
        return None
    http_response, parsed = response
    error = parsed.get("Error") if isinstance(parsed, dict) else None
    code = error.get("Code") if isinstance(error, dict) else None
    if http_response.status_code < 500 or (code in BY_CODE and BY_CODE[code].kind is ThrottledError):
        return None
    return SERVER_ERROR_TRIES
