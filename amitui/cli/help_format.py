"""How `--help` is laid out: prose filled to the terminal's width, lists with their second column below itself."""

from __future__ import annotations

import re
import shutil
from argparse import ArgumentParser, HelpFormatter
from typing import TYPE_CHECKING, Final

from amitui.cli.options import FEW
from amitui.presentation.wrapping import wrapped

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Callable, Iterator, Sequence

    from amitui.cli.options import Argument

_ITEM: Final = re.compile(r"(  \S.*?\S {2,})(\S.*)")
"""A line of a list: what it is about, two blanks or more, and what is said of it."""


class ShortHelp(ArgumentParser):
    """argparse with the short help of the whole program."""

    arguments: Sequence[Argument] = ()
    """All that it takes."""

    def format_help(self) -> str:
        """The help, as wide as the terminal."""
        from amitui.cli.short_help import short_help

        return short_help(self.arguments, shutil.get_terminal_size().columns)


class HelpFormat(HelpFormatter):
    """argparse's layout, but for descriptions and long lists of choices."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _metavar_formatter(self, action: Action, default_metavar: str) -> Callable[[int], tuple[str, ...]]:
        shown = super()._metavar_formatter(action, default_metavar)
        return (lambda count: (default_metavar,) * count) if _has_many(action) else shown

    def _expand_help(self, action: Action) -> str:
        words = super()._expand_help(action)
        return f"{words}; one of: {', '.join(action.choices or ())}" if _has_many(action) else words

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in filled(text, width - len(indent)))


def _has_many(action: Action) -> bool:
    return action.metavar is None and action.choices is not None and len(list(action.choices)) > FEW


def filled(text: str, width: int) -> Iterator[str]:
    """The lines of a description: those of a paragraph run on.

    A line that begins with blanks is one of a list and stays one; what is said there goes on below itself.
    """
    paragraph: list[str] = []
    for line in (*text.split("\n"), ""):
        if line and not line.startswith(" "):
            paragraph.append(line)
            continue
        if paragraph:
            yield from wrapped(" ".join(paragraph), width)
            paragraph = []
        item = _ITEM.fullmatch(line)
        if item is not None:
            yield from wrapped(item[2], width, first=item[1], rest=" " * len(item[1]))
        else:
            yield line
