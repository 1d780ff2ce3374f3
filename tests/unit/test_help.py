"""`--help`, the manual page and `--quiet`: made of the parsers, and as large as a screen."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

import amitui
from amitui.cli import main
from amitui.cli.arguments import _OPTIONS_WITH_VALUE, COMMANDS, parse, parser_of
from amitui.cli.command_table import ABOUT, FIRST_STEPS, LONGEST
from amitui.cli.manual import manual
from amitui.cli.messages import say, warn
from amitui.cli.progress_line import ProgressLine
from amitui.cli.quiet import is_quiet, set_quiet
from amitui.cli.short_help import short_help, spelt

if TYPE_CHECKING:
    from collections.abc import Iterator


ROFF_INDENT = 7
"""Columns by which a manual page indents what is said of a name."""


@pytest.fixture(autouse=True)
def loud() -> Iterator[None]:
    """Other tests read notes."""
    yield
    set_quiet(False)


# --help


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_fits_a_screen_of_80x24_with_the_prompt_below_it(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as left:
        main([option])
    assert left.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80


def test_help_begins_with_three_things_to_do_which_are_commands() -> None:
    lines = short_help(parser_of("").arguments, 80).splitlines()
    assert [line.strip().partition("  ")[0] for line in lines[2:5]] == [command for command, _ in FIRST_STEPS]
    for command, _ in FIRST_STEPS:
        program, *words = command.split()
        assert program == "amitui"
        assert callable(parse(words))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_help_names_every_command_and_every_option_and_parts_none_from_its_value(width: int) -> None:
    lines = short_help(parser_of("").arguments, width).splitlines()
    for command, about in ABOUT.items():
        assert any(command in line and about in line for line in lines)
    for one in parser_of("").arguments:
        assert not one.is_option or any(spelt(one) in line for line in lines)


def test_what_help_says_of_a_command_fits_its_column() -> None:
    assert tuple(ABOUT) == COMMANDS
    assert all(len(about) <= LONGEST for about in ABOUT.values())


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_printed(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([option])
    assert capsys.readouterr().out == f"amitui {amitui.__version__}\n"


def test_no_value_of_an_option_is_taken_for_a_command() -> None:
    taking = {
        name
        for command in ("", *COMMANDS)
        for one in parser_of(command).arguments
        if one.takes_value
        for name in one.names
    }
    assert taking <= set(_OPTIONS_WITH_VALUE)


# The manual page


def test_the_manual_says_of_each_command_what_its_parser_takes() -> None:
    page = manual(COMMANDS, parser_of).replace("\\-", "-")
    sections = page.split("\n.SS amitui ")
    assert [section.split()[0] for section in sections[1:]] == list(COMMANDS)
    common = sections[0]
    for section, command in zip(sections[1:], COMMANDS, strict=True):
        for one in parser_of(command).arguments:
            name = spelt(one) if one.is_option else one.metavar
            assert f".B {name}\n" in section or f".B {name} *\n" in common, (command, name)


def test_no_first_step_reads_as_a_command_that_there_is_not() -> None:
    """The manual page says behind a short name, on the same line, what it does: `amitui browse images`."""
    for command, _ in FIRST_STEPS:
        assert len(command) > ROFF_INDENT, command


def test_the_manual_escapes_what_roff_would_act_upon() -> None:
    for line in manual(COMMANDS, parser_of).splitlines():
        assert not line.startswith("'")
        assert line.isascii()
        assert not line.startswith(".") or line.split()[0][1:] in (
            *("TH", "SH", "SS", "TP", "PP", "B", "br", "nh", "ad"),
        )


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_say_against_the_manual() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8"],
        input=manual(COMMANDS, parser_of),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    shown = re.sub(".\x08", "", done.stdout)  # bold by overstriking
    assert "amitui find" in shown
    assert "amitui browse" not in shown, "that is no command"


def test_the_manual_is_printed_where_stdout_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["man"]) == 0
    assert capfd.readouterr().out == manual(COMMANDS, parser_of)


# --quiet


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_can_be_told_to_be_quiet(command: str) -> None:
    (quiet,) = (one for one in parser_of(command).arguments if "--quiet" in one.names)
    assert quiet.names == ("-q", "--quiet")


@pytest.mark.parametrize("words", [["info", "-q"], ["-q", "info"], ["info", "--quiet", "-o", "json"]])
def test_quiet_is_an_option_before_and_behind_the_command_and_of_one_command_only(words: list[str]) -> None:
    parse(words)
    assert is_quiet()
    parse(["info"])
    assert not is_quiet()


def test_quiet_leaves_out_notes_and_progress_and_keeps_what_went_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_quiet(True)
    say("a note")
    ProgressLine().say("eu-west-1 amazon: 3 images in 1.0 s")
    warn("a warning")
    assert main(["find", "arch:bogus", "-q"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "amitui: a warning"
    assert said[1].startswith("amitui: ")
    assert "arch:bogus" in " ".join(said[1:])
    assert not any("note" in line or "eu-west-1" in line for line in said)
