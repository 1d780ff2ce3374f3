"""Where benches keep what takes long to build, so that the next run has it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser


def add_cache_dir(parser: ArgumentParser) -> None:
    """Add the option `--cache-dir`, by default a folder of this user among the temporary ones."""
    parser.add_argument(
        "--cache-dir",
        type=Path,
        default=Path(tempfile.gettempdir()) / f"amitui-bench-{os.getuid()}",
        help="where what is searched is built and kept (%(default)s)",
    )
