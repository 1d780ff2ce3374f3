"""A login by link and code whose server says strange things: it ends in words or in a token, not in a defect."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from amitui.ec2.device_login import LONGEST_INTERVAL_S, LONGEST_WAIT_S, DeviceLogin
from amitui.errors import CredentialsError
from amitui.identity.sso import SsoSettings

if TYPE_CHECKING:
    from pathlib import Path

_ANSWERS: dict[str, dict[str, Any]] = {
    "register_client": {"clientId": "c", "clientSecret": "s", "clientSecretExpiresAt": 2_000_000_000},
    "start_device_authorization": {
        "deviceCode": "d",
        "userCode": "U",
        "verificationUri": "https://sso.example/",
        "expiresIn": 600,
        "interval": 1,
    },
    "create_token": {"accessToken": "t", "expiresIn": 3600},
}


class _Sso:
    """SSO OIDC that gives these answers."""

    def __init__(self, **changes: dict[str, Any]) -> None:
        self._answers = {name: {**answer, **changes.get(name, {})} for name, answer in _ANSWERS.items()}

    async def service_call(self, _service: str, _region: str, operation: str, _action: str, **_: Any) -> Any:
        return self._answers[operation]


def _login(path: Path, sso: _Sso) -> DeviceLogin:
    async def sleep(_: float) -> None:
        return

    made: Any = sso
    return DeviceLogin(made, SsoSettings("https://corp", "eu-west-1", "corp"), str(path), sleep=sleep)


@pytest.mark.parametrize(
    "link", ["https://[", "https://[::1", "http://[zz]/", "https://", "https:///x", "https:x"]
)
async def test_a_link_that_names_no_host_is_not_shown(tmp_path: Path, link: str) -> None:
    sso = _Sso(start_device_authorization={"verificationUriComplete": link})
    with pytest.raises(CredentialsError, match="cannot be used") as raised:
        await _login(tmp_path / "token", sso).begin()
    assert "no link that is safe to open" in raised.value.why


@pytest.mark.parametrize("digits", [11, 13, 19, 400])
async def test_times_beyond_every_calendar_are_cut_to_what_can_be_waited_for_and_written(
    tmp_path: Path, digits: int
) -> None:
    seconds = 10**digits
    sso = _Sso(
        register_client={"clientSecretExpiresAt": seconds},
        start_device_authorization={"expiresIn": seconds, "interval": seconds},
        create_token={"expiresIn": seconds},
    )
    login = _login(tmp_path / "token", sso)
    assert (await login.begin()).seconds == LONGEST_WAIT_S
    assert login._interval == LONGEST_INTERVAL_S
    await login.finish()
    token = json.loads((tmp_path / "token").read_text())
    assert token["accessToken"] == "t"
    for name in ("expiresAt", "registrationExpiresAt"):
        assert "2027" < token[name] <= "9999-12-31T23:59:59Z"
