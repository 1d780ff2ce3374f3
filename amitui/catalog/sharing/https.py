"""A web server as the place of a published catalogue; it can be read only."""

from __future__ import annotations

import asyncio
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from amitui import __version__
from amitui.catalog.sharing.names import hash_of
from amitui.catalog.sharing.storage import Arrival, StorageError, Stored
from amitui.domain.visible import show_invisible
from amitui.errors import NetworkError, UsageError

_SECONDS: Final = 30.0
"""Time limit of connecting, and of each wait for data."""
_BLOCK: Final = 256 << 10
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_MISSING: Final = (404, 410)
_DENIED: Final = (401, 403)


def checked_url(address: str) -> str:
    """The address of a folder on a web server, without a final slash.

    Raises:
        UsageError: it is not https, or holds a password, a query or odd characters.
    """
    parts = urlsplit(address)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    plain = address.isascii() and address.isprintable() and " " not in address
    if not secure or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment or not plain:
        raise UsageError(
            "this is not an address that a catalogue is read from",
            why=f"{show_invisible(parts.hostname or 'it')} is asked by https, without a password and without ?",
            remedy="https://HOST/PATH",
        )
    return address.rstrip("/")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None  # the answer then comes as an error with its status


class HttpsSource:
    """See `storage.Source`. Proxies and certificates are those of the environment."""

    def __init__(self, address: str) -> None:
        self._address = checked_url(address)
        loopback = urlsplit(address).hostname in _LOOPBACK
        proxies = [urllib.request.ProxyHandler({})] if loopback else []
        self._opener = urllib.request.build_opener(_NoRedirects, *proxies)

    @property
    def title(self) -> str:
        return self._address

    async def get(self, path: str, most: int) -> Stored | None:
        blocks: list[bytes] = []
        if await self.copy(path, blocks.append, most) is None:
            return None
        data = b"".join(blocks)
        return Stored(data, hash_of(data))

    async def copy(self, path: str, write: Callable[[bytes], object], most: int) -> int | None:
        arrival = Arrival(self.title, path, most)
        async with arrival.in_time():
            return await asyncio.to_thread(self._copy, path, write, arrival)

    async def close(self) -> None:
        self._opener.close()

    def _copy(self, path: str, write: Callable[[bytes], object], arrival: Arrival) -> int | None:
        request = urllib.request.Request(  # noqa: S310 - `checked_url` has seen the scheme
            f"{self._address}/{path}", headers={"User-Agent": f"amitui/{__version__}"}
        )
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                while block := answer.read1(_BLOCK):
                    arrival.add(block)
                    write(block)
                announced = answer.headers.get("Content-Length", "")
        except urllib.error.HTTPError as error:
            with error:
                self._refuse(error)
                return None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise NetworkError(
                f"{urlsplit(self._address).hostname} did not send what is published",
                why=show_invisible(str(reason))[:200],
                remedy="check the address, the network and HTTPS_PROXY",
                code=type(error).__name__,
            ) from error
        if announced.isdecimal() and len(announced) < 20 and arrival.size < int(announced):
            raise NetworkError(f"{self.title} broke off", why=f"{path} came in part", code="IncompleteRead")
        return arrival.size

    def _refuse(self, error: urllib.error.HTTPError) -> None:
        """Returns for what is not there.

        Raises:
            AmituiError: the server's refusal.
        """
        if error.code in _MISSING:
            return
        if error.code in _DENIED:
            raise StorageError(
                f"access to {self.title} is denied",
                why=f"the server answered {error.code}",
                remedy="ask its owner",
            )
        if 300 <= error.code < 400:
            where = show_invisible(error.headers.get("Location", "") or "")[:200]
            raise StorageError(
                f"{self.title} has moved",
                why=f"the server points to {where}",
                remedy="use that address if you trust it",
            )
        raise NetworkError(f"{self.title} answered {error.code}", remedy="try again later", code=str(error.code))
