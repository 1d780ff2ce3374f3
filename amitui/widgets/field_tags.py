"""Tags as people type them: `Env=prod, Team=web`, with quotes where a comma or a blank belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from amitui.widgets.field_text import TextField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Tag: TypeAlias = tuple[str, str]


def format_tags(tags: Sequence[Tag]) -> str:
    """Tags as `parse_tags` reads them."""
    return ", ".join(f"{_quoted(key)}={_quoted(value)}" for key, value in tags)


def parse_tags(text: str) -> tuple[Tag, ...]:
    """The tags that were typed, in order.

    Raises:
        ValueError: with words for whoever typed it.
    """
    tags: dict[str, str] = {}
    for piece in _pieces(text, ","):
        if not piece.strip():
            continue
        key, *rest = _pieces(piece, "=")
        # Values may hold equals signs, as in `query=a=b`.
        name, value = _bare(key), _bare("=".join(rest))
        if not rest:
            raise ValueError(f"{name} has no value: {name}=value")
        if not name:
            raise ValueError(f"={value} has no key: key={value}")
        if name in tags:
            raise ValueError(f"{name} is there twice")
        tags[name] = value
    return tuple(tags.items())


def parse_keys(text: str) -> tuple[str, ...]:
    """Tag keys that were typed: `Env, Team`.

    Raises:
        ValueError: with words for whoever typed it.
    """
    return tuple(dict.fromkeys(_bare(piece) for piece in _pieces(text, ",") if piece.strip()))


def _pieces(text: str, separator: str) -> list[str]:
    """`text` split where the separator stands outside quotes."""
    pieces, quoted, escaped = [""], False, False
    for char in text:
        if char == separator and not quoted:
            pieces.append("")
            continue
        if char == '"' and not escaped:
            quoted = not quoted
        escaped = char == "\\" and quoted and not escaped
        pieces[-1] += char
    if quoted:
        raise ValueError('a quote " is not closed')
    return pieces


def _bare(text: str) -> str:
    text = text.strip()
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):
        return text
    plain, escaped = "", False
    for char in text[1:-1]:
        if char == "\\" and not escaped:
            escaped = True
            continue
        plain, escaped = plain + char, False
    return plain


def _quoted(text: str) -> str:
    if text and text == text.strip() and not set(text) & set(',="'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class TagsField(TextField):
    """Tags on one line."""

    def __init__(
        self,
        label: str,
        id: str,
        value: Sequence[Tag] = (),
        placeholder: str = "Env=prod, Team=web",
        hint: str = 'key=value, with commas between; quote what has a comma: Note="a, b"',
        check: Callable[[Sequence[Tag]], str] | None = None,
    ) -> None:
        """Args:
        check: what is wrong with the tags, in words; empty = nothing.
        """
        self._check_tags = check
        super().__init__(label, id, format_tags(value), placeholder, hint, self._typed_problem)

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The tags; none while what is typed cannot be understood, which `check` says."""
        try:
            return parse_tags(self.value)
        except ValueError:
            return ()

    @tags.setter
    def tags(self, tags: Sequence[Tag]) -> None:
        self.value = format_tags(tags)

    def _typed_problem(self, text: str) -> str:
        try:
            tags = parse_tags(text)
        except ValueError as error:
            return str(error)
        return self._check_tags(tags) if self._check_tags is not None else ""
