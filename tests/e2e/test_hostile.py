"""Images whose every text is an attack: browsed, searched, sorted, opened, copied, exported; none gets through."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.terminal_controls import assert_no_foreign_controls
from tests.support.terminal_steps import START_SECONDS, hides, leave, open_and_close

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import OpenTerminal

WORST = (
    "prod[/foo]",
    "[@click=app.quit]x[/]",
    "[bold red]unbalanced [/bold",
    "\x1b]0;owned\x07\x1b[31mred\x1b[0m",
    "\x9b31mC1\x9d0;t\x9c",
    "\u202eevil\u2066bidi\u200bzero\ufeff",
    "line\nbreak\rreturn\ttab",
    "nul\x00byte\x7fdel",
    "A" * 10_000,
    "名前 🚀 " * 20,
    "",
    "\ud800 lone surrogate",
    "PMM Server [2017-12-05 0124]",
    "] S1_Worker_east_V3",
    "STIG-partitioned [**NOT HARDENED**], LVM",
    "LTS \\n \\l - 3.19.0-25-generic",
)


def records() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, text in enumerate(WORST):
        found.append(
            {
                "ImageId": f"ami-{number:08x}",
                "Name": text,
                "Description": text,
                "OwnerId": "012345678901" if number % 2 else text,
                "ImageOwnerAlias": text,
                "ImageLocation": text,
                "CreationDate": "" if number % 3 == 0 else text,
                "Architecture": text,
                "Platform": text,
                "PlatformDetails": text,
                "State": text,
                "StateReason": {"Code": text, "Message": text},
                "RootDeviceName": text,
                "RootDeviceType": text,
                "VirtualizationType": text,
                "BootMode": text,
                "Public": True,
                "Tags": [{"Key": text, "Value": text}],
                "ProductCodes": [{"ProductCodeId": text, "ProductCodeType": text}],
                "BlockDeviceMappings": [
                    {"DeviceName": text, "Ebs": {"SnapshotId": text, "VolumeType": text, "VolumeSize": 8}}
                ]
                * 27,
                "SomethingNew": {text or "key": [text]},
            }
        )
    found += [{"ImageId": "ami-0000beef"}, {"ImageId": "ami-0000feed", "Name": None, "BlockDeviceMappings": None}]
    found += [{"ImageId": f"ami-0000aaa{n}", "Name": "two of one name", "Public": True} for n in range(2)]
    found += [{"ImageId": "ami-\x1b[2Jbad", "Name": "an id that is none", "Public": True}]
    return found


@pytest.fixture
def cache(tmp_path: Path, environment: dict[str, str], amitui_command: list[str]) -> str:
    file = tmp_path / "worst.jsonl"
    file.write_text("\n".join(json.dumps(record) for record in records()))
    folder = str(tmp_path / "cache")
    command = [*amitui_command, "import", str(file), "--region", "us-east-1", "--cache-dir", folder]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert f"imported {len(records())} images" in done.stderr
    return folder


def test_browsing_the_worst_of_catalogues(
    open_terminal: OpenTerminal, amitui_command: list[str], cache: str, tmp_path: Path
) -> None:
    command = [*amitui_command, "--offline", "--cache-dir", cache, "--scope", "all"]
    with open_terminal(command, columns=120, rows=40) as terminal:
        terminal.wait_for("ami-0000beef", timeout=START_SECONDS)
        terminal.press("enter")
        terminal.wait_for("Timeline  Raw")
        for _ in range(len(records())):
            terminal.press("right")
            terminal.wait_settled(40)
            terminal.press("left", "y", "Y", "down")
            terminal.wait_settled(40)
        terminal.press("escape")
        terminal.wait_for(hides("Timeline  Raw"))
        for column in ("name", "created", "publisher", "state", "platform", "description"):
            terminal.press("S")
            terminal.wait_for("─ Sort by")
            terminal.type(column)
            terminal.press("enter")
            terminal.wait_for(hides("─ Sort by"))
        for query in ("[/foo]", "PMM [2017", "bidi", "🚀", "-x", '"unbalanced [/"'):
            terminal.type(f"/{query}")
            terminal.wait_for(f"/ {query}")
            terminal.press("escape")
            terminal.wait_for(hides(f"/ {query}"))
            terminal.press("escape")
            terminal.wait_for("y Copy ID")
        terminal.press("space", "space")
        terminal.wait_for("2 marked")
        for key, title in (("e", "Export"), ("?", "Help"), ("i", "Identity")):
            open_and_close(terminal, key, title)
        leave(terminal)
        assert_no_foreign_controls(terminal.raw)
        assert terminal.clipboard
        assert all(text.replace("\n", "").isprintable() for text in terminal.clipboard)


@pytest.mark.parametrize("output", ["table", "id", "json", "jsonl", "csv", "tsv", "sh", "terraform"])
def test_finding_prints_no_control_byte_in_any_format(
    amitui_command: list[str], environment: dict[str, str], cache: str, output: str
) -> None:
    command = [*amitui_command, "find", "--offline", "--cache-dir", cache, "-o", output, "deprecated:no"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    shown = done.stdout.replace("\n", "").replace("\r", "")
    if output == "tsv":
        shown = shown.replace("\t", "")
    assert shown.isprintable(), [c for c in shown if not c.isprintable()][:5]
    assert "ami-0000beef" in done.stdout.replace("_", "-")
