"""Where the style sheets are, in the wheel inside the package, in a checkout beside it; and when they are read.

Reading one takes a few milliseconds, so the first paint waits for the main screen's alone. A dialog names its own
in `CSS_PATH`, which Textual reads when the dialog is first opened.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import PurePath

    from textual.app import App

MAIN_SCREEN: Final = ("browse", "image_table", "key_bar", "scope_tabs", "search_bar", "status_bar")
"""The sheets that the first paint needs."""


def stylesheet(*names: str) -> list[str | PurePath]:
    """Paths of these style sheets, or of all, in the order in which they are read.

    Raises:
        FileNotFoundError: the installation lacks them.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for folder in (os.path.join(package, "styles"), os.path.join(os.path.dirname(package), "styles")):
        if os.path.isdir(folder):
            files = [f"{name}.tcss" for name in names] or sorted(os.listdir(folder))
            return [os.path.join(folder, name) for name in files if name.endswith(".tcss")]
    raise FileNotFoundError("amitui was installed without its style sheets")


def read_stylesheets(app: App[Any], *names: str) -> None:
    """Read these sheets if they were not read yet: for what is not a screen with a `CSS_PATH` of its own."""
    unread = [path for path in stylesheet(*names) if not app.stylesheet.has_source(str(path))]
    if unread:
        app.stylesheet.read_all(unread)  # type: ignore[arg-type]
        app.stylesheet.reparse()
