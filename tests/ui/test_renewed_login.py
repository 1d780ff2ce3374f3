"""A login that ends while the screen is open, and is renewed in place: rows, messages and operations under way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from amitui.demo.seed.accounts import MAIN_ACCESS_KEY, MAIN_ACCOUNT
from amitui.domain.operations.operation import State
from amitui.domain.operations.plans.copy import CopyRequest, Destination, copy_plans
from tests.support.app import opened
from tests.support.demo_account import HOME
from tests.support.demo_app import demo_installation, until, until_said, words
from tests.support.fake_sso import SECRET, SSO_CONFIG, fake_sso, leave_token

if TYPE_CHECKING:
    import pytest

    from amitui.domain.operations.operation import Operation
    from tests.support.demo_app import DemoApp, DemoInstallation

AWAY = "eu-west-1"
_NAMES = ("twin", "later")


def _made(demo: DemoInstallation) -> Counter[str]:
    """How often there are copies of these names."""
    found = demo.me.beside(region=AWAY).ask("DescribeImages", Owners=["self"])["Images"]
    return Counter(str(one["Name"]) for one in found if one["Name"] in _NAMES)


def _state(app: DemoApp, operation: Operation) -> State:
    return next(one.state for one in app.operations.engine.operations() if one.id == operation.id)


async def test_credentials_that_end_are_renewed_in_place_and_the_copy_under_way_goes_on_and_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("amitui.services.login.aws_cli", str)
    # botocore reads HOME when it is imported.
    for name in ("botocore.tokens.SSOTokenProvider", "botocore.credentials.SSOProvider"):
        monkeypatch.setattr(f"{name}._SSO_TOKEN_CACHE_DIR", str(tmp_path / ".aws" / "sso" / "cache"))
    leave_token(tmp_path)
    with demo_installation(tmp_path, monkeypatch) as demo, fake_sso() as sso:
        for variable, value in sso.environment.items():
            monkeypatch.setenv(variable, value)
        config = tmp_path / "sso-config"
        config.write_text(SSO_CONFIG.replace("us-east-1", HOME).replace("123456789012", MAIN_ACCOUNT))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        # Less than what botocore renews them before: each call asks the portal for the role's keys.
        sso.access_key, sso.role_seconds = MAIN_ACCESS_KEY, 300
        source = demo.image("life")
        app = demo.app(profile="dev")
        async with opened(app, size=(120, 30)) as pilot:
            await until(pilot, lambda: app.services.session.account_confirmed and not app.fetches.active)
            first, second = (
                copy_plans(CopyRequest(HOME, source, name, "", (Destination(AWAY, name),)))[0] for name in _NAMES
            )
            (begun,) = await app.operations.submit([first])
            await until(pilot, lambda: _made(demo)["twin"] == 1)

            sso.token_is_valid = False
            await pilot.press("f5")
            said = await until_said(pilot, "the SSO session of profile dev has expired", "F9 logs in")
            assert app.error_log
            assert "life" in said, "the rows stay"
            (held,) = await app.operations.submit([second])
            await until(pilot, lambda: _state(app, held) is State.ON_HOLD)

            await pilot.press("f9")
            await until_said(pilot, "Log in: dev")
            await pilot.press("2")
            await until(pilot, lambda: app.services.session.account_confirmed)
            await until(pilot, lambda: "expired" not in words(pilot) and not app.fetches.active)
            assert not app.error_log
            await until(pilot, lambda: _state(app, begun) is State.DONE, moving=True)
            assert _state(app, held) is State.ON_HOLD, "what was refused waits for its user"
            assert _made(demo) == Counter(twin=1)
            await app.operations.engine.resume(held.id)
            await until(pilot, lambda: _state(app, held) is State.DONE, moving=True)
        assert _made(demo) == Counter(twin=1, later=1)
        journal = b"".join(
            one.read_bytes() for one in tmp_path.rglob("*") if one.is_file() and ".aws" not in one.parts
        )
        assert SECRET.encode() not in journal
