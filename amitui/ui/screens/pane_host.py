"""What the panes of operations and of launched instances need from the application, besides what forms need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from amitui.ui.forms.host import FormHost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.domain.launch.instances import Instance
    from amitui.domain.operations.may_change import MayChange
    from amitui.domain.operations.operation import Event, Operation
    from amitui.domain.timeline.observation import Observation, Subject


class PaneHost(FormHost, Protocol):
    """The application as a pane sees it; all of it answers at once."""

    def clock(self) -> float:
        """Seconds since the epoch, with fractions."""

    def operations(self) -> Sequence[Operation]:
        """All operations of the journal, the newest first."""

    def events(self, operation_id: str) -> Sequence[Event]:
        """The events of one operation in the journal, in order."""

    def subscribe(self, changed: Callable[[Operation], None]) -> Callable[[], None]:
        """Have `changed` called with each operation that is new or has changed; the answer ends it."""

    def watch(self, subject: Subject, observed: Callable[[Observation], None]) -> Callable[[], None]:
        """Have a subject observed, and `observed` called with each observation; the answer ends it."""

    def trouble(self, profile: str, region: str) -> str:
        """Why nothing could be observed there lately; empty = nothing is wrong."""

    def undoable(self, operation: Operation) -> bool:
        """Whether there is an undo of an operation."""

    def may_continue(self, operation: Operation) -> MayChange:
        """Whether calls may be sent for an operation, with its own profile."""

    def may_switch(self, instance: Instance) -> MayChange:
        """Whether an instance may be stopped, started or terminated with the profile in use."""

    def system(self, instance: Instance) -> str:
        """The label of the operating system of an instance's image; empty = unknown."""
