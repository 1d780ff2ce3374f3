"""The application as forms and panes see it: the one adapter of their host protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amitui.domain.image.systems import os_of
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
    from amitui.services.members import Member
    from amitui.services.session import Session
    from amitui.ui.app import AmituiApp


@dataclass(frozen=True, slots=True)
class HostAdapter:
    """A `FormHost` and a `PaneHost`."""

    app: AmituiApp
    operation: Operation | None = None
    """The operation that is resumed, undone or repeated, with its own profile; `None` = a new one, with the
    profile in use."""
    member: Member | None = None
    """With whose credentials a new operation is checked and submitted; `None` = the session's own."""
    systems: Mapping[str, str] = field(default_factory=dict)
    """By image id: the label of its operating system, as far as the catalogue knows the image."""

    # For forms

    @property
    def may_change(self) -> MayChange:
        return self.app.operations.may_change(operation=self.operation, member=self.member)

    @property
    def production(self) -> bool:
        return is_production(self._connections, self._profile, self._account)

    @property
    def profile(self) -> str:
        return self._connections.named(self._profile)

    @property
    def typed_name(self) -> str:
        return typed_name(self.app.services.settings, self._connections, self._profile, self._account)

    @property
    def endpoint_url(self) -> str:
        return self._connections.caller(self._profile).endpoint_url or ""

    def now(self) -> int:
        return self.app.services.now()

    async def check(self, plans: Sequence[Plan]) -> Sequence[Permission]:
        return await self.app.operations.check(plans, self.operation, self.member)

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
        return (lambda: None) if self._is_offline else self.app.operations.watch(subject, observed)

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
        session, answer = self._session, self.app.operations.may_change()
        if not answer:
            return answer
        if instance.profile != session.named_profile:
            return MayChange(
                f"launched with profile {instance.profile or 'default'}: switch to it to make changes"
            )
        if instance.account and session.account and instance.account != session.account:
            return MayChange(f"launched by account {instance.account}, and this is {session.account}")
        return answer

    def system(self, instance: Instance) -> str:
        known = self.systems.get(instance.image_id, "")
        return known or os_of(instance.image_name, "", instance.fact("platform"))

    # Whoever is meant

    @property
    def _session(self) -> Session:
        services = self.app.services
        return services.session if self.member is None else services.members.session_of(self.member)

    @property
    def _connections(self) -> Connections:
        return self._session.connections

    @property
    def _is_offline(self) -> bool:
        return self.app.services.settings.offline

    @property
    def _profile(self) -> str | None:
        return self._session.profile if self.operation is None else self.operation.profile or None

    @property
    def _account(self) -> str | None:
        return self._session.account if self.operation is None else self.operation.account or None
