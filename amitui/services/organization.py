"""The accounts of an organization as members of a session: the own one by its profile, the others through a role.

Which accounts there are is remembered, so that a start asks nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.domain.organization import Organization, checked_accounts, is_chosen, is_unit
from amitui.errors import UsageError
from amitui.identity.roles import role_profile
from amitui.services.remembered import read_note, write_note

if TYPE_CHECKING:
    from amitui.services.session import Session
    from amitui.settings import Settings

OLD_AFTER_S: Final = 86_400
"""Age in seconds at which what asks AWS anyway lists the accounts again."""


def remembered(settings: Settings) -> Organization | None:
    """The organization as it was last listed with this profile; `None`: it never was."""
    entry = read_note(settings.locations.organizations_file).get(_key(settings))
    if not isinstance(entry, dict):
        return None
    own, partition, read_at = entry.get("own"), entry.get("partition"), entry.get("at")
    if not isinstance(own, str) or not isinstance(partition, str) or type(read_at) is not int:
        return None
    return Organization(own, partition, checked_accounts(entry.get("accounts")), read_at)


async def read_organization(session: Session, now: int) -> Organization:
    """Ask Organizations for the accounts, and remember them.

    Units that `organization_accounts` names are resolved now: of the accounts, only those that are in one of them,
    or that another pattern names, are kept.

    Raises:
        AwsError: in words; the remedy names who may list them.
    """
    from amitui.ec2.reads.organization import accounts_of_unit, organization_accounts
    from amitui.ec2.session import FALLBACK_REGION

    settings = session.settings
    identity = await session.identify()
    connection = await session.connection()
    region = connection.default_region() or FALLBACK_REGION
    accounts = await organization_accounts(connection, region)
    if settings.organization_accounts:
        units = [one for one in settings.organization_accounts if is_unit(one)]
        patterns = [one for one in settings.organization_accounts if not is_unit(one)]
        inside: set[str] = set()
        for unit in units:
            inside |= await accounts_of_unit(connection, region, unit)
        accounts = tuple(
            one for one in accounts if one.account in inside or (patterns and is_chosen(one, patterns))
        )
    found = Organization(identity.account_id, identity.partition, accounts, now)
    path = settings.locations.organizations_file
    entry: dict[str, Any] = {
        "own": found.own,
        "partition": found.partition,
        "at": now,
        "accounts": [list(one) for one in accounts],
    }
    write_note(path, {**read_note(path), _key(settings): entry})
    return found


def with_organization(settings: Settings, organization: Organization, source: str) -> Settings:
    """The settings with the accounts of an organization as members, and with their names.

    The own one is the first, unless others were chosen and it was not.

    Args:
        source: the own profile as the journal has to name it; empty: it needs no name.

    Raises:
        UsageError: none of its accounts is chosen.
    """
    role, own = settings.organization, organization.own
    if not organization.active:
        raise UsageError(
            "no account of the organization is chosen",
            why=f"those that are asked for: {', '.join(settings.organization_accounts) or 'all'}",
            remedy="--account takes IDs, names and patterns such as '*-prod', or IDs of organizational units",
        )
    others = [one for one in organization.active if one.account != own]
    profiles = [role_profile(one.account, role, source=source, partition=organization.partition) for one in others]
    is_own_chosen = len(others) < len(organization.active)
    first = ((settings.profile or ""),) if is_own_chosen else ()
    members = tuple(dict.fromkeys((*(settings.members or first), *(one.name for one in profiles))))
    names = tuple((one.account, one.name) for one in organization.accounts)
    return settings._replace(
        profile=members[0] or None,
        members=members if len(members) > 1 else (),
        accounts=(*names, *settings.accounts),
        organized_from=settings,
    )


def _key(settings: Settings) -> str:
    """Whose organization it is, and what is chosen of it."""
    from amitui.ec2.profiles import identity_fingerprint

    asked = "demo" if settings.demo else identity_fingerprint(settings.profile, settings.endpoint_url)
    return " ".join((asked, *sorted(settings.organization_accounts)))
