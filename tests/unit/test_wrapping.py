"""What commands say fits the terminal, and is left in whole lines where it is none."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.cli.arguments import COMMANDS, parser_of
from amitui.cli.guard import error_lines
from amitui.cli.messages import message_lines
from amitui.domain.image.row import ImageRow
from amitui.domain.image.trust import Trust
from amitui.domain.query.parser import parse_query
from amitui.domain.query.terms import QuerySyntaxError
from amitui.errors import CacheError
from amitui.presentation.printed_table import table_lines
from amitui.presentation.text import cell_width
from amitui.presentation.wrapping import NARROWEST, wrapped
from tests.unit.test_presentation import HEALTHY

WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=30)


@given(st.lists(WORDS, max_size=40), st.integers(0, 120))
def test_wrapping_loses_no_word_and_a_line_is_too_long_only_with_what_stays_together(
    words: list[str], width: int
) -> None:
    lines = wrapped(" ".join(words), width, first="amitui: ", rest="        ")
    assert " ".join(lines).split() == ["amitui:", *" ".join(words).split()]
    for line in lines if width >= NARROWEST else ():
        parts = line[8:].split(" ")
        assert (
            cell_width(line) <= width
            or len(parts) == 1
            or any(p in ("amitui", "aws") or p[0] == "-" for p in parts)
        )


def test_what_fits_stays_exactly_as_it_is() -> None:
    assert wrapped("  two  blanks\n    and a line", 80) == ["  two  blanks", "    and a line"]


def test_a_command_to_be_copied_is_broken_neither_behind_its_program_nor_before_a_value() -> None:
    text = "only 38,000 images of community in us-east-1 cached so far; amitui sync us-east-1 --scope community"
    for width in range(NARROWEST, 120):
        for line in wrapped(text, width):
            assert not line.endswith(("amitui", "--scope"))


def test_without_a_terminal_a_message_is_one_line() -> None:
    assert message_lines("word " * 60, None) == [f"amitui: {'word ' * 60}"]


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_carets_stand_below_what_is_wrong_in_a_terminal_of_any_width(columns: int) -> None:
    text = f"{'ubuntu ' * 12}arch:bogus {'arm ' * 20}"
    with pytest.raises(QuerySyntaxError) as raised:
        parse_query(text, now=0)
    lines = error_lines(raised.value, columns)
    assert max(map(len, lines)) <= columns
    (at,) = [place for place, line in enumerate(lines) if line.strip(" ^") == "" and "^" in line]
    start, end = lines[at].index("^"), lines[at].rindex("^") + 1
    assert lines[at - 1][start:end] in "arch:bogus"


def test_an_error_of_several_long_lines_is_wrapped_below_its_first_words() -> None:
    error = CacheError("what happened " * 8, why="because " * 20, remedy="amitui sync eu-central-1 " * 5)
    lines = error_lines(error, 60)
    assert max(map(len, lines)) <= 60
    assert [line[:8].strip() for line in lines] == ["amitui:", *[""] * (len(lines) - 1)]


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize("columns", [60, 80, 200])
def test_help_fits_the_terminal(command: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    parser = parser_of(command)._argparse()
    assert isinstance(parser, argparse.ArgumentParser)
    assert max(map(len, parser.format_help().splitlines())) <= columns


LONG = HEALTHY._replace(name="ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260401.1")
LOOKALIKE = LONG._replace(trust=Trust.LOOKALIKE)
ROWS = (LONG, LOOKALIKE, HEALTHY._replace(name="a", region="ap-southeast-7"), HEALTHY._replace(name="名" * 60))


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("rows", [ROWS, ROWS[:1], ROWS[:2]])
def test_the_table_fits_the_terminal_and_names_keep_both_ends(rows: tuple[ImageRow, ...], width: int) -> None:
    lines = table_lines(rows, width)
    narrowest = sum((21, 2, 14, 2, 9, 2, 20, 15))  # id, Region, publisher and the least of a name with its warning
    assert max(map(cell_width, lines)) <= max(width, narrowest)
    assert lines[1].endswith("0260401.1")
    if LOOKALIKE in rows:
        assert "LOOK-ALIKE" in lines[2]


def test_what_programs_read_of_the_table_is_never_shortened() -> None:
    assert [line.split("  ")[-1] for line in table_lines(ROWS[:1])] == ["NAME", LONG.name]


def test_no_rows_make_no_table() -> None:
    assert table_lines(()) == []
