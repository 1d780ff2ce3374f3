"""What mkdocs adds to docs/: the pictures, and plain names for files of the repository that are no pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_OUTSIDE = re.compile(r"\[([^\]]*)\]\(\.\./(?!screenshots/)[^)]*\)")


def on_files(files: Any, config: Any) -> Any:
    """Put the pictures of screenshots/ into the site."""
    from mkdocs.structure.files import File

    for picture in sorted((ROOT / "screenshots").glob("*.svg")):
        files.append(File.generated(config, f"screenshots/{picture.name}", abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Point to these pictures, and name what lies outside of docs/ instead of linking to it."""
    return _OUTSIDE.sub(r"\1", markdown).replace("](../screenshots/", "](screenshots/")
