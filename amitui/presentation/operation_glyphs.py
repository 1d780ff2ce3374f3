"""The signs of operations and of the stages of an image's life, for terminals with and without more than ASCII."""

from __future__ import annotations

from typing import Final, NamedTuple


class Signs(NamedTuple):
    """The signs of operations and stages. One cell each; they differ in shape, so they read without colour."""

    done: str
    failed: str
    held: str
    now: str
    ahead: str
    dropped: str
    unknown: str
    full: str
    """What has been done of a progress bar."""
    rest: str
    ellipsis: str
    dash: str
    """Between two stages on one line."""
    rail: str
    """Between two stages one below the other."""
    branch: str
    corner: str
    """The last branch."""
    dot: str
    ascii: bool = False


UNICODE_SIGNS: Final = Signs("✓", "✗", "!", "●", "○", "–", "?", "█", "░", "…", "─", "│", "├", "└", "·")
ASCII_SIGNS: Final = Signs("+", "x", "!", "*", "o", "-", "?", "#", ".", "~", "-", "|", "|", "`", "-", ascii=True)
