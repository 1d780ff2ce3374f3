"""The file of an SSO token, written as the AWS CLI writes it: for botocore, and for every other AWS tool."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from amitui.os_faults import Place, explain

if TYPE_CHECKING:
    from collections.abc import Mapping

LATEST_S: Final = 253_402_300_799
"""The end of the year 9999, in seconds since the epoch: the last time that can be written."""


def token_text(token: Mapping[str, str | float]) -> str:
    """The token as the file holds it.

    Args:
        token: its fields; numbers are times, in seconds since the epoch.
    """
    return json.dumps({name: _written(value) for name, value in token.items()})


def write_token(path: str, text: str) -> None:
    """Put the token in place of what was there, readable by its user only.

    Raises:
        CacheError: it cannot be written; what was there is as it was.
    """
    folder = os.path.dirname(path)
    temporary = ""
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        # Made with mode 0600, under a name that nobody can foresee.
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        place = Place(f"the SSO token in {folder}", elsewhere="make that folder writable", mend="check the disk")
        raise explain(error, place) from error


def _written(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return datetime.fromtimestamp(min(value, LATEST_S), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
