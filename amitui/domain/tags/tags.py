"""Tags as people type and paste them: `Env=prod, Team=web`, and what the AWS CLI, JSON, Terraform and YAML write.

The one reader of tags. What is not understood is refused with its place: a tag is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from amitui.domain.operations.validation import Tag
from amitui.domain.tags.forms import read_block, read_json, read_shorthand, read_yaml
from amitui.domain.tags.text import QUOTES, Scanner, TagsProblem, quote

__all__ = ["TagsProblem", "format_tags", "is_plain_list", "parse_keys", "parse_tags"]

_SEPARATORS: Final = ",;\n"
_OPTION: Final = re.compile(r"(?:^|\s)--(?:tags|tag-specifications?)(?:\s+|=)")
_NEXT_OPTION: Final = re.compile(r"\s--[a-z][a-z-]*(?=\s|=|$)")
_COMMAND: Final = re.compile(r"\s*(?:\$\s+)?(?:aws\s|--)")
_SHORTHAND: Final = re.compile(
    r"[\[{\s]*[\"']?[\[{\s]*(?:ResourceType\s*=|ResourceId\s*=|Key\s*=|Value\s*=[^\n]*?[,\s]Key\s*=)",
    re.IGNORECASE,
)
_FILTER: Final = re.compile(r"[\"']?Name\s*=[^\n]*,\s*Values?\s*=", re.IGNORECASE)
_JSON: Final = re.compile(r"\{\s*(?:\"(?:[^\"\\]|\\.)*\"\s*:|\}|\"[^\"]*$)")
_BLOCK: Final = re.compile(r"(?:\w+\s*=\s*)?\{")
_MERGE: Final = re.compile(r"\w+\s*=\s*\w+\s*\(")
_YAML: Final = re.compile(
    r"(?:#[^\n]*\n|\s)*(?:---\s*\n\s*)?(?:-\s+)?(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s=:\"'#][^=\n]*?)\s*:(?:\s|$)"
)
_BULLET: Final = re.compile(r"[-*•]\s+|export\s+(?=\w+=)")
_DELETES: Final = re.compile(r"\s*(?:\$\s+)?aws\s[^\n]*?\bdelete-tags\b")
_OPTION_BEFORE: Final = re.compile(r"-{1,2}[A-Za-z][\w-]*\s")
_ANOTHER: Final = re.compile(r"\s[\w.:/@+-]+=")
_PLAIN: Final = re.compile(r"[^\s>\ufeff=,;\"'#\[\]{}:\\“”„‘’‚«»‹›「」-][^=,;\"'\[\]{}:\\\n\r\t“”„‘’‚«»‹›「」]*")
_NAMES_OF_MEMBERS: Final = frozenset({"key", "value", "name", "resourcetype", "resourceid", "tags"})


def parse_tags(text: str) -> tuple[Tag, ...]:
    """The tags that a text gives, in order.

    Understood are lists of `key=value` with commas, semicolons or line ends between, the AWS CLI's
    `Key=…,Value=…` with or without `--tags`, JSON of any of EC2's shapes or as one object, Terraform's maps, and
    YAML. Quotes take in what has a separator in it.

    Raises:
        TagsProblem: with words for whoever typed it, and where.
    """
    begin, end = _body(text)
    scanner = Scanner(text, begin, end)
    if scanner.over():
        return ()
    return _unique(scanner, _reader(text[begin:end])(scanner))


def is_plain_list(text: str) -> bool:
    """Whether the tags are given as a field itself writes them, and not in a form of another program."""
    begin, end = _body(text)
    return begin == end or (_reader(text[begin:end]) is _pairs and "\n" not in text[begin:end])


def parse_keys(text: str) -> tuple[str, ...]:
    """Tag keys that were typed: `Env, Team`.

    Raises:
        TagsProblem: with words for whoever typed it, and where.
    """
    scanner = Scanner(text)
    found: dict[str, None] = {}
    while not scanner.over():
        scanner.skip(_SEPARATORS)
        if not scanner.over():
            found[_part(scanner, _SEPARATORS)] = None
    return tuple(found)


def format_tags(tags: Sequence[Tag]) -> str:
    """Tags as `parse_tags` reads them."""
    return ", ".join(f"{_written_key(key)}={_written(value)}" for key, value in tags)


def _body(text: str) -> tuple[int, int]:
    """Where the tags themselves begin and end: without the option that holds them, blanks and outer quotes."""
    begin, end = 0, len(text)
    if _DELETES.match(text):
        raise TagsProblem("a command that deletes tags: remove them from the list instead", text, 0)
    if _COMMAND.match(text):
        option = _OPTION.search(text)
        if option is None:
            raise TagsProblem("it contains no --tags", text, 0)
        begin = option.end()
        following = _NEXT_OPTION.search(text, begin)
        end = following.start() if following else end
    while begin < end and (text[begin].isspace() or text[begin] == "\ufeff"):
        begin += 1
    while begin < end and text[end - 1].isspace():
        end -= 1
    if end - begin > 2 and text[begin] == "'" == text[end - 1] and text[begin + 1] in "[{":
        begin, end = begin + 1, end - 1
    return begin, end


def _reader(body: str) -> Callable[[Scanner], Iterable[tuple[str, str, int]]]:
    """What reads a text that begins so; each yields key, value and the place of the key."""
    if _SHORTHAND.match(body):
        return read_shorthand
    if body.startswith("[") or _JSON.match(body):
        return read_json
    if _BLOCK.match(body):
        return read_block
    if _FILTER.match(body):
        return _refuse("this is a filter of the AWS CLI, not a tag: Key=…,Value=… are tags")
    if _MERGE.match(body):
        return _refuse("an expression of Terraform: write the tags that it stands for")
    return read_yaml if _YAML.match(body) else _pairs


def _refuse(words: str) -> Callable[[Scanner], Iterable[tuple[str, str, int]]]:
    def refuse(scanner: Scanner) -> Iterable[tuple[str, str, int]]:
        raise scanner.problem(words)

    return refuse


def _unique(scanner: Scanner, found: Iterable[tuple[str, str, int]]) -> tuple[Tag, ...]:
    tags: dict[str, str] = {}
    for key, value, position in found:
        if not key:
            raise scanner.problem(f"={value} has no key: key={value}", position)
        if key in tags:
            raise scanner.problem(f"{key} is listed twice", position)
        tags[key] = value
    return tuple(tags.items())


def _pairs(scanner: Scanner) -> Iterable[tuple[str, str, int]]:
    """`key=value` with separators between; lines that begin with # are comments."""
    while True:
        scanner.skip(_SEPARATORS)
        if scanner.over():
            return
        begin = scanner.position
        line = scanner.text[scanner.text.rfind("\n", 0, begin) + 1 : begin]
        if scanner.here == "#" and not line.strip():
            scanner.until("\n")
            continue
        scanner.take(_BULLET)
        begin = scanner.position
        bare = scanner.here not in QUOTES
        key = _part(scanner, "=" + _SEPARATORS)
        if scanner.here != "=":
            raise scanner.problem(f"{key} has no value: {key}=value, or quotes around what it belongs to", begin)
        if bare and _OPTION_BEFORE.match(key):
            raise scanner.problem(
                f"an option before the tag: leave out {key.split()[0]}, or put the key in quotes", begin
            )
        if bare and key.lower() in ("key", "value"):
            raise scanner.problem(f'the AWS CLI\'s form is Key=…,Value=…; a tag named so is "{key}"=…', begin)
        scanner.position += 1
        if scanner.here == ">":
            raise scanner.problem(f"an arrow: {key}=value, or quotes around a value that begins with >")
        yield key, _value(scanner), begin


def _value(scanner: Scanner) -> str:
    begin = scanner.position
    value = _part(scanner, _SEPARATORS)
    # Values may hold equals signs, as in `query=a=b`; one behind a blank looks like the next tag.
    another = _ANOTHER.search(scanner.text, begin, scanner.position)
    if another and scanner.text[begin : scanner.position].lstrip()[:1] not in QUOTES:
        raise scanner.problem(
            "another tag? Put a comma before it, or quotes around the value", another.start() + 1
        )
    return value


def _part(scanner: Scanner, stop: str) -> str:
    """A key or a value, in quotes or plain."""
    scanner.skip_blanks()
    if scanner.here in QUOTES and not scanner.over():
        text = scanner.quoted()
        scanner.skip_blanks()
        if not scanner.over() and scanner.here not in stop:
            raise scanner.problem("after the closing quote comes more: quotes take in the whole of it")
        return text
    return scanner.until(stop).strip()


def _written_key(key: str) -> str:
    # Bare, these begin the AWS CLI's own form.
    return quote(key) if key.lower() in _NAMES_OF_MEMBERS else _written(key)


def _written(text: str) -> str:
    # The sign that follows a key makes an assignment of `export x`.
    plain = _PLAIN.fullmatch(text) and text == text.strip() and not _BULLET.match(f"{text}=")
    return text if plain else quote(text)
