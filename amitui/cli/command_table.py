"""The commands and what each does in a few words: `--help`, the man page and completion say it from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ABOUT: Final[Mapping[str, str]] = {
    "find": "search, for scripts",
    "pick": "choose on the screen",
    "diff": "compare two images",
    "ssm": "SSM parameters of images",
    "sync": "update the catalogue",
    "import": "add describe-images output",
    "publish": "share the catalogue",
    "pull": "fetch a shared catalogue",
    "export": "Parquet files for engines",
    "sql": "ask it with SELECT",
    "audit": "what runs on which image",
    "clean": "apply a retention rule",
    "ops": "operations and results",
    "info": "versions, paths, checks",
    "policy": "IAM policy to grant",
    "keys": "keys of every screen",
    "cache": "show, trim or clear it",
    "demo": "the simulated EC2 alone",
    "completion": "for bash, zsh and fish",
    "man": "the manual page",
}
"""At most `LONGEST` characters each, so that two of them stand side by side in 80 columns."""

LONGEST: Final = 26

FIRST_STEPS: Final = (
    ("amitui [QUERY]", "browse images on a screen (? shows its keys)"),
    ("amitui find ubuntu 24.04 arm64", "print the matching images, the best first"),
    ("amitui --demo", "try it on a simulated EC2, without an account"),
)
"""What people do first, each with what it does."""

INSTEAD: Final[Mapping[str, tuple[str, ...]]] = {
    "help": ("--help",),
    "version": ("--version",),
    "search": ("find",),
    "list": ("find",),
    "ls": ("find",),
    "update": ("sync",),
    "refresh": ("sync",),
    "fetch": ("sync",),
    "doctor": ("info", "--check"),
    "status": ("info",),
    "history": ("ops",),
    "operations": ("ops",),
    "iam": ("policy",),
}
"""What other programs call a command, and the words that are behind `amitui` for it."""
