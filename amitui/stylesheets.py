"""Where the style sheets are: in the wheel inside the package, in a checkout beside it."""

from __future__ import annotations

import os


def stylesheet() -> list[str]:
    """Paths of all style sheets, in the order in which they are read.

    Raises:
        FileNotFoundError: the installation lacks them.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    for folder in (os.path.join(package, "styles"), os.path.join(os.path.dirname(package), "styles")):
        if os.path.isdir(folder):
            return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".tcss")]
    raise FileNotFoundError("amitui was installed without its style sheets")
