"""Attacks by text: what strangers write into images, and files that are no list of images."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from amitui.catalog.dump.reader import DumpReader, Found
from amitui.catalog.dump.source import DumpSource
from amitui.ec2.convert import sanitize
from amitui.errors import AmituiError
from bench.soak.attack import AFTER_ESCAPE_MS, Attack, Attempt
from tests.e2e.test_hostile import WORST
from tests.integration.test_importing import TELLS_MEMORY
from tests.support.isolation import isolated_environment
from tests.support.terminal import Terminal
from tests.support.terminal_controls import assert_no_foreign_controls
from tests.support.terminal_steps import START_SECONDS, hides, leave

_REGION: Final = "us-east-1"
_PIECES: Final = (
    *WORST,
    *(
        "$(id)",
        "`id`",
        "${answer 7}",
        "${withheld}",
        "%(x)s",
        "{0}",
        "'",
        '"',
        "\\",
        "=1+1",
        "＝1+1",
        "@SUM(A1)",
        "-x",
    ),
    *(
        "\u3164",
        "\u1160",
        "\uffa0",
        "\u034f",
        "\u2065",
        "\U000e0100",
        "\u202e",
        "\u2066",
        "\x9b",
        "\x85",
        "\x1b[2J",
    ),
    *("[/]", "[@click=app.quit]", "\t", "\r\n", "\u2028", "%%{", "$${", "é", "🚀", "日本", " ", "a", "\ud800"),
)
_FIELDS: Final = ("Name", "Description", "OwnerId", "ImageOwnerAlias", "Architecture", "PlatformDetails", "State")
_FORMATS: Final = ("table", "id", "json", "jsonl", "csv", "tsv", "sh", "terraform")
_MOST_MB: Final = 150
_THROUGH_THE_COMMAND: Final = 0.05
"""The share of fuzzed files that the command itself imports; the others only its reader."""


def _text(choose: random.Random) -> str:
    return "".join(choose.choices(_PIECES, k=choose.randint(0, 4)))[:2000]


def _record(number: int, choose: random.Random) -> dict[str, Any]:
    return {
        "ImageId": f"ami-{number:017x}",
        "Public": True,
        "Region": _REGION,
        **{name: _text(choose) for name in _FIELDS if choose.random() < 0.8},
        "Tags": [{"Key": _text(choose), "Value": _text(choose)} for _ in range(choose.randint(0, 3))],
    }


@contextmanager
def _hostile(folder: Path) -> Iterator[Attempt]:
    environment = isolated_environment(folder)
    command = [sys.executable, "-m", "amitui"]

    def attempt(choose: random.Random) -> Iterator[str]:
        count = 60
        cache = ["--cache-dir", str(folder / f"cache-{choose.randrange(10**9)}")]
        file = folder / "worst.jsonl"
        file.write_text("\n".join(json.dumps(_record(number, choose)) for number in range(count)))
        subprocess.run([*command, "import", str(file), *cache], env=environment, capture_output=True, check=True)
        for form in _FORMATS:
            words = [*command, "find", "--offline", "deprecated:no", "-o", form, "--region", _REGION, *cache]
            done = subprocess.run(words, env=environment, capture_output=True, check=False)
            text = done.stdout.decode()
            allowed = "\n\r\t" if form == "tsv" else "\n\r"
            odd = {sign for sign in text if not sign.isprintable() and sign not in allowed}
            if done.returncode or odd:
                yield f"-o {form} ended with {done.returncode}, printed {sorted(odd)[:5]}: {done.stderr[-500:]!r}"
            rows = len(list(csv.reader(io.StringIO(text)))) if form == "csv" else text.count("\n")
            if form in ("csv", "tsv", "id") and rows != count + (form != "id"):
                yield f"-o {form} has {rows} lines of {count} images"
        words = [*command, "--offline", "--scope", "all", "--region", _REGION, *cache]
        with Terminal(words, environment=environment, columns=120, rows=40, cwd=folder) as screen:
            screen.wait_for("ami-0", timeout=START_SECONDS)
            screen.press("enter")
            screen.wait_for("Timeline  Raw")
            for key in choose.choices(("down", "down", "right", "left", "y", "Y", "pagedown", "S", "e"), k=30):
                screen.press(key)
                screen.wait_settled(40)
                if key in "Se":
                    screen.press("escape")
                    screen.wait_settled(AFTER_ESCAPE_MS)
            for _ in range(4):
                screen.press("escape")
                screen.wait_settled(AFTER_ESCAPE_MS)
            screen.wait_for(hides("Timeline  Raw"))
            leave(screen)
            assert_no_foreign_controls(screen.raw)

    yield attempt


def _dump(choose: random.Random) -> bytes:
    """A list of images in one of the forms that are read, and then something happens to it."""
    records = [_record(number, choose) for number in range(choose.randint(0, 30))]
    indent = choose.choice((None, 2, 4))
    forms: tuple[object, ...] = (
        {"Images": records},
        records,
        {_REGION: {"Images": records}},
        {"changed": False, "results": [{"images": records, "item": _REGION}]},
        {"rows": records},
    )
    values = choose.choices(forms, k=choose.randint(1, 3))
    between = choose.choice(("", "\n", ",\n"))
    data = between.join(json.dumps(value, indent=indent) for value in values).encode(
        choose.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32"))
    )
    if choose.random() < 0.2:
        data = gzip.compress(data)
    harmed = bytearray(data)
    for _ in range(choose.choice((0, 1, 1, 3, 30))):
        if not harmed:
            break
        at = choose.randrange(len(harmed))
        end = at + choose.choice((1, 1, 10, 1000))
        how = choose.randrange(4)
        if how == 0:
            harmed[at:end] = b""
        elif how == 1:
            harmed[at:at] = harmed[choose.randrange(len(harmed)) :][: end - at]
        elif how == 2:
            harmed[at:end] = choose.choice((b"[" * 3000, b'{"a":' * 500, b'"', b"\\", b"\n", b"\0", b"9" * 6000))
        else:
            harmed[at] = choose.randrange(256)
    return bytes(harmed[: choose.randrange(len(harmed) + 1)] if choose.random() < 0.2 else harmed)


@contextmanager
def _imports(folder: Path) -> Iterator[Attempt]:
    environment = isolated_environment(folder)

    def attempt(choose: random.Random) -> Iterator[str]:
        data = _dump(choose)
        try:
            for item in DumpReader(DumpSource(io.BytesIO(data)).text()).items():
                if isinstance(item, Found):
                    json.dumps(item.record)
                elif sanitize(item.why) != item.why or len(item.why) > 300:
                    yield f"it is said as {item.why!r}"
        except AmituiError:
            pass
        if choose.random() < _THROUGH_THE_COMMAND:
            yield from _imported(data, folder, environment)

    yield attempt


def _imported(data: bytes, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    file = folder / "dump"
    file.write_bytes(data)
    command = [sys.executable, "-c", TELLS_MEMORY, "import", str(file), "--region", _REGION]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 2) or "Traceback" in done.stderr:
        yield f"the import ended with {done.returncode}: {done.stderr[-1500:]}"
    peak = re.search(r"VmHWM:\s*(\d+) kB", done.stderr)
    if peak is None or int(peak[1]) > _MOST_MB * 1024:
        yield f"the import took {peak and peak[0]}, more than {_MOST_MB} MB"


HOSTILE: Final = Attack(
    "hostile",
    "texts of terminals, shells, spreadsheets, templates and Unicode in every field, shown and in every format",
    "tests/e2e/test_hostile.py",
    _hostile,
)
IMPORTS: Final = Attack(
    "imports",
    "lists of images in every form with bytes cut out, doubled, replaced or added",
    "tests/unit/test_dump_reader.py, tests/unit/test_dump_source.py",
    _imports,
)
