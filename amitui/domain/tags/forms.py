"""Tags as other programs write them: JSON, the AWS CLI's shorthand, maps of Terraform, YAML.

Each reader yields (key, value, place of the key in the text), and raises `TagsProblem` at what is not plain text:
an expression that stands for a value cannot be evaluated here, and is never taken for the value itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from amitui.domain.tags.text import QUOTES, Scanner

Found = Iterator[tuple[str, str, int]]

_CONTAINERS: Final = frozenset({"tags", "tagset", "tag_specifications", "tagspecifications", "tagspecification"})
"""Members of JSON, in lower case, that hold tags."""
_BESIDE: Final = frozenset({"resourcetype", "resourceid", "propagateatlaunch", "nexttoken"})
"""Members beside the key and the value of a tag, which say nothing of it."""

_SPECIFICATION: Final = re.compile(r"ResourceType\s*=\s*[\w-]+\s*,\s*Tags\s*=\s*", re.IGNORECASE)
_MEMBER: Final = re.compile(r"(\w+)\s*=\s*")
_BLOCK_HEAD: Final = re.compile(r"(?:\w+\s*=\s*)?\{")
_LITERAL: Final = re.compile(r"(?:true|false|-?[0-9]+(?:\.[0-9]+)?)(?=[\s,}#]|$)")
_COMMENT: Final = re.compile(r"(?:#|//)[^\n]*")
_YAML_LINE: Final = re.compile(
    r"(?P<indent> *)(?P<dash>-\s+)?(?P<key>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^\s\"'#].*?)\s*:"
    r"(?:[ \t]+(?P<value>.*))?"
)
_YAML_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_YAML_SPECIAL: Final = "|>&*!%@`[{"


class _Pair(list[tuple[str, Any]]):
    """The members of an object in JSON, with those that are there twice."""


def read_json(scanner: Scanner) -> Found:
    """EC2's lists of Key and Value, their containers, or one object of keys and values."""
    body = scanner.text[scanner.position : scanner.end]
    try:
        document = json.loads(body, object_pairs_hook=_Pair, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        raise scanner.problem(f"no JSON: {error.msg}", scanner.position + error.pos) from None
    except RecursionError:
        raise scanner.problem("no tags: JSON that is nested this deep") from None
    yield from _json_tags(scanner, document)


def _json_tags(scanner: Scanner, value: Any) -> Found:
    if not isinstance(value, _Pair):
        if not isinstance(value, list):
            raise scanner.problem(f"no tag: {json.dumps(value)}")
        for one in value:
            yield from _json_tags(scanner, one)
        return
    members = {name.lower(): one for name, one in value}
    containers = [one for name, one in value if name.lower() in _CONTAINERS and isinstance(one, list)]
    if containers and all(name in _CONTAINERS | _BESIDE for name in members):
        for one in containers:
            yield from _json_tags(scanner, one)
    elif "key" in members and set(members) <= {"key", "value"} | _BESIDE:
        if len(value) != len(members):
            raise scanner.problem("a tag with two keys or values")
        key = members["key"]
        if not isinstance(key, str):
            raise scanner.problem(f"no key of a tag: {json.dumps(key)}")
        if "value" not in members:
            raise scanner.problem(f'{key} has no value: "Value": "" is an empty one', _place(scanner, key))
        yield key, _scalar(scanner, key, members["value"]), _place(scanner, key)
    else:
        for key, one in value:
            yield key, _scalar(scanner, key, one), _place(scanner, key)


def _scalar(scanner: Scanner, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    what = "nothing" if value is None else "a list or an object"
    raise scanner.problem(f"the value of {key} is {what}, not a text", _place(scanner, key))


def _place(scanner: Scanner, key: str) -> int:
    return max(scanner.text.find(json.dumps(key, ensure_ascii=False)), scanner.position)


def read_shorthand(scanner: Scanner) -> Found:
    """`Key=Env,Value=prod` with blanks, commas or braces around, also inside of a specification."""
    while True:
        scanner.skip(",[]{};")
        if scanner.over():
            return
        if scanner.take(_SPECIFICATION):
            continue
        begin = scanner.position
        if scanner.here in "\"'" and _MEMBER.match(scanner.text, begin + 1):
            closes = scanner.text.find(scanner.here, begin + 1, scanner.end)
            if closes < 0:
                raise scanner.problem(f"a quote {scanner.here} is not closed")
            yield from read_shorthand_item(Scanner(scanner.text, begin + 1, closes), whole=True)
            scanner.position = closes + 1
        else:
            yield from read_shorthand_item(scanner, whole=False)


def read_shorthand_item(scanner: Scanner, *, whole: bool) -> Found:
    """One tag.

    Args:
        whole: it is all of the text, so that blanks belong to its value.
    """
    begin = scanner.position
    members: dict[str, str] = {}
    while True:
        start = scanner.position
        name = scanner.take(_MEMBER)
        if name is None or name[1].lower() not in {"key", "value"} | _BESIDE:
            word = scanner.until(lambda one: one.isspace() or one in ",}]")
            raise scanner.problem(
                f"{word or 'this'} is neither Key= nor Value=: if it belongs to the value, put that in quotes",
                start,
            )
        if name[1].lower() in members:
            raise scanner.problem(f"{name[1]} is listed twice for one tag", start)
        members[name[1].lower()] = _shorthand_value(scanner, whole=whole)
        if scanner.here != ",":
            break
        following = _MEMBER.match(scanner.text, scanner.position + 1, scanner.end)
        again = following is not None and following[1].lower() in members
        if following is None and scanner.text[scanner.position + 1 : scanner.end].lstrip()[:1] in (
            "{",
            "'",
            '"',
            "",
        ):
            break
        scanner.position += 1
        if again and {"key", "value"} <= set(members):
            break
    if "key" not in members:
        raise scanner.problem("a value without Key=", begin)
    if "value" not in members:
        key = members["key"]
        raise scanner.problem(f'{key} has no value: Key={key},Value=, or "Key"={key} for a tag named Key', begin)
    yield members["key"], members["value"], begin


def _shorthand_value(scanner: Scanner, *, whole: bool) -> str:
    if scanner.here in QUOTES and not scanner.over():
        return scanner.quoted()
    if scanner.here == "[":
        raise scanner.problem("a list is no value of a tag; put it in quotes if it is a text")
    found: list[str] = []
    while not scanner.over() and scanner.here not in ",}]" and (whole or not scanner.here.isspace()):
        if scanner.here == "\\" and scanner.text[scanner.position + 1 : scanner.position + 2] in (",", "\\"):
            scanner.position += 1
        found.append(scanner.here)
        scanner.position += 1
    return "".join(found).strip()


def read_block(scanner: Scanner) -> Found:
    """Terraform's map `tags = { Env = "prod" }`, or YAML's `{Env: prod}`."""
    scanner.take(_BLOCK_HEAD)
    while True:
        scanner.skip(",;")
        if scanner.over():
            raise scanner.problem("the brace { is not closed")
        if scanner.take(_COMMENT):
            continue
        if scanner.here == "}":
            scanner.position += 1
            scanner.skip(",")
            if not scanner.over():
                raise scanner.problem("after the closing brace comes more")
            return
        begin = scanner.position
        name = None if scanner.here in QUOTES else scanner.take(re.compile(r"[\w./@+-]+", re.ASCII))
        key = name[0] if name else scanner.quoted() if scanner.here in QUOTES else ""
        if not key:
            raise scanner.problem("here a key is wanted, in quotes unless it is a plain word")
        scanner.skip_blanks()
        if scanner.here not in ("=", ":"):
            raise scanner.problem(f'{key} has no value: {key} = "value"', begin)
        colon = scanner.here == ":"
        scanner.position += 1
        yield key, _block_value(scanner, bare=colon), begin


def _block_value(scanner: Scanner, *, bare: bool) -> str:
    scanner.skip_blanks()
    if not scanner.over() and scanner.here in "\"'":
        value = scanner.quoted()
    elif literal := scanner.take(_LITERAL):
        value = literal[0]
    else:
        begin = scanner.position
        value = scanner.until(",}\n").strip()
        if not bare or not value or value[0] in _YAML_SPECIAL or ": " in value or "(" in value:
            raise scanner.problem(f"{value or 'nothing'} is no text in quotes: write the value itself", begin)
    scanner.skip_blanks()
    if not scanner.over() and scanner.here not in ",;}\n#/":
        raise scanner.problem("after the value comes more")
    return value


class _Line(NamedTuple):
    """A line of YAML that says something."""

    key: str
    value: str | None
    """`None` = nothing stands behind the colon."""
    indent: int
    """Of the key."""
    item: bool
    """Whether it begins an item of a list."""
    position: int


def read_yaml(scanner: Scanner) -> Found:
    """Lines of `key: value`, or a list of items with `Key:` and `Value:`; a line `Tags:` may be above them."""
    lines = list(_yaml_lines(scanner))
    if len(lines) > 1 and lines[0].value is None and lines[0].key.lower() in _CONTAINERS:
        lines = lines[1:]
    place = 0
    while place < len(lines):
        line = lines[place]
        following = lines[place + 1] if place + 1 < len(lines) else None
        names = {line.key.lower(), following.key.lower() if following else ""}
        if line.item and following and not following.item and names == {"key", "value"}:
            key, value = (line, following) if line.key.lower() == "key" else (following, line)
            yield _yaml_text(scanner, key), _yaml_text(scanner, value), line.position
            place += 2
            continue
        if line.indent != lines[0].indent or line.item != lines[0].item:
            raise scanner.problem(f"{line.key} stands deeper or less deep than the lines before", line.position)
        if line.key.lower() == "key" and line.item:
            raise scanner.problem("Key: requires a Value: on the next line", line.position)
        yield line.key, _yaml_text(scanner, line), line.position
        place += 1


def _yaml_text(scanner: Scanner, line: _Line) -> str:
    if line.value is None:
        raise scanner.problem(f'{line.key} has no value: "" is an empty one', line.position)
    return line.value


def _yaml_lines(scanner: Scanner) -> Iterator[_Line]:
    position = scanner.position
    # The first line begins behind its blanks; how deep it stands shows in what is before it.
    line_start = scanner.text.rfind("\n", 0, position) + 1
    for text in scanner.text[line_start : scanner.end].split("\n"):
        start, line_start = line_start, line_start + len(text) + 1
        if not text.strip() or text.lstrip().startswith("#") or text.strip() == "---":
            continue
        match = _YAML_LINE.fullmatch(text.rstrip())
        if match is None:
            indent = len(text) - len(text.lstrip())
            raise scanner.problem("no line of YAML such as  Env: prod", start + indent)
        key_at = start + match.start("key")
        key = _yaml_scalar(Scanner(scanner.text, key_at, start + match.end("key")))
        raw = match["value"]
        value = None
        if raw is not None and not raw.lstrip().startswith("#") and raw.strip():
            begin = start + match.start("value")
            value = _yaml_scalar(Scanner(scanner.text, begin, start + match.end("value")))
        indent = match.start("key")
        yield _Line(key or "", value, indent, match["dash"] is not None, key_at)


def _yaml_scalar(scanner: Scanner) -> str:
    scanner.skip_blanks()
    if scanner.here == "'":
        begin, found = scanner.position, []
        scanner.position += 1
        while not scanner.over():
            found.append(scanner.until("'"))
            scanner.position += 1
            if scanner.here != "'":
                break
            found.append("'")
            scanner.position += 1
        if scanner.text[scanner.position - 1 : scanner.position] != "'" or scanner.position - 1 == begin:
            raise scanner.problem("a quote ' is not closed", begin)
        text = "".join(found)
    elif scanner.here == '"':
        text = scanner.quoted()
    else:
        begin = scanner.position
        text = _YAML_COMMENT.sub("", scanner.text[begin : scanner.end]).strip()
        scanner.position = scanner.end
        if text[:1] in _YAML_SPECIAL and text:
            raise scanner.problem(f"{text.split()[0]} is no plain text of YAML: write the value in quotes", begin)
        if ": " in text:
            raise scanner.problem("two colons: put the value in quotes", begin + text.index(": "))
    scanner.skip_blanks()
    if not scanner.over() and scanner.here != "#":
        raise scanner.problem("after the closing quote comes more")
    return text
