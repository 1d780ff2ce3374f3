"""Which address a rule for `me` is about: where the SSH session comes from, or what a web server of AWS sees.

Neither is taken by itself: someone on a bastion has two addresses, and only they know which one will connect.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from amitui.catalog.sharing.https import HttpsSource
from amitui.errors import AmituiError, NetworkError

CHECKIP: Final = "https://checkip.amazonaws.com"
"""Answers the address that a request comes from, as a line of text; EC2's user guide names it."""

_MOST_BYTES: Final = 128
_REMEDY: Final = "choose another address, or type yours"


def ssh_client(environ: Mapping[str, str]) -> str:
    """Where the SSH session of a terminal comes from; empty = there is none, or no address that others can reach.

    In a multiplexer it is where the session came from when that was started.
    """
    for name in ("SSH_CONNECTION", "SSH_CLIENT"):
        address = _address(environ.get(name, "").partition(" ")[0])
        if address is not None and not (address.is_loopback or address.is_link_local or address.is_unspecified):
            return str(address)
    return ""


async def public_address(url: str = CHECKIP) -> str:
    """The address from which this machine reaches the internet; sends one request, so only when its user wants it.

    Raises:
        NetworkError: there is no answer, or no public address in it.
    """
    source = HttpsSource(url)
    try:
        answer = await source.get("", _MOST_BYTES)
    except AmituiError as error:
        raise NetworkError(f"{url} did not answer", why=error.why or error.what, remedy=_REMEDY) from error
    finally:
        await source.close()
    address = _address(answer.data.decode("ascii", "replace").strip()) if answer is not None else None
    if address is None or not address.is_global:
        raise NetworkError(
            f"{url} did not answer with a public address",
            why="a proxy may answer in its place",
            remedy=_REMEDY,
        )
    return str(address)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        # A server that listens on IPv6 alone names IPv4 clients so.
        return address.ipv4_mapped or (None if address.scope_id else address)
    return address
