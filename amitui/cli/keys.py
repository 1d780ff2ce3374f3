"""`amitui keys`: the keys of every screen, with what the config remaps."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amitui.settings import Settings


def keys(settings: Settings) -> int:
    """Print them; the exit code."""
    from amitui.ui.keys.table import as_text  # Textual's names of keys: nothing else on the command line needs it

    sys.stdout.write(as_text(dict(settings.keys)))
    return 0
