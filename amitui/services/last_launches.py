"""The last launches of an account, by image family: the launch form begins with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.defects import only_amitui_errors
from amitui.services.remembered import read_note, write_note

if TYPE_CHECKING:
    from amitui.domain.launch.presets import Preset
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.services.session import Session


@only_amitui_errors()
class LastLaunches:
    """The last launches of the account in use, in a file that all accounts share."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._path = session.settings.locations.launches_file

    def last(self, facts: ImageFacts) -> Preset | None:
        """The last launch of the image's family from this account; `None` = there was none."""
        from amitui.domain.launch.presets import last_launch

        return last_launch(read_note(self._path), self._key(facts))

    def remember(self, facts: ImageFacts, preset: Preset) -> None:
        """Let the family's next launch begin with this one.

        Raises:
            CacheError: it cannot be stored.
        """
        from amitui.domain.launch.presets import remembered

        write_note(self._path, remembered(read_note(self._path), self._key(facts), preset))

    def _key(self, facts: ImageFacts) -> str:
        from amitui.domain.launch.presets import launch_key

        return launch_key(self._session.account or "", facts.owner_id, facts.name)
