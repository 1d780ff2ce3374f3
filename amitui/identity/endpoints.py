"""Which endpoint is used, by botocore's rules (`ConfiguredEndpointProvider`), and when two are the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from amitui.errors import CredentialsError
from amitui.identity.files import AwsFiles, Section

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def configured_endpoint(files: AwsFiles, section: Section, environ: Mapping[str, str], service: str) -> str | None:
    """The endpoint that environment and profile name for a service; `None` = AWS's own.

    Args:
        section: the settings of the profile in effect.
        service: `ec2`, `sts`.

    Raises:
        CredentialsError: the profile refers to what is not there. botocore then makes no client at all.
    """
    ignored = environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", section.get("ignore_configured_endpoint_urls"))
    if isinstance(ignored, str) and ignored.lower() == "true":
        return None
    url = environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environ.get("AWS_ENDPOINT_URL")
    found = url or _of_services(files, section, service) or section.get("endpoint_url")
    if isinstance(found, dict):
        raise _wrong("its endpoint_url is not a URL")
    return found or None


def _of_services(files: AwsFiles, section: Section, service: str) -> str | None:
    if "services" not in section:
        return None
    name = section["services"]
    services = files.services.get(name) if isinstance(name, str) else None
    if not services:
        raise _wrong(f"it refers to [services {name}], which does not exist")
    of_service = services.get(service, {})
    if isinstance(of_service, str):
        raise _wrong(f"{service} in [services {name}] needs an indented line endpoint_url = …")
    return of_service.get("endpoint_url")


def _wrong(why: str) -> CredentialsError:
    return CredentialsError(
        "the AWS config of the profile in use is wrong",
        why=why if why.isprintable() else ascii(why),
        remedy="correct that profile in ~/.aws/config",
        code="InvalidConfigError",
    )


def canonical(url: str) -> str:
    """One spelling of an endpoint: scheme and host in small letters, no default port, no slash at the end."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    if not parts.scheme or not parts.hostname:
        return url
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    place = host if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{user}{place}{parts.path.rstrip('/')}{query}"


def is_url(text: str) -> bool:
    """Whether it is a usable URL: with http or https, a host, and no part that requests leave out."""
    from urllib.parse import urlsplit

    if not text.isprintable() or " " in text or "#" in text:
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
