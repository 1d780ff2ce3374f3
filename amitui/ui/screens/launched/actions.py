"""The commands for launched instances, and which instances they fit."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from amitui.domain.launch.instances import Instance, Phase


class Do(StrEnum):
    """The commands."""

    STOP = "stop"
    START = "start"
    TERMINATE = "terminate"


_STOPPABLE: Final = frozenset({Phase.PENDING, Phase.CHECKING, Phase.RUNNING, Phase.READY, Phase.IMPAIRED})


def possible(what: Do, instance: Instance) -> bool:
    """Whether a command fits an instance in its present state."""
    if what is Do.STOP:
        return instance.phase in _STOPPABLE
    if what is Do.START:
        return instance.phase is Phase.STOPPED
    return bool(instance.instance_id) and not instance.phase.is_over
