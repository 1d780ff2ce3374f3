"""`amitui man`: the manual page, made of the parsers of all commands, so that it says what they take.

The wheel has it as `share/man/man1/amitui.1` (`hatch_build.py` writes it there), where `man amitui` finds it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from amitui import __version__
from amitui.cli.command_table import FIRST_STEPS
from amitui.cli.short_help import spelt
from amitui.errors import AmituiError

if TYPE_CHECKING:
    from amitui.cli.options import CommandParser

_EXIT_CODES: Final = (
    ("0", "done, or found"),
    ("1", "nothing found, nothing chosen, or nothing to do"),
    ("2", "usage"),
    ("3", "AWS or credentials"),
    ("4", "cache, disk or output"),
    ("5", "audit: something that --fail-on names"),
    ("70", "a defect of amitui"),
    ("130", "interrupted"),
)

_FILES: Final = (
    ("~/.config/amitui/config.toml", "settings (XDG_CONFIG_HOME, AMITUI_CONFIG, --config)"),
    ("~/.cache/amitui", "the catalogue (XDG_CACHE_HOME, AMITUI_CACHE_DIR, --cache-dir)"),
    ("~/.local/state/amitui", "journal and views (XDG_STATE_HOME, AMITUI_STATE_DIR)"),
    ("~/.aws/config, ~/.aws/credentials", "profiles, as all AWS tools read them"),
)


def manual(commands: Sequence[str], parser_of: Callable[[str], CommandParser]) -> str:
    """The page in roff's man macros.

    Args:
        commands: all of them, in the order of the page.
        parser_of: the parser of a command, and of the screen for an empty one.
    """
    screen = parser_of("")
    common = _common(commands, parser_of)
    lines = [
        f'.TH AMITUI 1 "" "amitui {__version__}" "User Commands"',
        *(".nh", ".ad l"),
        ".SH NAME",
        "amitui \\- find, inspect and manage Amazon Machine Images",
        ".SH SYNOPSIS",
        *(".B amitui", "[OPTIONS] [QUERY]", ".br"),
        *(".B amitui", "COMMAND [OPTIONS] [ARGUMENTS]"),
        ".SH DESCRIPTION",
        *_prose(
            "A terminal UI and a command over a local catalogue of the images of each Region. Without a command "
            "it opens the screen, with the search that is given. To search for a word that is also a command: "
            "amitui -- find."
        ),
    ]
    for command, about in FIRST_STEPS:
        lines += _item(command, about)
    lines += [".SH OPTIONS", *_prose("Of the screen; those of every command are marked with an asterisk.")]
    for argument in screen.arguments:
        shown = spelt(argument) if argument.is_option else argument.metavar
        lines += _item(f"{shown} *" if shown in common else shown, argument.help)
    lines += [".SH COMMANDS"]
    for command in commands:
        lines += _command(command, parser_of(command), common)
    for title, rows in (("EXIT STATUS", _EXIT_CODES), ("FILES", _FILES)):
        lines += [f".SH {title}"]
        for name, about in rows:
            lines += _item(name, about)
    return "\n".join(lines) + "\n"


def man(commands: Sequence[str], parser_of: Callable[[str], CommandParser], *, source: bool) -> int:
    """Show the page in `man` where stdout is a terminal that has it, else print its source; the exit code.

    Raises:
        AmituiError: `man` cannot show it.
    """
    page = manual(commands, parser_of)
    program = None if source or not os.isatty(1) else shutil.which("man")
    if program is None:
        sys.stdout.write(page)
        return 0
    # From a file: not every man reads a page from stdin.
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "amitui.1")
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
        try:
            code = subprocess.run([program, path], check=False).returncode
        except OSError as error:
            raise AmituiError(
                f"cannot run {program}", why=error.strerror or "", remedy="amitui man --source"
            ) from error
    return 0 if code == 0 else 4


def _common(commands: Sequence[str], parser_of: Callable[[str], CommandParser]) -> frozenset[str]:
    """The options of the screen that every command but the smallest takes, as they are spelt."""
    shown = [{spelt(one) for one in parser_of(name).arguments if one.is_option} for name in ("", *commands)]
    return frozenset.intersection(*map(frozenset, (found for found in shown if "--region R" in found)))


def _command(name: str, parser: CommandParser, common: frozenset[str]) -> Iterator[str]:
    own = [one for one in parser.arguments if not (one.is_option and spelt(one) in common)]
    words = " ".join(one.metavar for one in own if not one.is_option)
    yield f".SS {_text(f'amitui {name} {words}'.strip())}"
    for line in parser.description.split("\n"):
        # Indented lines are lists and examples: they stay lines.
        yield from (".br", _text(line.strip()), ".br") if line.startswith(" ") else (_text(line),)
    for one in own:
        yield from _item(spelt(one) if one.is_option else one.metavar, _about(one.help, one.choices))


def _about(help_: str, choices: Sequence[str]) -> str:
    return "; ".join(part for part in (help_, f"one of {', '.join(choices)}" if choices else "") if part)


def _item(name: str, about: str) -> list[str]:
    return [".TP", f".B {_text(name)}", _text(about)]


def _prose(text: str) -> list[str]:
    return [_text(text)]


_ROFF: Final = str.maketrans(
    {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq", "…": "..."}
)


def _text(text: str) -> str:
    """A text as roff prints it, character for character."""
    escaped = " ".join(text.translate(_ROFF).split())
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
