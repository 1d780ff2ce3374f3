"""A strict reader of the HCL that amitui writes: attributes, blocks, lists, objects and quoted strings."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

ENDING = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-f]{4})|U([0-9a-f]{8}))|\$\$\{|%%\{|\$\{|%\{|(.)', re.DOTALL)


def read_hcl(quoted: str) -> str:
    """A quoted template by HCL's specification; an interpolation is none of a text's business."""
    assert quoted[0] == quoted[-1] == '"'

    def meaning(found: re.Match[str]) -> str:
        if found[1]:
            return ENDING[found[1]]
        if found[2] or found[3]:
            return chr(int(found[2] or found[3], 16))
        if found[4]:
            assert found[4] not in '"\\\n\r'
            return found[4]
        assert found[0] in ("$${", "%%{"), "interpolated"
        return found[0][1:]

    return ESCAPE.sub(meaning, quoted[1:-1])


class Block(NamedTuple):
    """`kind "label" "label" { … }`."""

    kind: str
    labels: tuple[str, ...]
    attributes: dict[str, Any]
    blocks: list[Block]


_TOKEN: Final = re.compile(r'(?:[ \t]|#[^\n]*)*("(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w-]*|[{}\[\]=,]|\n|$)')


def read_blocks(text: str) -> list[Block]:
    """The blocks of a document."""
    tokens = _tokens(text)
    body = _body(tokens)
    assert not tokens
    assert not body.attributes
    return body.blocks


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match, f"not HCL: {text[at : at + 40]!r}"
        at = match.end()
        if match[1]:
            found.append(match[1])
    return found


def _body(tokens: list[str]) -> Block:
    body = Block("", (), {}, [])
    while tokens and tokens[0] != "}":
        word = tokens.pop(0)
        if word == "\n":
            continue
        labels = []
        while tokens[0].startswith('"'):
            labels.append(read_hcl(tokens.pop(0)))
        name = read_hcl(word) if word.startswith('"') else word
        mark = tokens.pop(0)
        assert mark in ("=", "{"), mark
        if mark == "=":
            assert not labels
            assert name not in body.attributes
            body.attributes[name] = _value(tokens)
        else:
            inner = _body(tokens)
            assert tokens.pop(0) == "}"
            body.blocks.append(Block(name, tuple(labels), inner.attributes, inner.blocks))
        assert tokens.pop(0) == "\n"
    return body


def _value(tokens: list[str]) -> Any:
    token = tokens.pop(0)
    if token == "{":
        inner = _body(tokens)
        assert tokens.pop(0) == "}"
        assert not inner.blocks
        return inner.attributes
    if token == "[":
        values = []
        while tokens[0] != "]":
            values.append(_value(tokens))
            if tokens[0] == ",":
                tokens.pop(0)
        tokens.pop(0)
        return values
    return read_hcl(token) if token.startswith('"') else {"true": True, "false": False}[token]
