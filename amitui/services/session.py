"""The session: the profile in use, its account, its connection and its Regions.

The account decides whose private images may be shown. It is remembered between starts, so that the first rows need
not wait for STS; `account_confirmed` says whether AWS has named it in this start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.defects import only_amitui_errors
from amitui.domain.region import checked_region
from amitui.errors import AmituiError, CredentialsError, RegionError
from amitui.identity.characters import stray
from amitui.services.connections import Connections
from amitui.services.remembered import read_note, write_note

if TYPE_CHECKING:
    from amitui.ec2.session import CallerIdentity, Ec2Connection, RegionInfo
    from amitui.settings import ProfileSettings, Settings


@only_amitui_errors()
class Session:
    """The profile in use, its account, and its connection."""

    def __init__(self, settings: Settings, connections: Connections | None = None) -> None:
        """Args:
        connections: those of another session, which closes them; `None`: its own.
        """
        self.settings = settings
        self.connections = connections or Connections(settings)
        self.profile = settings.profile
        self.account: str | None = None
        """Whose private images may be shown; `None` while it is unknown."""
        self.account_confirmed = False
        """True once STS has named the account in this start; false while it is remembered from an earlier one."""
        self.identity: CallerIdentity | None = None
        self._is_suspect = False
        """Whether AWS has refused the credentials of the open connection."""

    def use_settings(self, settings: Settings) -> None:
        """Use settings from now on that differ in members and in what accounts are called; marks go by these."""
        self.settings = settings
        self.connections.use_settings(settings)

    def recall_account(self) -> str | None:
        """Set `account` to the one that this profile had last, without a call to AWS."""
        from amitui.ec2.profiles import account_hint, identity_fingerprint

        if self.settings.demo:
            from amitui.demo.launcher import DEMO_ACCOUNT

            self.account = DEMO_ACCOUNT
            return self.account
        known = read_note(self.settings.locations.identities_file)
        found = known.get(identity_fingerprint(self.profile, self.settings.endpoint_url)) if known else None
        self.account = found if isinstance(found, str) else account_hint(self.profile)
        self.account_confirmed = False
        return self.account

    async def identify(self) -> CallerIdentity:
        """Read the caller identity from STS, remember it, and set `account`.

        Raises:
            AwsError: no credentials, expired ones, no network, …
        """
        if self._is_suspect:
            # botocore keeps the credentials that it has read; only a new connection sees a login made meanwhile.
            await self._disconnect()
        profile = self.profile
        try:
            identity = await (await self.connection()).caller_identity()
        except CredentialsError:
            self._is_suspect = self._is_suspect or profile == self.profile
            raise
        if profile != self.profile:
            return identity  # of the profile before, too late
        self.identity, self.account, self.account_confirmed = identity, identity.account_id, True
        if not self.settings.demo:
            from amitui.ec2.profiles import identity_fingerprint

            path = self.settings.locations.identities_file
            known = read_note(path)
            fingerprint = identity_fingerprint(self.profile, self.settings.endpoint_url)
            if known.get(fingerprint) != identity.account_id:
                write_note(path, {**known, fingerprint: identity.account_id})
        return identity

    def credentials_refused(self) -> None:
        """Note that AWS has refused credentials that were valid before: the identity has to be read again."""
        self._is_suspect, self.account_confirmed = True, False

    async def switch_profile(self, profile: str | None) -> None:
        """Switch to another profile: the connection of the old one is closed, its private images leave the view.

        Raises:
            CredentialsError: there is no such profile, or it uses another endpoint than this start.
        """
        self.connections.check(profile)
        await self._disconnect()
        self.profile = profile
        self.identity = None
        self.recall_account()

    async def connection(self) -> Ec2Connection:
        """The connection of the profile in use, opened on first use.

        Raises:
            CredentialsError: this start is offline.
        """
        return await self.connections.of(self.profile)

    @property
    def marks(self) -> ProfileSettings:
        """Whether the profile in use is production, and whether it is read-only."""
        return self.connections.marks(self.profile, self.account)

    @property
    def named_profile(self) -> str:
        """The profile in use as the journal and commands have to name it; empty = no name is needed."""
        return self.connections.named(self.profile)

    async def _disconnect(self) -> None:
        self._is_suspect = False
        await self.connections.drop(self.profile)

    async def close(self) -> None:
        """Close the connections."""
        await self.connections.close()

    # Regions

    def starting_regions(self) -> tuple[str, ...]:
        """The Regions to show when neither an option nor the last screen named any; may be empty."""
        if self.settings.regions:
            return tuple(checked_region(name) for name in self.settings.regions)
        if self.settings.demo:
            return ("us-east-1",)
        caller = self.connections.caller(self.profile)
        if caller.problem is not None:
            raise caller.problem
        if caller.region and (wrong := stray(caller.region)):
            raise RegionError(
                f"the configured Region {wrong}",
                why=f"it is {caller.region!r}",
                remedy="correct AWS_DEFAULT_REGION, AWS_REGION or the region of the profile",
                code="InvalidRegionError",
            )
        return (checked_region(caller.region),) if caller.region else ()

    def known_regions(self) -> list[RegionInfo]:
        """The account's Regions as they were last listed; may be empty."""
        from amitui.ec2.reads.regions import RegionInfo

        listed = read_note(self.settings.locations.regions_file).get(self.account or "", [])
        return [RegionInfo(name, status) for name, status in listed] if isinstance(listed, list) else []

    async def list_regions(self) -> list[RegionInfo]:
        """Read the account's Regions from EC2, disabled ones included, and remember them."""
        account = self.account  # another profile may be chosen before the answer comes
        regions = await (await self.connection()).regions()
        path = self.settings.locations.regions_file
        listed = [[region.name, region.opt_in_status] for region in regions]
        write_note(path, {**read_note(path), account or "": listed})
        return regions

    async def is_disabled(self, region: str) -> bool:
        """Whether the account is known not to have enabled a Region."""
        try:
            listed = self.known_regions() or await self.list_regions()
        except AmituiError:
            return False  # the error that led to this call is shown, not this one
        return any(known.name == region and not known.enabled for known in listed)

    def not_enabled(self, region: str) -> RegionError:
        """The error for a Region that the account has not enabled."""
        return not_enabled(region, self.account, self.named_profile)


def not_enabled(region: str, account: str | None, profile: str) -> RegionError:
    """The words for a region that is switched off in the account.

    Args:
        profile: as commands have to name it; empty = they need not.
    """
    from amitui.domain.shell import quoted
    from amitui.identity.roles import aws_profile

    named = aws_profile(profile)
    return RegionError(
        f"{region} is not enabled for {f'account {account}' if account else 'this account'}",
        why="the account must opt in to this Region",
        remedy=f"{named.before}aws account enable-region{named.option} --region-name {quoted(region)}, "
        "or choose another Region",
        code="AuthFailure",
    )


def no_region() -> RegionError:
    """The words for a start that names no region anywhere."""
    return RegionError(
        "no Region is set",
        why="set by none of --region, AWS_DEFAULT_REGION, the profile, AWS_REGION or an earlier session",
        remedy="add an option such as --region eu-central-1, or set AWS_DEFAULT_REGION",
        code="NoRegionError",
    )
