"""The key that helps when credentials are missing or have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.errors import AmituiError

_OF_CODES: Final = frozenset({"MFARequired", "RefreshWithMFAUnsupportedError"})
"""Codes of errors that a new MFA code helps against."""


def with_key(error: AmituiError, keys: Callable[[str], str]) -> str:
    """What happened, and what the key does that helps: `the SSO session of dev has expired; F9 logs in`.

    Args:
        keys: the key of an action, as it is shown.
    """
    if not isinstance(error, CredentialsError):
        return error.what
    renewal = f"{keys('refresh')} asks for it" if error.code in _OF_CODES else f"{keys('login')} logs in"
    return f"{error.what}; {renewal}"
