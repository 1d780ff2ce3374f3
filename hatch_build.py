"""Adds to the wheel what is made from amitui's own tables: the manual page, and completion for three shells."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MANUAL = "share/man/man1/amitui.1"
COMPLETIONS = {
    "bash": "share/bash-completion/completions/amitui",
    "zsh": "share/zsh/site-functions/_amitui",
    "fish": "share/fish/vendor_completions.d/amitui.fish",
}
"""Where shells look below a prefix such as /usr or ~/.local."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Of `[tool.hatch.build.targets.wheel.hooks.custom]`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Write the files, and have them put into the wheel."""
        # Needs nothing but the standard library: the parsers import what a command needs when it is called.
        sys.path.insert(0, self.root)
        try:
            from amitui.cli.arguments import COMMANDS, parser_of
            from amitui.cli.completion import SCRIPTS
            from amitui.cli.manual import manual
        finally:
            sys.path.remove(self.root)
        texts = {MANUAL: manual(COMMANDS, parser_of)}
        texts |= {COMPLETIONS[shell]: script for shell, script in SCRIPTS.items()}
        self._folder = tempfile.TemporaryDirectory(prefix="amitui-share-")
        for number, (place, text) in enumerate(texts.items()):
            path = os.path.join(self._folder.name, str(number))
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o644)
            build_data["shared_data"][path] = place

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove them."""
        self._folder.cleanup()
