"""IAM Identity Center on 127.0.0.1: SSO OIDC's device authorization, and the portal that gives a role's keys.

Its client's secret, its device code and its tokens have `SECRET` in them, so that a test can look for them where
they must not be.
"""

from __future__ import annotations

import json
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha1
from itertools import count
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.support.fake_ec2 import Ec2Handler, FakeEc2, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "do-not-show-this"
USER_CODE = "WDJB-MJHT"
START_URL = "https://corp.awsapps.com/start"
SSO_REGION = "eu-west-1"
PENDING = "AuthorizationPendingException"
ACCOUNT = "123456789012"
_SOME_BYTES = 3

SSO_CONFIG = f"""\
[sso-session corp]
sso_start_url = {START_URL}
sso_region = {SSO_REGION}
sso_registration_scopes = sso:account:access, codewhisperer:completions

[profile dev]
sso_session = corp
sso_account_id = {ACCOUNT}
sso_role_name = Reader
region = us-east-1

[profile old]
sso_start_url = {START_URL}
sso_region = {SSO_REGION}
sso_account_id = {ACCOUNT}
sso_role_name = Reader
region = us-east-1
"""
"""A profile of a session, and one of the older form."""


@dataclass
class FakeSso(FakeEc2):
    """The state of the fake. `FakeEc2` has the server; of its answers none is used."""

    answers: deque[str] = field(default_factory=deque)
    """Codes of errors that the next questions for a token are answered with; after them it is given."""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Path and body of each request for something that is not signed."""
    interval: int = 1
    link: str = f"https://device.sso.{SSO_REGION}.amazonaws.com/?user_code={USER_CODE}"
    expires_in: int = 600
    role_seconds: float = 3600.0
    access_key: str = f"ASIA{ACCOUNT}"
    """Of the role's keys."""
    token_is_valid: bool = True
    """Whether the portal takes the token; the next login makes it valid."""

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead botocore here."""
        return {"AWS_ENDPOINT_URL_SSO_OIDC": self.url, "AWS_ENDPOINT_URL_SSO": self.url}

    drips: tuple[str, Event] | None = None
    """A path that is answered a byte at a time without an end, and what is set once some of them are sent."""

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [path for path, _ in self.asked]


class _Handler(Ec2Handler):
    fake: FakeSso

    def do_POST(self) -> None:
        fake = self.fake
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert "Authorization" not in self.headers, "SSO OIDC takes no signatures"
        fake.asked.append((self.path, body))
        if fake.drips is not None and fake.drips[0] == self.path:
            self._drip(fake.drips[1])
        elif self.path == "/client/register":
            self._send_json(
                {"clientId": "client", "clientSecret": f"{SECRET}-client", "clientSecretExpiresAt": 2_000_000_000}
            )
        elif self.path == "/device_authorization":
            parts = urlsplit(fake.link)
            self._send_json(
                {
                    "deviceCode": f"{SECRET}-device",
                    "userCode": USER_CODE,
                    "verificationUri": parts._replace(query="").geturl(),
                    "verificationUriComplete": fake.link,
                    "expiresIn": fake.expires_in,
                    "interval": fake.interval,
                }
            )
        elif fake.answers:
            code = fake.answers[0]
            if len(fake.answers) > 1 or code != PENDING:
                fake.answers.popleft()  # the last `pending` stays until the test takes it away
            status = 500 if code == "InternalServerException" else 400
            self._send_json({"error": "e", "error_description": "said by SSO"}, status, code)
        else:
            fake.token_is_valid = True
            token = {"accessToken": f"{SECRET}-token", "expiresIn": 3600, "tokenType": "Bearer"}
            self._send_json(token | {"refreshToken": f"{SECRET}-refresh"})

    def do_GET(self) -> None:
        token = self.headers.get("x-amz-sso_bearer_token", "")
        if token != f"{SECRET}-token" or not self.fake.token_is_valid:
            self._send_json({"message": "Session token not found or invalid"}, 401, "UnauthorizedException")
            return
        expires = int((time.time() + self.fake.role_seconds) * 1000)
        keys = {"accessKeyId": self.fake.access_key, "secretAccessKey": "s", "sessionToken": "t"}
        self._send_json({"roleCredentials": keys | {"expiration": expires}})

    def _drip(self, begun: Event) -> None:
        """Send an answer a byte at a time, which does not end before whoever asked has gone."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.connection.settimeout(0.01)
        with suppress(OSError):
            for sent in count(1):
                self.wfile.write(b" ")
                if sent == _SOME_BYTES:
                    begun.set()
                with suppress(TimeoutError):
                    if not self.connection.recv(1):
                        return

    def _send_json(self, answer: dict[str, Any], status: int = 200, code: str = "") -> None:
        headers = {"Content-Type": "application/json", **({"x-amzn-ErrorType": code} if code else {})}
        self.send(status, json.dumps(answer), headers)


@contextmanager
def fake_sso() -> Iterator[FakeSso]:
    """A running fake; stopped at the end."""
    fake = FakeSso()
    with serving(fake, _Handler):
        yield fake


def fake_aws(folder: Path, script: str) -> str:
    """A program `aws` in a folder of its own, of version 2.30, that does what the script says for other arguments.

    Returns:
        The folder, for PATH.
    """
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "aws"
    version = 'if [ "$1" = --version ]; then echo "aws-cli/2.30.1 Python/3.13.7 Linux/6"; exit 0; fi\n'
    program.write_text(f"#!/bin/sh\n{version}{script}\n")
    program.chmod(0o755)
    return str(folder)


_TOKEN = {
    "startUrl": START_URL,
    "region": SSO_REGION,
    "accessToken": f"{SECRET}-token",
    "expiresAt": "2099-01-01T00:00:00Z",
    "clientId": "client",
    "clientSecret": f"{SECRET}-client",
    "registrationExpiresAt": "2099-01-01T00:00:00Z",
    "refreshToken": f"{SECRET}-refresh",
}
_TOKEN_FILE = f".aws/sso/cache/{sha1(b'corp', usedforsecurity=False).hexdigest()}.json"


def token_script(home: str) -> str:
    """Lines of a shell script that leave what `aws sso login` leaves for the SSO session `corp`."""
    return f"mkdir -p {home}/.aws/sso/cache\nprintf '%s' '{json.dumps(_TOKEN)}' > {home}/{_TOKEN_FILE}"


def leave_token(home: Path) -> None:
    """Leave the same."""
    file = home / _TOKEN_FILE
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(_TOKEN))
