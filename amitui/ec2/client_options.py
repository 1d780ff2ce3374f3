"""What aiobotocore's clients are made with: time-outs, tries, endpoint, and the demo's made-up credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from amitui import __version__
from amitui.ec2.patience import READ_SECONDS, Patience

if TYPE_CHECKING:
    from amitui.ec2.session import AwsTarget

POOL_CONNECTIONS: Final = 64
"""Connections a region. More than are ever used at once: waiting for a free one counts as connecting."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def usual_settings(patience: Patience) -> dict[str, Any]:
    """The configuration of every client."""
    from amitui.ec2.boto import HttpSession

    return {
        "connect_timeout": patience.connect_seconds,
        "read_timeout": READ_SECONDS if patience.read_seconds is None else patience.read_seconds,
        "max_pool_connections": POOL_CONNECTIONS,
        "http_session_cls": HttpSession,
        "retries": {"mode": "standard", "total_max_attempts": patience.attempts},
        "user_agent_extra": f"amitui/{__version__}",
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
    # Catalogues are shared through a bucket whose endpoint botocore finds by itself (AWS_ENDPOINT_URL_S3).
    url = None if service == "s3" else target.endpoint_url
    if service == "ec2" and target.is_resolved and not url:
        # What is fetched is filed by the endpoint that was resolved: botocore must not find another one.
        url = target.ec2_endpoint_url
        settings["ignore_configured_endpoint_urls"] = url is None
    if url:
        options["endpoint_url"] = url
        if urlsplit(url).hostname in _LOOPBACK:
            # HTTPS_PROXY and its like mean the world, not this machine.
            settings["proxies"] = {}
    if target.demo:
        settings |= {"defaults_mode": "legacy", "use_dualstack_endpoint": False, "use_fips_endpoint": False}
        options |= {
            "aws_access_key_id": target.demo_access_key,
            "aws_secret_access_key": "demo",
            "aws_session_token": None,
            # Plain HTTP: reading the certificates would take 20 ms for nothing.
            "verify": False,
        }
    return options | {"config": AioConfig(**settings)}
