"""What a terminal without UTF-8 gets: ASCII, in the same number of cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from amitui.charset import for_people, is_utf8, to_ascii, to_ascii_cells


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"LANG": "en_US.UTF-8"}, True),
        ({"LANG": "de_DE.utf8"}, True),
        ({"LANG": "C.UTF-8"}, True),
        ({"LANG": "C"}, False),
        ({"LANG": "POSIX"}, False),
        ({"LANG": "en_US"}, False),
        ({"LANG": "de_DE.ISO-8859-15@euro"}, False),
        ({"LANG": "ja_JP.eucJP"}, False),
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8", "LC_CTYPE": "C"}, False),
        ({"LANG": "en_US.UTF-8", "LC_CTYPE": "en_US.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "C", "LC_ALL": ""}, False),
    ],
)
def test_the_locale_says_whether_the_terminal_shows_utf8(environ: dict[str, str], expected: bool) -> None:
    assert is_utf8(environ) is expected


def test_signs_become_what_looks_alike() -> None:
    assert to_ascii("╭─ a · b… │ ↓ ✓ ✗ “x” ␦ é ╰") == '+- a . b~ | v + x "x" ? ? +'


@pytest.mark.parametrize("text", ["名前", "e\u0301", "👨\u200d👩\u200d👧", "🇩🇪 ok", "ﬃ", "▲name▼", "plain"])
def test_a_line_keeps_its_width(text: str) -> None:
    assert len(to_ascii_cells(text)) == cell_len(text)
    assert to_ascii_cells(text).isascii()


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))))
def test_any_line_is_ascii_of_the_same_width(text: str) -> None:
    assert to_ascii_cells(text).isascii()
    assert len(to_ascii_cells(text)) == cell_len(text)
    assert len(to_ascii(text)) == len(text)


def test_a_table_that_is_piped_keeps_to_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C")
    assert for_people("a · b") == "a . b"
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert for_people("a · b") == "a · b"
