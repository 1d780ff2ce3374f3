"""Completion: what is offered comes from the parsers, the cache and the AWS config, and is safe on a line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amitui.cli import main
from amitui.cli.arguments import COMMANDS, parser_of
from amitui.cli.candidates import FILES, THEMES, Candidate, Line, candidates
from amitui.cli.completion import SCRIPTS
from amitui.domain.query.parser import FIELDS, parse_query
from amitui.paths import locate
from amitui.presentation.export import FORMATS
from amitui.services.remembered import ScreenState
from amitui.services.saved_views import SavedViews
from amitui.ui import themes
from tests.support.isolation import move_home
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = "a$(touch owned)`id`;'\"\\ b"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An AWS config with profiles, and a cache with Regions."""
    move_home(monkeypatch, tmp_path)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        "[default]\nregion = eu-west-1\n[profile prod]\nregion = us-east-1\n[profile 'two words']\n"
    )
    index = Path(locate({"HOME": str(tmp_path)}).index_dir)
    for region in ("us-east-2", "zz-test-1"):
        index.mkdir(parents=True, exist_ok=True)
        (index / f"{region}.sqlite").touch()
    return tmp_path


def offered(line: str) -> list[str]:
    """The candidates at the end of a line of words without blanks."""
    *words, current = line.split(" ")
    found = candidates(Line(words, current, COMMANDS, parser_of))
    return [one.value if isinstance(one, Candidate) else one for one in found]


# What is offered


def test_every_command_is_offered_with_the_first_sentence_of_its_help() -> None:
    assert offered("")[: len(COMMANDS)] == list(COMMANDS)
    assert offered("fin") == ["find"]
    found = candidates(Line([], "", COMMANDS, parser_of))
    about = {one.value: one.about for one in found if isinstance(one, Candidate)}
    assert about["find"] == "Search the catalogue"
    assert about["diff"] == "Compare two images"
    assert all(about[command] and about[command].isprintable() for command in COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_option_of_a_command_is_offered(command: str) -> None:
    options = {one.names[-1] for one in parser_of(command).arguments if one.is_option}
    assert set(offered(f"{command} -".lstrip())) == {*options, "--help"}


def test_an_option_that_can_be_given_once_is_offered_once() -> None:
    assert "--output" not in offered("find -o csv --")
    assert "--latest" not in offered("find --latest --")
    assert "--region" in offered("find --region us-east-1 --")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("find -o terr", ["terraform", "terraform-map"]),
        ("find --output=terr", ["--output=terraform", "--output=terraform-map"]),
        ("find ubuntu --output cdk", ["cdk", "cdk-ts"]),
        ("--scope m", ["mine", "marketplace"]),
        ("--theme amitui-d", ["amitui-dark"]),
        ("find --profile ", ["default", "prod", "two words"]),
        ("find --region us-e", ["us-east-2", "us-east-1"]),
        ("sync zz", ["zz-test-1"]),
        ("--region us-east-1 sync zz", ["zz-test-1"]),
        ("cache ", ["show", "trim", "clear"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("import f", [FILES]),
        ("find --config ", [FILES]),
        ("find --limit ", []),
        ("find ubuntu own", ["owner:"]),
        ("find own", ["owner:"]),
        ("diff ubuntu own", ["owner:"]),
        ("find arch:arm", ["arch:arm64", "arch:arm64_mac"]),
        ("find arch:arm64,x86_64_", ["arch:arm64,x86_64_mac"]),
        ("find -- -deprecated:", ["-deprecated:yes", "-deprecated:no"]),
        ("find sort:-siz", ["sort:-size"]),
        ("find owner:cano", ["owner:canonical"]),
        ("find canon", ["canonical"]),
        ("-- fin", []),
        ("ubuntu fin", []),
    ],
)
def test_what_fits_is_offered(line: str, values: list[str]) -> None:
    assert offered(line) == values


def test_the_folder_that_is_typed_is_the_cache_whose_regions_come_first(tmp_path: Path) -> None:
    index = Path(locate({"HOME": str(tmp_path)}, cache_dir=str(tmp_path / "other")).index_dir)
    index.mkdir(parents=True)
    (index / "qq-test-1.sqlite").touch()
    assert offered(f"find --cache-dir {tmp_path}/other --region ")[0] == "qq-test-1"
    assert offered(f"find --cache-dir={tmp_path}/other --region ")[0] == "qq-test-1"
    assert offered("find --region ")[:2] == ["us-east-2", "zz-test-1"]


def test_saved_views_are_offered_where_a_query_begins(home: Path) -> None:
    views = SavedViews(locate({"HOME": str(home)}).views_file)
    views.save("web", ScreenState(query="acme-web").view(accounts=(), now=0), now=0)
    assert offered("find @") == offered("@") == offered("pick --demo @w") == ["@web"]
    assert "@web" in offered("find ")
    assert offered("find ubuntu @") == offered("diff @") == offered("sync @") == []


@pytest.mark.parametrize("broken", [".aws/config", ".config/amitui/config.toml"])
def test_what_cannot_be_read_keeps_nothing_else_from_being_offered(home: Path, broken: str) -> None:
    file = home / broken
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("[unclosed\n")
    offered("find --profile ")
    assert "eu-west-1" in offered("find --region ")


@pytest.mark.parametrize("field", FIELDS)
def test_each_value_of_a_field_that_is_offered_is_understood(field: str) -> None:
    for word in offered(f"find {field}:"):
        parse_query(word, now=1_790_000_000)


def test_the_themes_are_those_that_there_are() -> None:
    assert dict(THEMES) == themes.THEME_TITLES


# What is printed


def test_candidates_are_printed_one_a_line_with_their_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "words", "--", "find", "-o", "terraform-m"]) == 0
    assert capsys.readouterr().out == f"terraform-map\t{FORMATS['terraform-map'].about}\n"
    main(["completion", "words", "--", "find", "own"])
    assert capsys.readouterr().out == ":open\nowner:\n"
    main(["completion", "words", "--"])
    assert "find\t" in capsys.readouterr().out


def test_a_candidate_that_is_no_text_is_left_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (Path(locate({"HOME": str(home)}).index_dir) / "a\nb\x1b[2J.sqlite").touch()
    main(["completion", "words", "--", "sync", "a"])
    assert all(line.isprintable() for line in capsys.readouterr().out.replace("\t", " ").splitlines())


def test_a_shell_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["completion", "tcsh"])
    assert raised.value.code == 2
    assert main(["completion", "zsh"]) == 0
    assert capsys.readouterr().out.startswith("#compdef amitui\n")


def test_a_tab_waits_for_nothing_heavy(home: Path) -> None:
    heavy = ("textual", "botocore", "asyncio", "diskcache", "sqlite3", "argparse", "moto")
    for words in (["find", "--region", ""], ["find", "owner:"], [""]):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "amitui", "completion", "words", "--", *words],
            env={"HOME": str(home), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        )
        loaded = re.findall(r"\| +(\S+)$", done.stderr, re.MULTILINE)
        assert "amitui.cli.candidates" in loaded
        assert not set(heavy) & set(loaded)


# In the shells


@pytest.fixture
def folder(home: Path) -> Path:
    """A folder with `amitui` in it, for PATH."""
    (home / "bin").mkdir()
    program = home / "bin" / "amitui"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m amitui "$@"\n')
    program.chmod(0o755)
    (home / ".aws" / "config").write_text(
        f'[profile "{HOSTILE.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"]\n'
    )
    for shell, script in SCRIPTS.items():
        (home / f"completion.{shell}").write_text(script)
    return home


def environment(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "PATH": f"{folder}/bin:{os.environ['PATH']}", "LANG": "C.UTF-8"}


def in_bash(folder: Path, line: str) -> list[str]:
    """What bash would put on the line."""
    script = (
        "source completion.bash; COMP_LINE=$1; COMP_POINT=${#1}; COMP_WORDBREAKS=$' \\t\\n\"\\'><=;|&(:'\n"
        'compopt() { echo "compopt $*"; }; _amitui; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "--noprofile", "-c", script, "bash", line],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


@needs_bash
@pytest.mark.parametrize(
    ("line", "replies"),
    [
        ("amitui fin", ["find"]),
        ("amitui find -o terr", ["terraform", "terraform-map"]),
        # bash replaces what stands behind the last colon or equals sign.
        ("amitui find arch:arm", ["arm64", "arm64_mac"]),
        ("amitui find --output=terr", ["terraform", "terraform-map"]),
        ("amitui find own", ["compopt -o nospace", "owner:"]),
        ("amitui import ", ["compopt -o default", ""]),
    ],
)
def test_bash_completes(folder: Path, line: str, replies: list[str]) -> None:
    assert in_bash(folder, line) == replies


@needs_bash
def test_bash_puts_a_hostile_name_on_the_line_as_one_word_and_runs_nothing_of_it(folder: Path) -> None:
    (reply,) = in_bash(folder, "amitui find --profile ")
    command = ["bash", "-c", f"printf %s {reply}"]
    read = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    assert read.stdout == HOSTILE
    assert not (folder / "owned").exists()


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(folder: Path) -> None:
    def in_fish(line: str) -> list[str]:
        done = subprocess.run(
            ["fish", "--no-config", "-c", "source completion.fish; complete -C $argv[1]", line],
            cwd=folder,
            env=environment(folder),
            capture_output=True,
            text=True,
            check=True,
        )
        return [one.partition("\t")[0] for one in done.stdout.splitlines()]

    assert in_fish("amitui fin") == ["find"]
    assert in_fish("amitui find -o terr") == ["terraform", "terraform-map"]
    assert in_fish("amitui find arch:arm") == ["arch:arm64", "arch:arm64_mac"]
    assert in_fish("amitui find --profile ") == [HOSTILE]
    assert "completion.fish" in in_fish("amitui import comp")
    assert not (folder / "owned").exists()


@pytest.fixture
def zsh(folder: Path) -> Iterator[Terminal]:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    (folder / ".zshrc").write_text(
        "PS1='ready> '\nunsetopt beep\nautoload -Uz compinit && compinit -u\nsource ~/completion.zsh\n"
    )
    with Terminal(["zsh", "-i"], environment=environment(folder), cwd=folder) as terminal:
        terminal.wait_for("ready>")
        yield terminal
        terminal.type("\x15exit\n")
        terminal.wait_for_exit()


def test_zsh_completes(zsh: Terminal) -> None:
    for typed, completed in (
        ("amitui comple\t", "amitui completion"),
        ("amitui find -o terraform-\t", "amitui find -o terraform-map"),
        ("amitui find arch:i3\t", "amitui find arch:i386"),
        ("amitui find --out\t", "amitui find --output"),
        ("amitui find own\t", "amitui find owner:"),
    ):
        zsh.type(typed)
        zsh.wait_for(f"ready> {completed}")
        zsh.type("x")
        # A blank follows, unless more belongs to the word.
        blank = "" if completed.endswith(":") else " "
        zsh.wait_for(f"ready> {completed}{blank}x")
        zsh.type("\x15")
        zsh.wait_for(lambda terminal: terminal.screen_text().rstrip().endswith("ready>"))


def test_zsh_runs_nothing_of_a_hostile_name(zsh: Terminal, folder: Path) -> None:
    zsh.type("amitui find --profile \t")
    zsh.wait_for("touch")
    # The line as it is now is run, with another command in front of it.
    zsh.type("\x01print -r -- \n")
    zsh.wait_for(f"\namitui find --profile {HOSTILE}")
    assert not (folder / "owned").exists()
