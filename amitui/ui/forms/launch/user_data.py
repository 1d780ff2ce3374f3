"""The fields for user data: typed, pasted or from a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from amitui.domain.launch.user_data import measure, user_data_kind, user_data_of, user_data_problem
from amitui.ui.widgets.fields import NoteField, TextField
from amitui.ui.widgets.fields.area import AreaField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.ui.widgets.fields import Field

MOST_READ: Final = 65_536
"""Bytes of a file that are read: enough to say by how much it is too long."""


class UserData:
    """The fields, and the one text that they amount to."""

    def __init__(self) -> None:
        self._text = ""
        """Stands for the bytes of the file; what is typed instead loses what a terminal would act upon."""
        self._failure = ""
        self._read = ""
        """The name of the file that was read last."""
        self.file = TextField(
            "From file",
            "data-file",
            placeholder="for example ~/setup.sh, or type below",
            hint="Read when you leave the field; sent unchanged, gzip included.",
            check=self._file_problem,
        )
        self.area = AreaField(
            "User data",
            "data",
            placeholder="for example #!/bin/bash …",
            hint="Runs at first start. No secrets: who can describe the instance can read it.",
            rows=3,
            check=user_data_problem,
        )
        self.note = NoteField("", id="data-size")

    @property
    def fields(self) -> Sequence[Field]:
        """All, in order."""
        return self.file, self.area, self.note

    @property
    def text(self) -> str:
        """What is to be sent."""
        return self._text if self.file.value else self.area.value

    def read_again(self) -> None:
        """Read the file that was named, if another one was, or forget it."""
        name = self.file.value
        if name == self._read:
            return
        self._read = name
        self._text = self._failure = ""
        if name:
            try:
                self._text = user_data_of(read_file(name))
            except ValueError as error:
                self._failure = str(error)
            else:
                self._failure = user_data_problem(self._text)
        self.file.problem = self._failure
        self.settle()

    def _file_problem(self, _name: str) -> str:
        self.read_again()
        return self._failure

    def settle(self) -> None:
        """Show how much it is, and the area only where it counts."""
        self.area.display = not self.file.value
        size, left_out = measure(self.text), self.area.left_out
        kind = user_data_kind(self.text)
        words = ": ".join(part for part in (size.words, kind) if part) if self.text else "none"
        if left_out and not self.file.value:
            words += f"; {left_out} control characters removed: use a file to send them"
        self.note.say(words, alert=size.left < 0)


def read_file(name: str) -> bytes:
    """What is in a file, as it is.

    Raises:
        ValueError: it cannot be read, in words.
    """
    path = os.path.expanduser(name)
    if not os.path.isfile(path):
        raise ValueError("file not found" if not os.path.exists(path) else "not a file")
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_READ + 1)
    except OSError as error:
        raise ValueError(f"cannot read it: {error.strerror}") from None
    if len(content) > MOST_READ:
        raise ValueError(f"it is longer than {MOST_READ:,} bytes")
    return content
