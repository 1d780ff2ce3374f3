"""The clipboard of whoever sits at the terminal, over OSC 52: it works through SSH, where no clipboard tool does.

tmux and GNU screen swallow what they do not know. tmux takes a plain OSC 52 for itself when `set-clipboard` is
`on` (its default, `external`, ignores applications) and hands on what is wrapped when `allow-passthrough` is `on`
(from tmux 3.3; before, always). Neither can be queried cheaply, and either is harmless where it is not understood,
so inside tmux both are sent. Because both are off by default, tmux itself gets it as well: `load-buffer -w` fills
its paste buffer and sends the text on to the terminal outside.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from amitui import child_process
from amitui.domain.visible import is_visible
from amitui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

LONGEST: Final = 74_994
"""Bytes of text: their sequence then has 100,000 bytes, the most that several terminals take."""

SCREEN_CHUNK: Final = 240
"""Bytes in one device control string: old GNU screens keep 256 (4.0.3), newer ones 512 or 768."""

_DCS = "\x1bP"
_ST = "\x1b\\"


def osc52(text: str, *, tmux: bool, screen: bool) -> str:
    """The control sequence that puts `text` on the clipboard.

    Args:
        text: printable characters, tabs and line breaks only: a pasted escape sequence or bidi override would act
            where it is pasted.
        tmux: whether the terminal is tmux (`TMUX` is set).
        screen: whether it is GNU screen (`STY` is set); tmux wins, being the inner one more often.

    Raises:
        UsageError: the text is not safe, or too long for terminals to take.
    """
    unsafe = next((char for char in text if not (char in "\t\n" or is_visible(char))), None)
    if unsafe is not None:
        raise UsageError("not copied: it contains an invisible or control character", why=f"U+{ord(unsafe):04X}")
    data = text.encode()
    if len(data) > LONGEST:
        raise UsageError(
            f"not copied: {len(data):,} bytes exceed what terminals accept",
            why=f"the limit is {LONGEST:,} bytes",
            remedy="export to a file instead: e",
        )
    plain = f"\x1b]52;c;{b64encode(data).decode()}\x07"
    if tmux:
        return plain + _DCS + "tmux;" + plain.replace("\x1b", "\x1b\x1b") + _ST
    if screen:
        chunks = (plain[start : start + SCREEN_CHUNK] for start in range(0, len(plain), SCREEN_CHUNK))
        return "".join(_DCS + chunk + _ST for chunk in chunks)
    return plain


def to_clipboard(text: str, environ: Mapping[str, str]) -> tuple[str, Coroutine[Any, Any, bool] | None]:
    """The control sequence that copies `text`, and what is to be awaited besides inside tmux.

    Raises:
        UsageError: the text is not safe, or too long for terminals to take.
    """
    tmux = bool(environ.get("TMUX"))
    sequence = osc52(text, tmux=tmux, screen=bool(environ.get("STY")))
    return sequence, to_tmux_buffer(text) if tmux else None


async def to_tmux_buffer(text: str) -> bool:
    """Put `text` into tmux's paste buffer and, from tmux 3.2 on, the clipboard outside; false when it cannot."""
    for options in (("-w",), ()):
        try:
            tmux = await asyncio.create_subprocess_exec(
                "tmux",
                "load-buffer",
                *options,
                "-",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return False
        try:
            await tmux.communicate(text.encode())
        finally:
            await child_process.end(tmux)
        if tmux.returncode == 0:
            return True
    return False
