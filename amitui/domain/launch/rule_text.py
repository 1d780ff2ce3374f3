"""Inbound rules as people write them: `22 from 10.0.0.0/8`, `ssh, https from me`, `tcp 8000-8100 from sg-…`.

    rules   = one line or part between `;` after another; `# …` at the end of a line is the note of its rules
    part    = what, … from source, …
    what    = [tcp | udp] port[-port] | port/protocol | a service's name | tcp all | icmp | icmpv6 | all
    source  = addresses | sg-… | pl-… | me | anywhere

A source holds for everything that is listed before it, and nothing is let in without one: `443` alone is an error,
never a rule for everyone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from amitui.domain.launch.rule_sources import ANYWHERE, ANYWHERE_6, EVERYONE, ME, is_source, source_of
from amitui.domain.launch.security_group import ALL, SERVICES, Rule, rule_problem

_LAST_PORT: Final = 65_535
_PORT_DIGITS: Final = 6
"""As many as tell whether a number is above the last port."""
_LONGEST_SHOWN: Final = 40
"""Characters of a word in an error; the place of all of it is marked."""
_TOKEN: Final = re.compile(
    r"""
      (?P<span> (?<![^\s,;]) [0-9]+ \s* (?:[-\u2013\u2014]|\bto\b) \s* [0-9]+ (?![^\s,;#]) )
    | (?P<note> \#.* )
    | (?P<list> , | (?<![^\s,;]) (?:and|&) (?![^\s,;]) )
    | (?P<end> ; )
    | (?P<word> [^\s,;#]+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PORT: Final = re.compile(r"([0-9]+)(?:\s*(?:[-\u2013\u2014:]|to)\s*([0-9]+))?", re.IGNORECASE)
_PORT_AND_PROTOCOL: Final = re.compile(r"(?P<port>[0-9][^/]*|all)/(?P<protocol>[a-z]+)", re.IGNORECASE)
_PROTOCOL_AND_PORT: Final = re.compile(r"(?P<protocol>[a-z]+)[/:](?P<port>[0-9].*|all)", re.IGNORECASE)
_PORTED: Final = ("tcp", "udp")
_PORTLESS: Final[Mapping[str, str]] = {"icmp": "icmp", "icmpv6": "icmpv6", "icmp6": "icmpv6", "icmp-v6": "icmpv6"}
_EVERYTHING: Final = frozenset({"all", "any", "everything", "*", ALL})
_FILLING: Final = frozenset({"allow", "permit", "port", "ports", "traffic", "the"})
_MINE: Final = frozenset({"ip", "address", "computer", "machine"})
"""What follows `my`."""


class RuleError(ValueError):
    """A text that says no rule; the error's own words say why and what would be right."""

    def __init__(self, words: str, start: int, end: int) -> None:
        """Args:
        start: where in the text the wrong part begins.
        end: where it ends.
        """
        super().__init__(words)
        self.start, self.end = start, end


class UnknownCallerError(RuleError):
    """A rule is for `me`, whose address was not said."""


class _Word(NamedTuple):
    text: str
    start: int
    end: int

    @property
    def lowered(self) -> str:
        return self.text.lower()


class _What(NamedTuple):
    """What is let in, without the source."""

    protocol: str
    from_port: int | None
    to_port: int | None
    start: int
    end: int


@dataclass
class _Line:
    """What was read of a line, up to here."""

    text: str
    me: str
    listed: list[_What] = field(default_factory=list)
    """Still without a source."""
    before: list[_What] = field(default_factory=list)
    """Those that the last source was for."""
    rules: list[Rule] = field(default_factory=list)

    def take(self, words: Sequence[_Word]) -> None:
        """Read what stands between two commas."""
        if not words:
            return
        at = next((index for index, word in enumerate(words) if word.lowered == "from"), None)
        if at is None:
            self._take_without_from(words)
            return
        if at:
            self.listed += _whats(words[:at], self.listed)
        elif not self.listed:
            self.listed = self.before
        if not self.listed:
            raise RuleError("from needs a port or a protocol before it: 22 from 10.0.0.0/8", *words[at][1:])
        if at + 1 == len(words):
            raise RuleError(f"{self._said(words)} has no source after from: {_SOURCES}", *words[at][1:])
        self._let_in(self.listed, words[at + 1 :])
        self.before, self.listed = self.listed, []

    def end(self) -> None:
        """Nothing follows on the line that could be the source of what is listed."""
        if self.listed:
            start, end = self.listed[0].start, self.listed[-1].end
            said = self.text[start:end]
            raise RuleError(f"{said} has no source, and none is assumed: write {said} {_FROM}", start, end)
        self.before = []

    def _take_without_from(self, words: Sequence[_Word]) -> None:
        if is_source(words[0].text) or words[0].lowered == "my":
            if not self.before or self.listed:
                raise RuleError(
                    f"{words[0].text} is a source: write what it may reach before it, as 22 from {words[0].text}",
                    *words[0][1:],
                )
            self._let_in(self.before, words)
        elif len(words) > 1 and (is_source(words[-1].text) or words[-2].lowered == "my"):
            raise _without_from(words)
        else:
            self.listed += _whats(words, self.listed)

    def _let_in(self, whats: Sequence[_What], words: Sequence[_Word]) -> None:
        source, last = self._source(words)
        for what in whats:
            cidr = source
            if source == ANYWHERE and what.protocol == "icmpv6" and words[0].lowered in EVERYONE:
                cidr = ANYWHERE_6
            rule = Rule(what.protocol, what.from_port, what.to_port, cidr)
            if problem := rule_problem(rule):
                raise RuleError(problem, what.start, max(what.end, last.end))
            self.rules.append(rule)

    def _source(self, words: Sequence[_Word]) -> tuple[str, _Word]:
        """The source, and the last word of it."""
        words = words[1:] if words[0].lowered == "the" and len(words) > 1 else words
        first, number = words[0], 1
        if first.lowered == "my" and len(words) > 1 and words[1].lowered in _MINE:
            number = 3 if len(words) > 2 and words[2].lowered in _MINE else 2
        if len(words) > number:
            extra = words[number]
            raise RuleError(
                f"{extra.text} is not understood after {first.text}: a comma comes between rules, # before a note",
                *extra[1:],
            )
        last = words[number - 1]
        if number > 1 or first.lowered in ME:
            if not self.me:
                raise UnknownCallerError(
                    f"{self.text[first.start : last.end]} needs an address: say which one is yours",
                    first.start,
                    last.end,
                )
            return self.me, last
        try:
            return source_of(first.text), last
        except ValueError as error:
            raise RuleError(str(error), first.start, first.end) from None

    def _said(self, words: Sequence[_Word]) -> str:
        return self.text[words[0].start : words[-1].end]


_SOURCES: Final = "203.0.113.7, 10.0.0.0/8, sg-…, pl-…, me, or anywhere"
_FROM: Final = "from 203.0.113.7, from me, or from anywhere (the whole internet)"


def parse_rules(text: str, *, me: str = "") -> tuple[Rule, ...]:
    """Rules from lines or from parts between commas; `# …` after them is the note of those on its line.

    Args:
        me: the address range that `me` is; empty = it is not known.

    Raises:
        RuleError: the first part that says no rule, in words; `UnknownCallerError` = only `me` is not known.
    """
    rules: list[Rule] = []
    for words, note in _lines(text):
        line = _Line(text, me)
        for part, closed in words:
            line.take(part)
            if closed:
                line.end()
        rules += [rule._replace(note=note) for rule in line.rules]
    return tuple(rules)


def names_me(text: str) -> bool:
    """Whether a source of the rules is whoever writes them."""
    for line, _ in _lines(text):
        for part, _ in line:
            lowered = [word.lowered for word in part]
            if any(word in ME for word in lowered):
                return True
            if any(first == "my" and second in _MINE for first, second in pairwise(lowered)):
                return True
    return False


def _lines(text: str) -> Iterator[tuple[list[tuple[list[_Word], bool]], str]]:
    """By line: its parts, each with whether nothing of it goes on behind it, and the line's note."""
    place = 0
    for line in text.splitlines(keepends=True):
        parts: list[tuple[list[_Word], bool]] = []
        words: list[_Word] = []
        note = ""
        for found in _TOKEN.finditer(line.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")):
            if found["note"] is not None:
                note = found["note"][1:].strip()
            elif found["list"] is not None or found["end"] is not None:
                parts.append((words, found["end"] is not None))
                words = []
            else:
                words.append(_Word(found[0], place + found.start(), place + found.end()))
        parts.append((words, True))
        yield parts, note
        place += len(line)


def _whats(words: Sequence[_Word], listed: Sequence[_What]) -> list[_What]:
    """What some words let in.

    Args:
        listed: what stands before them in the same list: a port alone has the protocol of the one before it.
    """
    start, end = words[0].start, words[-1].end
    meant = [word for word in words if word.lowered not in _FILLING] or list(words)
    protocol = next((one.protocol for one in reversed(listed[-1:]) if one.protocol in _PORTED), "tcp")
    try:
        if len(meant) == 1:
            found = _one_word(meant[0].text, protocol)
        elif len(meant) == 2:
            found = _two_words(meant[0].text, meant[1].text)
        else:
            raise ValueError(
                f"{_shown(meant[2].text)} is not understood: a comma comes between ports and between rules"
            )
    except ValueError as error:
        raise RuleError(str(error), start, end) from None
    return [_What(*one, start, end) for one in found]


def _one_word(text: str, protocol: str) -> list[tuple[str, int | None, int | None]]:
    lowered = text.lower()
    if lowered[0].isdigit() and _PORT.fullmatch(lowered):
        return [_ports(protocol, text)]
    if lowered in SERVICES:
        return list(SERVICES[lowered])
    if lowered in _EVERYTHING:
        return [(ALL, None, None)]
    if lowered in _PORTLESS:
        return [(_PORTLESS[lowered], None, None)]
    joined = _PORT_AND_PROTOCOL.fullmatch(text) or _PROTOCOL_AND_PORT.fullmatch(text)
    if joined:
        return _two_words(joined["protocol"], joined["port"])
    if lowered in _PORTED:
        raise ValueError(f"{_shown(text)} requires a port: {lowered} 443, {lowered} 8000-8100 or {lowered} all")
    if lowered == "ping":
        raise ValueError("ping is part of icmp: write icmp for all of it, or icmpv6")
    raise ValueError(
        f"{_shown(text)} is not a port, a protocol (tcp, udp, icmp, icmpv6, all) or a service such as https"
    )


def _two_words(first: str, second: str) -> list[tuple[str, int | None, int | None]]:
    names = {first.lower(), second.lower()}
    for name, other in ((first.lower(), second), (second.lower(), first)):
        everything = other.lower() in _EVERYTHING
        if name in _PORTED:
            if everything or _PORT.fullmatch(other):
                return [(name, 0, _LAST_PORT) if everything else _ports(name, other)]
        elif name in _PORTLESS or name in _EVERYTHING:
            if everything:
                return [(_PORTLESS.get(name, ALL), None, None)]
            if _PORT.fullmatch(other):
                raise ValueError(f"{name} {_shown(other)} has a port, but only tcp and udp have ports")
        elif name in SERVICES:
            if _PORT.fullmatch(other):
                raise ValueError(f"{name} is the name of a port already: write {name}, or {_shown(other)} alone")
            if names <= {*_PORTED, name} and any(other.lower() == one[0] for one in SERVICES[name]):
                return [one for one in SERVICES[name] if one[0] == other.lower()]
    raise ValueError(
        f"{_shown(first)} {_shown(second)} is not understood: write a protocol and a port, as tcp 8000-8100"
    )


def _ports(protocol: str, text: str) -> tuple[str, int, int]:
    found = _PORT.fullmatch(text)
    if found is None:
        raise ValueError(f"{_shown(text)} is not a port: ports are from 0 to {_LAST_PORT}")
    if any(len(digits) > 1 and digits.startswith("0") for digits in found.groups(default="")):
        raise ValueError(f"{_shown(text)} is not a port: a number begins with no 0, and 1,000 is written 1000")
    # Python refuses to read numbers of more than 4,300 digits.
    first, last = (int(digits[:_PORT_DIGITS]) for digits in (found[1], found[2] or found[1]))
    if max(first, last) > _LAST_PORT:
        raise ValueError(f"{_shown(text)} is not a port: ports are from 0 to {_LAST_PORT}")
    if first > last:
        raise ValueError(f"{_shown(text)} is not a range of ports: write {last}-{first}")
    return protocol, first, last


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _without_from(words: Sequence[_Word]) -> RuleError:
    """A part that ends in a source, with something else where `from` belongs."""
    at = len(words) - (2 if words[-2].lowered == "my" else 1)
    source = " ".join(word.text for word in words[at:])
    instead = words[at - 1]
    if at > 1 and instead.lowered.isalpha() and instead.lowered not in (*_PORTED, *_PORTLESS, *SERVICES, "all"):
        what = " ".join(word.text for word in words[: at - 1])
        return RuleError(f"{instead.text} is not understood: write {what} from {source}", *instead[1:])
    what = " ".join(word.text for word in words[:at])
    return RuleError(f"from is missing before {source}: write {what} from {source}", *words[at][1:])
