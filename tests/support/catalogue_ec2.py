"""A fast fake of EC2 for whole catalogues: it pages, filters, throttles and breaks as the real one does.

`catalogue_ec2(catalogue)` answers in threads of a test; `catalogue_process` is the same as a process of its own,
for benches, where what it costs must not count. What may go wrong is in `catalogue_faults`.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.synthetic import SYNTHETIC_AS_OF
from tests.support.catalogue_images import Catalogue, minute_number
from tests.support.catalogue_pages import Pager
from tests.support.catalogue_query import Question, Resolver, named
from tests.support.ec2_xml import answer_head, answer_tail, error_xml
from tests.support.fake_ec2 import Ec2Handler, FakeEc2, Fault, Query, numbered, serving

REGION: Final = "us-east-1"
LATENCY_S: Final = 0.12
"""What a page of a thousand images takes EC2."""

_CREDENTIAL = re.compile(r"Credential=([^/]*)/[0-9]*/([^/]*)/")
_ACTION: Final = "DescribeImages"

Transmit = Callable[["CatalogueHandler", int, bytes, Mapping[str, str]], None]
"""Sends an answer (status, body, headers) in its own way, or a part of it."""


@dataclass(slots=True)
class Bucket:
    """Tokens for calls: EC2's documented limit of an account, Region and action (EC2 API, request throttling)."""

    size: float = 100
    refill: float = 20
    """Tokens a second."""
    clock: Callable[[], float] = time.monotonic
    _left: float = -1
    _at: float = 0

    def take(self) -> bool:
        """Take a token for a call; false: there is none."""
        now = self.clock()
        left = self.size if self._left < 0 else min(self.size, self._left + (now - self._at) * self.refill)
        self._at, taken = now, left >= 1
        self._left = left - 1 if taken else left
        return taken


@dataclass(slots=True)
class Counts:
    """What the fake was asked and what it gave."""

    requests: Counter[str] = field(default_factory=Counter)
    """By action, throttled ones too."""
    throttled: Counter[str] = field(default_factory=Counter)
    """By action."""
    sent_bytes: int = 0
    """Of bodies."""
    images: int = 0
    at_once: int = 0
    """Most requests that were being answered at one moment."""


@dataclass
class CatalogueEc2(FakeEc2):
    """The state of the fake. Change catalogues within `changing()`; everything else at any time."""

    catalogues: dict[str, Catalogue] = field(default_factory=dict)
    """By Region; one without has no images."""
    accounts: dict[str, str] = field(default_factory=dict)
    """By access key; all others are of `account`."""
    latency: Callable[[Query], float] = lambda _: 0.0
    """How long an answer takes, in seconds."""
    limits: tuple[float, float] | None = None
    """Size and refill a second of each account's buckets, one an action and Region; `None`: no limits."""
    retry_after: str = ""
    """What throttled answers say in `Retry-After`; empty: nothing."""
    sizes: Iterator[int] | None = None
    """How many images pages hold at most, one after the other; `None`: as many as are asked for."""
    now: int = SYNTHETIC_AS_OF
    """Seconds since the epoch, by which images are deprecated."""
    counts: Counts = field(default_factory=Counts)
    _scripts: list[_Script] = field(default_factory=list)
    _buckets: dict[tuple[str, str, str], Bucket] = field(default_factory=dict)
    _pagers: dict[str, tuple[Catalogue, Resolver, Pager]] = field(default_factory=dict)
    _guard: threading.RLock = field(default_factory=threading.RLock)
    _busy: int = 0

    @contextmanager
    def changing(self) -> Iterator[Catalogue]:
        """The catalogue of the first Region, to be changed while no request reads it."""
        with self._guard:
            yield next(iter(self.catalogues.values()))

    def fill_buckets(self) -> None:
        """Let every bucket be full."""
        with self._guard:
            self._buckets.clear()

    def forget_tokens(self) -> None:
        """Make every NextToken given so far stale."""
        with self._guard:
            self._token_era += 1

    def play(
        self, fault: Fault, *, action: str = _ACTION, after: int = 0, times: int | None = 1,
        where: Callable[[Query], bool] = lambda _: True,
    ) -> None:  # fmt: skip
        """Answer some requests with a fault.

        Args:
            after: of those requests so many are answered truly first.
            times: how often; `None`: until `recover()`.
            where: which requests of the action are meant.
        """
        with self._lock:
            self._scripts.append(_Script(fault, action, after, times, where))

    def recover(self) -> None:
        """Forget the failures that have not been played yet."""
        super().recover()
        with self._lock:
            self._scripts.clear()

    def next_fault(self, query: Query) -> Fault | None:
        """The failure that is scripted for this request, if any."""
        with self._lock:
            for script in self._scripts:
                if script.is_due(query):
                    return script.fault
        return super().next_fault(query)

    def respond(self, handler: Ec2Handler, query: Query) -> None:
        """Answer a request truly, or refuse it because there were too many."""
        assert isinstance(handler, CatalogueHandler)
        account, region = self.caller(handler)
        with self._guard:
            self._busy += 1
            self.counts.at_once = max(self.counts.at_once, self._busy)
            allowed = self._take(account, region, query["Action"])
        try:
            if not allowed:
                headers = {"Retry-After": self.retry_after} if self.retry_after else {}
                handler.send_error_code(503, "RequestLimitExceeded", "Request limit exceeded.", headers)
                return
            if delay := self.latency(query):
                time.sleep(delay)
            if query["Action"] == "GetCallerIdentity":
                handler.send_identity(account)
            elif self.regions.get(region) == "not-opted-in" and query["Action"] != "DescribeRegions":
                handler.send_error_code(401, "AuthFailure", NOT_VALIDATED)
            elif query["Action"] == _ACTION:
                handler.send(200, self._images(account, region, query))
            else:
                super().respond(handler, query)
        except CloudError as error:
            handler.send_error_code(error.status, error.code, error.message)
        finally:
            with self._guard:
                self._busy -= 1

    def caller(self, handler: Ec2Handler) -> tuple[str, str]:
        """Account and Region, from a request's signature."""
        found = _CREDENTIAL.search(handler.headers.get("Authorization", ""))
        key, region = (found[1], found[2]) if found else ("", REGION)
        return self.accounts.get(key, self.account), region

    def _take(self, account: str, region: str, action: str) -> bool:
        self.counts.requests[action] += 1
        if self.limits is None:
            return True
        bucket = self._buckets.setdefault((account, region, action), Bucket(*self.limits))
        taken = bucket.take()
        self.counts.throttled[action] += not taken
        return taken

    def _images(self, account: str, region: str, query: Query) -> bytes:
        question = Question.of(query, account)
        ids, given = numbered(query, "ImageId"), query.get("MaxResults")
        if ids and given is not None:
            raise CloudError("InvalidParameterCombination", "imageIds and maxResults may not be given together")
        if given is not None and not given.isdigit():
            raise CloudError("InvalidParameterValue", f"Value ( {given} ) for parameter maxResults is invalid.")
        with self._guard:
            catalogue, resolver, pager = self._pager(region)
            if ids:
                places, token = named(catalogue, question, ids, resolver.visible(account)), None
            else:
                page = pager.page(question, query.get("NextToken"), None if given is None else int(given))
                places, token = page.places, page.token
            images = catalogue.xml(places)
            self.counts.images += len(images)
        following = "" if token is None else f"    <nextToken>{token}</nextToken>\n"
        head = answer_head(_ACTION) + ("    <imagesSet>\n" if images else "    <imagesSet/>\n")
        tail = ("    </imagesSet>\n" if images else "") + following + answer_tail(_ACTION)
        return b"".join((head.encode(), *images, tail.encode()))

    def _pager(self, region: str) -> tuple[Catalogue, Resolver, Pager]:
        catalogue = self.catalogues.setdefault(region, Catalogue())
        known = self._pagers.get(region)
        if known is None or known[0] is not catalogue:
            resolver = Resolver(catalogue, self._minute)
            known = self._pagers[region] = (catalogue, resolver, Pager(catalogue, resolver))
        known[2].sizes, known[2].era = self.sizes, self._token_era
        return known

    def _minute(self) -> int:
        return minute_number(time.strftime("%Y-%m-%dT%H:%M", time.gmtime(self.now)))


NOT_VALIDATED: Final = "AWS was not able to validate the provided access credentials"


@dataclass(slots=True)
class _Script:
    fault: Fault
    action: str
    after: int
    times: int | None
    where: Callable[[Query], bool]

    def is_due(self, query: Query) -> bool:
        if query["Action"] != self.action or self.times == 0 or not self.where(query):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class CatalogueHandler(Ec2Handler):
    """Keeps connections for further requests, as EC2 does."""

    fake: CatalogueEc2
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    transmit: Transmit | None = None
    """Sends the next answer in its own way; set by faults."""

    def send(self, status: int, body: str | bytes, headers: Mapping[str, str] | None = None) -> None:
        """Send an answer, and count it."""
        data = body.encode() if isinstance(body, str) else body
        transmit, self.transmit = self.transmit, None
        with self.fake._guard:
            self.fake.counts.sent_bytes += len(data)
        if transmit is not None:
            transmit(self, status, data, headers or {})
        else:
            super().send(status, data, headers)


def error_answer(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Fault:
    """A fault: an error as EC2 sends it."""
    return lambda handler: handler.send(status, error_xml(code, message), headers)


@contextmanager
def catalogue_ec2(catalogue: Catalogue | None = None, *, region: str = REGION) -> Iterator[CatalogueEc2]:
    """A running fake with the images of a Region; without latency and limits until they are set."""
    fake = CatalogueEc2(catalogues={region: Catalogue() if catalogue is None else catalogue})
    with serving(fake, CatalogueHandler):
        yield fake
