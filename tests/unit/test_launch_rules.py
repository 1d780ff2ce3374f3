"""Rules of a new security group: read from words, told in words, and checked as EC2 does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.launch.rule_sources import EVERYONE, EVERYONE_6
from amitui.domain.launch.rule_text import RuleError, UnknownCallerError, names_me, parse_rules
from amitui.domain.launch.security_group import (
    NewGroup,
    Rule,
    group_problem,
    permissions,
    rule_problem,
    rule_warnings,
)

HTTPS = Rule("tcp", 443, 443, "0.0.0.0/0")
ME = "198.51.100.7/32"
SG, PL = "sg-0123456789abcdef0", "pl-0123456789abcdef0"


def tcp(port: int, source: str, last: int = 0) -> Rule:
    return Rule("tcp", port, last or port, source)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("22 from 10.0.0.0/8", [tcp(22, "10.0.0.0/8")]),
        ("ssh from me", [tcp(22, ME)]),
        ("SSH From My IP", [tcp(22, ME)]),
        ("rdp from my ip address", [tcp(3389, ME)]),
        ("allow port 22 from me", [tcp(22, ME)]),
        ("80,443 from anywhere", [tcp(80, "0.0.0.0/0"), HTTPS]),
        ("80 and 443 from the internet", [tcp(80, "0.0.0.0/0"), HTTPS]),
        ("http, https from anywhere-ipv6", [tcp(80, "::/0"), tcp(443, "::/0")]),
        ("tcp 8000-8100 from " + SG, [tcp(8000, SG, 8100)]),
        ("8000\u20138100 from " + SG.upper(), [tcp(8000, SG, 8100)]),
        ("tcp 8000 - 8080 from ::/0", [tcp(8000, "::/0", 8080)]),
        ("8000 to 8080 from me", [tcp(8000, ME, 8080)]),
        ("8000:8080 from me", [tcp(8000, ME, 8080)]),
        ("icmp from 10.0.0.0/8", [Rule("icmp", None, None, "10.0.0.0/8")]),
        ("icmpv6 from anywhere", [Rule("icmpv6", None, None, "::/0")]),
        ("all icmp from " + SG, [Rule("icmp", None, None, SG)]),
        ("rdp from 2001:db8::/32", [tcp(3389, "2001:db8::/32")]),
        ("rdp from 2001:0DB8:0::1", [tcp(3389, "2001:db8::1/128")]),
        ("ssh from 203.0.113.7", [tcp(22, "203.0.113.7/32")]),
        ("all from " + SG, [Rule("-1", None, None, SG)]),
        ("all traffic from " + PL, [Rule("-1", None, None, PL)]),
        ("-1 from 10.0.0.0/8", [Rule("-1", None, None, "10.0.0.0/8")]),
        ("udp all from sg-01234567", [Rule("udp", 0, 65535, "sg-01234567")]),
        ("53/udp, tcp/53 from me", [Rule("udp", 53, 53, ME), tcp(53, ME)]),
        ("dns from me", [Rule("udp", 53, 53, ME), tcp(53, ME)]),
        ("udp 53, 123 from me", [Rule("udp", 53, 53, ME), Rule("udp", 123, 123, ME)]),
        ("udp 53 from me, 123 from me", [Rule("udp", 53, 53, ME), tcp(123, ME)]),
        ("22 from 10.0.0.0/8, 192.168.0.0/16 and from me, 443 from anywhere",
            [tcp(22, "10.0.0.0/8"), tcp(22, "192.168.0.0/16"), tcp(22, ME), HTTPS]),
        ("22, 80 from me, " + PL, [tcp(22, ME), tcp(80, ME), tcp(22, PL), tcp(80, PL)]),
        ("22 from me; 443 from anywhere", [tcp(22, ME), HTTPS]),
        ("22 from me\r\n\n  443\u00a0from anywhere\n", [tcp(22, ME), HTTPS]),
        ("icmp from 10.0.0.0/8  # ping, by us", [Rule("icmp", None, None, "10.0.0.0/8", "ping, by us")]),
        ("", []),
        (" \n# nothing yet\n ,\n", []),
    ],
)  # fmt: skip
def test_rules_are_read_as_people_write_them(text: str, rules: list[Rule]) -> None:
    assert parse_rules(text, me=ME) == tuple(rules)
    assert parse_rules(in_words(rules)) == tuple(rules), "as they are shown"


def test_lines_commas_and_comments_part_rules() -> None:
    text = "# those of the web tier\nhttps from anywhere, ssh from 10.0.0.0/8 # ours\n\n"
    assert parse_rules(text) == (HTTPS._replace(note="ours"), Rule("tcp", 22, 22, "10.0.0.0/8", "ours"))


_ASK = "from 203.0.113.7, from me, or from anywhere (the whole internet)"


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("443", "443", f"443 has no source, and none is assumed: write 443 {_ASK}"),
        ("443 from", "from", "443 from has no source after from: 203.0.113.7, "
            "10.0.0.0/8, sg-…, pl-…, me, or anywhere"),
        ("22 from me, 80, 443", "80, 443", f"80, 443 has no source, and none is assumed: write 80, 443 {_ASK}"),
        ("443\n22 from me", "443", f"443 has no source, and none is assumed: write 443 {_ASK}"),
        ("443; 22 from me", "443", f"443 has no source, and none is assumed: write 443 {_ASK}"),
        ("443 # from anywhere", "443", f"443 has no source, and none is assumed: write 443 {_ASK}"),
        ("from me", "from", "from needs a port or a protocol before it: 22 from 10.0.0.0/8"),
        ("10.0.0.0/8", "10.0.0.0/8",
            "10.0.0.0/8 is a source: write what it may reach before it, as 22 from 10.0.0.0/8"),
        ("22 10.0.0.0/8", "10.0.0.0/8", "from is missing before 10.0.0.0/8: write 22 from 10.0.0.0/8"),
        ("22 form 10.0.0.0/8", "form", "form is not understood: write 22 from 10.0.0.0/8"),
        ("tcp 22 to my ip", "to", "to is not understood: write tcp 22 from my ip"),
        ("22 from me office", "office",
            "office is not understood after me: a comma comes between rules, # before a note"),
        ("tcp from me", "tcp", "tcp requires a port: tcp 443, tcp 8000-8100 or tcp all"),
        ("22 from me, tcp 70000 from me", "tcp 70000", "70000 is not a port: ports are from 0 to 65535"),
        (f"{'9' * 5000} from 10.0.0.0/8", "9" * 5000, f"{'9' * 39}… is not a port: ports are from 0 to 65535"),
        (f"tcp 80-{'1' * 5000} from me", f"tcp 80-{'1' * 5000}",
            f"80-{'1' * 36}… is not a port: ports are from 0 to 65535"),
        ("90-80 from me", "90-80", "90-80 is not a range of ports: write 80-90"),
        ("8,080 from me", "080", "080 is not a port: a number begins with no 0, and 1,000 is written 1000"),
        ("icmp 8 from me", "icmp 8", "icmp 8 has a port, but only tcp and udp have ports"),
        ("ssh 2222 from me", "ssh 2222", "ssh is the name of a port already: write ssh, or 2222 alone"),
        ("ping from me", "ping", "ping is part of icmp: write icmp for all of it, or icmpv6"),
        ("gre from me", "gre",
            "gre is not a port, a protocol (tcp, udp, icmp, icmpv6, all) or a service such as https"),
        ("22 80 from me", "22 80", "22 80 is not understood: write a protocol and a port, as tcp 8000-8100"),
        ("tcp 22 80 from me", "tcp 22 80", "80 is not understood: a comma comes between ports and between rules"),
        ("icmp from 2001:db8::/32", "icmp from 2001:db8::/32",
            "icmp is of IPv4: write icmpv6 from 2001:db8::/32"),
        ("icmpv6 from 10.0.0.0/8", "icmpv6 from 10.0.0.0/8",
            "icmpv6 is of IPv6: write icmp from 10.0.0.0/8"),
        ("22 from 10.0.0.1/8", "10.0.0.1/8",
            "10.0.0.1/8 is not the start of its range: write 10.0.0.1/32 for this address, or 10.0.0.0/8"),
        ("22 from 10.0.0.0", "10.0.0.0",
            "10.0.0.0 may be a network: write 10.0.0.0/24 for one, or 10.0.0.0/32 for this address alone"),
        ("22 from 10.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0",
            "10.0.0.0/255.0.0.0 has a mask: write 10.0.0.0/8 (EC2 takes prefix lengths)"),
        ("22 from 10/8", "10/8", "10/8 is not a whole address range: write 10.0.0.0/8"),
        ("22 from 10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9 is not an address range that "
            "EC2 takes: write it with a prefix length, as 203.0.113.0/24"),
        ("22 from home", "home",
            "home is not an address range such as 203.0.113.0/24, nor sg-… or pl-…, me or anywhere"),
        ("22 from fe80::1%eth0/64", "fe80::1%eth0/64",
            "fe80::1%eth0/64 is not an address range such as 203.0.113.0/24, nor sg-… or pl-…, me or anywhere"),
        ("22 from 10.0.0.0/33", "10.0.0.0/33",
            "10.0.0.0/33 is not an address range such as 203.0.113.0/24, nor sg-… or pl-…, me or anywhere"),
        ("22 from sg-123", "sg-123", "sg-123 is not the ID of a security group: sg- and 8 or 17 of 0-9 and a-f"),
        ("22 from pl-web", "pl-web", "pl-web is not the ID of a prefix list: pl- and 8 or 17 of 0-9 and a-f"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_pointed_at_and_told_what_would_be_right(text: str, at: str, words: str) -> None:
    with pytest.raises(RuleError, match=f"^{re.escape(words)}$") as caught:
        parse_rules(text, me=ME)
    assert text[caught.value.start : caught.value.end] == at


def test_without_an_address_me_is_asked_for_and_never_guessed() -> None:
    assert names_me("443 from anywhere\nssh from Me # office")
    assert names_me("ssh from my ip")
    assert not names_me("443 from anywhere # not me")
    with pytest.raises(UnknownCallerError, match=r"^My IP needs an address: say which one is yours$") as caught:
        parse_rules("443 from anywhere, ssh from My IP")
    assert caught.value.start == len("443 from anywhere, ssh from ")


def in_words(rules: Sequence[Rule]) -> str:
    return "\n".join(f"{rule.words}  # {rule.note}" if rule.note else rule.words for rule in rules)


ports = st.integers(0, 65535)
fours = st.ip_addresses(v=4)
sixes = st.ip_addresses(v=6)
networks = st.one_of(
    st.builds(lambda host, length: str(ip_network((host, length), strict=False)), fours, st.integers(0, 32)),
    st.builds(lambda host, length: str(ip_network((host, length), strict=False)), sixes, st.integers(0, 128)),
)
ids = st.builds(
    lambda kind, digits: f"{kind}-{digits}",
    st.sampled_from(["sg", "pl"]),
    st.from_regex(r"[0-9a-f]{8}(?:[0-9a-f]{9})?", fullmatch=True),
)
sources = networks | ids
notes = st.text("abz019 .,;:#/-_@", max_size=20).map(str.strip)
ported = st.builds(
    lambda protocol, low, high, source, note: Rule(protocol, min(low, high), max(low, high), source, note),
    st.sampled_from(["tcp", "udp"]),
    ports,
    ports,
    sources,
    notes,
)
portless = st.builds(
    lambda source, everything, note: Rule(
        "-1" if everything else "icmpv6" if ":" in source else "icmp", None, None, source, note
    ),
    sources,
    st.booleans(),
    notes,
)


@given(st.lists(ported | portless, max_size=5))
def test_rules_are_read_as_they_are_shown(rules: list[Rule]) -> None:
    assert parse_rules(in_words(rules)) == tuple(rules)
    assert not any(rule_problem(rule) for rule in rules)
    assert len(permissions(rules)) == len(rules)


def read(text: str) -> tuple[tuple[Rule, ...], RuleError | None]:
    try:
        return parse_rules(text, me=ME), None
    except RuleError as error:
        return (), error


words = st.sampled_from(
    "22|443|80-90|ssh|tcp|udp|icmp|all|from|FROM|me|my|ip|anywhere|10.0.0.0/8|::/0|,|;|and|form|10.1|-|port|the|to|"
    f"\n|# note|{SG}|{PL}".split("|")
)


@given(st.lists(words, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_is_rules_with_the_sources_that_it_names_or_an_error_that_points_into_it(text: str) -> None:
    rules, wrong = read(text)
    if wrong is not None:
        assert 0 <= wrong.start < wrong.end <= len(text)
        assert str(wrong)
    lowered = text.lower()
    for rule in rules:
        assert not rule_problem(rule)
        if rule.everyone:
            assert any(word in lowered for word in ("0.0.0.0/0", "::/0", *EVERYONE, *EVERYONE_6))
        if rule.cidr == ME:
            assert names_me(text)
    assert parse_rules(in_words(rules)) == rules


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
