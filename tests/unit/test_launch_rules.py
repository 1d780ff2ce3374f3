"""Rules of a new security group: read from words, told in words, and checked as EC2 does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.launch.security_group import (
    NewGroup,
    Rule,
    group_problem,
    parse_rules,
    permissions,
    rule_problem,
    rule_warnings,
)

HTTPS = Rule("tcp", 443, 443, "0.0.0.0/0")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("tcp 22 from 203.0.113.7/32", Rule("tcp", 22, 22, "203.0.113.7/32")),
        ("https from anywhere", HTTPS),
        ("SSH from 10.0.0.0/8", Rule("tcp", 22, 22, "10.0.0.0/8")),
        ("tcp 8000-8080 from 2001:db8::/32", Rule("tcp", 8000, 8080, "2001:db8::/32")),
        ("tcp 8000 - 8080 from ::/0", Rule("tcp", 8000, 8080, "::/0")),
        ("udp all from sg-0123456789abcdef0", Rule("udp", 0, 65535, "sg-0123456789abcdef0")),
        ("all from pl-0123456789abcdef0", Rule("-1", None, None, "pl-0123456789abcdef0")),
        ("-1 from 10.0.0.0/8", Rule("-1", None, None, "10.0.0.0/8")),
        ("icmp from 10.0.0.0/8  # ping", Rule("icmp", None, None, "10.0.0.0/8", "ping")),
    ],
)
def test_a_rule_is_read_from_words(text: str, rule: Rule) -> None:
    assert parse_rules(text) == (rule,)
    assert parse_rules(in_words([rule])) == (rule,)


def test_lines_commas_and_comments_part_rules() -> None:
    text = "# those of the web tier\nhttps from anywhere, ssh from 10.0.0.0/8 # ours\n\n"
    assert parse_rules(text) == (HTTPS._replace(note="ours"), Rule("tcp", 22, 22, "10.0.0.0/8", "ours"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tcp 22", "tcp 22 has no source: add from anywhere, or from 203.0.113.7/32"),
        ("tcp from 10.0.0.0/8", "tcp from 10.0.0.0/8 requires a port, such as tcp 443 from 10.0.0.0/8"),
        ("tcp 70000 from 10.0.0.0/8", "tcp requires ports from 0 to 65535"),
        ("tcp 90-80 from 10.0.0.0/8", "ports from 90 to 80 are not a valid range"),
        ("icmp 8 from 10.0.0.0/8", "icmp 8 from 10.0.0.0/8 has a port, but only tcp and udp have ports"),
        ("gre from 10.0.0.0/8", "gre is not one of tcp, udp, icmp, icmpv6, all"),
        ("tcp 22 from 10.0.0.1", "10.0.0.1 requires a prefix length: 10.0.0.1/32"),
        ("tcp 22 from ::1", "::1 requires a prefix length: ::1/128"),
        ("tcp 22 from 10.0.0.1/8", "10.0.0.1/8 is not the start of its range: use 10.0.0.0/8, or 10.0.0.1 alone"),
        ("tcp 22 from home", "home is not an address range such as 203.0.113.0/24, nor a security group"),
    ],
)
def test_what_is_no_rule_is_told_why(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        parse_rules(text)


def in_words(rules: list[Rule]) -> str:
    return "\n".join(f"{rule.words}  # {rule.note}" if rule.note else rule.words for rule in rules)


ports = st.integers(0, 65535)
sources = st.sampled_from(["0.0.0.0/0", "::/0", "10.1.0.0/16", "sg-01234567", "pl-0123456789abcdef0"])
ported = st.builds(
    lambda protocol, low, high, source: Rule(protocol, min(low, high), max(low, high), source),
    st.sampled_from(["tcp", "udp"]),
    ports,
    ports,
    sources,
)
portless = st.builds(lambda name, source: Rule(name, None, None, source), st.sampled_from(["icmp", "-1"]), sources)


@given(st.lists(ported | portless, max_size=5))
def test_rules_are_read_as_they_are_told(rules: list[Rule]) -> None:
    assert parse_rules(in_words(rules)) == tuple(rules)
    assert not any(rule_problem(rule) for rule in rules)
    assert len(permissions(rules)) == len(rules)


@pytest.mark.parametrize(
    ("group", "words"),
    [
        (NewGroup("web", "of the web", "", (HTTPS,)), ""),
        (NewGroup("", "of the web"), "the new group requires a name"),
        (NewGroup("web", ""), "the new group requires a description"),
        (NewGroup("sg-web", "x"), "a group cannot be called sg-web: EC2 reserves such names"),
        (NewGroup("Default", "x"), "a group cannot be called Default: EC2 reserves such names"),
        (NewGroup("w" * 255, "x"), ""),
        (NewGroup("w" * 256, "x"), "at most 255 characters, these are 256"),
        (NewGroup("wéb", "x"), "é is not allowed in a group: a-z, 0-9, spaces and ._-:/()#,@[]+=&;{}!$*"),
        (NewGroup("web", "a\nb"), "U+000A is not allowed in a group: a-z, 0-9, spaces and ._-:/()#,@[]+=&;{}!$*"),
        (NewGroup("web", "x", "", (HTTPS._replace(note='"'),)), '" is not allowed in a group: a-z, 0-9, spaces '
            "and ._-:/()#,@[]+=&;{}!$*"),
        (NewGroup("web", "x", "", (HTTPS, HTTPS._replace(note="again"))), "tcp 443 from 0.0.0.0/0 is listed "
            "twice"),
        (NewGroup("web", "x", "", tuple(HTTPS._replace(from_port=n, to_port=n) for n in range(1, 61))), ""),
        (NewGroup("web", "x", "", tuple(HTTPS._replace(from_port=n, to_port=n) for n in range(1, 62))),
         "at most 60 rules, these are 61"),
        (NewGroup("web", "x", "", (HTTPS._replace(to_port=None),)), "tcp requires ports from 0 to 65535"),
        (NewGroup("web", "x", "", (Rule("-1", 1, 1, "::/0"),)), "only tcp and udp have ports"),
    ],
)  # fmt: skip
def test_a_new_group_is_what_ec2_takes(group: NewGroup, words: str) -> None:
    assert group_problem(group) == words


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("https from anywhere", False),
        ("ssh from anywhere", True),
        ("ssh from ::/0", True),
        ("tcp 20-25 from anywhere", True),
        ("rdp from anywhere", True),
        ("all from anywhere", True),
        ("all from 10.0.0.0/8", False),
        ("ssh from 203.0.113.7/32", False),
    ],
)
def test_logins_that_are_open_to_the_internet_are_warned_of(text: str, warned: bool) -> None:
    assert bool(rule_warnings(parse_rules(text))) is warned
