"""The SSO settings of a profile, and where the tokens of logins are kept: the files that all AWS tools share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from amitui.identity.files import AwsFiles, Section, expand_user, read_files

TOKEN_FOLDER: Final = "~/.aws/sso/cache"  # noqa: S105 - a path
"""botocore and the AWS CLI read and write it; no setting names another."""
REQUIRED: Final = ("sso_start_url", "sso_region")


class SsoSettings(NamedTuple):
    """What a login needs to know."""

    start_url: str
    region: str
    session: str = ""
    """Name of the `sso-session` section; empty: the profile has the settings itself, in the older form."""
    scopes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For people."""
        return self.session or self.start_url

    @property
    def token_name(self) -> str:
        """Of the file that holds the token, without folder: as botocore's `SSOTokenLoader` names it."""
        import hashlib

        digest = hashlib.sha1(self.name.encode("utf-8", "surrogateescape"), usedforsecurity=False)
        return f"{digest.hexdigest()}.json"


def merged(files: AwsFiles, section: Section) -> Section | None:
    """The section of a profile with the settings of its `sso-session`; `None`: they contradict each other."""
    session = section.get("sso_session")
    if session is None:
        return section
    other = files.sso_sessions.get(session if isinstance(session, str) else "")
    if other is None or any(section.get(key, value) != value for key, value in other.items()):
        return None
    return section | other


def sso_settings(profile: str, environ: Mapping[str, str]) -> SsoSettings | None:
    """The settings of a profile of the AWS config; `None`: it has none, or they are incomplete.

    Raises:
        CredentialsError: a file cannot be understood.
    """
    files = read_files(environ)
    found = merged(files, files.profiles.get(profile, {}))
    start_url, region, session, scopes = (
        str(found.get(key, "")) if found else "" for key in (*REQUIRED, "sso_session", "sso_registration_scopes")
    )
    if not start_url or not region:
        return None
    # Without a session the AWS CLI registers no scopes: the token is of the older form, which is not renewed.
    listed = tuple(one for text in scopes.split(",") if (one := text.strip())) if session else ()
    return SsoSettings(start_url, region, session, listed)


def token_folder(environ: Mapping[str, str]) -> str:
    """Where the tokens are."""
    return expand_user(TOKEN_FOLDER, environ)
