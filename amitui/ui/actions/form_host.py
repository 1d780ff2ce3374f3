"""The application as forms and panes see it: the one adapter of their host protocol."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from amitui.domain.image.systems import os_of
from amitui.domain.launch.limits import LaunchLimits
from amitui.domain.operations.may_change import OFFLINE, MayChange
from amitui.errors import AmituiError
from amitui.services.production import is_production, typed_name

if TYPE_CHECKING:
    from amitui.domain.launch.instances import Instance
    from amitui.domain.operations.operation import Event, Operation
    from amitui.domain.operations.plan import Plan
    from amitui.domain.timeline.observation import Observation, Subject
    from amitui.ec2.writes.execute import Permission
    from amitui.services.connections import Connections
    from amitui.services.session import Session
    from amitui.ui.actions.acting import Acting
    from amitui.ui.app import AmituiApp

MOST_NAMED: Final = 3
"""Accounts that are named one by one; of more it is said how many they are."""


@dataclass(frozen=True, slots=True)
class HostAdapter:
    """A `FormHost` and a `PaneHost`."""

    app: AmituiApp
    operation: Operation | None = None
    """The operation that is resumed, undone or repeated, with its own profile; `None` = a new one, with the
    profile in use."""
    acting: Acting | None = None
    """Who does something new, and to which image; `None` = the profile in use."""
    systems: Mapping[str, str] = field(default_factory=dict)
    """By image id: the label of its operating system, as far as the catalogue knows the image."""

    # For forms

    @property
    def may_change(self) -> MayChange:
        operations = self.app.operations
        if self.operation is not None or self.acting is None:
            return operations.may_change(operation=self.operation)
        answers = [operations.may_change(member=member) for member in self.acting.members]
        return next((answer for answer in answers if not answer), answers[0])

    @property
    def production(self) -> bool:
        return bool(self._marked)

    @property
    def whose(self) -> str:
        names = self._names
        if len(names) > MOST_NAMED:
            return f"{len(names)} accounts"
        profile = self._connections.named(self._callers[0][0])
        if names:
            # A profile that the account is called by need not be said again.
            return ", ".join(names) + (
                f" (profile {profile})" if profile not in ("", *names) and len(names) == 1 else ""
            )
        return f"profile {profile}" if profile else ""

    @property
    def production_words(self) -> str:
        names = [self._typed_name(*caller) for caller in self._marked]
        kind = "Account" if all(name.isdigit() for name in names) else "Profile"
        if len(names) < 2:
            return f"{kind} {names[0]} is marked as production." if names else ""
        listed = ", ".join(names[:MOST_NAMED]) + (" and others" if len(names) > MOST_NAMED else "")
        return f"{kind}s {listed} are marked as production."

    @property
    def typed_name(self) -> str:
        return self._typed_name(*(self._marked or self._callers)[0])

    @property
    def launch_limits(self) -> LaunchLimits:
        settings = self.app.services.settings
        return LaunchLimits(settings.launch_confirm_count, settings.launch_confirm_price)

    @property
    def endpoint_url(self) -> str:
        return self._connections.caller(self._callers[0][0]).endpoint_url or ""

    def profile_of(self, plan: Plan) -> str:
        member = None if self.acting is None else self.acting.on(plan.region, plan.subject)
        return self._connections.named(self._callers[0][0] if member is None else member.profile)

    @property
    def ssh_client(self) -> str:
        from amitui.services.caller_address import ssh_client

        return ssh_client(os.environ)

    @property
    def asks_no_address(self) -> str:
        settings = self.app.services.settings
        if settings.demo:
            return "the demo asks nobody on the internet"
        return f"{OFFLINE}: nobody is asked" if settings.offline else ""

    async def public_address(self) -> str:
        from amitui.services.caller_address import public_address

        return await public_address()

    def now(self) -> int:
        return self.app.services.now()

    async def check(self, plans: Sequence[Plan]) -> Sequence[Permission]:
        operations = self.app.operations
        if self.operation is not None or self.acting is None:
            return await operations.check(plans, self.operation)
        found: list[Permission] = []
        for plan in plans:
            member = self.acting.on(plan.region, plan.subject)
            found += await operations.check([plan], member=member)
        return found

    def copy(self, text: str) -> str:
        try:
            how = self.app.send_to_clipboard(text)
        except AmituiError as error:
            return error.what
        return f"sent to the clipboard ({how})"

    # For panes

    def clock(self) -> float:
        return self.app.operations.now()

    def operations(self) -> Sequence[Operation]:
        return self.app.operations.engine.operations()

    def events(self, operation_id: str) -> Sequence[Event]:
        return self.app.operations.engine.events(operation_id)

    def subscribe(self, changed: Callable[[Operation], None]) -> Callable[[], None]:
        return self.app.operations.engine.subscribe(changed)

    def watch(self, subject: Subject, observed: Callable[[Observation], None]) -> Callable[[], None]:
        return (lambda: None) if self._is_offline else self.app.operations.poller.watch(subject, observed)

    def trouble(self, profile: str, region: str) -> str:
        if self._is_offline:
            return OFFLINE
        error = self.app.operations.engine.poller.last_error(profile, region)
        return error.what if error is not None else ""

    def undoable(self, operation: Operation) -> bool:
        from amitui.domain.operations.plans.way_back import is_undoable
        from amitui.domain.rollout.way_back import roll_back_plan

        return is_undoable(operation) or roll_back_plan(operation) is not None

    def may_continue(self, operation: Operation) -> MayChange:
        return self.app.operations.may_change(operation=operation)

    def may_switch(self, instance: Instance) -> MayChange:
        members = self.app.services.members
        member = members.of_profile(instance.profile) if members.several else None
        acts = member or self._session
        answer = self.app.operations.may_change(member=member)
        if not answer:
            return answer
        if member is None and instance.profile != self._session.named_profile:
            return MayChange(
                f"launched with profile {instance.profile or 'default'}: switch to it to make changes"
            )
        if instance.account and acts.account and instance.account != acts.account:
            return MayChange(f"launched by account {instance.account}, and this is {acts.account}")
        return answer

    def system(self, instance: Instance) -> str:
        known = self.systems.get(instance.image_id, "")
        return known or os_of(instance.image_name, "", instance.fact("platform"))

    # Whoever is meant

    @property
    def _session(self) -> Session:
        return self.app.services.session

    @property
    def _connections(self) -> Connections:
        return self._session.connections

    @property
    def _is_offline(self) -> bool:
        return self.app.services.settings.offline

    @property
    def _callers(self) -> list[tuple[str | None, str | None]]:
        """Profile and account of everybody who does something."""
        if self.operation is not None:
            return [(self.operation.profile or None, self.operation.account or None)]
        if self.acting is not None:
            return [(member.profile, member.account) for member in self.acting.members]
        return [(self._session.profile, self._session.account)]

    @property
    def _names(self) -> list[str]:
        """What the accounts are called, where several are used together."""
        members = self.app.services.members
        if self.operation is not None or not members.several:
            return []
        return [member.name for member in (self.acting.members if self.acting is not None else (members.first,))]

    @property
    def _marked(self) -> list[tuple[str | None, str | None]]:
        """Those of them that are production."""
        return [caller for caller in self._callers if is_production(self._connections, *caller)]

    def _typed_name(self, profile: str | None, account: str | None) -> str:
        return typed_name(self.app.services.settings, self._connections, profile, account)
