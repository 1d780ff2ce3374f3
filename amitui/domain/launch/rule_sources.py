"""Sources of a security group's rules, read as people write them: addresses, a group, a prefix list."""

from __future__ import annotations

import re
from typing import Final

ANYWHERE: Final = "0.0.0.0/0"
ANYWHERE_6: Final = "::/0"

GROUP: Final = re.compile(r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})")
PREFIX_LIST: Final = re.compile(r"pl-(?:[0-9a-f]{8}|[0-9a-f]{17})")

EVERYONE: Final = frozenset(
    {"anywhere", "everyone", "everywhere", "everybody", "internet", "world", "all", "any", "anywhere-ipv4"}
)
EVERYONE_6: Final = frozenset({"anywhere-ipv6", "anywhere6"})
"""The console's words; `anywhere` alone is IPv4, as there."""
ME: Final = frozenset({"me", "myself", "myip", "my-ip"})

_PREFIX_LENGTH: Final = re.compile(r"[0-9]{1,3}")
_SHORT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3}){0,2})/([0-9]{1,2})")
_SPAN: Final = re.compile(r"[0-9.]+-[0-9.]+")


def source_of(text: str) -> str:
    """An address range in EC2's form, or the id of a group or of a prefix list.

    An address alone is that address alone; nothing that was not written out means everyone.

    Raises:
        ValueError: it is none of them; with words that say what would be right.
    """
    lowered = text.lower()
    if lowered in EVERYONE:
        return ANYWHERE
    if lowered in EVERYONE_6:
        return ANYWHERE_6
    for begins, pattern, name in (("sg-", GROUP, "security group"), ("pl-", PREFIX_LIST, "prefix list")):
        if lowered.startswith(begins):
            if pattern.fullmatch(lowered):
                return lowered
            raise ValueError(f"{text} is not the ID of a {name}: {begins} and 8 or 17 of 0-9 and a-f")
    return _network(text)


def address_range(text: str) -> str:
    """Somebody's own address, or a range of a few, in EC2's form.

    Raises:
        ValueError: it is none, or the whole internet; in words.
    """
    try:
        found = _network(text)
    except ValueError:
        if is_source(text) and not text.lower().startswith(("sg-", "pl-")):
            raise
        raise ValueError("an address is required, such as 203.0.113.7") from None
    if found in (ANYWHERE, ANYWHERE_6):
        raise ValueError(f"{found} is everyone: write from anywhere in the rule if that is wanted")
    return found


def alone(address: str) -> str:
    """The range of one address: `203.0.113.7/32`."""
    return f"{address}/{128 if ':' in address else 32}"


def is_private(address: str) -> bool:
    """Whether an address is reached inside its own network only."""
    import ipaddress

    return ipaddress.ip_address(address).is_private


def source_problem(source: str) -> str:
    """What is wrong with a source as a rule has it; empty = nothing."""
    try:
        read = source_of(source)
    except ValueError as error:
        return str(error)
    return "" if read == source else f"{source} requires EC2's form: {read}"


def is_source(text: str) -> bool:
    """Whether it is meant to be a source: then what is wrong with it is said of a source."""
    lowered = text.lower()
    if lowered in EVERYONE | EVERYONE_6 | ME:
        # These two say of ports what `everything` says, as well.
        return lowered not in ("all", "any")
    address = lowered.count(".") == 3 or lowered.count(":") > 1
    return address or lowered.startswith(("sg-", "pl-")) or bool(_SHORT.fullmatch(lowered))


def _network(text: str) -> str:
    import ipaddress  # a heavy module, for the few launches that make a group

    address, slash, length = text.partition("/")
    try:
        # Python takes an address with a scope (`fe80::1%eth0/64`) for a network; EC2 does not.
        if "%" in text or not text.isascii():
            raise ValueError
        network = ipaddress.ip_network(text, strict=False)
        host = ipaddress.ip_address(address)
    except ValueError:
        raise ValueError(_no_network(text)) from None
    if slash and not _PREFIX_LENGTH.fullmatch(length):
        raise ValueError(f"{text} has a mask: write {network} (EC2 takes prefix lengths)")
    only = alone(str(host))
    if not slash:
        if host.version == 4 and address.endswith(".0"):
            raise ValueError(f"{text} may be a network: write {text}/24 for one, or {only} for this address alone")
        return only
    if host != network.network_address:
        raise ValueError(f"{text} is not the start of its range: write {only} for this address, or {network}")
    return str(network)


def _no_network(text: str) -> str:
    short = _SHORT.fullmatch(text)
    if short:
        parts = [*short[1].split("."), "0", "0", "0"][:4]
        return f"{text} is not a whole address range: write {'.'.join(parts)}/{short[2]}"
    if _SPAN.fullmatch(text):
        return f"{text} is not an address range that EC2 takes: write it with a prefix length, as 203.0.113.0/24"
    return f"{text} is not an address range such as 203.0.113.0/24, nor sg-… or pl-…, me or anywhere"
