"""User data: what an instance is told at its first start, as EC2 takes it and as cloud-init understands it.

They may hold secrets and are written nowhere by amitui; what is said of them here never quotes them.
"""

from __future__ import annotations

import base64
import re
from typing import Final, NamedTuple

MOST_BYTES: Final = 16_384
"""Before base64."""

_BOM: Final = "\ufeff"
_KEY_ID: Final = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]{24,}={0,2}\s*")
_WINDOWS: Final = re.compile(r"<(?:powershell|script|persist)>", re.IGNORECASE)
_STARTS: Final = (
    ("#!", "a script"),
    ("#cloud-config-archive", "an archive of cloud-init"),
    ("#cloud-config", "cloud-config"),
    ("#cloud-boothook", "a boot hook of cloud-init"),
    ("#include", "addresses that cloud-init fetches"),
    ("#part-handler", "a part handler of cloud-init"),
    ("## template: jinja", "a template of cloud-init"),
    ("content-type: multipart", "several parts"),
    ("mime-version:", "several parts"),
)
"""How each begins in lower case, and what it is."""


class UserDataSize(NamedTuple):
    """How much it is."""

    raw: int
    """Bytes, of which EC2 takes `MOST_BYTES`."""
    encoded: int
    """Bytes in base64, as they are sent."""

    @property
    def left(self) -> int:
        """Bytes that still fit; below 0 = too many."""
        return MOST_BYTES - self.raw

    @property
    def words(self) -> str:
        """`1,204 of 16,384 bytes`."""
        return f"{self.raw:,} of {MOST_BYTES:,} bytes"


def measure(text: str) -> UserDataSize:
    """The size of user data; a character is 1 to 4 bytes."""
    raw = len(text.encode(errors="surrogatepass"))
    return UserDataSize(raw, -(-raw // 3) * 4)


def encoded(text: str) -> str:
    """In base64, as launch templates want it; RunInstances is sent the text, and botocore encodes it."""
    return base64.b64encode(text.encode()).decode()


def user_data_problem(text: str) -> str:
    """Why EC2 or the instance would not take it; empty = nothing is known against it."""
    if "\0" in text:
        return "there is a NUL in it: user data is text here"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "there is something in it that is no UTF-8"
    size = measure(text)
    if size.left < 0:
        return f"{size.words}: {-size.left:,} too many. Fetch the rest from S3 at the first start"
    return ""


def user_data_kind(text: str) -> str:
    """What it is by its beginning, in words; empty = nothing that is known."""
    start = text.removeprefix(_BOM)[:64].lower()
    known = next((words for prefix, words in _STARTS if start.startswith(prefix)), "")
    return known or ("a script for Windows" if _WINDOWS.search(text) else "")


def user_data_warnings(text: str, *, windows: bool | None = None) -> tuple[str, ...]:
    """What may surprise, a sentence each.

    Args:
        windows: whether the image is one of Windows; `None` = not known.
    """
    if not text:
        return ()
    kind = user_data_kind(text)
    for_windows = kind.endswith("Windows")
    found = (
        (
            text.startswith(_BOM),
            "User data begin with a byte order mark: cloud-init does not see what comes after it.",
        ),
        (
            kind == "a script" and "\r\n" in text and not windows,
            "The script has Windows line ends: Linux looks for an interpreter whose name ends with one.",
        ),
        (
            not kind and bool(_BASE64.fullmatch(text)),
            "User data look like base64 already: they are encoded on the way, so give the plain text.",
        ),
        (
            not kind and not _BASE64.fullmatch(text),
            "Nothing tells what user data are: cloud-init runs what begins with #! or #cloud-config.",
        ),
        (
            for_windows and windows is False,
            "User data are for Windows, and the image is not.",
        ),
        (
            kind != "" and not for_windows and windows is True,
            "User data are not in <powershell> or <script>: Windows does not run them.",
        ),
        (
            bool(_KEY_ID.search(text)),
            "There is an access key in user data, which any program on the instance can read: use an IAM profile.",
        ),
    )
    return tuple(words for holds, words in found if holds)
