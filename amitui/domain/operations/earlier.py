"""What forms learn from earlier operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.kinds import OperationKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.operation import Operation


def deregistered_snapshots(operations: Sequence[Operation]) -> dict[tuple[str, str], Sequence[str]]:
    """By region and image id, the snapshots of images that were deregistered.

    Args:
        operations: newest first.
    """
    return {
        (one.plan.region, one.plan.subject): list(one.plan.before.get("snapshots", ()))
        for one in reversed(operations)
        if one.plan.kind is OperationKind.DEREGISTER and one.plan.before.get("snapshots")
    }


def recent_grantees(operations: Sequence[Operation]) -> tuple[str, ...]:
    """With whom images were shared, the last ones first.

    Args:
        operations: newest first.
    """
    shares = (one.plan.before for one in operations if one.plan.kind is OperationKind.SHARE)
    return tuple(dict.fromkeys(str(grantee) for before in shares for grantee in before.get("added") or ()))
