"""HashiCorp's configuration language (Terraform, Packer): strings in which nothing is interpolated, and blocks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias

from amitui.presentation.quoting import double_quoted


class Attribute(NamedTuple):
    """`name = value`, both as they are written."""

    name: str
    value: str


Line: TypeAlias = str | Attribute
"""Of a block: an attribute, or a line as it is written."""


def hcl_string(text: str) -> str:
    """A quoted string in which nothing is interpolated; one line."""
    return double_quoted(text).replace("${", "$${").replace("%{", "%%{")


def hcl_list(*texts: str) -> str:
    """A list of strings on one line."""
    return f"[{', '.join(map(hcl_string, texts))}]"


def block(head: str, lines: Sequence[Line]) -> list[str]:
    """A block as `terraform fmt` lays it out: the values of attributes that follow each other are aligned."""
    body: list[str] = []
    for are_attributes, run in groupby(lines, lambda line: isinstance(line, Attribute)):
        rows = list(run)
        width = max(len(line[0]) for line in rows) if are_attributes else 0
        body += [f"{line[0]:{width}} = {line[1]}" if isinstance(line, Attribute) else line for line in rows]
    return [f"{head} {{", *(f"  {line}" if line else "" for line in body), "}"]
