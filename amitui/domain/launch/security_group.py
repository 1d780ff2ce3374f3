"""A security group that is made for a launch: its rules in EC2's terms, in words, and read from words.

One line says one rule, as lists of rules say it: `tcp 22 from 203.0.113.7/32`, `https from anywhere`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from amitui.domain.visible import is_unambiguous

ALL: Final = "-1"
"""EC2's word for all protocols."""
ANYWHERE: Final = "0.0.0.0/0"
ANYWHERE_6: Final = "::/0"

_LONGEST: Final = 255
_MOST_RULES: Final = 60
"""Inbound rules of a group, by EC2's default quota."""
_NOT_ALLOWED: Final = re.compile(r"[^a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]")
_GROUP: Final = re.compile(r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_PREFIX_LIST: Final = re.compile(r"pl-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_PORTED: Final = frozenset({"tcp", "udp"})
_PORTLESS: Final = frozenset({"icmp", "icmpv6", ALL})
_SERVICES: Final[Mapping[str, int]] = {
    "ssh": 22,
    "http": 80,
    "https": 443,
    "rdp": 3389,
    "postgres": 5432,
    "mysql": 3306,
}
"""Ports of TCP by the names that people have for them."""
_LOGINS: Final = (22, 3389, 5985, 5986)
"""Ports of SSH, RDP and WinRM, which everyone who scans the internet tries."""
_LINE: Final = re.compile(
    r"(?P<what>[\w-]+)(?:\s+(?P<ports>\d{1,5}(?:\s*-\s*\d{1,5})?|all))?(?:\s+from\s+(?P<source>\S+))?",
    re.IGNORECASE,
)


class Rule(NamedTuple):
    """Something that is let in."""

    protocol: str
    """`tcp`, `udp`, `icmp`, `icmpv6`, or `-1` for all."""
    from_port: int | None
    """`None` with a protocol that has no ports."""
    to_port: int | None
    cidr: str
    """IPv4 or IPv6 addresses, the id of a security group, or of a prefix list."""
    note: str = ""

    @property
    def everyone(self) -> bool:
        """Whether the whole internet is let in."""
        return self.cidr in (ANYWHERE, ANYWHERE_6)

    @property
    def words(self) -> str:
        """`tcp 22 from 203.0.113.7/32`."""
        name = "all" if self.protocol == ALL else self.protocol
        ports = "" if self.from_port is None else f" {self.from_port}"
        if self.to_port != self.from_port:
            ports += f"-{self.to_port}"
        return f"{name}{ports} from {self.cidr}"


class NewGroup(NamedTuple):
    """A security group that is made first."""

    name: str
    description: str
    """EC2 demands one, and it cannot be changed later."""
    vpc_id: str = ""
    """Empty = the default VPC."""
    rules: tuple[Rule, ...] = ()


def parse_rules(text: str) -> tuple[Rule, ...]:
    """Rules from lines or from parts between commas; `# …` after one is its note.

    Raises:
        ValueError: a line says no rule, in words.
    """
    rules = []
    for line in text.splitlines():
        rule, _, note = line.partition("#")
        parts = [part for part in (part.strip() for part in rule.split(",")) if part]
        rules += [_rule(part, note.strip()) for part in parts]
    return tuple(rules)


def group_problem(group: NewGroup) -> str:
    """What is wrong with a new group; empty = nothing."""
    if not group.name:
        return "the new group requires a name"
    if group.name.lower().startswith("sg-") or group.name.lower() == "default":
        return f"a group cannot be called {group.name}: EC2 reserves such names"
    if not group.description:
        return "the new group requires a description"
    texts = (group.name, group.description, *(rule.note for rule in group.rules))
    words = next((words for words in map(_text_problem, texts) if words), "")
    if words:
        return words
    if len(group.rules) > _MOST_RULES:
        return f"at most {_MOST_RULES} rules, these are {len(group.rules)}"
    wrong = next((words for words in map(rule_problem, group.rules) if words), "")
    if wrong:
        return wrong
    twice = next((rule.words for rule in group.rules if _same(group.rules, rule) > 1), "")
    return f"{twice} is listed twice" if twice else ""


def rule_problem(rule: Rule) -> str:
    """What is wrong with a rule; empty = nothing."""
    ports = (rule.from_port, rule.to_port)
    if rule.protocol in _PORTED:
        if not all(port is not None and 0 <= port <= 65_535 for port in ports):
            return f"{rule.protocol} requires ports from 0 to 65535"
        if (rule.from_port or 0) > (rule.to_port or 0):
            return f"ports from {rule.from_port} to {rule.to_port} are not a valid range"
    elif rule.protocol not in _PORTLESS:
        return f"{rule.protocol} is not one of tcp, udp, icmp, icmpv6, all"
    elif ports != (None, None):
        return "only tcp and udp have ports"
    return _source_problem(rule.cidr)


def rule_warnings(rules: Sequence[Rule]) -> tuple[str, ...]:
    """What may surprise, a sentence each."""
    found = []
    for rule in rules:
        if not rule.everyone:
            continue
        if rule.protocol == ALL:
            found.append(f"The whole internet can connect to every port ({rule.words}).")
        elif any((rule.from_port or 0) <= port <= (rule.to_port or 0) for port in _LOGINS):
            found.append(
                f"The whole internet can try to log in ({rule.words}): allow only your own address instead."
            )
    return tuple(found)


def permissions(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """IpPermissions, as AuthorizeSecurityGroupIngress takes them."""
    return [_permission(rule) for rule in rules]


def _permission(rule: Rule) -> dict[str, Any]:
    permission: dict[str, Any] = {"IpProtocol": rule.protocol}
    if rule.protocol in _PORTED:
        permission |= {"FromPort": rule.from_port, "ToPort": rule.to_port}
    elif rule.protocol != ALL:
        permission |= {"FromPort": -1, "ToPort": -1}
    if _GROUP.fullmatch(rule.cidr):
        kind, source = "UserIdGroupPairs", {"GroupId": rule.cidr}
    elif _PREFIX_LIST.fullmatch(rule.cidr):
        kind, source = "PrefixListIds", {"PrefixListId": rule.cidr}
    elif ":" in rule.cidr:
        kind, source = "Ipv6Ranges", {"CidrIpv6": rule.cidr}
    else:
        kind, source = "IpRanges", {"CidrIp": rule.cidr}
    if rule.note:
        source["Description"] = rule.note
    return {**permission, kind: [source]}


def _rule(part: str, note: str) -> Rule:
    found = _LINE.fullmatch(part)
    if found is None:
        raise ValueError(f"{part} is not a rule: write  tcp 22 from 203.0.113.7/32  or  https from anywhere")
    what = found["what"].lower()
    source = found["source"] or ""
    cidr = ANYWHERE if source.lower() in ("anywhere", "everyone", "all") else source
    if not cidr:
        raise ValueError(f"{part} has no source: add from anywhere, or from 203.0.113.7/32")
    ports = found["ports"] or ""
    if what in _SERVICES and not ports:
        rule = Rule("tcp", _SERVICES[what], _SERVICES[what], cidr, note)
    elif what in _PORTED:
        first, _, last = ("0-65535" if ports.lower() == "all" else ports).partition("-")
        if not ports:
            raise ValueError(f"{part} requires a port, such as {what} 443 from {source}")
        rule = Rule(what, int(first), int(last or first), cidr, note)
    else:
        if ports and ports.lower() != "all":
            raise ValueError(f"{part} has a port, but only tcp and udp have ports")
        rule = Rule(ALL if what in ("all", "any", ALL) else what, None, None, cidr, note)
    problem = rule_problem(rule)
    if problem:
        raise ValueError(problem)
    return rule


def _source_problem(source: str) -> str:
    if _GROUP.fullmatch(source) or _PREFIX_LIST.fullmatch(source):
        return ""
    import ipaddress  # a heavy module, for the few launches that make a group

    try:
        # Python takes an address with a scope (`fe80::1%eth0/64`) for a network; EC2 does not.
        if "%" in source:
            raise ValueError
        ipaddress.ip_network(source)
    except ValueError:
        try:
            network = ipaddress.ip_network("" if "%" in source else source, strict=False)
        except ValueError:
            return f"{source or 'nothing'} is not an address range such as 203.0.113.0/24, nor a security group"
        return f"{source} is not the start of its range: use {network}, or {source.partition('/')[0]} alone"
    return "" if "/" in source else f"{source} requires a prefix length: {source}/{128 if ':' in source else 32}"


def _text_problem(text: str) -> str:
    wrong = _NOT_ALLOWED.search(text)
    if wrong:
        shown = wrong[0] if is_unambiguous(wrong[0]) else f"U+{ord(wrong[0]):04X}"
        return f"{shown} is not allowed in a group: a-z, 0-9, spaces and ._-:/()#,@[]+=&;{{}}!$*"
    return f"at most {_LONGEST} characters, these are {len(text)}" if len(text) > _LONGEST else ""


def _same(rules: Sequence[Rule], rule: Rule) -> int:
    return sum(other[:4] == rule[:4] for other in rules)
