"""The connections to AWS, one a profile, each opened when it is first needed.

The screen works with one profile at a time; operations that were begun with another are watched with that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.errors import CredentialsError
from amitui.identity.caller import Caller, check_characters, find_caller
from amitui.identity.endpoints import canonical
from amitui.identity.source import Source
from amitui.services.mfa_codes import MfaCodes
from amitui.services.together import SharedMarks, Together
from amitui.settings import ProfileSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from amitui.ec2.call_timer import CallTimer
    from amitui.ec2.session import CallerIdentity, Ec2Connection
    from amitui.settings import Settings


class Connections:
    """Ec2Connections by profile; use it on one event loop and `close` it.

    A profile is a name of the AWS config; `None` and empty stand for what environment and default profile give.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[str, Ec2Connection] = {}
        self._callers: dict[str | None, Caller] = {}
        self._marked: dict[str | None, dict[str, ProfileSettings]] = {}
        self._timer: CallTimer | None = None
        self.codes = MfaCodes()
        """Who is asked for MFA codes."""
        self.together: Callable[[], Iterable[Together]] = tuple
        """The profiles that are used together now; empty: there is one alone."""

    def time_calls(self) -> CallTimer:
        """Measure the calls for images of all connections that are opened from now on."""
        from amitui.ec2.call_timer import CallTimer

        if self._timer is None:
            self._timer = CallTimer()
        return self._timer

    def use_settings(self, settings: Settings) -> None:
        """Use other settings from now on; what is open stays as it was opened."""
        self._settings = settings
        self._marked.clear()

    # The identity of a profile

    def caller(self, profile: str | None) -> Caller:
        """Who acts and where with a profile; stays the same until its connection is opened anew."""
        found = self._callers.get(profile or None)
        return found if found is not None else self._resolve(profile)

    def _resolve(self, profile: str | None) -> Caller:
        if self._settings.demo:
            url = self._settings.endpoint_url
            found = Caller(profile or "", "", profile or "", None, url, url, Source())
        else:
            found = find_caller(profile or None, endpoint_url=self._settings.endpoint_url)
        self._callers[profile or None] = found
        self._marked.pop(profile or None, None)
        return found

    def named(self, profile: str | None) -> str:
        """The profile as the journal and commands have to name it; empty = it is the default one."""
        return self.caller(profile).name

    def account(self, profile: str | None) -> str | None:
        """The account that STS has named over the open connection of a profile."""
        found = self._open.get(self.named(profile))
        return None if found is None else found.account

    def identity(self, profile: str | None) -> CallerIdentity | None:
        """Who STS has said that a profile is, over its open connection."""
        found = self._open.get(self.named(profile))
        return None if found is None else found.identity

    def obstacle(self, profile: str) -> str:
        """Why a profile cannot be used in this start, in a few words; empty when it can."""
        try:
            self.check(profile)
        except CredentialsError as error:
            return error.what
        return ""

    def check(self, profile: str | None) -> None:
        """Make sure that a profile exists and uses the endpoint whose catalogue and journal this start has.

        Raises:
            CredentialsError: it does not.
        """
        # A connected profile keeps the identity that it had when its connection was opened.
        caller = self.caller(profile) if self.named(profile) in self._open else self._resolve(profile)
        if caller.problem is not None:
            raise caller.problem
        settings = self._settings
        if settings.demo or settings.endpoint_url:
            return
        theirs = None if caller.endpoint_url is None else canonical(caller.endpoint_url)
        ours = settings.locations.endpoint_url
        if theirs != ours:
            from amitui.domain.shell import quoted
            from amitui.domain.visible import show_invisible

            raise CredentialsError(
                f"{caller.words} uses another endpoint: {theirs or 'AWS'}",
                why=f"this session uses {ours or 'AWS'}; data of different endpoints is kept apart",
                remedy=f"exit, and start amitui --profile {quoted(show_invisible(caller.profile))}",
                code="OtherEndpoint",
            )

    # Safety marks

    def marks(
        self, profile: str | None, account: str | None = None, shared: SharedMarks | None = None
    ) -> ProfileSettings:
        """The safety marks that hold for a profile: `own_marks`, and those of others that are used with it and are
        the same account.

        Args:
            account: one that it is known or said to be; its marks hold in any case.
            shared: what `shared_marks` gives, if it is at hand.
        """
        shared = shared or self.shared_marks()
        marks = self.own_marks(profile, account)
        for one in (self.account(profile) or self.caller(profile).account, account):
            marks = marks.stricter(shared.of(one))
        return marks

    def shared_marks(self) -> SharedMarks:
        """The marks of the profiles that are used together now."""
        if not self._settings.profiles:
            return SharedMarks((), self._by_name)
        found = []
        for one in self.together():
            account = self.account(one.profile)
            is_settled = one.is_settled or account is not None
            account = account or one.account or self.caller(one.profile).account
            found.append(Together(self.named(one.profile), account, is_settled))
        return SharedMarks(found, self._by_name)

    def _by_name(self, profile: str | None) -> ProfileSettings:
        return self._settings.of_profile(self.caller(profile).profile)

    def own_marks(self, profile: str | None, account: str | None = None) -> ProfileSettings:
        """The safety marks of a profile by itself: those of its name, of its account, and of this start.

        The account is the one that STS has named; until then, what the config and `account` let expect. Keys that
        are no profile's own (of the environment, of the machine) have also the marks of profiles of that account.

        Args:
            account: one that it is known or said to be; its marks hold in any case.
        """
        marks = self._by_name(profile)
        by_account = self._by_account(profile)
        for one in (self.account(profile) or self.caller(profile).account, account):
            marks = marks.stricter(by_account.get(one or "", ProfileSettings()))
        return marks.stricter(ProfileSettings(read_only=self._settings.read_only))

    def unsettled(self, profile: str | None, shared: SharedMarks | None = None) -> ProfileSettings:
        """The marks that may apply besides `marks` until STS has named the account; none after that.

        Those of others that are used with it and may be the same account count until STS has named theirs, too.
        """
        is_known = self.account(profile) is not None
        found = (shared or self.shared_marks()).unsettled(self.named(profile), is_known=is_known)
        if not is_known:
            for marks in self._by_account(profile).values():
                found = found.stricter(marks)
        return found

    def may_be_read_only(self, profiles: Iterable[str | None]) -> bool:
        """Whether any of these may be read-only until STS has named the accounts."""
        shared = self.shared_marks()
        return any(self.unsettled(profile, shared).read_only for profile in profiles)

    async def settle(self, profile: str | None) -> None:
        """Read the account of a profile from STS, and of others whose marks may hold for it, if need be.

        Raises:
            AwsError: nobody can say.
        """
        if any(self.unsettled(profile)):
            for one in dict.fromkeys((self.named(profile), *self.shared_marks().to_settle)):
                if self.account(one) is None:
                    await (await self.of(one)).caller_identity()

    def _by_account(self, profile: str | None) -> dict[str, ProfileSettings]:
        """The marks by account id that may concern a profile."""
        if not self._settings.profiles:
            return {}
        key = profile or None
        if key not in self._marked:
            found = self._settings.of_accounts()
            caller = self.caller(profile)
            if not caller.source.profile and not self._settings.demo:
                for name, account in _accounts_of_profiles().items():
                    marks = found.get(account, ProfileSettings()).stricter(self._settings.of_profile(name))
                    if any(marks):
                        found[account] = marks
            self._marked[key] = found
        return self._marked[key]

    # Connections

    async def of(self, profile: str | None, *, renewed: bool = False) -> Ec2Connection:
        """The connection of a profile.

        Args:
            renewed: a new one, if AWS has refused the credentials of the open one: they may be better now.

        Raises:
            CredentialsError: this start is offline, the profile does not exist, it uses another endpoint, or its
                keys cannot be right.
        """
        if self._settings.offline:
            raise CredentialsError(
                "amitui was started offline", why="--offline never contacts AWS", remedy="start without --offline"
            )
        found = self._open.get(self.named(profile))
        if found is not None and renewed and found.refused:
            await self.drop(profile)
            found = self._open.get(self.named(profile))
        # Nothing is awaited between the check and the entry, so no two are opened for one profile.
        return found if found is not None else self._opened(profile)

    def _opened(self, profile: str | None) -> Ec2Connection:
        from amitui.ec2.others import Others
        from amitui.ec2.session import AwsTarget, Ec2Connection

        settings = self._settings
        self.check(profile)
        caller = self.caller(profile)
        if not settings.demo:
            check_characters(caller)
        forbidden = (account for account, marks in self._by_account(profile).items() if marks.read_only)
        target = AwsTarget(
            caller.name or None,
            settings.endpoint_url,
            settings.demo,
            read_only=self.own_marks(profile).read_only,
            read_only_accounts=frozenset(forbidden),
            ec2_endpoint_url=caller.endpoint_url,
            is_resolved=not settings.demo,
        )
        several = bool(settings.members)
        others = Others(lambda: self.shared_marks().read_only_accounts, lambda: several or any(self.together()))
        return self._open.setdefault(
            caller.name, Ec2Connection(target, timer=self._timer, shelf=lambda: self.codes.shelf, others=others)
        )

    async def drop(self, profile: str | None) -> None:
        """Close the connection of a profile; the next use opens another."""
        found = self._open.pop(self.named(profile), None)
        if found is not None:
            await found.close()

    async def close(self) -> None:
        """Close all."""
        while self._open:
            _, connection = self._open.popitem()
            await connection.close()


def _accounts_of_profiles() -> dict[str, str]:
    """The accounts that the AWS config names, by profile."""
    import os

    from amitui.identity.files import read_files

    try:
        names = list(read_files(os.environ).profiles)
    except CredentialsError:
        return {}
    found = {name: find_caller(name).account for name in names}
    return {name: account for name, account in found.items() if account is not None}
