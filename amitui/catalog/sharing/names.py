"""What objects of a published catalogue are called. Names are made of checked parts only, so none leads elsewhere.

    public/manifest.json                     accounts/111122223333/manifest.json
    public/objects/<2 digits>/<sha256>       accounts/111122223333/objects/<2 digits>/<sha256>

What one account sees privately lies under its id, so that a bucket policy can tell it from the rest.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from amitui.domain.accounts import account_of
from amitui.domain.catalogue.shard import PUBLIC

_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_OBJECT: Final = re.compile(r"([0-9a-f]{2})/([0-9a-f]{64})", re.ASCII)
_ACCOUNT: Final = re.compile(r"[0-9]{12}", re.ASCII)


def hash_of(data: bytes) -> str:
    """The name of an object with this content: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def is_hash(value: object) -> bool:
    """Whether a value is what `hash_of` gives."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def folder_of(visibility: str) -> str:
    """The folder of what everybody, or one account, sees; ends with a slash.

    Raises:
        ValueError: it is neither `public` nor an account id.
    """
    if visibility == PUBLIC:
        return "public/"
    if _ACCOUNT.fullmatch(visibility) is None or account_of(visibility) != visibility:
        raise ValueError(f"{visibility!r} is not an account")
    return f"accounts/{visibility}/"


def manifest_path(visibility: str) -> str:
    """Where the list of what is published lies."""
    return f"{folder_of(visibility)}manifest.json"


def objects_path(visibility: str) -> str:
    """The folder of the objects; ends with a slash."""
    return f"{folder_of(visibility)}objects/"


def object_path(visibility: str, digest: str) -> str:
    """Where an object lies.

    Raises:
        ValueError: the hash is none.
    """
    if not is_hash(digest):
        raise ValueError("not a SHA-256 hash")
    return f"{objects_path(visibility)}{digest[:2]}/{digest}"


def hash_in(path: str, visibility: str) -> str | None:
    """The hash that an object's path names; `None`: it is no path of an object of this folder."""
    folder = objects_path(visibility)
    found = _OBJECT.fullmatch(path[len(folder) :]) if path.startswith(folder) else None
    return found[2] if found is not None and found[2].startswith(found[1]) else None
