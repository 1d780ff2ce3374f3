"""The pages of the documentation: their links, their anchors and the commands in them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_EXIT_CODES = re.compile(r"exit code (\d)(?: or (\d))?")


class Command(NamedTuple):
    """A command line that begins with `amitui`."""

    page: str
    words: tuple[str, ...]
    """What is behind `amitui`."""
    codes: tuple[int, ...]
    """Exit codes that its comment allows."""

    @property
    def line(self) -> str:
        return f"{self.page}: amitui {shlex.join(self.words)}"


def links(page: Path) -> list[str]:
    """What a page links to outside of its code."""
    return _LINK.findall(re.sub(r"`[^`\n]*`", "", _FENCE.sub("", page.read_text(encoding="utf-8"))))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub and mkdocs make of a page's headings."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = [line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def commands() -> list[Command]:
    """Every `amitui` line of every fenced `sh` block, in the pages' order."""
    found = []
    for page in PAGES:
        for language, body in _FENCE.findall(page.read_text(encoding="utf-8")):
            if language == "sh":
                found += _commands_of(page, body)
    return found


def _commands_of(page: Path, body: str) -> list[Command]:
    found: list[Command] = []
    pending = ""
    for line in body.splitlines():
        pending = f"{pending}\n{line}" if pending else line
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # a quotation that goes on in the next line
            continue
        if words[:1] == ["amitui"]:
            said = _EXIT_CODES.search(pending)
            codes = tuple(int(code) for code in said.groups() if code) if said else (0,)
            found.append(Command(page.name, tuple(words[1 : _end(words)]), codes))
        pending = ""
    return found


def _end(words: list[str]) -> int:
    """Where a redirection begins."""
    return words.index(">") if ">" in words else len(words)
