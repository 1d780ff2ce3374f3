"""The user's own commands in a pane: what the pane is given of each, and its keys, help and state made of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class PaneCommand:
    """One command that a pane offers for its rows."""

    id: str
    """Of its binding."""
    keys: str
    """Comma-separated, as Textual spells them; empty = it has none."""
    called: str
    about: str
    """What is run, for help."""
    obstacle: Callable[[Sequence[Any]], str]
    """Says why it cannot be run on these rows now; empty = it can."""
    run: Callable[[Sequence[Any], Callable[[str], None]], None]
    """Runs it on these rows in the application; the second argument shows a line on how it went."""

    @property
    def binding(self) -> Binding:
        """The key that does it."""
        return Binding(
            self.keys,
            f"command('{self.id}')",
            self.called,
            show=False,
            id=self.id,
            tooltip=f"{self.called}: {self.about}",
        )
