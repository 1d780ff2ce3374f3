"""Measures calls for images where they are sent and answered, so that neither parsing nor pauses count."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import parse_qsl

from amitui.domain.catalogue.call_times import CallTimes, ImagesCall, narrowing
from amitui.ec2.errors.codes import BY_CODE
from amitui.errors import ThrottledError

_OPERATION: Final = "ec2.DescribeImages"
_REGION = re.compile(r"Credential=[^/]*/[0-9]*/([^/]*)/")
_CODE = re.compile(rb"<Code>([^<]*)</Code>")


class CallTimer:
    """Notes every call for images of the sessions that it watches.

    Args:
        now: seconds of a clock that is never set.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.times: dict[ImagesCall, CallTimes] = {}
        # A call and its further tries are made by one task; several tasks call at the same time.
        self._under_way: ContextVar[tuple[ImagesCall, float] | None] = ContextVar("under_way", default=None)
        self._refused: ContextVar[tuple[ImagesCall, float] | None] = ContextVar("refused", default=None)

    def watch(self, session: Any) -> None:
        """Note the calls of a botocore session's clients."""
        session.register(f"before-send.{_OPERATION}", self._sent)
        session.register(f"before-parse.{_OPERATION}", self._answered)

    def _sent(self, request: Any, **_rest: Any) -> None:
        now, body = self._now(), request.body
        text = body.decode() if isinstance(body, bytes) else str(body)
        signed = str(request.headers.get("Authorization", ""))
        region = found[1] if (found := _REGION.search(signed)) else ""
        call = ImagesCall(region, *narrowing(parse_qsl(text, keep_blank_values=True)))
        times = self.times.setdefault(call, CallTimes())
        times.sent += 1
        refused = self._refused.get()
        if refused is not None and refused[0] == call:
            times.waited += now - refused[1]
        self._refused.set(None)
        self._under_way.set((call, now))

    def _answered(self, response_dict: dict[str, Any], **_rest: Any) -> None:
        under_way = self._under_way.get()
        if under_way is None:
            return
        now, (call, sent_at) = self._now(), under_way
        self._under_way.set(None)
        times = self.times[call]
        times.seconds.append(now - sent_at)
        body: bytes = response_dict["body"]
        times.received_bytes += len(body)
        times.images += body.count(b"<imageId>")
        if response_dict["status_code"] >= 400 and _is_throttling(body):
            times.throttled += 1
            self._refused.set((call, now))


def _is_throttling(body: bytes) -> bool:
    found = _CODE.search(body)
    code = found[1].decode("ascii", "replace") if found else ""
    return code in BY_CODE and BY_CODE[code].kind is ThrottledError
