"""A command that the user adds: `[commands.NAME]` of the config, read here; what is not understood is refused.

What it is about reaches it as environment variables and never as a part of its text: names of images come from
strangers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from amitui.domain.commands.variables import known_variables
from amitui.domain.visible import is_visible, show_invisible

LONGEST_NAME: Final = 40
LONGEST_ABOUT: Final = 80
_NAME: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}")
_VARIABLE: Final = re.compile(r"\$\{?(AMITUI_\w+)")
_WHOLE_VARIABLE: Final = re.compile(r"(?:--?[\w-]+=)?\$\{?(AMITUI_\w+)\}?")
"""An argument that is nothing but a variable, or an option with one as its value."""
_BRACED: Final = re.compile(r"\{\{?\s*(\w+)\s*\}?\}")


class AppliesTo(StrEnum):
    """What a command is about, and so where it is offered. The values stand in the config."""

    IMAGE = "image"
    """The image under the cursor, or the one that is marked."""
    IMAGES = "images"
    """The marked images, else the one under the cursor."""
    FAMILY = "family"
    """The family of the image under the cursor, with that image."""
    INSTANCE = "instance"
    """The instance under the cursor among those that were launched."""
    INSTANCES = "instances"
    """The marked ones, else the one under the cursor."""
    ANYWHERE = "anywhere"
    """Nothing: the main screen, whatever it shows."""

    @property
    def is_of_instances(self) -> bool:
        """Whether it is offered in the pane of launched instances; else it is on the main screen."""
        return self in (AppliesTo.INSTANCE, AppliesTo.INSTANCES)

    @property
    def needs_rows(self) -> bool:
        """Whether it is about rows at all."""
        return self is not AppliesTo.ANYWHERE

    @property
    def takes_several(self) -> bool:
        """Whether it runs once for all that are marked."""
        return self in (AppliesTo.IMAGES, AppliesTo.INSTANCES)


@dataclass(frozen=True, slots=True)
class UserCommand:
    """One command."""

    name: str
    """Letters, digits, hyphens and underscores."""
    run: tuple[str, ...]
    """The program and its arguments as they are started: of a text `/bin/sh -c` and that text."""
    words: str
    """What is run, as the config has it."""
    title: str = ""
    """What it is called on the screen; empty = by its name."""
    key: str = ""
    """As it is typed in the config; empty = none, it is in the palette and the menu."""
    applies: AppliesTo = AppliesTo.IMAGE
    confirm: bool = False
    """Whether it is confirmed before it starts."""
    dangerous: bool = False
    """Whether it changes something: off where amitui is read-only, confirmed as amitui's own changes are."""
    background: bool = False
    """Whether it runs beside the screen, with its output shown; else it has the terminal."""
    pause: bool = True
    """Whether the terminal waits for Enter at its end, so that its output can be read; after a failure it does."""

    @property
    def id(self) -> str:
        """By which its key is remapped in `[keys]`."""
        return f"command.{self.name}"

    @property
    def called(self) -> str:
        """What it is called on the screen."""
        return self.title or self.name

    @property
    def about(self) -> str:
        """What is run, in one line of at most `LONGEST_ABOUT` characters."""
        line = show_invisible(" ".join(self.words.split()))
        return line if len(line) <= LONGEST_ABOUT else f"{line[: LONGEST_ABOUT - 1]}…"


def read_command(name: str, values: Mapping[str, Any]) -> UserCommand:
    """The command that a table of the config describes.

    Raises:
        ValueError: what is wrong, in words.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"its name has to be letters, digits, hyphens or underscores, {LONGEST_NAME} at most: [keys] names it"
        )
    unknown = next((key for key in values if key not in _READERS), None)
    if unknown is not None:
        raise ValueError(f"unknown setting {unknown!r}; one of {', '.join(_READERS)}")
    if "run" not in values:
        raise ValueError('it needs run = "a command for the shell", or run = ["program", "argument"]')
    read = {key: _READERS[key](key, value) for key, value in values.items() if key != "run"}
    run, words = _run(name, values["run"])
    command = UserCommand(name, run, words, **read)
    if command.background and "pause" in read:
        raise ValueError("pause is for commands that have the terminal: without background = true")
    _check_placeholders(command, values["run"])
    return command


def _run(name: str, value: object) -> tuple[tuple[str, ...], str]:
    """The program with its arguments, and the words of them."""
    if isinstance(value, str) and value.strip() and "\0" not in value:
        # What the shell calls itself in its messages stands behind the text.
        return ("/bin/sh", "-c", value, name), value.strip()
    if isinstance(value, list) and value and all(isinstance(one, str) and "\0" not in one for one in value):
        if not value[0].strip():
            raise ValueError("run names no program: its first text is empty")
        from amitui.domain.shell import quoted

        return tuple(value), " ".join(map(quoted, value))
    raise ValueError('run has to be a text for the shell, or a list of texts such as ["aws", "--version"]')


def _check_placeholders(command: UserCommand, run: str | list[str]) -> None:
    """Refuse variables that this command does not get, and what would stay as it is typed."""
    known = known_variables(command.applies)
    arguments = [run] if isinstance(run, str) else run
    for argument in arguments:
        for variable in _VARIABLE.findall(argument):
            if variable not in known:
                raise ValueError(
                    f"${variable} is not known where applies = {command.applies.value!r}; one of "
                    f"{', '.join(known)}"
                )
        for word in _BRACED.findall(argument):
            if (variable := f"AMITUI_{word.upper()}") in known:
                raise ValueError(
                    f"{{{word}}} is no placeholder: nothing is written into the text of a command; in the text "
                    f'of a shell command it is "${variable}"'
                )
        if not isinstance(run, str) and (whole := _WHOLE_VARIABLE.fullmatch(argument)):
            raise ValueError(
                f"no shell reads a list, so {argument!r} would stay as it is: write run as one text with "
                f'"${whole[1]}" in it, or let the program read the variable'
            )


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{key} has to be true or false")
    return value


def _title(key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not is_visible(value):
        raise ValueError(f"{key} has to be a printable text")
    return value.strip()


def _applies(_key: str, value: object) -> AppliesTo:
    if value not in list(AppliesTo):
        raise ValueError(f"applies has to be one of {', '.join(AppliesTo)}, not {value!r}")
    return AppliesTo(str(value))


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "run": lambda _key, value: value,
    "key": _title,
    "title": _title,
    "applies": _applies,
    "confirm": _flag,
    "dangerous": _flag,
    "background": _flag,
    "pause": _flag,
}
