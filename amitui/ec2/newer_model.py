"""What EC2's newest model has and that of the botocore in use lacks: findings of Amazon Inspector.

botocore merges `service-2.sdk-extras.json` files of further data folders into its own models. The shapes are those
of EC2's API reference (GetImageFindings, Image.ScanResults); botocore has them from 1.44 on, and merging then
changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "models"
"""A data folder as botocore searches them."""

EXTRAS: Final = FOLDER / "ec2" / "2016-11-15" / "service-2.sdk-extras.json"


def add_newer_shapes(loader: Any) -> None:
    """Let a `botocore.loaders.Loader` merge them; needed before it reads the model."""
    if str(FOLDER) not in loader.search_paths:
        loader.search_paths.append(str(FOLDER))


def merged(document: dict[str, Any]) -> dict[str, Any]:
    """EC2's model, read by somebody else than botocore, with them."""
    import json

    _merge(document, json.loads(EXTRAS.read_text(encoding="utf-8"))["merge"])
    return document


def _merge(base: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(base.get(name), dict):
            _merge(base[name], value)
        else:
            base[name] = value
