"""Regions as EC2 lists them; light, because remembered ones are shown before the first call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegionInfo:
    """One region of the partition."""

    name: str
    opt_in_status: str
    """`opt-in-not-required`, `opted-in`, `not-opted-in`."""

    @property
    def enabled(self) -> bool:
        """Whether the account can use it."""
        return self.opt_in_status != "not-opted-in"
