"""All operations of one endpoint: submits them, runs them, follows them, and adopts them after a crash.

A submitted operation is on the disk before `submit` returns, and continues when the form or the screen is closed:
each has a task of its own that executes its steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from amitui.domain.operations.operation import Event, EventKind, Operation, State, fold, planned
from amitui.domain.operations.plan import Plan
from amitui.ec2.query import Ec2Client
from amitui.errors import AmituiError, ReadOnlyError, UsageError
from amitui.operations.journal import Journal, NotDrivenHere, new_operation_id
from amitui.operations.ledger import Ledger
from amitui.operations.poller import Poller
from amitui.operations.recovery import (
    Course,
    begins_again,
    course_of,
    not_adopted,
    on_hold,
    sent_at,
    unsent_calls,
)
from amitui.operations.row_refresher import RefreshRows, RowRefresher
from amitui.operations.runner import Runner
from amitui.operations.runner_context import CONTINUE_OR_DROP, Resumed, RunnerContext
from amitui.operations.submission import Private, again, check_plan, with_token

CLOSING_S: Final = 3.0
"""How long closing waits for the answers to calls under way; the next start finds out what comes later."""


class OperationEngine:
    """All operations of one endpoint. Await its methods on one event loop, and `close` it.

    Args:
        journal_path: where the journal is; it is opened when it is first needed.
        connect: the client of a profile (empty = the environment's or the default one).
        now: seconds since the epoch.
        refresh_rows: refreshes the rows of images of a region.
        account_of: the account of a profile, from STS. An operation is resumed only with the account it began
            with.
        forbidden: why nothing may be sent here with a profile to an account; empty = it may. Operations that only
            have to be observed are observed all the same.
        sleep: waits so many seconds.
        checkpoint: called at each point where it matters whether the process dies; tests kill it there.
    """

    def __init__(
        self,
        journal_path: str,
        connect: Callable[[str], Awaitable[Ec2Client]],
        *,
        now: Callable[[], float],
        refresh_rows: RefreshRows,
        account_of: Callable[[str], Awaitable[str]] | None = None,
        forbidden: Callable[[str, str], str] = lambda _profile, _account: "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        checkpoint: Callable[[str, Operation], None] = lambda _point, _operation: None,
    ) -> None:
        self.poller = Poller(connect, now=now, sleep=sleep)
        """Observes what is under way; panes may watch through it too."""
        self.row_refresher = RowRefresher(refresh_rows)
        self._ledger = Ledger(journal_path, now)
        self._now = now
        self._account_of = account_of
        self._forbidden = forbidden
        self._checkpoint = checkpoint
        self._running: dict[str, tuple[Runner, asyncio.Task[None]]] = {}
        self._private = Private()
        self._submitting: set[asyncio.Task[list[Operation]]] = set()
        self._orders: dict[tuple[str, str, str], asyncio.Lock] = {}
        self._closed = False
        self._context = RunnerContext(
            connect=connect,
            poller=self.poller,
            record=self._record,
            refresh_rows=self.row_refresher.add,
            check=self._check,
            order=self._order,
            now=now,
            sleep=sleep,
            checkpoint=checkpoint,
            private=self._private.of,
            operations=self._ledger.operations,
        )

    # Reading

    def operations(self) -> list[Operation]:
        """The operations that are known here, newest first; those of other processes as of the last `refresh`."""
        return self._ledger.operations()

    @property
    def is_read(self) -> bool:
        """Whether the journal has been read once."""
        return self._ledger.is_read

    def is_run_here(self, operation_id: str) -> bool:
        """Whether this process executes it, and not another one."""
        return operation_id in self._running

    def events(self, operation_id: str) -> list[Event]:
        """All that happened to an operation, in order; read from the disk."""
        return self._ledger.events(operation_id)

    def subscribe(self, notify: Callable[[Operation], None]) -> Callable[[], None]:
        """Have `notify` called on the event loop with each operation that is new or has changed.

        Returns:
            A function that ends the subscription.
        """
        return self._ledger.subscribe(notify)

    async def refresh(self) -> None:
        """Read what other processes have written to the journal; costs next to nothing when they have not.

        Raises:
            CacheError: the journal cannot be read.
        """
        await self._ledger.refresh(self._running.__contains__)

    # Submitting

    async def submit(self, plans: Sequence[Plan], *, account: str, profile: str) -> list[Operation]:
        """Journal the plans, then begin with them. Cancelling the caller afterwards changes nothing.

        Args:
            plans: one operation each; their results are independent.
            account: the account of the profile's credentials.
            profile: empty = the environment's or the default one.

        Raises:
            ReadOnlyError: nothing may be sent.
            CacheError: the journal could not be written, so nothing is sent.
            UsageError: a value that is withheld in a plan is not known.
            ValueError: a plan holds a call that could not be reconciled.
        """
        self._refuse(profile, account)
        for plan in plans:
            check_plan(plan)
        # The form may be closed before the journal is on the disk.
        task = asyncio.get_running_loop().create_task(self._submit(plans, account, profile), name="submit")
        self._submitting.add(task)
        task.add_done_callback(self._submitting.discard)
        return await asyncio.shield(task)

    async def _submit(self, plans: Sequence[Plan], account: str, profile: str) -> list[Operation]:
        driver = await self._ledger.run(lambda journal: journal.driver)
        now = self._now()
        ids = sorted(new_operation_id(now) for _ in plans)
        events = [
            planned(
                one,
                with_token(plan, one),
                now,
                account=account,
                profile=profile,
                batch=ids[0],
                driver=driver,
            )
            for one, plan in zip(ids, plans, strict=True)
        ]
        await self._ledger.run(lambda journal: journal.append_all(events))
        for one, plan in zip(ids, plans, strict=True):
            self._private.keep(one, plan)
        operations = [fold((event,)) for event in events]
        for operation in operations:
            self._ledger.show(operation)
        for operation in operations:
            self._checkpoint("planned", operation)
            self._start(operation)
        return operations

    async def retry(self, operation_id: str) -> Operation:
        """Submit the same plan again, as a new operation.

        Raises:
            UsageError: it has not failed, or a value in it that is never journalled is no longer known.
        """
        found = self._find(operation_id)
        if found.state not in (State.FAILED, State.DROPPED):
            raise UsageError("only a failed operation can be retried", why=f"it is {found.state}")
        plan = self.plan_again(operation_id)
        (new,) = await self.submit([plan], account=found.account, profile=found.profile)
        return new

    def plan_again(self, operation_id: str) -> Plan:
        """The plan of an operation, with the values that are never journalled if this process still has them."""
        found = self._find(operation_id)
        return again(found, self._private.of(found))

    # After a crash

    async def adopt(self) -> int:
        """Adopt the operations of processes that died, each as `recovery.course_of` decides.

        Costs little when no process has died: call it regularly, as others may die while this one runs.

        Returns:
            How many were adopted.
        """
        await self.refresh()
        adopted = 0
        for operation in reversed(await self._ledger.orphans()):
            barred = self._barred(operation.profile, operation.account)
            course = course_of(operation, self._now(), read_only=bool(barred))
            if course is Course.LEAVE:
                self._ledger.leave_to_others(not_adopted(operation, barred))
            elif await self._adopt_one(operation, Resumed(may_send=course is Course.RESUME)):
                adopted += 1
        return adopted

    async def resume(self, operation_id: str) -> None:
        """Continue an operation that is on hold, as its user wants.

        Raises:
            ReadOnlyError: nothing may be sent.
            UsageError: it is not on hold, or another process drives it.
        """
        found = self._find_on_hold(operation_id)
        if unsent_calls(found) or begins_again(found):
            self._refuse(found.profile, found.account)
        if not await self._adopt_one(found, Resumed(insist=True)):
            await self.refresh()
            raise UsageError(
                "another amitui is running this operation", remedy="continue it there, or close that process"
            )

    async def drop(self, operation_id: str) -> None:
        """Execute no further step of it; what has happened stays as it is.

        Raises:
            UsageError: it has ended, another process drives it, or it is going to send another call.
        """
        found = self._find(operation_id)
        running = self._running.get(operation_id)
        if found.state.ended or (found.state is not State.ON_HOLD and unsent_calls(found)):
            raise UsageError(
                "only an operation that is on hold or only being watched can be given up",
                why=f"it is {found.state}",
            )
        if running is not None:
            running[1].cancel()
            await asyncio.wait((running[1],))
        elif await self._become_driver(found) is None:
            raise UsageError(
                "another amitui is running this operation", remedy="give it up there, or close that process"
            )
        await self._record(Event(operation_id, self._now(), EventKind.DROPPED, {}))

    async def _adopt_one(self, operation: Operation, how: Resumed) -> bool:
        """Become its driver and continue it; false when another process was faster."""
        events = await self._ledger.run(lambda journal: journal.events(operation.id))
        owned = await self._become_driver(operation)
        if owned is None:
            return False
        self._checkpoint("adopted", owned)
        self._start(owned, how._replace(sent_at=sent_at(events, operation)))
        return True

    async def _become_driver(self, operation: Operation) -> Operation | None:
        """Become its driver; `None` when another process drives it, or it has ended."""

        def own(journal: Journal) -> Operation | None:
            now = self._now()
            if operation.driver != journal.driver:
                return journal.adopt(operation, now)
            journal.append(Event(operation.id, now, EventKind.ADOPTED, {"driver": journal.driver}))
            return journal.operation(operation.id)

        found = await self._ledger.run(own)
        if found is not None:
            self._ledger.show(found)
        return found

    # Running

    async def _record(self, event: Event, durable: bool = True) -> Operation:
        operation = await self._ledger.record(event, durable)
        self._private.discard_unneeded(operation)
        return operation

    def _start(self, operation: Operation, resumed: Resumed | None = None) -> None:
        self.poller.start()
        runner = Runner(operation, self._context, resumed)
        task = asyncio.get_running_loop().create_task(self._drive(runner), name=f"operation {operation.id}")
        self._running[operation.id] = (runner, task)

    async def _drive(self, runner: Runner) -> None:
        operation_id = runner.operation.id
        try:
            await runner.run()
            await self._ledger.count(self.poller.calls)
        except NotDrivenHere:
            found = await self._ledger.run(lambda journal: journal.operation(operation_id))
            if found is not None:
                self._ledger.show(found)
        except AmituiError as error:
            # Nothing is sent that is not journalled: the operation waits until the journal works again.
            if not runner.operation.state.ended:
                self._ledger.show(on_hold(runner.operation, f"{error.what}: {error.why}", error.remedy))
        except Exception:
            why = "amitui has an internal error; it sends nothing more"
            self._ledger.show(on_hold(runner.operation, why, CONTINUE_OR_DROP))
            raise
        finally:
            self._running.pop(operation_id, None)

    async def _check(self, operation: Operation) -> str:
        barred = self._barred(operation.profile, operation.account)
        if unsent_calls(operation) and barred:
            return barred
        if self._account_of is None or not operation.account:
            return ""
        account = await self._account_of(operation.profile)
        if account == operation.account:
            return ""
        who = f"profile {operation.profile}" if operation.profile else "the default profile"
        return f"account {operation.account} requested it, but {who} is now account {account}"

    @asynccontextmanager
    async def _order(self, operation: Operation) -> AsyncIterator[None]:
        key = (operation.account or operation.profile, operation.plan.region, operation.plan.subject)
        async with self._orders.setdefault(key, asyncio.Lock()):
            yield

    # Closing

    async def close(self) -> None:
        """Stop running operations. Nothing is undone, and those that have not ended are adopted on the next
        start."""
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*self._submitting, return_exceptions=True)
        await self.poller.close()
        sending = []
        for runner, task in list(self._running.values()):
            runner.stop()
            if runner.sending:
                sending.append(task)
            else:
                task.cancel()
        if sending:
            await asyncio.wait(sending, timeout=CLOSING_S)
        ending = [task for _, task in self._running.values()]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await self.row_refresher.close()
        try:
            await self._ledger.count(self.poller.calls)
        finally:
            await self._ledger.close()

    def _find(self, operation_id: str) -> Operation:
        found = self._ledger.operation(operation_id)
        if found is None:
            raise UsageError("the operation was not found", why=operation_id)
        return found

    def _find_on_hold(self, operation_id: str) -> Operation:
        found = self._find(operation_id)
        if found.state is not State.ON_HOLD or operation_id in self._running:
            raise UsageError("it is not waiting for you", why=f"it is {found.state}")
        return found

    def _barred(self, profile: str, account: str) -> str:
        """Why nothing may be sent with a profile to an account; empty = it may."""
        return self._forbidden(profile, account)

    def _refuse(self, profile: str, account: str) -> None:
        barred = self._barred(profile, account)
        if barred:
            raise ReadOnlyError(
                f"nothing may be changed: {barred}",
                why="nothing is sent",
                remedy="start amitui without --read-only, and with another profile, to change something",
            )
