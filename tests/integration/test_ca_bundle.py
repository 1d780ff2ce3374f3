"""A file of certificates that cannot be used is named with the variable that names it, before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import botocore
import pytest

from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import UsageError
from tests.support.fake_ec2 import FakeEc2, fake_ec2

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = str(Path(botocore.__file__).parent / "cacert.pem")


@pytest.fixture
def fake() -> Iterator[FakeEc2]:
    with fake_ec2([]) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "config"
    path.write_text("[default]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    return path


async def failure(fake: FakeEc2) -> UsageError:
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url)) as connection:
        with pytest.raises(UsageError) as caught:
            await connection.caller_identity()
    assert fake.requests == []
    return caught.value


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "ca_bundle in the AWS config"])
@pytest.mark.parametrize(
    ("content", "why", "remedy"),
    [
        (None, "No such file", "PEM"),
        ("", "no certificate", "PEM"),
        ("no certificate at all\n", "no certificate", "PEM"),
        ("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n", "no certificate", "PEM"),
        ("folder", "", "a file, not a folder"),
        ("~/ca.pem", "No such file", "write the full path"),
        ("$HOME/ca.pem", "No such file", "write the full path"),
    ],
)
async def test_it_is_named(
    fake: FakeEc2,
    config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    content: str | None,
    why: str,
    remedy: str,
) -> None:
    path = content if content and content.endswith(".pem") else str(tmp_path / "ca.pem")
    if content == "folder":
        Path(path).mkdir()
    elif content is not None and path != content:
        Path(path).write_text(content)
    if variable.isupper():
        monkeypatch.setenv(variable, path)
    else:
        config.write_text(f"[default]\nca_bundle = {path}\n")
    said = await failure(fake)
    assert variable in said.what
    assert path in said.what
    assert why in said.why
    assert remedy in said.remedy


async def test_what_wins_is_what_botocore_uses(
    fake: FakeEc2, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/requests.pem")
    config.write_text("[default]\nca_bundle = /nonexistent/config.pem\n")
    assert "/nonexistent/config.pem" in (await failure(fake)).what
    monkeypatch.setenv("AWS_CA_BUNDLE", GOOD)
    async with Ec2Connection(AwsTarget(endpoint_url=fake.url)) as connection:
        await connection.caller_identity()
    assert fake.requests
