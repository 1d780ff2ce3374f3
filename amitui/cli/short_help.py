"""`amitui --help`: what people do first, every command and every option, on one screen of 80x24."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.cli.command_table import ABOUT, FIRST_STEPS, LONGEST
from amitui.presentation.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.cli.options import Argument

_NAMES: Final = max(map(len, ABOUT)) + 2
"""Width of the column of commands, the gap included."""

_TWO_COLUMNS: Final = 2 * (2 + _NAMES + LONGEST)


def short_help(arguments: Sequence[Argument], width: int) -> str:
    """The text.

    Args:
        arguments: of `amitui` without a command.
        width: columns of the terminal.
    """
    steps = max(len(command) for command, _ in FIRST_STEPS) + 2
    lines = ["Find, inspect and manage Amazon Machine Images (AMIs).", ""]
    for command, about in FIRST_STEPS:
        lines += wrapped(about, width, first=f"  {command:{steps}}", rest=" " * (steps + 2))
    lines += [
        "",
        *wrapped("amitui COMMAND --help says more; amitui -- WORD searches for such a word:", width),
    ]
    lines += _commands(width)
    names = [spelt(argument) for argument in arguments if argument.is_option]
    lines += ["", *wrapped("usage: amitui [OPTIONS] [QUERY]; amitui man explains the options:", width)]
    lines += _listed([*names, "-h/--help"], width)
    return "\n".join(lines) + "\n"


def spelt(argument: Argument) -> str:
    """An option with the placeholder of its value: `--region R`, `-q/--quiet`."""
    value = f" {argument.metavar}" if argument.takes_value else ""
    return "/".join(argument.names) + value


def _commands(width: int) -> list[str]:
    cells = [f"  {name:{_NAMES}}{about}" for name, about in ABOUT.items()]
    if width < _TWO_COLUMNS:
        return cells
    half = (len(cells) + 1) // 2
    left = max(map(len, cells[:half])) + 2
    right = [*cells[half:], *[""] * (2 * half - len(cells))]
    return [f"{one:{left}}{other}".rstrip() for one, other in zip(cells[:half], right, strict=True)]


def _listed(names: Sequence[str], width: int) -> list[str]:
    """Names in lines; none is parted from its value."""
    lines = [""]
    for name in names:
        longer = f"{lines[-1]}  {name}"
        if len(longer) > width and lines[-1]:
            lines.append(f"  {name}")
        else:
            lines[-1] = longer
    return lines
