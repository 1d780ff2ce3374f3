"""An environment in which nothing of the person who runs the tests can be read or changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest


def isolated_environment(root: Path) -> dict[str, str]:
    """A whole environment, made from nothing, whose home, caches and AWS files lie below `root`."""
    home = root / "home"
    folders = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_DATA_HOME": home / ".local/share",
        "XDG_STATE_HOME": home / ".local/state",
        "XDG_RUNTIME_DIR": root / "run",
        "TMPDIR": root / "tmp",
    }
    for folder in folders.values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        **{name: str(folder) for name, folder in folders.items()},
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "AWS_CONFIG_FILE": str(home / ".aws/config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / ".aws/credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def move_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Make a folder the home of somebody who has set nothing of AWS, of amitui and of XDG's folders."""
    for name in tuple(os.environ):
        if name.startswith(("AWS_", "AMITUI_", "XDG_")):
            patch.delenv(name)
    patch.setenv("HOME", str(home))


def demo_keys(keys: Mapping[str, str]) -> str:
    """A credentials file in which profiles have access keys of the demo."""
    return "".join(
        f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = demo\n" for name, key in keys.items()
    )
