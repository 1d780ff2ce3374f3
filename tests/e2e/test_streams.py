"""stdin, stdout and stderr closed, full, or in an encoding that lacks characters: words and exit 4, never 1 or a
traceback, and never half a file that looks whole."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.terminal_steps import run

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES: Final = ("golden-é-日本-… ünï", "plain", "x" * 120)
REGION: Final = "eu-central-1"

CLOSINGS: Final = [
    " ".join(some) for count in (1, 2, 3) for some in itertools.combinations(("<&-", ">&-", "2>&-"), count)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("streams")


@pytest.fixture(scope="module")
def cached(folder: Path) -> list[str]:
    """Options that show a catalogue of images with names that are not ASCII."""
    from tests.support.isolation import isolated_environment

    dump = folder / "dump.jsonl"
    images = [
        {"ImageId": f"ami-{n:017x}", "Name": name, "OwnerId": "123456789012"} for n, name in enumerate(NAMES)
    ]
    dump.write_text("\n".join(map(json.dumps, images)))
    options = ["--cache-dir", str(folder / "cache"), "--region", REGION]
    done = run(python(), isolated_environment(folder), "import", str(dump), *options)
    assert done.returncode == 0, done.stderr
    return options


def python() -> list[str]:
    import sys

    return [sys.executable, "-m", "amitui"]


def shell(redirection: str, words: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run amitui with its streams as a shell makes them; what is not redirected is captured."""
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", *python(), *words]
    return subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("closing", CLOSINGS)
def test_closed_streams_end_in_words_or_do_no_harm(
    closing: str, cached: list[str], environment: dict[str, str]
) -> None:
    find = shell(closing, ["find", "plain", "--offline", "-o", "id", *cached], environment)
    nothing = shell(closing, ["find", "nothing-of-this", "--offline", *cached], environment)
    assert nothing.returncode == 1, "what has nothing to print needs no stdout"
    if ">&-" in closing.split():
        assert find.returncode == 4
        assert "2>&-" in closing or "stdout is closed" in find.stderr
    else:
        assert (find.returncode, find.stdout) == (0, f"ami-{1:017x}\n")
    assert "Traceback" not in find.stderr + nothing.stderr


@pytest.mark.parametrize("closing", ["<&-", ">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", ["info", "ops -o json", "--help", "--version", "import -", "", "find --bogus"])
def test_every_command_stands_closed_streams(words: str, closing: str, environment: dict[str, str]) -> None:
    done = shell(closing, words.split(), environment)
    prints = words in ("info", "ops -o json", "--help", "--version")
    if prints and ">&-" in closing:
        assert done.returncode == 4
    elif not prints:
        # Wrong words, no terminal, no records: 2; no stdin: 4.
        assert done.returncode in (2, 4)
    else:
        assert done.returncode == (1 if words.startswith("ops") else 0)
    assert "Traceback" not in done.stderr


def test_what_is_stored_is_whole_when_the_streams_were_closed(tmp_path: Path, environment: dict[str, str]) -> None:
    """A file that took the place of stderr would have the messages in it."""
    dump = tmp_path / "dump.jsonl"
    cached = ["--cache-dir", str(tmp_path / "cache"), "--region", REGION]
    dump.write_text(
        'broken\n{"ImageId": "ami-0123456789abcdef0", "Name": "one more", "OwnerId": "123456789012"}\n'
    )
    assert shell("<&- >&- 2>&-", ["import", str(dump), *cached], environment).returncode == 0
    found = run(python(), environment, "find", "one more", "--offline", "-o", "json", *cached)
    assert json.loads(found.stdout)["Images"][0]["Name"] == "one more"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("output", ["table", "id", "json", "csv"])
def test_a_full_disk_behind_stdout_is_said_with_exit_code_4(
    output: str, cached: list[str], environment: dict[str, str]
) -> None:
    done = shell(">/dev/full", ["find", "--offline", "-o", output, *cached], environment)
    assert done.returncode == 4
    assert "cannot write the results" in done.stderr
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_behind_stderr_costs_the_messages_only(cached: list[str], environment: dict[str, str]) -> None:
    done = shell("2>/dev/full", ["find", "plain", "--offline", "-o", "id", "--limit", "1", *cached], environment)
    assert (done.returncode, done.stdout) == (0, f"ami-{1:017x}\n")
    assert shell(">/dev/full 2>/dev/full", ["find", "--offline", *cached], environment).returncode == 4
    assert shell("2>/dev/full", ["find", "--bogus"], environment).returncode == 2


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp437"])
def test_characters_that_an_encoding_lacks_are_replaced_and_json_needs_none(
    encoding: str, cached: list[str], environment: dict[str, str]
) -> None:
    environment["PYTHONIOENCODING"] = encoding
    found = {}
    for output in ("table", "csv", "json"):
        done = subprocess.run(
            [*python(), "find", "--offline", "-o", output, *cached],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found[output] = done.stdout.decode(encoding)
    assert ("golden-?-??-~ ?n?" if encoding == "ascii" else "golden-é-??-~ ünï") in found["table"]
    assert len(found["csv"].splitlines()) == 1 + len(NAMES), "none is cut off"
    assert sorted(image["Name"] for image in json.loads(found["json"])["Images"]) == sorted(NAMES)


@pytest.mark.parametrize("variable", ["LANG", "LC_CTYPE", "LC_ALL"])
def test_tables_are_ascii_without_a_utf8_locale_and_other_formats_keep_every_name(
    variable: str, cached: list[str], environment: dict[str, str]
) -> None:
    environment[variable] = "C"
    table = run(python(), environment, "find", "--offline", *cached)
    assert table.returncode == 0
    assert table.stdout.isascii()
    assert "golden-?-??-~ ?n?" in table.stdout
    rows = subprocess.run(
        [*python(), "find", "--offline", "-o", "csv", *cached], env=environment, capture_output=True
    )
    assert NAMES[0] in rows.stdout.decode()


def test_a_reader_that_leaves_is_no_failure(cached: list[str], environment: dict[str, str]) -> None:
    done = shell("| true", ["find", "--offline", "-o", "csv", *cached], environment)
    assert done.stderr == ""
