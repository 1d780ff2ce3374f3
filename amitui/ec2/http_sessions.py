"""HTTP as amitui needs it of aiobotocore: no redirects, connecting in time, connections that accounts can share.

Imported with `boto.py` only.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiobotocore.httpsession import AIOHTTPSession
from aiohttp import ClientSession, ClientTimeout, TCPConnector

SHARED_CONNECTIONS: Final = 128
"""Of all accounts that are used together, to all Regions."""
_contexts: dict[object, Any] = {}
"""TLS settings by what is trusted: reading the certificates takes 20 ms and 1 MB."""


class HttpSession(AIOHTTPSession):  # type: ignore[misc]
    """An HTTP session that follows no redirects, as that of botocore follows none, and connects in time.

    AWS has no redirects; aiohttp would send a change to EC2 again to wherever the answer points, up to ten times,
    together with the session token. aiobotocore limits the time of each address of a name, and that of looking the
    name up not at all; here the limit is that of all together.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._timeout = _all_of_connecting(self._timeout)  # type: ignore[has-type]

    def _build_ssl_contexts(self, proxy_url: str | None) -> Any:
        if self._cert_file or proxy_url:
            return super()._build_ssl_contexts(proxy_url)
        if self._verify not in _contexts:
            _contexts[self._verify] = super()._build_ssl_contexts(None)
        return _contexts[self._verify]

    def _get_request_timeout(self, request: Any) -> Any:
        found = super()._get_request_timeout(request)
        return None if found is None else _all_of_connecting(found)

    async def _get_session(self, proxy_url: str | None) -> Any:
        return _WithoutRedirects(await super()._get_session(proxy_url))


def _all_of_connecting(timeout: ClientTimeout) -> ClientTimeout:
    seconds = timeout.sock_connect
    return ClientTimeout(connect=seconds, sock_connect=seconds, sock_read=timeout.sock_read)


class _Shared:
    """The connections that the HTTP sessions of several accounts share, and how many sessions use them."""

    def __init__(self, connector: TCPConnector) -> None:
        self.connector = connector
        self.users = 0


_shared: dict[tuple[asyncio.AbstractEventLoop, object], _Shared] = {}
"""By event loop and what is trusted."""


class SharedHttpSession(HttpSession):
    """An HTTP session whose connections other accounts use, too: a connection is to a Region, not an account's.

    Of 40 accounts in 20 Regions each client would keep one of its own: more than a process may have files open,
    and a TLS handshake for each.
    """

    async def _get_session(self, proxy_url: str | None) -> Any:
        own = self._cert_file or proxy_url or self._connector_args.get("force_close")
        if own or self._sessions is None or proxy_url in self._sessions:
            return await super()._get_session(proxy_url)
        async with self._sessions_lock:
            if proxy_url not in self._sessions:
                shared = await self._leased()
                self._exit_stack.push_async_callback(self._given_back, shared)
                session = ClientSession(
                    connector=shared.connector,
                    connector_owner=False,
                    timeout=self._timeout,
                    skip_auto_headers={"CONTENT-TYPE"},
                    auto_decompress=False,
                )
                self._sessions[proxy_url] = await self._exit_stack.enter_async_context(session)
        return await super()._get_session(proxy_url)

    def _key(self) -> tuple[asyncio.AbstractEventLoop, object]:
        return asyncio.get_running_loop(), self._verify

    async def _leased(self) -> _Shared:
        if self._key() not in _shared:
            self._max_pool_connections = SHARED_CONNECTIONS
            made = _Shared(await self._create_connector(None))
            # Another session may have made one meanwhile.
            if _shared.setdefault(self._key(), made) is not made:
                await made.connector.close()
        shared = _shared[self._key()]
        shared.users += 1
        return shared

    async def _given_back(self, shared: _Shared) -> None:
        shared.users -= 1
        if not shared.users:
            del _shared[self._key()]
            await shared.connector.close()


class _WithoutRedirects:
    """Of an aiohttp session, the one method that `AIOHTTPSession.send` calls."""

    def __init__(self, session: Any) -> None:
        self._session = session

    async def request(self, method: str, **options: Any) -> Any:
        return await self._session.request(method, **options, allow_redirects=False)
