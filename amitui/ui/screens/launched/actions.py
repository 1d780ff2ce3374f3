"""What can be done with launched instances, and what makes sense for which."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from amitui.domain.launch.instances import Instance, Phase


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
    return bool(instance.instance_id) and not instance.phase.is_over
