"""The members of a session: the profiles that are used together, each with its account and what is wrong with it.

One profile is a session of one member. The first member is the session's own: what concerns no image (which
Regions there are) is asked with its credentials; public images with those of the first member that may read them.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from amitui.defects import only_amitui_errors
from amitui.errors import AmituiError
from amitui.presentation.account_names import AccountNames
from amitui.services.known import Known, member_name, recall
from amitui.services.together import together_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from amitui.domain.catalogue.shard import Shard
    from amitui.ec2.session import Ec2Connection
    from amitui.services.identifying import Patience
    from amitui.services.session import Session
    from amitui.settings import ProfileSettings, Settings


class Member(NamedTuple):
    """One profile among those that are used together."""

    profile: str | None
    """As it was chosen; `None` = what environment and default profile give."""
    account: str | None
    """As STS has named it, or as it was remembered or is expected until then; `None` while nobody knows."""
    name: str
    """For people: the account's name in the address book, else the profile, else the account's id; of several
    accounts that are called alike with the id behind it."""
    problem: AmituiError | None = None
    """Why nothing can be read with it; `None` = nothing is known against it."""
    duplicate_of: str = ""
    """The profile of an earlier member that is the same account, which is used instead; empty = none is."""

    @property
    def is_used(self) -> bool:
        """Whether its credentials are used: nothing is wrong, and no earlier member is the same account."""
        return self.problem is None and not self.duplicate_of


class SeenImage(Protocol):
    """What decides which member acts on an image: an `ImageRow`, `ImageFacts` and others have it."""

    @property
    def owner_id(self) -> str: ...

    @property
    def seen_by(self) -> str: ...


@only_amitui_errors()
class Members:
    """The profiles that are used together; `Session` is the first one's.

    With one profile, `accounts` is that account alone, and nothing is read that `Session` does not read.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.others = [Known(profile) for profile in session.settings.members[1:]]
        """What is known of all but the first."""
        self._first_problem: AmituiError | None = None
        session.connections.together = lambda: together_of(session, self._first_problem, self.others)
        self.were_chosen = False
        """Whether the user has chosen the profiles in this start."""

    @property
    def several(self) -> bool:
        """Whether there is more than one member."""
        return bool(self.others)

    @property
    def all(self) -> tuple[Member, ...]:
        """Every member, in the order in which they were chosen."""
        session, found = self._session, list[Member]()
        taken: dict[str, str] = {}
        own = Known(session.profile or "", session.account, self._first_problem)
        for at, one in enumerate([own, *self.others]):
            profile = session.profile if at == 0 else one.profile
            twin = taken.get(one.account or "") if one.account and one.problem is None else None
            if one.account and one.problem is None:
                taken.setdefault(one.account, session.connections.caller(profile).profile)
            found.append(
                Member(
                    profile,
                    one.account,
                    member_name(session, profile, one.account),
                    one.problem,
                    duplicate_of=twin or "",
                )
            )
        callers = (session.connections.caller(one.profile) for one in found)
        ids = [one.account or caller.account or caller.profile for one, caller in zip(found, callers, strict=True)]
        return _told_apart(found, ids)

    @property
    def used(self) -> tuple[Member, ...]:
        """Those whose credentials are used."""
        return tuple(one for one in self.all if one.is_used)

    @property
    def problems(self) -> tuple[Member, ...]:
        """Those with which nothing can be read, each with its `problem`."""
        return tuple(one for one in self.all if one.problem is not None)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts whose private images are shown, that of the session first, each once; empty while unknown.

        The account of a member that has a problem now stays: what is cached of it is still the viewer's own.
        """
        if not self.several:
            return (self._session.account,) if self._session.account else ()
        return tuple(dict.fromkeys(one.account for one in self.all if one.account))

    @property
    def are_known(self) -> bool:
        """Whether it is known of each member which account it is, or why it cannot be used."""
        if not self.several:
            return self._session.account is not None
        return all(one.account or one.problem is not None for one in self.all)

    @property
    def crawled(self) -> tuple[str, ...]:
        """The accounts whose private images are fetched: those of `used`."""
        return self.accounts if not self.several else tuple(one.account for one in self.used if one.account)

    def readers_of(self, shard: Shard) -> tuple[Member, ...]:
        """The members whose credentials can read a shard, in the order in which they are tried; at least one.

        A private shard is read with the credentials of its own account alone, a public one by whoever can.
        """
        if not self.several:
            return (self.first,)
        if not shard.is_public:
            return (self.of_account(shard.visibility) or self.first,)
        return self.used or (self.first,)

    def of_account(self, account: str | None) -> Member | None:
        """The member that is an account: the one whose credentials are used, else the first; `None`: none is."""
        found = [one for one in self.all if account and one.account == account]
        return next((one for one in found if one.is_used), found[0] if found else None)

    def owner_of(self, image: SeenImage) -> Member:
        """The member with whose credentials something is read of an image, or done to it.

        The owner if it is a member, else the member that sees the image, else the first one.
        """
        if not self.several:
            return self.first
        return self.of_account(image.owner_id) or self.of_account(image.seen_by) or self.first

    def session_of(self, member: Member) -> Session:
        """The session of a member: for what is read or done with its credentials."""
        session = self._session
        if not self.several or session.connections.named(member.profile) == session.named_profile:
            return session
        from amitui.services.member_session import MemberSession

        return MemberSession(session, member)

    def of_profile(self, profile: str) -> Member | None:
        """The member that the journal and commands name so; `None`: none is."""
        connections = self._session.connections
        return next((one for one in self.all if connections.named(one.profile) == profile), None)

    @property
    def first(self) -> Member:
        """The session's own member."""
        return self.all[0]

    def name_of(self, account: str) -> str:
        """What an account is called: in the address book, else the member's profile, else its id."""
        member = self.of_account(account)
        return member.name if member is not None else dict(self._session.settings.accounts).get(account, account)

    def whose(self, shard: Shard) -> str:
        """` of dev` behind a private shard where there are several members; else empty."""
        return f" of {self.name_of(shard.visibility)}" if self.several and not shard.is_public else ""

    @property
    def names(self) -> AccountNames:
        """What accounts are called, for rows and exports; of several profiles of one, as the one that is used."""
        members = dict[str, str]()
        for one in self.all if self.several else ():
            if one.account and (one.is_used or one.account not in members):
                members[one.account] = one.name
        return AccountNames(members, dict(self._session.settings.accounts))

    def marks(self, member: Member) -> ProfileSettings:
        """Whether a member is production, and whether it is read-only: all of one account are, if one is."""
        return self._session.connections.marks(member.profile, member.account)

    async def connection(self, member: Member, *, renewed: bool = False) -> Ec2Connection:
        """The connection of a member.

        Raises:
            AmituiError: it has a problem that only another choice of profiles mends, or this start is offline.
        """
        return await self._session.connections.of(member.profile, renewed=renewed)

    # Who they are

    def recall(self) -> None:
        """Set the accounts to those that the profiles had last, without a call to AWS."""
        self._session.recall_account()
        if self.several:
            recall(self._session, self.others)

    async def identify(
        self,
        identified: Callable[[Member], object] | None = None,
        *,
        only: Collection[str] | None = None,
    ) -> tuple[Member, ...]:
        """Read from STS who the members are, some side by side, and remember it.

        Args:
            identified: called with each of several members as soon as it is known and can be used.
            only: of several members, ask those with these profiles alone; `None` = all.

        Returns:
            All members; what is wrong with one is its `problem`.

        Raises:
            AmituiError: there is one member alone, and it cannot be identified, or none of them can: the first
                one's error.
        """
        session = self._session
        if not self.several:
            await session.identify()
            return self.all
        others = [one for one in self.others if only is None or one.profile in only]
        from amitui.services.identifying import Patience, ask, check_partitions, note, side_by_side

        patience = Patience(session)

        async def one(other: Known | None) -> None:
            problem = await (self._identify_first(patience) if other is None else ask(session, other, patience))
            profile = session.profile if other is None else other.profile
            member = self.of_account(session.account if other is None else other.account)
            # Of two profiles of one account the earlier one is used, once it is known to work.
            if identified and problem is None and member is not None and member.profile == profile:
                identified(member)

        first = [partial(one, None)] if only is None or (session.profile or "") in only else []
        await side_by_side([*first, *(partial(one, other) for other in others)])
        check_partitions(session.identity if self._first_problem is None else None, others)
        if self._first_problem is not None and all(one.problem is not None for one in self.others):
            raise self._first_problem
        note(session.settings, others)
        return self.all

    async def choose(self, profiles: Sequence[str | None]) -> None:
        """Use other profiles from now on, the first of which is the session's.

        The connections of those that are no longer among them are closed; their private images leave the view.

        Raises:
            CredentialsError: the first one does not exist, or uses another endpoint than this start.
        """
        session = self._session
        wanted = list(dict.fromkeys(profiles))
        if not wanted:
            return
        session.connections.check(wanted[0])
        kept = {session.connections.named(profile) for profile in wanted}
        for one in self.all[1:]:
            if session.connections.named(one.profile) not in kept:
                await session.connections.drop(one.profile)
        if wanted[0] != session.profile:
            await session.switch_profile(wanted[0])
        self.others = [Known(profile or "") for profile in wanted[1:]]
        self._first_problem = None
        self.were_chosen = True
        self.recall()

    async def replace(self, settings: Settings, first: str, others: Sequence[Known]) -> None:
        """Use other settings and members; no connection is closed but that of a first member which goes.

        Raises:
            CredentialsError: the new first member cannot be used; nothing has changed.
        """
        if first != (self._session.profile or ""):
            await self._session.switch_profile(first)
            self._first_problem = None
        self._session.use_settings(settings)
        self.others = [*others]

    async def _identify_first(self, patience: Patience) -> AmituiError | None:
        session = self._session
        try:
            await patience.within_limit(session.profile, session.identify)
        except AmituiError as error:
            self._first_problem = error
        else:
            self._first_problem = None
        return self._first_problem


def _told_apart(members: Sequence[Member], ids: Sequence[str]) -> tuple[Member, ...]:
    """The members, with their ids behind the names of those that are called alike: an organization allows that."""
    whose = defaultdict[str, set[str]](set)
    for one, known in zip(members, ids, strict=True):
        whose[one.name].add(known)
    return tuple(
        one if len(whose[one.name]) == 1 else one._replace(name=f"{one.name} {known}")
        for one, known in zip(members, ids, strict=True)
    )
