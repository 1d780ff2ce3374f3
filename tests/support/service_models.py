"""The descriptions of services that botocore reads, read once by each process that runs tests.

A session reads them anew, and most tests of what is asked of EC2 open one: EC2's description alone takes a tenth
of a second.
"""

from __future__ import annotations

from typing import Any, Final

from botocore.loaders import JSONFileLoader

_read: Final[dict[str, Any]] = {}
"""By path; nothing changes a description once it has been put together."""


def share() -> None:
    """Make all sessions share what one of them has read."""
    load = JSONFileLoader().load_file

    def load_once(_loader: JSONFileLoader, path: str) -> Any:
        found = _read.get(path) or load(path)
        if found is not None:
            _read[path] = found
        return found

    JSONFileLoader.load_file = load_once
