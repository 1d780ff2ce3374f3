"""Asking for MFA codes: by the screen's dialog or on the terminal, and only while somebody is there to answer.

What fetches and watches in the background must not bring up a question again and again. A profile is asked about
once; then not until `allow` says that its user wants to be asked.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from amitui.ec2.mfa import CodeRequest, SessionShelf

CODE_DIGITS: Final = 6
"""Of every code, by the API of STS (AssumeRole, TokenCode)."""
_TERMINAL: Final = "/dev/tty"
_LONGEST_LINE: Final = 256


class NoTerminal(Exception):
    """There is nobody who could be asked."""


class MfaCodes:
    """Asks for codes."""

    def __init__(self) -> None:
        self.prompt: Callable[[CodeRequest], Awaitable[str | None]] = ask_on_terminal
        """Asks for one; the code, or `None` when it is not given."""
        self.watching: set[Callable[[], None]] = set()
        """Called when a question begins, and when it has ended."""
        self._questions = 0
        self._asked: set[str] = set()
        self._shelf: SessionShelf | None = None

    @property
    def shelf(self) -> SessionShelf:
        """What connections are given."""
        if self._shelf is None:
            from amitui.ec2.mfa import SessionShelf

            self._shelf = SessionShelf(self.ask)
        return self._shelf

    @property
    def are_asked(self) -> bool:
        """Whether somebody is being asked for a code."""
        return self._questions > 0

    def allow(self) -> None:
        """Ask again from now on: somebody has just asked for what needs codes."""
        self._asked.clear()

    async def ask(self, request: CodeRequest) -> str:
        """The code for a request.

        Raises:
            CredentialsError: there is none.
        """
        from amitui.ec2.errors.translate import mfa_needed

        if request.profile in self._asked and not request.problem:
            raise mfa_needed(request.profile, asked=True)
        try:
            with self._question():
                code = await self.prompt(request)
        except NoTerminal:
            raise mfa_needed(request.profile) from None
        self._asked.add(request.profile)
        if code is None:
            raise mfa_needed(request.profile, asked=True)
        return code

    @contextmanager
    def _question(self) -> Iterator[None]:
        self._questions += 1
        self._told()
        try:
            yield
        finally:
            self._questions -= 1
            self._told()

    def _told(self) -> None:
        for watch in self.watching:
            watch()


async def ask_on_terminal(request: CodeRequest) -> str | None:
    """Ask on the terminal that this process has, wherever its streams lead; an empty line gives none.

    Raises:
        NoTerminal: it has none, or is in the background, where reading would stop it.
    """
    try:
        terminal = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        raise NoTerminal from None
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():
            raise NoTerminal
        problem = f"{request.problem}\n" if request.problem else ""
        while True:
            os.write(terminal, f"{problem}MFA code of {request.device} for {request.profile}: ".encode())
            line = (await _read_line(terminal)).strip()
            if not line or is_code(line):
                return line or None
            problem = f"a code has {CODE_DIGITS} digits\n"
    except OSError:
        raise NoTerminal from None
    finally:
        os.close(terminal)


def is_code(text: str) -> bool:
    """Whether it can be a code."""
    return len(text) == CODE_DIGITS and text.isascii() and text.isdigit()


async def _read_line(terminal: int) -> str:
    """A line, without keeping a thread that Ctrl+C could not end."""
    import asyncio  # what only reads the cache needs none of it

    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(terminal, readable.set)
    try:
        await readable.wait()
    finally:
        with suppress(ValueError):
            loop.remove_reader(terminal)
    return os.read(terminal, _LONGEST_LINE).decode("utf-8", "replace")
