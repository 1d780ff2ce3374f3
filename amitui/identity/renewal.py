"""How credentials that have expired are renewed, by what gives them."""

from __future__ import annotations

from typing import Final

from amitui.domain.shell import quoted
from amitui.domain.visible import show_invisible
from amitui.identity import source as sources
from amitui.identity.source import Source

_KEYS: Final = "put new keys with their session token into [{profile}] of {file}, from the tool that issued them"
SSO_LOGIN: Final = "aws sso login{option}"
_WORDS: Final = {
    sources.ENVIRONMENT: "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN, or set new ones",
    sources.SSO: SSO_LOGIN,
    sources.LOGIN: "aws login{option}",
    sources.CREDENTIALS_FILE: _KEYS.replace("{file}", "the credentials file"),
    sources.CONFIG_FILE: _KEYS.replace("{file}", "the config file"),
    sources.PROCESS: "log in with the program that credential_process of profile {profile} runs",
    sources.WEB_IDENTITY: "put a new token into the file of the web identity (AWS_WEB_IDENTITY_TOKEN_FILE)",
    sources.CONTAINER: "the container's role gives new ones by itself: try again, and check the clock (date -u)",
}
"""By what gives them. No login replaces keys that are written down or set in the environment."""
_ANY: Final = f"{SSO_LOGIN}, or the tool that issued them"
"""Where nothing is configured that could be named."""


def renewal_words(source: Source, profile: str | None) -> str:
    """What gives new credentials, for a sentence; of a role, the ones with which it is assumed.

    Args:
        profile: the one that is chosen, `None` for none.
    """
    while source.base is not None:
        profile = source.base.profile or profile
        source = source.base
    name = show_invisible(profile or source.profile or "default")
    words = _ANY if source.problem else _WORDS.get(source.method, _ANY)
    return words.format(option=f" --profile {quoted(name)}" if profile else "", profile=name)
