"""Words mean without argparse what they mean with it, and mistakes and help are left to argparse."""

from __future__ import annotations

import pytest

from amitui.cli.options import CommandParser


@pytest.fixture
def parser() -> CommandParser:
    found = CommandParser("find", "Search.")
    found.add("query", nargs="*")
    found.add("--region", action="append", dest="regions")
    found.add("--cache-dir")
    found.add("--offline", action="store_true", default=None)
    found.add("--latest", action="store_true")
    found.add("-o", "--output", choices=("table", "id"), default="table")
    found.add("--limit", type=int)
    return found


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ubuntu 24.04 arm64",
        "--offline ubuntu --region eu-central-1 arm64 --region us-east-1",
        "--region eu-central-1,us-east-1 --latest",
        "-o id ubuntu",
        "--output id --cache-dir /tmp/x ubuntu",
        "--region=eu-central-1 --cache-dir= ubuntu",
        "ubuntu --limit 3",
    ],
)
def test_words_mean_what_argparse_says(parser: CommandParser, line: str) -> None:
    words = line.split()
    assert parser._understood(words) == vars(parser._argparse().parse_intermixed_args(words))


def test_words_behind_two_dashes_are_no_options(parser: CommandParser) -> None:
    found = parser.parse(["ubuntu", "--limit", "3", "--", "-arm64", "--latest"])
    assert (found.query, found.limit, found.latest) == (["ubuntu", "-arm64", "--latest"], 3, False)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--bogus", "unrecognized arguments: --bogus"),
        ("ubuntu --region", "expected one argument"),
        ("--cache-dir --offline", "expected one argument"),
        ("--latest=yes", "ignored explicit argument 'yes'"),
        ("--limit three", "invalid int value: 'three'"),
        ("-o xml", "invalid choice: 'xml'"),
        ("--re", "unrecognized arguments: --re"),
    ],
)
def test_mistakes_are_named_as_argparse_names_them(
    parser: CommandParser, capsys: pytest.CaptureFixture[str], line: str, said: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        parser.parse(line.split())
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_help_leaves_with_success(parser: CommandParser, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        parser.parse(["ubuntu", "--help"])
    assert stopped.value.code == 0
    assert "--cache-dir" in capsys.readouterr().out
