"""A security group that is made for a launch: its rules in EC2's terms and in words, and what EC2 refuses of them.

`rule_text` reads rules from words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from amitui.domain.launch.rule_sources import ANYWHERE, ANYWHERE_6, GROUP, PREFIX_LIST, source_problem
from amitui.domain.visible import is_unambiguous

ALL: Final = "-1"
"""EC2's word for all protocols."""

_LONGEST: Final = 255
_MOST_RULES: Final = 60
"""Inbound rules of a group, by EC2's default quota."""
_NOT_ALLOWED: Final = re.compile(r"[^a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]")
_PORTED: Final = frozenset({"tcp", "udp"})
_PORTLESS: Final = frozenset({"icmp", "icmpv6", ALL})
SERVICES: Final[Mapping[str, tuple[tuple[str, int, int], ...]]] = {
    "ssh": (("tcp", 22, 22),),
    "smtp": (("tcp", 25, 25),),
    "dns": (("udp", 53, 53), ("tcp", 53, 53)),
    "http": (("tcp", 80, 80),),
    "pop3": (("tcp", 110, 110),),
    "imap": (("tcp", 143, 143),),
    "ldap": (("tcp", 389, 389),),
    "https": (("tcp", 443, 443),),
    "smb": (("tcp", 445, 445),),
    "smtps": (("tcp", 465, 465),),
    "imaps": (("tcp", 993, 993),),
    "pop3s": (("tcp", 995, 995),),
    "mssql": (("tcp", 1433, 1433),),
    "oracle": (("tcp", 1521, 1521),),
    "nfs": (("tcp", 2049, 2049),),
    "mysql": (("tcp", 3306, 3306),),
    "rdp": (("tcp", 3389, 3389),),
    "postgres": (("tcp", 5432, 5432),),
    "postgresql": (("tcp", 5432, 5432),),
    "redshift": (("tcp", 5439, 5439),),
    "winrm": (("tcp", 5985, 5986),),
    "redis": (("tcp", 6379, 6379),),
}
"""Protocol, first and last port by the names that people have for them: the types of rules in EC2's console, and a
few more."""
_LOGINS: Final = (22, 3389, 5985, 5986)
"""Ports of SSH, RDP and WinRM, which everyone who scans the internet tries."""


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

    @property
    def sentence(self) -> str:
        """`tcp 443 (https) from everyone on the internet (0.0.0.0/0: IPv4)`: for a review."""
        what, _, source = self.words.partition(" from ")
        name = next((name for name, ports in SERVICES.items() if ports == (self[:3],)), "")
        if self.everyone:
            source = f"everyone on the internet ({source}: IPv{6 if ':' in source else 4})"
        return f"{what}{f' ({name})' if name else ''} from {source}"


class NewGroup(NamedTuple):
    """A security group that is made first."""

    name: str
    description: str
    """EC2 demands one, and it cannot be changed later."""
    vpc_id: str = ""
    """Empty = the default VPC."""
    rules: tuple[Rule, ...] = ()


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
    return source_problem(rule.cidr) or _family_problem(rule)


def _family_problem(rule: Rule) -> str:
    six = ":" in rule.cidr
    if rule.protocol == "icmp" and six:
        return f"icmp is of IPv4: write icmpv6 from {rule.cidr}"
    if rule.protocol == "icmpv6" and "." in rule.cidr:
        return f"icmpv6 is of IPv6: write icmp from {rule.cidr}"
    return ""


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
    if GROUP.fullmatch(rule.cidr):
        kind, source = "UserIdGroupPairs", {"GroupId": rule.cidr}
    elif PREFIX_LIST.fullmatch(rule.cidr):
        kind, source = "PrefixListIds", {"PrefixListId": rule.cidr}
    elif ":" in rule.cidr:
        kind, source = "Ipv6Ranges", {"CidrIpv6": rule.cidr}
    else:
        kind, source = "IpRanges", {"CidrIp": rule.cidr}
    if rule.note:
        source["Description"] = rule.note
    return {**permission, kind: [source]}


def _text_problem(text: str) -> str:
    wrong = _NOT_ALLOWED.search(text)
    if wrong:
        shown = wrong[0] if is_unambiguous(wrong[0]) else f"U+{ord(wrong[0]):04X}"
        return f"{shown} is not allowed in a group: a-z, 0-9, spaces and ._-:/()#,@[]+=&;{{}}!$*"
    return f"at most {_LONGEST} characters, these are {len(text)}" if len(text) > _LONGEST else ""


def _same(rules: Sequence[Rule], rule: Rule) -> int:
    return sum(other[:4] == rule[:4] for other in rules)
