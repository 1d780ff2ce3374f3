"""What aiobotocore's clients are made with: time-outs, tries, endpoint, and the demo's made-up credentials."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from amitui import __version__
from amitui.ec2.patience import READ_SECONDS, Patience
from amitui.identity.roles import SESSION_NAME, parse_role

if TYPE_CHECKING:
    from amitui.ec2.session import AwsTarget

POOL_CONNECTIONS: Final = 64
"""Connections a region. More than are ever used at once: waiting for a free one counts as connecting."""

DEMO_SECRET_KEY: Final = "demo"  # noqa: S105 - the demo takes any

_OWN_ENDPOINTS: Final = frozenset({"s3", "sso-oidc"})
"""Services whose endpoint botocore finds by itself (AWS_ENDPOINT_URL_S3), whoever serves EC2: catalogues are kept
in a bucket, and a login is with the SSO that the AWS config names."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def is_loopback(url: str) -> bool:
    """Whether an endpoint is on this machine: HTTPS_PROXY and its like mean the world, not that."""
    return urlsplit(url).hostname in _LOOPBACK


def usual_settings(patience: Patience, *, shares_connections: bool = False) -> dict[str, Any]:
    """The configuration of every client.

    Args:
        shares_connections: with those of other accounts.
    """
    from amitui.ec2.http_sessions import HttpSession, SharedHttpSession

    return {
        "connect_timeout": patience.connect_seconds,
        "read_timeout": READ_SECONDS if patience.read_seconds is None else patience.read_seconds,
        "max_pool_connections": POOL_CONNECTIONS,
        "http_session_cls": SharedHttpSession if shares_connections else HttpSession,
        "retries": {"mode": "standard", "total_max_attempts": patience.attempts},
        "user_agent_extra": f"amitui/{__version__}",
    }


def demo_variables(target: AwsTarget) -> dict[str, Any]:
    """botocore's session variables in the demo, which reads no AWS settings of its user: fixed values in place of
    the environment's and the files'."""
    role = parse_role(target.profile or "")
    return {
        "profile": (None, None, role.name if role else None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
        "ca_bundle": (None, None, None, None),
    }


def demo_sections(target: AwsTarget) -> dict[str, dict[str, str]]:
    """The demo's AWS config: a role is assumed with its made-up keys."""
    role = parse_role(target.profile or "")
    if role is None:
        return {}
    keys = {"aws_access_key_id": target.demo_access_key, "aws_secret_access_key": DEMO_SECRET_KEY}
    return {
        role.name: {"role_arn": role.arn, "source_profile": "demo", "role_session_name": SESSION_NAME},
        "demo": keys,
    }


def client_options(target: AwsTarget, service: str, *, once: bool) -> dict[str, Any]:
    """What aiobotocore's `create_client` is given beside the usual settings."""
    from amitui.ec2.boto import AioConfig

    settings: dict[str, Any] = {}
    if once:
        # A new connection for each: one that was idle may be closed as the request is sent, and then nobody
        # knows whether it arrived.
        settings |= {
            "retries": {"mode": "standard", "total_max_attempts": 1},
            "connector_args": {"force_close": True, "keepalive_timeout": None},
        }
    options: dict[str, Any] = {}
    url = None if service in _OWN_ENDPOINTS else target.endpoint_url
    if service == "ec2" and target.is_resolved and not url:
        # What is fetched is filed by the endpoint that was resolved: botocore must not find another one.
        url = target.ec2_endpoint_url
        settings["ignore_configured_endpoint_urls"] = url is None
    if url:
        options["endpoint_url"] = url
        if is_loopback(url):
            settings["proxies"] = {}
    if target.demo:
        settings |= {"defaults_mode": "legacy", "use_dualstack_endpoint": False, "use_fips_endpoint": False}
        # Plain HTTP: reading the certificates would take 20 ms for nothing.
        options["verify"] = False
        if not parse_role(target.profile or ""):
            options |= {
                "aws_access_key_id": target.demo_access_key,
                "aws_secret_access_key": DEMO_SECRET_KEY,
                "aws_session_token": None,
            }
    return options | {"config": AioConfig(**settings)}
