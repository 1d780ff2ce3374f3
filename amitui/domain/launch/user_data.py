"""User data: what an instance runs at its first start, as EC2 takes it and as cloud-init understands it.

They may hold secrets and are written nowhere by amitui; what is said of them here never quotes them.

They are any bytes. As a text, in which forms and plans hold them, bytes that are no UTF-8 are lone surrogates
(PEP 383): `user_data_of` makes such a text of bytes, `user_data_bytes` makes the same bytes of it again.
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
_SIGNATURES: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x7fELF", "an ELF program"),
)
"""How files that are no text begin."""
_BINARY: Final = "binary"
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


def user_data_of(content: bytes) -> str:
    """The text that stands for these bytes."""
    return content.decode(errors="surrogateescape")


def user_data_bytes(text: str) -> bytes:
    """The bytes that are sent.

    Raises:
        UnicodeEncodeError: the text stands for none (`user_data_problem` says so before).
    """
    return text.encode(errors="surrogateescape")


def is_binary(text: str) -> bool:
    """Whether what is sent is no text: no UTF-8, or with a NUL in it."""
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def measure(text: str) -> UserDataSize:
    """The size of user data; a character is 1 to 4 bytes, or a byte that is none."""
    raw = len(user_data_bytes(text) if _stands_for_bytes(text) else text.encode(errors="replace"))
    return UserDataSize(raw, -(-raw // 3) * 4)


def encoded(text: str) -> str:
    """In base64, as launch templates want it; RunInstances is sent the text, and botocore encodes it."""
    return base64.b64encode(user_data_bytes(text)).decode()


def user_data_problem(text: str) -> str:
    """Why EC2 or the instance would not take it; empty = nothing is known against it."""
    if not _stands_for_bytes(text):
        return "it contains an incomplete character: send binary data as a file"
    size = measure(text)
    if size.left < 0:
        return f"{size.words}: {-size.left:,} too many. Download the rest from S3 at first start"
    return ""


def user_data_kind(text: str) -> str:
    """What it is by its beginning, in words; empty = nothing that is known.

    Of what is no text: `binary, gzip`, or `binary` alone.
    """
    if is_binary(text):
        begin = user_data_bytes(text[:8]) if _stands_for_bytes(text[:8]) else b""
        known = next((words for signature, words in _SIGNATURES if begin.startswith(signature)), "")
        return f"{_BINARY}, {known}" if known else _BINARY
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
            "User data begins with a byte order mark: cloud-init ignores what follows it.",
        ),
        (
            kind == "a script" and "\r\n" in text and not windows,
            "The script has Windows line endings: Linux will not find its interpreter.",
        ),
        (
            not kind and bool(_BASE64.fullmatch(text)),
            "User data looks base64-encoded already. amitui encodes it, so enter the plain text.",
        ),
        (
            kind in ("", _BINARY) and not _BASE64.fullmatch(text),
            "User data has no known header: cloud-init runs what begins with #! or #cloud-config.",
        ),
        (
            for_windows and windows is False,
            "User data is for Windows, but the image is not.",
        ),
        (
            kind.startswith(_BINARY) and kind not in (_BINARY, f"{_BINARY}, gzip") and not windows,
            "User data is compressed in a format that cloud-init does not support: use gzip.",
        ),
        (
            kind != "" and not for_windows and windows is True,
            "User data is not in <powershell> or <script> tags: Windows does not run it.",
        ),
        (
            bool(_KEY_ID.search(text)),
            "User data contains an access key, which any program on the instance can read: use an IAM profile.",
        ),
    )
    return tuple(words for holds, words in found if holds)


def _stands_for_bytes(text: str) -> bool:
    """Whether its lone surrogates, if there are any, are all those of PEP 383."""
    surrogates = (character for character in text if "\ud800" <= character <= "\udfff")
    return all("\udc80" <= character <= "\udcff" for character in surrogates)
