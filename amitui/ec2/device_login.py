"""Logging in to IAM Identity Center without the AWS CLI: OAuth's device authorization, as `aws sso login
--use-device-code` does it (RFC 8628; API of SSO OIDC: RegisterClient, StartDeviceAuthorization, CreateToken).

The client's secret, the device code and the token are in local variables and in the token's file, nowhere else.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from amitui.ec2.client_options import is_loopback
from amitui.ec2.convert import sanitize
from amitui.ec2.errors.connection import LATER
from amitui.ec2.patience import retried_by_caller
from amitui.ec2.token_file import LATEST_S, token_text, write_token
from amitui.errors import AwsError, CredentialsError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from amitui.ec2.session import Ec2Connection
    from amitui.identity.sso import SsoSettings

SERVICE: Final = "sso-oidc"
GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:device_code"
INTERVAL_S: Final = 5.0
"""Between two questions when the server names no time, and by how much longer after each `slow_down`: RFC 8628,
sections 3.2 and 3.5."""
LONGEST_INTERVAL_S: Final = 60.0
LONGEST_WAIT_S: Final = 3600.0
"""For how long a code is waited for at most, whatever the server says; AWS's are valid for ten minutes."""
CALL_S: Final = 60.0
"""For one call with its repetitions and all of its answer: the limits of `patience.py` are those of a connection's
silence, and one that brings a byte at a time is never silent."""
_LONGEST_TEXT: Final = 8192

_PENDING: Final = "AuthorizationPendingException"
_SLOW_DOWN: Final = "SlowDownException"
_EXPIRED: Final = "ExpiredTokenException"
_DENIED: Final = "AccessDeniedException"


class LoginPage(NamedTuple):
    """Where a person confirms a login; nothing of it is secret."""

    link: str
    """Opens the page with the code filled in; printable ASCII."""
    code: str
    """What the page has to show, or asks for."""
    seconds: float
    """For how long the code is valid."""


class DeviceLogin:
    """One login: `begin` asks for a code, `finish` waits until somebody has confirmed it.

    Args:
        connection: of a profile of this SSO session; SSO OIDC takes no signature of it.
        path: the token's file.
        now: seconds since the epoch.
        sleep: lets so many seconds of that clock pass.
    """

    def __init__(
        self,
        connection: Ec2Connection,
        sso: SsoSettings,
        path: str,
        *,
        sleep: Callable[[float], Awaitable[None]],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._connection, self._sso, self._path = connection, sso, path
        self._now, self._sleep = now, sleep
        self._client: dict[str, Any] = {}
        self._device_code = ""
        self._interval, self._until = INTERVAL_S, 0.0

    async def begin(self) -> LoginPage:
        """Ask for a code.

        Raises:
            AwsError: SSO cannot be reached, or refuses.
        """
        scopes = {"scopes": list(self._sso.scopes)} if self._sso.scopes else {}
        name = f"amitui-{int(self._now())}"
        self._client = await self._call("register_client", clientName=name, clientType="public", **scopes)
        answer = await self._call(
            "start_device_authorization", **self._client_keys(), startUrl=self._sso.start_url
        )
        self._device_code = self._text(answer, "deviceCode")
        self._interval = min(_seconds(answer, "interval") or INTERVAL_S, LONGEST_INTERVAL_S)
        seconds = min(_seconds(answer, "expiresIn") or LONGEST_WAIT_S, LONGEST_WAIT_S)
        self._until = self._now() + seconds
        link = answer.get("verificationUriComplete") or answer.get("verificationUri")
        return LoginPage(self._checked_link(link), sanitize(self._text(answer, "userCode"))[:100], seconds)

    async def finish(self) -> None:
        """Wait until the code is confirmed, then write the token.

        Raises:
            CredentialsError: it was denied, or expired.
            AwsError: SSO refuses for another reason.
            CacheError: the token cannot be written.
        """
        while True:
            await self._sleep(self._interval)
            if self._now() >= self._until:
                raise self._expired()
            try:
                with retried_by_caller():
                    answer = await self._call(
                        "create_token", **self._client_keys(), grantType=GRANT_TYPE, deviceCode=self._device_code
                    )
            except AwsError as error:
                self._check_failure(error)
                continue
            self._write(answer)
            return

    def _check_failure(self, error: AwsError) -> None:
        """Return if asking again may bring the token."""
        if error.code == _PENDING:
            return
        if error.code == _SLOW_DOWN or error.retryable:
            # A connection that fails is to be asked less often, too (RFC 8628, section 3.5).
            self._interval = min(self._interval + INTERVAL_S, LONGEST_INTERVAL_S)
            return
        if error.code == _EXPIRED:
            raise self._expired() from error
        if error.code == _DENIED:
            raise CredentialsError(
                f"the login to {self._name} was denied",
                why="somebody declined it on the page, or the user is not assigned there",
                remedy="log in again, as a user of that SSO",
                code=error.code,
            ) from error
        raise error

    def _expired(self) -> CredentialsError:
        return CredentialsError(
            f"the code for {self._name} has expired",
            why="nobody confirmed it in time",
            remedy="log in again for a new code",
            code=_EXPIRED,
        )

    def _write(self, answer: dict[str, Any]) -> None:
        # The fields and their order are those of the AWS CLI, version 2.
        token: dict[str, str | float] = {
            "startUrl": self._sso.start_url,
            "region": self._sso.region,
            "accessToken": self._text(answer, "accessToken"),
            "expiresAt": self._now() + _seconds(answer, "expiresIn"),
            **self._client_keys(),
            "registrationExpiresAt": _seconds(self._client, "clientSecretExpiresAt"),
        }
        if answer.get("refreshToken"):
            token["refreshToken"] = self._text(answer, "refreshToken")
        write_token(self._path, token_text(token))

    def _client_keys(self) -> dict[str, str]:
        return {name: self._text(self._client, name) for name in ("clientId", "clientSecret")}

    async def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            async with asyncio.timeout(CALL_S):
                return await self._connection.service_call(
                    SERVICE, self._sso.region, operation, f"log in to {self._name}", **parameters
                )
        except TimeoutError as error:
            raise NetworkError(
                f"SSO in {sanitize(self._sso.region)} did not respond in time",
                why=f"its answer was not complete after {CALL_S:.0f} seconds",
                remedy=LATER,
                code="TimeoutError",
            ) from error
        except NetworkError as error:
            words = f"could not reach SSO in {sanitize(self._sso.region)}"
            raise NetworkError(words, why=error.why, remedy=error.remedy, code=error.code) from error
        except AwsError as error:
            if error.code in (_PENDING, _SLOW_DOWN, _EXPIRED, _DENIED) or not error.code.endswith("Exception"):
                raise
            # The words for these codes are about EC2's credentials.
            raise CredentialsError(
                f"SSO refused the login to {self._name}",
                why=f"{error.code}: {error.why}",
                remedy="check sso_start_url, sso_region and sso_registration_scopes in ~/.aws/config",
                code=error.code,
            ) from error

    @property
    def _name(self) -> str:
        return sanitize(self._sso.name)

    def _text(self, answer: dict[str, Any], name: str) -> str:
        found = answer.get(name)
        if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_TEXT:
            raise self._senseless(f"it has no {name}")
        return found

    def _checked_link(self, link: object) -> str:
        """The link, if it may be shown, copied and opened in a browser."""
        if isinstance(link, str) and len(link) <= 2048 and link.isascii() and link.isprintable():
            with suppress(ValueError):  # brackets that hold no IPv6 address
                parts = urlsplit(link)
                is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(link))
                if " " not in link and parts.hostname and is_safe:
                    return link
        raise self._senseless("it has no link that is safe to open")

    def _senseless(self, why: str) -> CredentialsError:
        return CredentialsError(
            f"the answer of SSO for {self._name} cannot be used",
            why=why,
            remedy="check sso_start_url and sso_region in ~/.aws/config",
            code="SenselessAnswer",
        )


def _seconds(answer: dict[str, Any], name: str) -> float:
    found = answer.get(name)
    return float(min(found, LATEST_S)) if isinstance(found, int) and found > 0 else 0.0
