"""What a start of amitui can be told, as values; `configuration/` reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from amitui.domain.commands.command import UserCommand
    from amitui.domain.launch.presets import Preset
    from amitui.domain.retention.rule import RetentionRule
    from amitui.errors import CredentialsError
    from amitui.paths import Locations

GLYPHS = ("auto", "unicode", "ascii")


class ProfileSettings(NamedTuple):
    """The safety marks of a profile of the AWS config, or of an account."""

    production: bool = False
    """Shown in a colour of its own; every change there is confirmed by typing."""
    read_only: bool = False

    def stricter(self, other: ProfileSettings) -> ProfileSettings:
        """Both together: a mark tightens, and none loosens another."""
        return ProfileSettings(self.production or other.production, self.read_only or other.read_only)


class Settings(NamedTuple):
    """Everything a start of amitui can be told."""

    locations: Locations
    query: str = ""
    regions: tuple[str, ...] = ()
    """Empty: the last screen's, else the profile's, else `us-east-1` in the demo."""
    profile: str | None = None
    """The profile in use, the first of `members`; `None` = what environment and default profile give."""
    members: tuple[str, ...] = ()
    """The profiles that are used together, patterns replaced by what they match; empty = `profile` alone."""
    organization: str = ""
    """The role through which the organization's accounts are used, beside the own one; empty: they are not."""
    organization_accounts: tuple[str, ...] = ()
    """Ids, names or patterns of them, and ids of units: which of its accounts; empty: all."""
    scopes: tuple[str, ...] = ()
    """Scope names or account ids; empty: the last screen's, else Mine."""
    read_only: bool = False
    demo: bool = False
    offline: bool = False
    endpoint_url: str | None = None
    catalogue: str = ""
    """Address of a published catalogue, from which is pulled what would be fetched from EC2; empty: none."""
    theme: str = ""
    """A theme's name; empty: the last screen's, else amitui's own."""
    mouse: bool = True
    glyphs: str = "auto"
    """`unicode`, `ascii`, or `auto` by the locale's character set."""
    ttl_hours: float = 24.0
    """Age at which this month's public images are fetched again; older ones are at 3 to 21 times that."""
    ttl_own_minutes: float = 10.0
    """The same for Mine and Shared with me."""
    gone_days: float = 7.0
    """How long images are remembered that EC2 no longer shows; 0: not at all."""
    cache_limit_mb: float = 2048.0
    """Megabytes (10^6 bytes) of an endpoint's cache; Regions used the longest ago make room. 0: no limit."""
    page_size: int = 1000
    """MaxResults of one DescribeImages call."""
    calls_per_second: float = 18.0
    """How often a fetch may ask for images in a Region; EC2 allows an account 20 unless it was given more."""
    page_workers: int = 2
    """Processes at most that read the pages of large fetches; 0: none. One core at least is left to the rest."""
    launch_confirm_count: int = 10
    """A launch of more instances is confirmed by typing their number."""
    launch_confirm_price: float = 10.0
    """So is one that costs more an hour on demand, in the currency of the price list."""
    keys: tuple[tuple[str, str], ...] = ()
    """Remapped keys as (binding id, keys) pairs; keys are comma-separated."""
    profiles: tuple[tuple[str, ProfileSettings], ...] = ()
    """By the name of a profile or an account, in which `*` and `?` stand for any letters, or by an account's 12
    digits."""
    presets: tuple[tuple[str, Preset], ...] = ()
    """Launches by the name that the config gives them, in its order."""
    clean: tuple[RetentionRule, ...] = ()
    """Retention rules, in the config's order."""
    commands: tuple[UserCommand, ...] = ()
    """Commands of the user's own, in the config's order."""
    accounts: tuple[tuple[str, str], ...] = ()
    """The address book: what accounts, and ARNs of organizations and their units, are called. A later entry of an
    account counts: what the config says comes after what its organization calls it."""
    organized_from: Settings | None = None
    """These settings as they were before the organization's accounts became members; `None`: they have not."""
    problem: CredentialsError | None = None
    """Why AWS cannot be asked as these settings say, and so why it is not known whose catalogue they mean."""

    def of_profile(self, profile: str | None) -> ProfileSettings:
        """The marks of a profile: whatever any matching entry says, in letters of any case.

        Args:
            profile: `None` = `default`.
        """
        marks = ProfileSettings()
        if self.profiles:
            from fnmatch import fnmatchcase  # not needed by commands that change nothing

            name = (profile or "default").casefold()
            for pattern, entry in self.profiles:
                # Brackets are letters of a name here, and no set of letters.
                if fnmatchcase(name, pattern.casefold().replace("[", "[[]")):
                    marks = marks.stricter(entry)
        return marks

    def of_accounts(self) -> dict[str, ProfileSettings]:
        """The marks that name accounts, by their ids or by what the address book calls them, by account id."""
        from amitui.domain.accounts import account_of  # not needed where nothing is marked

        found: dict[str, ProfileSettings] = {}
        for account, name in self.accounts:
            if any(marks := self.of_profile(name)):
                found[account] = marks.stricter(found.get(account, ProfileSettings()))
        for pattern, entry in self.profiles:
            if account := account_of(pattern):
                found[account] = entry.stricter(found.get(account, ProfileSettings()))
        return found
