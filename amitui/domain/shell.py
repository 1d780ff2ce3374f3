"""Words for commands that are pasted into a shell: quoted for sh, bash and zsh, and checked by what they name."""

from __future__ import annotations

import re
import shlex
from typing import Final

_INSTANCE_ID: Final = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_REGION: Final = re.compile(r"[a-z]{2,5}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}")


def quoted(word: str) -> str:
    """A word that every shell reads as itself: zsh expands one that begins with `=`, which `shlex` leaves bare."""
    return f"'{word}'" if word.startswith("=") and shlex.quote(word) == word else shlex.quote(word)


def checked_address(text: str) -> str:
    """An IP address in its canonical form; empty for anything else.

    An address with a scope (`fe80::1%eth0`) is none: the scope is any text (RFC 4007, section 11), and names an
    interface of the machine that says it.
    """
    from ipaddress import IPv6Address, ip_address  # a heavy module, for the few who log in

    try:
        address = ip_address(text)
    except ValueError:
        return ""
    return "" if isinstance(address, IPv6Address) and address.scope_id is not None else str(address)


def checked_instance_id(text: str) -> str:
    """An instance's id; empty for anything else."""
    return text if _INSTANCE_ID.fullmatch(text) else ""


def checked_region(text: str) -> str:
    """A region's name; empty for anything else."""
    return text if _REGION.fullmatch(text) else ""
