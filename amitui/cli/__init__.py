"""The `amitui` command: words in, exit code out. Each command's module is imported only when it is called."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from amitui.errors import AmituiError

INTERRUPTED = 130
"""Exit code after Ctrl-C and after the reader of stdout has gone."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 done or found · 1 nothing found · 2 usage · 3 AWS or credentials · 4 cache · 130 interrupted.
    """
    # Catalogues name accounts and images: whatever any library creates below is this user's alone.
    os.umask(0o077)
    from amitui.cli.arguments import parse

    try:
        code = parse(sys.argv[1:] if argv is None else list(argv))()
        sys.stdout.flush()
    except AmituiError as error:
        for line in error.lines():
            print(f"amitui: {line}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        from amitui.cli.leaving import leave_despite_threads

        return leave_despite_threads(INTERRUPTED)
    except BrokenPipeError:
        # Python flushes stdout once more at exit; point it somewhere that still takes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    finally:
        gc.enable()
        if argv is None:
            gc.freeze()  # the interpreter's last collection then has nothing to go through
    return code
