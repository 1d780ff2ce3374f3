"""Whether changes reach a production account, and what has to be typed before they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.identity.roles import parse_role

if TYPE_CHECKING:
    from amitui.services.connections import Connections
    from amitui.settings import Settings


def is_production(connections: Connections, profile: str | None, account: str | None) -> bool:
    """Whether a profile, or an account that it may be, is marked as production.

    Args:
        profile: `None` = without a name.
        account: `None` = not known.
    """
    # Until STS has named the account, it may be a marked one.
    candidates = (connections.marks(profile, account), connections.unsettled(profile))
    return any(marks.production for marks in candidates)


def typed_name(settings: Settings, connections: Connections, profile: str | None, account: str | None) -> str:
    """What has to be typed in production: the profile's name, or the account where no profile acts."""
    name = connections.caller(profile).profile or "default"
    if account and parse_role(name):
        return account
    # What carries the mark: keys of the environment may be marked by their account alone.
    by_name = settings.of_profile(name).production
    return name if by_name else account or name
