"""A command with a slip in it is refused with the right one; whatever else is typed is a search."""

from __future__ import annotations

import pytest

from amitui.cli.arguments import COMMANDS, parse
from amitui.cli.command_table import INSTEAD
from amitui.cli.mistyped import refuse_mistyped
from amitui.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fnd", "find"),
        ("fidn", "find"),
        ("findd", "find"),
        ("fimd", "find"),
        ("snyc", "sync"),
        ("syncs", "sync"),
        ("imort", "import"),
        ("improt", "import"),
        ("impart", "import"),
        ("opps", "ops"),
        ("osp", "ops"),
        ("inf", "info"),
        ("cahce", "cache"),
        ("cach", "cache"),
        ("dmeo", "demo"),
        ("demos", "demo"),
        ("pubish", "publish"),
        ("upblish", "publish"),
        ("ublish", "publish"),
        ("udit", "audit"),
        ("complteion", "completion"),
        ("Find", "find"),
        ("SYNC", "sync"),
        ("Snyc", "sync"),
        ("search", "find"),
        ("help", "--help"),
        ("doctor", "info --check"),
    ],
)
def test_a_slip_in_a_command_is_refused_with_the_command_that_was_meant(typed: str, meant: str) -> None:
    with pytest.raises(UsageError) as refused:
        refuse_mistyped([typed, "x"], [typed, "x"], COMMANDS, INSTEAD)
    assert refused.value.what == f"there is no command {typed}; did you mean {meant}?"
    assert refused.value.remedy.startswith(f"run: amitui {meant} x ")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    "typed",
    [
        "ubuntu",
        "kind",
        "bind",
        "os",
        "op",
        "opt",
        "ospp",
        "amazon",
        "debian-12",
        "owner:self",
        "infra",
        "in",
        "i",
        "synology",
        "find me",
        "clear",
        "lauch",
        "publishers",
        "finder-server",
        "mac",
        "import-snap-0123",
        "node",
    ],
)
def test_other_words_are_searches(typed: str) -> None:
    refuse_mistyped([typed], [typed], COMMANDS, INSTEAD)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_no_slip_of_another(command: str) -> None:
    refuse_mistyped([command], ["--", command], COMMANDS, INSTEAD)
    refuse_mistyped([command], [command], [other for other in COMMANDS if other != command], {})


def test_what_stands_behind_two_dashes_is_a_search() -> None:
    assert callable(parse(["--", "fnd", "x"]))


def test_options_before_the_slip_are_kept_in_what_is_proposed() -> None:
    with pytest.raises(UsageError) as refused:
        parse(["--region", "eu-west-1", "fnd", "a b"])
    assert refused.value.remedy == (
        "run: amitui --region eu-west-1 find 'a b'    or, to search for it: amitui -- fnd 'a b'"
    )


@pytest.mark.parametrize("word", INSTEAD)
def test_what_other_programs_call_a_command_is_refused_with_words_that_are_understood(word: str) -> None:
    with pytest.raises(UsageError):
        parse([word])
    assert word not in COMMANDS
    assert INSTEAD[word][0] in (*COMMANDS, "--help", "--version")


@pytest.mark.parametrize(
    ("typed", "name", "meant"),
    [
        ("find --regoin eu-west-1", "amitui find", "find --region eu-west-1"),
        ("find --regoin=eu-west-1 ubuntu -daily", "amitui find", "find --region=eu-west-1 ubuntu -daily"),
        ("find --all_regions x", "amitui find", "find --all-regions x"),
        ("find --prof dev", "amitui find", "find --profile dev"),
        ("sync --publsh s3://b/c", "amitui sync", "sync --publish s3://b/c"),
        ("sync -region eu-west-1", "amitui sync", "sync --region eu-west-1"),
        ("clean --pln", "amitui clean", "clean --plan"),
        ("diff a b --ouput json", "amitui diff", "diff a b --output json"),
        ("demo --hlep", "amitui demo", "demo --help"),
        ("--read-olny ubuntu", "amitui", "--read-only ubuntu"),
        ("--offlien find x", "amitui find", "find --offline x"),
    ],
)
def test_a_slip_in_an_option_is_refused_with_the_option_that_was_meant(typed: str, name: str, meant: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(typed.split())
    slip = next(word.partition("=")[0] for word in typed.split() if word not in meant.split())
    option = next(word.partition("=")[0] for word in meant.split() if word not in typed.split())
    assert refused.value.what == f"{name} has no option {slip}; did you mean {option}?"
    assert refused.value.remedy == f"run: amitui {meant}"
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("typed", ["find --quux", "find --limt --help", "find --re x", "keys --port 1"])
def test_what_is_like_no_option_and_help_is_left_to_argparse(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(typed.split())
    assert "usage: amitui" in "".join(capsys.readouterr())


def test_words_behind_two_dashes_are_no_options() -> None:
    assert callable(parse(["find", "--", "--regoin"]))
