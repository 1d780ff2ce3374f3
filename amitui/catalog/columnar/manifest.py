"""The list of what an export consists of: which files are amitui's, and of which state of the catalogue each is.

It is written before the first file, so that a file in the place of one of its names is known to be amitui's also
after a kill; and after each, so that the next export goes on from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from amitui.errors import CacheError

MANIFEST: Final = "_amitui_export.json"
"""Its name; Spark, Trino and Athena pass over files that begin with an underscore."""
MANIFEST_BYTES: Final = 8 << 20
FORM: Final = 1

_PATH: Final = re.compile(
    r"region=(?P<region>[A-Za-z0-9%._~-]+)/scope=(?P<scope>[a-z0-9]+)/images(?:-(?P<account>[0-9]{12}))?\.parquet",
    re.ASCII,
)


class ExportedFile(NamedTuple):
    """A file of an export."""

    fingerprint: str
    """Of what it was written from; empty: it is being written, and what is there is to be replaced."""
    rows: int = 0
    size: int = 0
    """Bytes."""


class ExportManifest(NamedTuple):
    """What an export consists of."""

    realm: str
    """Partition or endpoint of the images: those of two are not mixed."""
    files: Mapping[str, ExportedFile] = MappingProxyType({})
    """By path below the export's folder."""
    written_at: int = 0
    """Seconds since the epoch."""


class PathParts(NamedTuple):
    """What a file's path says."""

    region: str
    scope: str
    account: str | None


def file_path(region: str, scope: str, account: str | None) -> str:
    """Where the images of a partition are: one file, so that replacing it is one step.

    Args:
        account: whose private images they are; `None`: public ones.
    """
    from urllib.parse import quote

    suffix = f"-{account}" if account else ""
    return f"region={quote(region, safe='')}/scope={quote(scope, safe='')}/images{suffix}.parquet"


def path_parts(path: str) -> PathParts | None:
    """What a path of `file_path` says; `None`: it is no such path."""
    from urllib.parse import unquote

    found = _PATH.fullmatch(path)
    return None if found is None else PathParts(unquote(found["region"]), found["scope"], found["account"])


def dump_manifest(manifest: ExportManifest) -> bytes:
    """As it is written."""
    files = {path: manifest.files[path]._asdict() for path in sorted(manifest.files)}
    return json.dumps({"form": FORM, **manifest._asdict(), "files": files}, indent=1).encode()


def parse_manifest(data: bytes, title: str) -> ExportManifest:
    """As it was dumped.

    Raises:
        CacheError: it is damaged, or of a newer amitui.
    """
    try:
        values = json.loads(data)
        if values["form"] > FORM:
            raise CacheError(
                f"a newer amitui has exported to {title}",
                why=f"its list has form {values['form']}, and this version knows {FORM}",
                remedy="update amitui, or export to another folder",
            )
        files = {path: _file(one) for path, one in values["files"].items() if path_parts(path) is not None}
        return ExportManifest(str(values["realm"]), files, int(values["written_at"]))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise CacheError(
            f"{MANIFEST} of {title} is damaged",
            why="which of the files there are amitui's is not known; nothing was changed",
            remedy=f"export to another folder, or delete {MANIFEST} and the files of the export",
        ) from error


def _file(values: dict[str, Any]) -> ExportedFile:
    return ExportedFile(str(values["fingerprint"]), int(values["rows"]), int(values["size"]))
