"""The `amitui` command: words in, exit code out. Each command's module is imported only when it is called."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from amitui.cli.guard import guarded


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done or found · 1 nothing found · 2 usage · 3 AWS or credentials · 4 cache, disk or output · 70 a mistake of
    amitui's own · 130 interrupted.

    Args:
        argv: the words behind `amitui`; `None`: the process' own, whose streams are then replaced.
    """
    # Catalogues name accounts and images: whatever any library creates below is this user's alone.
    os.umask(0o077)
    if argv is None:
        from amitui.cli.streams import prepare

        prepare(os.environ)

    def command() -> int:
        from amitui.cli.arguments import parse

        return parse(sys.argv[1:] if argv is None else list(argv))()

    try:
        return guarded(command)
    finally:
        gc.enable()
        if argv is None:
            gc.freeze()  # the interpreter's last collection then has nothing to go through
