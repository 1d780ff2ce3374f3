"""What the pane of launched instances asks of the application, and what makes sense for which instance."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from amitui.domain.launch.instances import Instance, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Do(StrEnum):
    """What can be asked for."""

    STOP = "stop"
    START = "start"
    TERMINATE = "terminate"


_STOPPABLE: Final = frozenset({Phase.PENDING, Phase.CHECKING, Phase.RUNNING, Phase.READY, Phase.IMPAIRED})


def possible(what: Do, instance: Instance) -> bool:
    """Whether it makes sense for an instance that stands so."""
    if what is Do.STOP:
        return instance.phase in _STOPPABLE
    if what is Do.START:
        return instance.phase is Phase.STOPPED
    return bool(instance.instance_id) and not instance.phase.over


class LaunchedHost(Protocol):
    """What the screen asks of the application."""

    read_only: bool
    """Nothing that would change something in EC2 is offered."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def system(self, instance: Instance) -> str:
        """The label of its image's operating system, as far as it is known."""

    def closed_to(self, instance: Instance) -> str:
        """Why nothing can be changed about it with the profile in use; empty = it can."""

    def copy(self, text: str) -> str:
        """Put `text` on the clipboard; answers with words to show."""

    def do(self, what: Do, instances: Sequence[Instance], say: Callable[[str], None]) -> None:
        """Begin it as work of the application's own; `say` takes a line on how it went."""

    def console(self, instance: Instance) -> None:
        """Show its console, as work of the application's own."""
