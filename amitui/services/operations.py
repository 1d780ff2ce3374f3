"""The screen's way to what changes AWS: DryRun checks, submission, and what IAM denied.

The journal is opened after the first paint, and never by a command that only reads.
"""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from amitui.defects import defect_of, only_amitui_errors
from amitui.domain.operations.operation import State
from amitui.errors import UsageError
from amitui.services.denials import Denials
from amitui.services.may_change import may_change, read_only_here

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from amitui.domain.operations.kinds import Kind
    from amitui.domain.operations.may_change import MayChange
    from amitui.domain.operations.operation import Operation
    from amitui.domain.operations.plan import Plan
    from amitui.ec2.session import Ec2Connection
    from amitui.ec2.writes.execute import Permission
    from amitui.errors import AmituiError
    from amitui.operations.engine import OperationEngine
    from amitui.operations.poller import Poller
    from amitui.operations.row_refresher import Rows
    from amitui.services.composition import Services
    from amitui.services.members import Member
    from amitui.services.session import Session

REFRESH_EVERY_S: Final = 2.0
"""How often the journal is checked for what another amitui wrote to it, or left behind."""


@only_amitui_errors()
class OperationsService:
    """The operations of the profile in use, and of those that began some earlier.

    Args:
        changed: called with an operation that has changed, how many have not ended, and how many are on hold.
        refreshed: called with the Region after rows that an operation changed were refreshed.
        failed: called with what went wrong in the background, and what was being done.
        now: seconds since the epoch.
        sleep: lets so many seconds of that clock pass.
    """

    def __init__(
        self,
        services: Services,
        *,
        refreshed: Callable[[str], None],
        changed: Callable[[Operation, int, int], None],
        failed: Callable[[AmituiError, str], None],
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.now = now
        """Seconds since the epoch."""
        self._sleep = sleep
        self._services = services
        self._refreshed, self._changed = refreshed, changed
        self._failed = failed
        self._engine: OperationEngine | None = None
        self._following: asyncio.Task[None] | None = None
        self._open: dict[str, bool] = {}
        """By id of those that have not ended: whether it waits for its user."""
        self.denials = Denials(services.session)

    @property
    def engine(self) -> OperationEngine:
        """The operations; creating it reads nothing, `open` does."""
        if self._engine is None:
            from amitui.operations.engine import OperationEngine

            services = self._services
            self._engine = OperationEngine(
                services.settings.locations.journal_file,
                self._connect,
                now=self.now,
                sleep=self._sleep,
                refresh_rows=self._refresh_rows,
                account_of=self._account_of,
                forbidden=partial(read_only_here, services.members, services.session),
            )
            self._engine.subscribe(self._operation_changed)
        return self._engine

    async def follow_journal(self) -> None:
        """Open the journal if there is one, and refresh from it as long as this service is open.

        Another amitui may write to it, begin one, or die meanwhile; its operations are then adopted.

        Raises:
            CacheError: the journal cannot be read now.
        """
        if self._following is None:
            self._following = asyncio.get_running_loop().create_task(
                self._refresh_now_and_then(), name="operations of others"
            )
        if self.has_journal:
            await self.open()

    async def _refresh_now_and_then(self) -> None:
        last_error = ""
        while True:
            await self._sleep(REFRESH_EVERY_S)
            try:
                if self.has_journal:
                    await self.open()
                last_error = ""
            except Exception as raised:  # noqa: BLE001 - one failure must not end the refreshing
                error = defect_of(raised)
                if error.what != last_error:  # once is enough, however long it lasts
                    self._failed(error, "checking for operations of other amitui processes")
                last_error = error.what

    async def open(self) -> None:
        """Open the journal, and adopt the operations of an amitui that has died.

        Raises:
            CacheError: the journal cannot be read.
        """
        services = self._services
        # Until STS has named the account in use, it may be one that is read-only.
        connections = services.session.connections
        profiles = [one.profile for one in services.members.all if one.problem is None]  # others send nothing
        if services.settings.offline or connections.may_be_read_only(profiles):
            await self.engine.refresh()
        else:
            await self.engine.adopt()

    @property
    def has_journal(self) -> bool:
        """Whether anything was ever submitted, here or by another amitui."""
        return os.path.exists(self._services.settings.locations.journal_file)

    def about(self, image_id: str) -> list[Operation]:
        """The operations that are about an image, newest first, as far as the journal has been read."""
        from amitui.domain.timeline.timeline import about

        return [] if self._engine is None else about(self._engine.operations(), image_id)

    @property
    def poller(self) -> Poller:
        """The poller of the operations, begun: panes and rows have subjects observed by it too."""
        self.engine.poller.start()
        return self.engine.poller

    def _operation_changed(self, operation: Operation) -> None:
        # Counted as they come: hundreds may change at the same time.
        if operation.state.ended:
            self._open.pop(operation.id, None)
        else:
            self._open[operation.id] = operation.state is State.ON_HOLD
        self._changed(operation, len(self._open), sum(self._open.values()))

    async def close(self) -> None:
        """Stop following; what is under way continues in EC2 and is adopted on the next start."""
        if self._following is not None:
            following, self._following = self._following, None
            following.cancel()
            await asyncio.wait((following,))
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await engine.close()

    def may_change(
        self, kind: Kind | None = None, operation: Operation | None = None, member: Member | None = None
    ) -> MayChange:
        """Whether something may be changed, and why not.

        Args:
            kind: of a new operation; `None` = any.
            operation: the one that is continued, undone or repeated; `None` = something new.
            member: whose credentials are used for something new; `None` = the session's own.
        """
        session = self._session_of(member)
        denial = self.denials.of(kind, session) if kind is not None else ""
        return may_change(session, operation, denial, self._services.members)

    def _session_of(self, member: Member | None) -> Session:
        services = self._services
        return services.session if member is None else services.members.session_of(member)

    async def submit_as(self, earlier: Operation, plans: Sequence[Plan]) -> list[Operation]:
        """Journal the plans and begin with them, with the profile and account of an earlier operation.

        Raises:
            ReadOnlyError: nothing may be changed.
            UsageError: the profile is another account now.
            CacheError: the journal cannot be written; nothing was sent.
        """
        account = await self._require_account(earlier.profile, earlier.account)
        await self.open()
        return await self.engine.submit(plans, account=account, profile=earlier.profile)

    async def submit(self, plans: Sequence[Plan], member: Member | None = None) -> list[Operation]:
        """Journal the plans and begin with them.

        Args:
            member: with whose credentials, and under whose account; `None` = the session's own.

        Raises:
            ReadOnlyError: nothing may be changed.
            UsageError: the member's profile is another account now.
            CacheError: the journal cannot be written; nothing was sent.
        """
        session = self._session_of(member)
        if self.may_change(member=member):
            # The account may carry a mark; only STS says which one it is.
            await session.connections.settle(session.profile)
        self.may_change(member=member).require()
        if member is not None and self._services.members.several:
            await self._require_account(session.named_profile, member.account or "")
        await self.open()
        return await self.engine.submit(plans, account=session.account or "", profile=session.named_profile)

    async def _require_account(self, profile: str, wanted: str) -> str:
        """Make sure that a profile is still the account for which something was meant; gives the account."""
        account = await self._account_of(profile)
        if wanted and account != wanted:
            raise UsageError(
                f"{self._services.session.connections.caller(profile or None).words} is now account {account}",
                why=f"account {wanted} requested it",
                remedy="sign in with that account",
            )
        return account

    async def check(
        self, plans: Sequence[Plan], earlier: Operation | None = None, member: Member | None = None
    ) -> list[Permission]:
        """Check by DryRun whether EC2 would allow each call of the plans, in their order.

        Args:
            earlier: whose profile is used; `None` = that of the member.
            member: whose credentials are used for something new; `None` = the session's own.
        """
        from amitui.ec2.writes.execute import dry_run

        session = self._session_of(member)
        if earlier is not None and earlier.profile != session.named_profile:
            other = await self._connect(earlier.profile)
            return [await dry_run(other, call) for plan in plans for call in plan.calls]
        connection = await session.connection()
        found = []
        for plan in plans:
            answers = [await dry_run(connection, call) for call in plan.calls]
            self.denials.note(plan.kind, answers, session)
            found += answers
        return found

    def read_so_far(self) -> list[Operation]:
        """All operations, newest first, as far as the journal has been read."""
        return [] if self._engine is None else list(self._engine.operations())

    # What the operations need

    async def _connect(self, profile: str) -> Ec2Connection:
        return await self._services.session.connections.of(profile or None, renewed=True)

    async def _account_of(self, profile: str) -> str:
        """The account that AWS says a profile is."""
        services = self._services
        if (
            services.session.account
            and services.session.account_confirmed
            and profile == services.session.named_profile
        ):
            return services.session.account
        return (await (await self._connect(profile)).caller_identity()).account_id

    async def _refresh_rows(self, rows: Rows, image_ids: Sequence[str]) -> None:
        """Bring segment, index and table in line with what EC2 says now of these images."""
        from amitui.ec2.reads.images import describe_image_ids

        try:
            found = await describe_image_ids(await self._connect(rows.profile), rows.region, image_ids)
            # EC2 describes a deregistered image for a while, and nothing would refresh its row again.
            there = [record for record in found if record.get("State") != "deregistered"]
            records = {str(record["ImageId"]): record for record in there if record.get("ImageId")}
            await self._services.catalogue.writer().refresh_rows(rows.region, rows.account, image_ids, records)
        except Exception as error:  # noqa: BLE001 - the rows are as they were, and the operation goes on
            self._failed(defect_of(error), "refreshing what an operation changed")
        else:
            self._refreshed(rows.region)
