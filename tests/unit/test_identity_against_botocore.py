"""amitui and botocore come to the same profile, credentials, region and endpoint, whatever machines say.

botocore itself is asked, with the network, helper programs and metadata services replaced.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.credentials
import botocore.session
import pytest
from botocore.exceptions import MissingDependencyException
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from amitui.identity.caller import find_caller
from amitui.identity.files import read_files
from amitui.identity.roles import role_profile, role_sections
from amitui.identity.source import Source
from amitui.paths import locate
from amitui.services.connections import Connections
from amitui.settings import ProfileSettings, Settings

NAMES = ("default", "a", "b", "prod", "with space")
VARIABLES = {
    "AWS_DEFAULT_PROFILE": ("", "a", "prod", "nosuch"),
    "AWS_PROFILE": ("", "b", "with space", "default", "nosuch"),
    "AWS_ACCESS_KEY_ID": ("", "AKIAENV"),
    "AWS_SECRET_ACCESS_KEY": ("", "s"),
    "AWS_SESSION_TOKEN": ("", "t"),
    "AWS_ACCOUNT_ID": ("111122223333",),
    "AWS_DEFAULT_REGION": ("", "eu-west-1"),
    "AWS_ENDPOINT_URL": ("", "http://127.0.0.1:1"),
    "AWS_ENDPOINT_URL_EC2": ("", "http://127.0.0.1:2"),
    "AWS_ENDPOINT_URL_STS": ("", "http://127.0.0.1:3"),
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": ("", "true", "TRUE", "false", "1"),
    "AWS_ROLE_ARN": ("", "arn:aws:iam::444455556666:role/web"),
    "AWS_WEB_IDENTITY_TOKEN_FILE": ("", "/nowhere/token"),
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": ("", "http://127.0.0.1/credentials"),
    "AWS_CREDENTIAL_FILE": ("", "~/ec2file", "/nowhere/ec2file"),
    "BOTO_CONFIG": ("", "~/boto"),
}
SETTINGS = {
    "region": ("eu-central-1", ""),
    "aws_access_key_id": ("AKIAFILE", "AKIAOTHER", ""),
    "aws_secret_access_key": ("s", ""),
    "aws_session_token": ("t",),
    "role_arn": ("arn:aws:iam::777788889999:role/admin", "odd"),
    "source_profile": (*NAMES, "nosuch"),
    "credential_source": ("Environment", "EcsContainer", "Ec2InstanceMetadata", "environment", "Nothing"),
    "web_identity_token_file": ("/nowhere/other", ""),
    "sso_session": ("corp", "nosuch"),
    "sso_account_id": ("222233334444",),
    "sso_role_name": ("ReadOnly",),
    "sso_start_url": ("https://corp.example", "https://other.example"),
    "sso_region": ("eu-west-1",),
    "credential_process": ("helper --key AKIAHELPER",),
    "login_session": ("arn:aws:iam::1:user/x",),
    "endpoint_url": ("http://127.0.0.1:4", ""),
    "services": ("local", "empty", "nosuch"),
    "ignore_configured_endpoint_urls": ("true", "false"),
    "s3": ("\n  max_queue_size = 5\n  region = us-gov-west-1",),
}
KEYS = ("aws_access_key_id", "aws_secret_access_key")
WHOLES = (
    (),
    KEYS,
    KEYS,
    ("role_arn", "source_profile"),
    ("role_arn", "credential_source"),
    ("sso_account_id", "sso_role_name", "sso_start_url", "sso_region"),
    ("sso_session", "sso_account_id", "sso_role_name"),
    ("services",),
)
TITLES = (
    "default", "profile default", "profile a", 'profile "b"', "profile prod", "profile  'with space'", "Profile a",
    "a", "profiles b", "profile b c", 'profile "open', "DEFAULT", "sso-session corp", "services local",
    "services empty",
)  # fmt: skip
FILES: dict[str, dict[str, str | None]] = {
    "HOME": {"AWS_CONFIG_FILE": None, "AWS_SHARED_CREDENTIALS_FILE": None},
    "tilde": {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"},
    "dollar": {"AWS_CONFIG_FILE": "$HOME/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "${HOME}/.aws/credentials"},
    "empty": {"AWS_CONFIG_FILE": "", "AWS_SHARED_CREDENTIALS_FILE": None},
    "nowhere": {"AWS_CONFIG_FILE": "/nowhere/c", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws"},
    "one for both": {"AWS_CONFIG_FILE": None, "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/config"},
}


@st.composite
def sections(draw: st.DrawFn) -> dict[str, str]:
    """The settings of one section, often those of one kind of credentials whole."""
    whole = draw(st.sampled_from(WHOLES))
    chosen = {*whole, *draw(st.lists(st.sampled_from(sorted(SETTINGS)), max_size=3))}
    return {key: draw(st.sampled_from(SETTINGS[key])) for key in sorted(chosen)}


def texts(titles: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A file with some of these sections, now and then a broken one."""
    found = st.dictionaries(st.sampled_from(titles), sections(), max_size=5).map(_written)
    return st.one_of(found, found, found, found, found.map(lambda text: text + "\n[broken\n"), st.just("x = y\n"))


def _written(found: dict[str, dict[str, str]]) -> str:
    lines = []
    for title, section in found.items():
        lines.append(f"[{title}]")
        if title == "services local":
            lines += [
                "ec2 =",
                "  endpoint_url = http://127.0.0.1:5",
                "sts =",
                "  endpoint_url = http://127.0.0.1:6",
            ]
        else:
            lines += [f"{key} = {value}" for key, value in section.items()]
        if title == "sso-session corp":
            lines += [
                f"{key} = {SETTINGS[key][0]}" for key in ("sso_start_url", "sso_region") if key not in section
            ]
    return "\n".join(lines) + "\n"


environments = st.fixed_dictionaries({}, optional={name: st.sampled_from(VARIABLES[name]) for name in VARIABLES})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder."""
    found = tmp_path_factory.mktemp("home")
    (found / ".aws").mkdir()
    (found / "ec2file").write_text("AWSAccessKeyId=AKIAEC2FILE\nAWSSecretKey = s\n")
    (found / "boto").write_text("[Credentials]\naws_access_key_id = AKIABOTO\naws_secret_access_key = s\n")
    return found


@contextmanager
def machine(home: Path, environ: dict[str, str], config: str, credentials: str) -> Iterator[None]:
    """A machine with these variables and files, and nothing behind any network."""
    (home / ".aws" / "config").write_text(config)
    (home / ".aws" / "credentials").write_text(credentials)
    key = {
        "AccessKeyId": "AKIACONTAINER",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    helper = {"access_key": "AKIAHELPER", "secret_key": "s"}
    role = helper | {"role_name": "r", "token": "t", "expiry_time": "2099-01-01T00:00:00Z"}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO"))]:
            patch.delenv(name)
        for name, value in (environ | {"HOME": str(home)}).items():
            patch.setenv(name, value)
        patch.setattr(botocore.credentials.ContainerMetadataFetcher, "retrieve_full_uri", lambda *_a, **_k: key)
        patch.setattr(botocore.credentials.ProcessProvider, "_retrieve_credentials_using", lambda *_a: helper)
        fetcher = botocore.credentials.InstanceMetadataFetcher
        patch.setattr(fetcher, "retrieve_iam_role_credentials", lambda *_a: role)
        yield


def resolved_by_botocore(profile: str | None) -> dict[str, Any]:
    """What botocore comes to; `problem` where it makes no client for anybody."""
    session = botocore.session.Session(profile=profile)
    try:
        session.get_scoped_config()
        endpoints = [_endpoint(session, service) for service in ("ec2", "sts")]
    except Exception as error:  # noqa: BLE001 - whatever botocore raises is its answer
        return {"problem": type(error).__name__}
    return {
        "profile": session.profile or "default",
        "region": session.get_config_variable("region") or None,
        "endpoints": endpoints,
        "source": _source(session),
    }


def with_sections(profile: str) -> Any:
    """botocore's session for a role's profile that is in no file."""
    session = botocore.session.Session(profile=profile)
    sections = role_sections(read_files(os.environ), os.environ, profile)
    session.full_config["profiles"].update(sections)
    return session


def _endpoint(session: Any, service: str) -> str | None:
    store = copy.copy(session.get_component("config_store"))
    session._add_configured_endpoint_provider(service, store)
    ignored = store.get_config_variable("ignore_configured_endpoint_urls")
    return None if ignored else store.get_config_variable("endpoint_url")


def _source(session: Any) -> object:
    try:
        return _described(session.get_credentials())
    except MissingDependencyException:
        return ("login",)  # of which this installation lacks a library
    except Exception as error:  # noqa: BLE001 - whatever botocore raises is its answer
        return type(error).__name__


def _described(found: Any) -> object:
    if found.method in ("assume-role", "assume-role-with-web-identity"):
        fetcher = found._refresh_using.__self__
        base = getattr(fetcher, "_source_credentials", None)
        role = [found.method, fetcher._role_arn]
        return (*role, _described(base)) if found.method == "assume-role" else tuple(role)
    return (found.method, found.access_key) if type(found) is botocore.credentials.Credentials else (found.method,)


def resolved_by_amitui(profile: str | None) -> dict[str, Any]:
    """The same of amitui."""
    found = find_caller(profile)
    if found.problem is not None:
        return {"problem": found.problem.code}
    return {
        "profile": found.profile,
        "region": found.region,
        "endpoints": [found.endpoint_url, found.sts_endpoint_url],
        "source": _own(found.source),
    }


def _own(source: Source) -> object:
    if source.problem:
        return source.problem
    if source.role_arn:
        role = (source.method, source.role_arn)
        return role if source.base is None else (*role, _own(source.base))
    known_key = "AKIAHELPER" if source.method == "custom-process" else source.access_key_id
    written = source.method not in ("iam-role", "container-role", "sso", "login")
    return (source.method, known_key) if written else (source.method,)


cases = given(
    environ=environments,
    where=st.sampled_from(sorted(FILES)),
    config=texts(TITLES),
    credentials=texts((*NAMES, "profile a", "DEFAULT")),
    option=st.sampled_from([None, None, None, "a", "b", "prod", "default", "nosuch", ""]),
)
bounded = settings(
    max_examples=int(os.environ.get("AMITUI_EXAMPLES", "100")), deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
PROD = "[profile prod]\nregion = eu-west-1\n[profile a]\nregion = us-east-1\n"
PROD_KEYS = """
[prod]
aws_access_key_id = AKIAPROD
aws_secret_access_key = s
[a]
aws_access_key_id = AKIAA
aws_secret_access_key = s
"""


@example({"AWS_DEFAULT_PROFILE": "prod", "AWS_PROFILE": "a"}, "HOME", PROD, PROD_KEYS, None)
@example(
    {"AWS_PROFILE": "a", "AWS_ACCESS_KEY_ID": "AKIAB", "AWS_SECRET_ACCESS_KEY": "s"}, "HOME", PROD, PROD_KEYS, None
)
@example({"AWS_ACCESS_KEY_ID": "AKIAB", "AWS_SECRET_ACCESS_KEY": "s"}, "HOME", PROD, PROD_KEYS, "a")
@example({"AWS_PROFILE": "nosuch", "AWS_DEFAULT_REGION": "eu-west-1"}, "HOME", PROD, PROD_KEYS, None)
@example({"AWS_PROFILE": "a", "AWS_ACCESS_KEY_ID": "AKIAB"}, "HOME", PROD, PROD_KEYS, None)
@example({"AWS_PROFILE": "a", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "HOME", PROD, PROD_KEYS, None)
@example(
    {"AWS_DEFAULT_PROFILE": "a", "AWS_WEB_IDENTITY_TOKEN_FILE": ""},
    "HOME",
    "[profile a]\nweb_identity_token_file = /nowhere/other\n",
    "\n",
    None,
)
@cases
@bounded
def test_botocore_and_amitui_name_the_same_caller(
    home: Path, environ: dict[str, str], where: str, config: str, credentials: str, option: str | None
) -> None:
    files = {name: value for name, value in FILES[where].items() if value is not None}
    with machine(home, environ | files, config, credentials):
        expected = resolved_by_botocore(option)
        assert resolved_by_amitui(option) == expected
        if "problem" in expected:
            return
        marked = Settings(locate({"HOME": str(home)}), profiles=(("prod", ProfileSettings(read_only=True)),))
        connections = Connections(marked)
        assert connections.marks(option).read_only == (expected["profile"] == "prod")
        if name := connections.named(option):
            assert resolved_by_botocore(name) == expected, (
                "the name alone, in commands and journals, means the same caller"
            )


@example({"AWS_ACCESS_KEY_ID": "AKIAB", "AWS_SECRET_ACCESS_KEY": "s"}, "HOME", PROD, PROD_KEYS, "")
@example({"AWS_ROLE_ARN": "arn:aws:iam::444455556666:role/web", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t"},
         "HOME", PROD, PROD_KEYS, "")  # fmt: skip
@example({"AWS_ACCESS_KEY_ID": "AKIAENV"}, "HOME", "\n", "\n", "")
@example({"AWS_PROFILE": "a"}, "HOME", PROD, PROD_KEYS, "")
@example({"AWS_PROFILE": "a"}, "HOME", PROD, PROD_KEYS, "prod")
@example({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/credentials"}, "HOME", "", "", "")
@given(
    environ=environments,
    where=st.sampled_from(sorted(FILES)),
    config=texts(TITLES),
    credentials=texts((*NAMES, "profile a", "DEFAULT")),
    source=st.sampled_from(["", "", "a", "b", "prod", "default", "with space", "nosuch"]),
)
@bounded
def test_the_role_of_an_account_is_assumed_with_what_its_source_gives(
    home: Path, environ: dict[str, str], where: str, config: str, credentials: str, source: str
) -> None:
    role = role_profile("999900001111", "ops/Reader", source=source)
    files = {name: value for name, value in FILES[where].items() if value is not None}
    with machine(home, environ | files, config, credentials):
        found = find_caller(role.name)
        if found.problem is not None:
            base = resolved_by_botocore(source or None)
            # botocore has no way to assume a role with keys of these old files.
            known = ("ec2-credentials-file", "boto-config")
            assert "problem" in base or isinstance(base["source"], str) or base["source"][0] in known
            return
        assert _own(found.source) == _source(with_sections(role.name))
        assert (found.name, found.words) == (role.name, role.words)
        if not found.source.problem:
            assert (found.account, found.source.role_arn) == (role.account, role.arn)
        if source:
            own = find_caller(source)
            assert (found.region, found.endpoint_url) == (own.region, own.endpoint_url)
