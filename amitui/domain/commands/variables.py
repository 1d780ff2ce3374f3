"""The environment variables in which a command finds what it is about; the documentation's table is this one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from amitui.domain.visible import REPLACEMENT

PREFIX: Final = "AMITUI_"


class Variable(NamedTuple):
    """One variable."""

    name: str
    """Behind `AMITUI_`, and in lower case a member of the objects in the file of the selection."""
    about: str
    applies: str
    """The values of `AppliesTo` that it is set for; empty = all."""


_IMAGE: Final = "image images family"
_BOTH: Final = "image images family instance instances"

VARIABLES: Final = (
    Variable("COMMAND", "name of the command, as in `[commands.NAME]`", ""),
    Variable("PROFILE", "profile that acts; not set where environment or default profile do", ""),
    Variable("ACCOUNT", "account that acts, 12 digits, once it is known", ""),
    Variable("REGION", "Region; of no row the first one shown", ""),
    Variable("ENDPOINT_URL", "endpoint of EC2; not set at AWS", ""),
    Variable("DEMO", "`1` in the demo, whose images exist nowhere else", ""),
    Variable("IMAGE_ID", "image ID; of an instance its image's", _BOTH),
    Variable("NAME", "name of the image; of an instance its Name tag", _BOTH),
    Variable("STATE", "state, as the screen shows it", _BOTH),
    Variable("ARN", "ARN of the image", _IMAGE),
    Variable("DESCRIPTION", "description of the image", _IMAGE),
    Variable("FAMILY", "family of the image, as `family:` takes it", _IMAGE),
    Variable("OWNER_ID", "account that owns the image", _IMAGE),
    Variable("PUBLISHER", "publisher's name, or the owner's alias", _IMAGE),
    Variable(
        "TRUST",
        "`own`, `amazon`, `publisher`, `marketplace`, `shared`, `unverified` or `lookalike`",
        _IMAGE,
    ),
    Variable("ARCHITECTURE", "architecture, such as `arm64`", _IMAGE),
    Variable("PLATFORM", "platform details, such as `Linux/UNIX`", _IMAGE),
    Variable("CREATED", "time of creation, `2026-01-31T12:00:00Z`", _IMAGE),
    Variable("DEPRECATED", "time of deprecation, in the same form", _IMAGE),
    Variable("INSTANCE_ID", "instance ID", "instance instances"),
    Variable("INSTANCE_TYPE", "instance type, as far as known", "instance instances"),
    Variable("PUBLIC_IP", "public IPv4 address, once EC2 has given one", "instance instances"),
    Variable("PRIVATE_IP", "private IPv4 address", "instance instances"),
    Variable("IPV6", "IPv6 address", "instance instances"),
    Variable("KEY_NAME", "key pair", "instance instances"),
    Variable("IMAGE_IDS", "image IDs, with blanks between them", "images"),
    Variable("INSTANCE_IDS", "instance IDs, with blanks between them", "instances"),
    Variable("COUNT", "how many there are", "images instances"),
    Variable(
        "SELECTION",
        "file with a JSON object a line for each of them, deleted at the command's end",
        "images instances",
    ),
)
"""In the order of the documentation. Of several rows, one is set where all have the same value."""


def known_variables(applies: str) -> tuple[str, ...]:
    """The names of the variables that a command of this kind can get."""
    return tuple(PREFIX + one.name for one in VARIABLES if not one.applies or applies in one.applies.split())


def environment(base: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command: the one that amitui has, and what the command is about.

    A character that no environment can hold (NUL, a lone surrogate) becomes the mark that stands for unprintable
    ones on the screen; every other arrives as it is, in UTF-8.

    Args:
        base: amitui's own; what an outer command left there is not passed on.
        values: by name of the variable without its prefix; an empty one is not set.
    """
    ours = {PREFIX + one.name for one in VARIABLES}
    kept = {name: value for name, value in base.items() if name not in ours}
    return kept | {PREFIX + name: _storable(value) for name, value in values.items() if value}


def _storable(text: str) -> str:
    """A text that reaches a child process as UTF-8, whatever the locale's character set is."""
    whole = "".join(REPLACEMENT if one == "\0" or "\ud800" <= one <= "\udfff" else one for one in text)
    return os.fsdecode(whole.encode())


def common_values(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The values that all rows have alike."""
    several = list(rows)
    return {
        name: value
        for name, value in (several[0] if several else {}).items()
        if all(one.get(name) == value for one in several[1:])
    }
