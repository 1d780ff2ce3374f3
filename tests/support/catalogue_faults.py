"""Faults of the fake EC2, as the network, a proxy or AWS itself brings them about in the midst of a crawl.

Each is scripted before or during a crawl; `fake.recover()` ends it. `after` is how many answers to DescribeImages
still come whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from tests.support.catalogue_ec2 import NOT_VALIDATED, CatalogueEc2, CatalogueHandler, Transmit, error_answer
from tests.support.fake_ec2 import Ec2Handler, Fault

PORTAL: Final = "<!DOCTYPE html><html><head><title>Wi-Fi</title></head><body>Accept & go<br></body></html>"

_TOKEN = re.compile(rb"<nextToken>[^<]*</nextToken>")


def reset_mid_body(fake: CatalogueEc2, *, after: int = 0, times: int | None = 1) -> None:
    """Half of an answer comes, and the connection is reset."""

    def transmit(handler: CatalogueHandler, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        _send_half(handler, status, data)
        handler.server.reset(handler.connection)

    fake.play(_transmitting(transmit), after=after, times=times)


def close_mid_body(fake: CatalogueEc2, *, after: int = 0, times: int | None = 1) -> None:
    """Half of an answer comes, and the connection is closed."""

    def transmit(handler: CatalogueHandler, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        _send_half(handler, status, data)

    fake.play(_transmitting(transmit), after=after, times=times)


def truncated_xml(fake: CatalogueEc2, *, after: int = 0, times: int | None = 1) -> None:
    """An answer ends in the midst of its XML, and the length that it announces is right."""
    fake.play(_rewriting(lambda data: data[: len(data) // 2]), after=after, times=times)


def captive_portal(fake: CatalogueEc2, *, after: int = 0, times: int | None = None, status: int = 200) -> None:
    """A hotel's page comes in place of answers; with status 302 a redirect to it."""
    headers = {"Content-Type": "text/html"} | ({"Location": f"{fake.url}/portal"} if status == 302 else {})
    for action in ("DescribeImages", "GetCallerIdentity", "DescribeRegions"):
        fake.play(
            lambda handler: handler.send(status, PORTAL, headers),
            action=action,
            after=after if action == "DescribeImages" else 0,
            times=times,
        )


def storm(
    fake: CatalogueEc2, *, after: int = 0, times: int | None = None,
    code: str = "RequestLimitExceeded", retry_after: str = "",
) -> None:  # fmt: skip
    """Every request is answered with 503: `RequestLimitExceeded`, `Unavailable`, `InternalError`."""
    headers = {"Retry-After": retry_after} if retry_after else {}
    fake.play(error_answer(503, code, "Request limit exceeded.", headers), after=after, times=times)


def same_token_for_ever(fake: CatalogueEc2, *, after: int = 0) -> None:
    """Every page ends with the same NextToken, the last one too."""
    again = b"<nextToken>the-same-again</nextToken>"

    def rewrite(data: bytes) -> bytes:
        if _TOKEN.search(data):
            return _TOKEN.sub(again, data)
        return data.replace(b"</DescribeImagesResponse>", again + b"</DescribeImagesResponse>")

    def play(handler: Ec2Handler) -> None:
        if handler.query.get("NextToken") == "the-same-again":
            handler.query = {name: value for name, value in handler.query.items() if name != "NextToken"}
        _rewriting(rewrite)(handler)

    fake.play(play, after=after, times=None)


def expired_token(fake: CatalogueEc2, *, after: int = 1) -> None:
    """After so many answers EC2 forgets, once, where every list was left off."""

    def play(handler: Ec2Handler) -> None:
        fake.forget_tokens()
        handler.answer_truly()

    fake.play(play, after=after, times=1)


def hang(fake: CatalogueEc2, *, after: int = 0, times: int | None = 1, action: str = "DescribeImages") -> None:
    """Requests are taken and never answered; `fake.hanging` and `fake.hung_up` tell."""
    fake.play(fake._hang, action=action, after=after, times=times)


def hang_mid_body(fake: CatalogueEc2, *, after: int = 0, times: int | None = 1) -> None:
    """Half of an answer comes, and then nothing, on a connection that stays open."""

    def transmit(handler: CatalogueHandler, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        _send_half(handler, status, data)
        fake._hang(handler)

    fake.play(_transmitting(transmit), after=after, times=times)


def credentials_expire(fake: CatalogueEc2, *, after: int = 1, code: str = "RequestExpired") -> None:
    """From some answer on the session's credentials have expired, for whatever is asked."""
    for action in ("DescribeImages", "GetCallerIdentity", "DescribeRegions"):
        status = 403 if code == "ExpiredToken" else 400
        fake.play(
            error_answer(status, code, "Request has expired."),
            action=action,
            after=after if action == "DescribeImages" else 0,
            times=None,
        )


def region_disabled(fake: CatalogueEc2, region: str, *, after: int = 1) -> None:
    """From some answer on the account has left the Region, until it is opted in again by `fake.regions`."""

    def play(handler: Ec2Handler) -> None:
        fake.regions[region] = "not-opted-in"
        handler.answer_truly()

    fake.play(play, after=after, times=1)


def refused(fake: CatalogueEc2, *, after: int = 0, times: int | None = None) -> None:
    """EC2 does not know the access key."""
    fake.play(error_answer(401, "AuthFailure", NOT_VALIDATED), after=after, times=times)


def _transmitting(transmit: Transmit) -> Fault:
    def play(handler: Ec2Handler) -> None:
        assert isinstance(handler, CatalogueHandler)
        handler.transmit = transmit
        handler.answer_truly()

    return play


def _rewriting(rewrite: Callable[[bytes], bytes]) -> Fault:
    """A true answer, changed on its way."""

    def transmit(handler: CatalogueHandler, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        Ec2Handler.send(handler, status, rewrite(data), headers)

    return _transmitting(transmit)


def _send_half(handler: Ec2Handler, status: int, data: bytes) -> None:
    handler.close_connection = True
    handler.send_response(status)
    handler.send_header("Content-Type", "text/xml;charset=UTF-8")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data[: len(data) // 2])
