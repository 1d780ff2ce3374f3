"""MFA codes for roles: asked with a function that is given, and sent with AssumeRole by botocore.

botocore itself would ask with `getpass`, in the event loop and over the screen, and never twice.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError, RefreshWithMFAUnsupportedError
from botocore.utils import JSONFileCache

from amitui.ec2.convert import sanitize
from amitui.identity.files import expand_user

SESSION_FOLDER: Final = "~/.aws/cli/cache"
"""Where the AWS CLI keeps the sessions of roles, by a hash of role, device and duration."""
RENEW_BEFORE_S: Final = 60
"""How long before its end a session counts as ended; botocore's ten minutes are for what renews itself."""
_FAILED_CODE: Final = "MultiFactorAuthentication failed"
"""How STS's refusal of a code begins; the error code is that of all its refusals."""
_LONGEST_WORDS: Final = 300

_has_turn: ContextVar[bool] = ContextVar("has_turn_to_ask", default=False)
"""Whether this task holds the turn: a source that has just ended is asked about within it."""


class CodeRequest(NamedTuple):
    """What a code is asked for. All text is safe to show."""

    profile: str
    """The profile of the role."""
    device: str
    """ARN or serial number of the MFA device."""
    problem: str = ""
    """What STS said of the code before; empty: it is the first."""


AskCode = Callable[[CodeRequest], Awaitable[str]]
"""Gives the code; raises `CredentialsError` when there is none."""


class SessionShelf:
    """The sessions of one start, and whose turn it is to ask.

    Args:
        ask: asks for a code.
    """

    def __init__(self, ask: AskCode) -> None:
        self.ask = ask
        self.turn = asyncio.Lock()
        """Held while a code is asked for: one question at a time, and what it brings serves the next one."""
        self._of_endpoint: dict[str, Any] = {}

    def sessions(self, *, of_aws: bool) -> MutableMapping[str, Any]:
        """Where sessions are kept: those of AWS in the AWS CLI's folder, those of another endpoint in memory."""
        if not of_aws:
            return self._of_endpoint
        found: MutableMapping[str, Any] = _PrivateCache(expand_user(SESSION_FOLDER, os.environ))
        return found


class _PrivateCache(JSONFileCache):  # type: ignore[misc]
    """The AWS CLI's files; what cannot be written is not kept, and a code is asked for again next time."""

    def __setitem__(self, cache_key: str, value: Any) -> None:
        try:
            os.makedirs(self._working_dir, mode=0o700, exist_ok=True)
            super().__setitem__(cache_key, value)
            os.chmod(self._convert_cache_key(cache_key), 0o600)
        except OSError:
            return


class MfaRefresh:
    """Gets the credentials of a role that wants a code; in place of botocore's function, which asks by itself.

    Args:
        fetcher: botocore's of the role.
        request: what is asked for.
        shelf: where sessions are, and whom to ask.
        of_aws: whether AWS's own STS gives the role.
    """

    def __init__(self, fetcher: Any, request: CodeRequest, shelf: SessionShelf, *, of_aws: bool) -> None:
        self._fetcher, self._request, self._shelf = fetcher, request, shelf
        self._fetcher._cache = shelf.sessions(of_aws=of_aws)
        self._fetcher._expiry_window_seconds = RENEW_BEFORE_S
        self._has_asked = False

    async def __call__(self) -> dict[str, Any]:
        """The credentials, in botocore's form.

        Raises:
            CredentialsError: no code was given.
            RefreshWithMFAUnsupportedError: the session has ended, and asking is for its user to begin.
            ClientError: STS refuses the role.
        """
        if self._fetcher._load_from_cache() is None:
            # Its source may be a role that wants a code, too: that one first, and before this one has the turn.
            await self._fetcher._source_credentials.get_frozen_credentials()
        if _has_turn.get():
            return await self._credentials()
        async with self._shelf.turn:
            token = _has_turn.set(True)
            try:
                return await self._credentials()
            finally:
                _has_turn.reset(token)

    async def _credentials(self) -> dict[str, Any]:
        if self._fetcher._load_from_cache() is not None:
            return await self._fetch("")
        if self._has_asked:
            raise RefreshWithMFAUnsupportedError()
        request = self._request
        while True:
            code = await self._shelf.ask(request)
            try:
                found = await self._fetch(code)
            except ClientError as error:
                words = str(error.response.get("Error", {}).get("Message", ""))
                if not words.startswith(_FAILED_CODE):
                    raise
                request = request._replace(problem=sanitize(words.strip())[:_LONGEST_WORDS])
            else:
                self._has_asked = True
                return found

    async def _fetch(self, code: str) -> dict[str, Any]:
        self._fetcher._mfa_prompter = lambda _prompt: code
        try:
            found: dict[str, Any] = await self._fetcher.fetch_credentials()
        finally:
            self._fetcher._mfa_prompter = _no_code
        return found


def _no_code(_prompt: str) -> str:
    raise RefreshWithMFAUnsupportedError()


def ask_for_codes(provider: Any, shelf: SessionShelf, *, of_aws: bool) -> None:
    """Have a provider of botocore's (`AioAssumeRoleProvider`) ask for codes in this way.

    Args:
        of_aws: whether AWS's own STS gives the roles.
    """
    load = provider._load_creds_via_assume_role

    async def loaded(profile: str) -> Any:
        found = await load(profile)
        fetcher = found._refresh_using.__self__
        # With a code it is what refuses to be called twice, around the fetcher's method.
        fetcher = fetcher._refresh.__self__ if hasattr(fetcher, "_refresh") else fetcher
        serial = fetcher._assume_kwargs.get("SerialNumber")
        if serial is not None:
            request = CodeRequest(sanitize(profile), sanitize(str(serial)))
            found._refresh_using = MfaRefresh(fetcher, request, shelf, of_aws=of_aws)
            found._mandatory_refresh_timeout = found._advisory_refresh_timeout = RENEW_BEFORE_S
        return found

    provider._load_creds_via_assume_role = loaded
