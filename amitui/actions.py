"""What can be done, one row each: key, name, help and the function that does it.

Footer, help and palette are derived from this table, and keys are remapped by the ids in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding

from amitui import browsing
from amitui.domain.scope import SCOPE_TITLES, Scope

if TYPE_CHECKING:
    from amitui.browsing import Host


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do."""

    id: str
    """Names the action in the config's `[keys]`."""
    keys: str
    """Comma-separated keys, as Textual spells them."""
    label: str
    """Two or three words, for the footer."""
    tooltip: str
    """One plain sentence, for help and the palette."""
    run: Callable[[Host], Awaitable[None] | None]
    shown: bool = False
    """Whether the footer shows it."""
    at_once: bool = False
    """Done before the keys behind it are handed out: what is typed ahead then goes where it was meant to."""

    @property
    def binding(self) -> Binding:
        """The key binding that does it."""
        return Binding(
            self.keys,
            f"app.act('{self.id}')",
            self.label,
            id=self.id,
            tooltip=self.tooltip,
            show=self.shown,
            priority=self.at_once,
        )


def _scope(name: str) -> Callable[[Host], None]:
    return lambda host: browsing.look_at_scope(host, Scope(name))


ACTIONS: tuple[Action, ...] = (
    Action("search", "slash", "Search", "Type to filter the images", browsing.search, shown=True, at_once=True),
    Action("regions", "r", "Region", "Choose one region or several", browsing.regions, shown=True),
    Action("copy_id", "y", "Copy id", "Copy the image id, or the marked ones", browsing.copy_id, shown=True),
    Action("copy_arn", "Y", "Copy ARN", "Copy the image's ARN, or the marked ones'", browsing.copy_arn),
    Action("refresh", "f5", "Refresh", "Fetch this scope again from EC2", browsing.refresh, shown=True),
    Action("sort", "S", "Sort", "Choose the column to sort by", browsing.sort, shown=True),
    Action("columns", "v", "Columns", "Choose the columns and their order", browsing.columns),
    Action(
        "deprecated", "d", "Deprecated", "Show or hide deprecated images", browsing.toggle_deprecated, shown=True
    ),
    Action("latest", "f", "Newest only", "Only the newest of each family", browsing.toggle_latest, shown=True),
    Action(
        "export", "e", "Export", "Write the marked images, or all matches, to a file", browsing.export, shown=True
    ),
    Action("profile", "P", "Profile", "Choose another profile of the AWS config", browsing.profile),
    Action("identity", "i", "Identity", "Who AWS says this is", browsing.identity),
    Action("errors", "exclamation_mark", "Errors", "What went wrong in this session", browsing.errors),
    Action("cancel", "ctrl+x", "Cancel", "Stop what is being fetched; what has come stays", browsing.cancel),
    Action("back", "escape", "Back", "Close the details, else clear the query", browsing.back),
    *(
        Action(f"scope.{name}", str(number), title, f"Look at {title}", _scope(name))
        for number, (name, title) in enumerate(SCOPE_TITLES.items(), start=1)
    ),
    Action("palette", "colon", "Palette", "Every action under its name", browsing.palette),
    Action("help", "question_mark", "Help", "Keys and the query language", browsing.help_, shown=True),
    Action("quit", "q", "Quit", "Leave amitui", browsing.quit_, shown=True),
)

BY_ID = {action.id: action for action in ACTIONS}
