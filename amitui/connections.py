"""The connections to AWS, one a profile, each opened when it is first needed.

The screen works with one profile at a time; operations that were begun with another are watched with that one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from amitui.errors import CredentialsError

if TYPE_CHECKING:
    from amitui.ec2.session import Ec2Connection
    from amitui.settings import ProfileSettings, Settings


class Connections:
    """Ec2Connections by profile; use it on one event loop and `close` it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[str, Ec2Connection] = {}

    def named(self, profile: str | None) -> str:
        """The profile's name; empty for what the environment or the default profile gives."""
        return profile or ("" if self._settings.demo else os.environ.get("AWS_PROFILE", ""))

    def marks(self, profile: str | None) -> ProfileSettings:
        """What the config and this start say of a profile."""
        marks = self._settings.of_profile(self.named(profile) or None)
        return marks._replace(read_only=marks.read_only or self._settings.read_only)

    async def of(self, profile: str | None, *, renewed: bool = False) -> Ec2Connection:
        """The connection of a profile.

        Args:
            renewed: a new one, if AWS has refused the credentials of the open one: they may be better now.

        Raises:
            CredentialsError: this start is offline.
        """
        if self._settings.offline:
            raise CredentialsError(
                "amitui was started offline", why="--offline never asks AWS", remedy="start without --offline"
            )
        name = self.named(profile)
        found = self._open.get(name)
        if found is not None and renewed and found.refused:
            await self.drop(profile)
            found = self._open.get(name)
        if found is None:
            from amitui.ec2.session import AwsTarget, Ec2Connection

            settings = self._settings
            target = AwsTarget(
                name or None, settings.endpoint_url, settings.demo, read_only=self.marks(profile).read_only
            )
            # Nothing is awaited between the look and the entry, so no two are opened for one profile.
            found = self._open[name] = Ec2Connection(target)
        return found

    async def drop(self, profile: str | None) -> None:
        """Close the connection of a profile; the next use opens another."""
        found = self._open.pop(self.named(profile), None)
        if found is not None:
            await found.close()

    async def close(self) -> None:
        """Close all."""
        while self._open:
            _, connection = self._open.popitem()
            await connection.close()
