"""Steps that many end-to-end tests take: rows on the screen, a dialog and back, a command and what it printed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.terminal import Terminal

IMAGE_ID: Final = re.compile(r"\bami-[0-9a-f]{8,17}\b")

START_SECONDS: Final = 180
"""Patience with a start; a machine that runs other tests beside needs some."""

LEAVE_SECONDS: Final = 25.0
"""Within this amitui must be gone after q: 2 s on an idle machine, the rest for its neighbours, and less than what
it must not wait for takes (an answer, a name)."""


def has_rows(terminal: Terminal) -> bool:
    """Whether an image id is on the screen."""
    return IMAGE_ID.search(terminal.screen_text()) is not None


def shows(*texts: str) -> Callable[[Terminal], bool]:
    """Whether all of these are on the screen."""
    return lambda terminal: all(text in terminal.screen_text() for text in texts)


def hides(text: str) -> Callable[[Terminal], bool]:
    """Whether this is not on the screen."""
    return lambda terminal: text not in terminal.screen_text()


def shows_an_error(terminal: Terminal) -> bool:
    """Whether the status line says that something went wrong."""
    lines = terminal.screen_text().splitlines()
    return len(lines) > 1 and "!" in lines[-2]


def open_and_close(terminal: Terminal, key: str, title: str) -> None:
    """Open what a key opens, see its title, and go back with Escape."""
    terminal.press(key)
    terminal.wait_for(f"─ {title}")
    terminal.wait_settled(60)  # a half-drawn dialog may hide its title once more
    terminal.press("escape")
    terminal.wait_for(hides(f"─ {title}"))


def leave(terminal: Terminal) -> None:
    """Press q; amitui must be gone soon, without a complaint."""
    terminal.press("q")
    code = terminal.wait_for_exit(LEAVE_SECONDS)
    said = terminal.raw.decode("utf-8", "replace")
    assert code == 0, f"ended with {code}, saying {said[-3000:]}"
    assert "Traceback" not in said, said[said.index("Traceback") :]


def run(
    command: Sequence[str | Path], environment: dict[str, str], *words: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, its output captured."""
    return subprocess.run(
        [*command, *words],
        env=environment,
        capture_output=True,
        text=True,
        input=stdin,
        timeout=START_SECONDS,
        check=False,
    )


def access_keys(access_key_id: str = "AKIAEXAMPLE000000000") -> dict[str, str]:
    """The environment variables of made-up credentials."""
    return {"AWS_ACCESS_KEY_ID": access_key_id, "AWS_SECRET_ACCESS_KEY": "do-not-show-this"}


def aws_config(environment: dict[str, str], text: str) -> None:
    """Write the AWS config file that the environment names."""
    path = Path(environment["AWS_CONFIG_FILE"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
