"""The one line under a form's fields holds each hint whole on a terminal of 80 columns."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

from amitui.presentation.text import cell_width

if TYPE_CHECKING:
    from collections.abc import Iterator

import amitui.ui.forms

ROOM: Final = 80 - 4
"""Columns between the frame and its padding."""


def hints_in(source: str) -> Iterator[str]:
    """Texts given as `hint=` or `.hint =`, and those of tables called `…HINTS`."""
    for node in ast.walk(ast.parse(source)):
        value: ast.expr | None = None
        if (isinstance(node, ast.keyword) and node.arg == "hint") or (
            isinstance(node, ast.Assign | ast.AnnAssign)
            and any(
                "HINTS" in ast.unparse(target) or ast.unparse(target).endswith(".hint")
                for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            )
        ):
            value = node.value
        if value is not None:
            yield from (
                part.value.removeprefix("!! ")
                for part in ast.walk(value)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )


def test_no_hint_is_cut_off_in_80_columns() -> None:
    folder = Path(amitui.ui.forms.__file__).parent
    hints = [hint for path in sorted(folder.rglob("*.py")) for hint in hints_in(path.read_text(encoding="utf-8"))]
    assert len(hints) > 40
    assert [hint for hint in hints if cell_width(hint) > ROOM] == []


def test_hints_are_found_wherever_they_are_written() -> None:
    source = 'F(hint="a" if x else "b")\nself.hint = "c"\n_STOP_HINTS: Final = {"k": "!! d"}\nF(label="e")\n'
    assert sorted(hints_in(source)) == ["a", "b", "c", "d", "k"]
