"""What a connection has to know of the others that are used with it, which changes while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.ec2.session import AwsTarget


class Others(NamedTuple):
    """The other profiles that are used together with that of a connection."""

    read_only_accounts: Callable[[], frozenset[str]] = frozenset
    """The accounts in which nothing may be changed, because one of them is marked."""

    are_several: Callable[[], bool] = bool
    """Whether there are any: then programs for credentials have a time limit, and connections are shared."""

    def read_only(self, target: AwsTarget) -> frozenset[str]:
        """All accounts in which a connection may change nothing."""
        return target.read_only_accounts | self.read_only_accounts()
