"""What `amitui find` on a warm cache and `amitui ops` load: nothing heavy; starting is most of what they do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import planned
from amitui.domain.operations.plan import Plan
from amitui.operations.journal import Journal
from amitui.paths import locate
from tests.support.packages import install_documented

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = (
    *("textual", "rich", "botocore", "aiobotocore", "aiohttp", "asyncio", "diskcache", "moto", "amitui.demo"),
    *("orjson", "backports"),
)

MARK = "a package with an exporter was imported"

IMAGE_IDS = ("ami-0123456789abcdef1", "ami-0123456789abcdef2")
RECORDS = [
    {
        "ImageId": image_id,
        "Name": f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-2025080{image_id[-1]}",
        "OwnerId": "099720109477",
        "Architecture": "arm64",
        "CreationDate": f"2025-08-0{image_id[-1]}T12:00:00.000Z",
        "State": "available",
        "Public": True,
    }
    for image_id in IMAGE_IDS
]


def loaded_modules(import_times: str) -> set[str]:
    """The modules named in what `-X importtime` wrote to stderr."""
    return set(re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", import_times, re.MULTILINE))


@pytest.fixture
def warm_cache(tmp_path: Path, environment: dict[str, str], amitui_command: list[str]) -> Path:
    """A cache folder that holds `RECORDS`."""
    records = tmp_path / "records.jsonl"
    records.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    cache = tmp_path / "cache"
    subprocess.run(
        [*amitui_command, "import", str(records), "--region", "eu-west-1", "--cache-dir", str(cache)],
        env=environment,
        check=True,
    )
    return cache


@pytest.mark.parametrize("output", ["table", "id", "csv", "tsv", "sh"])
def test_find_on_a_warm_cache_loads_nothing_heavy(
    warm_cache: Path, environment: dict[str, str], output: str
) -> None:
    found = subprocess.run(
        [
            *(sys.executable, "-X", "importtime", "-m", "amitui", "find", "ubuntu", "24.04", "-o", output),
            *("--offline", "--region", "eu-west-1", "--cache-dir", str(warm_cache)),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    modules = loaded_modules(found.stderr)
    assert found.returncode == 0, found.stderr
    assert all(image_id in found.stdout for image_id in IMAGE_IDS)
    assert "amitui.cli.find" in modules
    assert not {
        name for name in modules if name.startswith(tuple(f"{heavy}." for heavy in HEAVY)) or name in HEAVY
    }


def find_with_package(
    warm_cache: Path, environment: dict[str, str], package: Path, output: str
) -> subprocess.CompletedProcess[str]:
    """What `amitui find` prints where the documentation's package with an exporter is installed."""
    return subprocess.run(
        [
            *(sys.executable, "-X", "importtime", "-m", "amitui", "find", "ubuntu", "24.04", "-o", output),
            *("--offline", "--region", "eu-west-1", "--cache-dir", str(warm_cache)),
        ],
        env={**environment, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )


def with_mark(package: Path) -> Path:
    """Let modules say when they are imported: `importtime` does not list what importlib imports."""
    for module in package.glob("*.py"):
        module.write_text(f"{module.read_text()}\nimport sys; print({MARK!r}, file=sys.stderr)\n")
    return package


def test_find_writes_in_the_format_of_the_documented_package(
    warm_cache: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    package = with_mark(install_documented(tmp_path / "site"))
    found = find_with_package(warm_cache, environment, package, "markdown")
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert lines[0] == "| Image | Name | Region | Owner |"
    assert sorted(line.split("|")[1].strip() for line in lines[2:]) == list(IMAGE_IDS)
    assert MARK in found.stderr


def test_find_in_a_format_of_its_own_neither_looks_for_packages_nor_loads_them(
    warm_cache: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    package = with_mark(install_documented(tmp_path / "site"))
    found = find_with_package(warm_cache, environment, package, "csv")
    assert found.returncode == 0, found.stderr
    assert IMAGE_IDS[0] in found.stdout
    assert MARK not in found.stderr
    assert not {"importlib.metadata", "amitui.presentation.exporters"} & loaded_modules(found.stderr)


@pytest.mark.parametrize("output", ["table", "json", "jsonl"])
def test_listing_operations_loads_nothing_heavy(tmp_path: Path, environment: dict[str, str], output: str) -> None:
    plan = Plan(OperationKind.COPY, "Copy web-7", "eu-west-1", "ami-0123456789abcdef1", ())
    path = locate(environment, state_dir=str(tmp_path / "state")).journal_file
    with Journal.open(path) as journal:
        at = time.time()
        journal.append(planned("op1", plan, at, account="1", profile="", batch="", driver=journal.driver))
    listed = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "amitui", "ops", "-o", output],
        env={**environment, "AMITUI_STATE_DIR": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    modules = loaded_modules(listed.stderr)
    assert listed.returncode == 0, listed.stderr
    assert "Copy web-7" in listed.stdout
    assert "amitui.cli.ops" in modules
    assert not {
        name for name in modules if name.startswith(tuple(f"{heavy}." for heavy in HEAVY)) or name in HEAVY
    }


def test_the_version_loads_nothing_of_the_catalogue(environment: dict[str, str]) -> None:
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "amitui", "--version"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = loaded_modules(said.stderr)
    assert "amitui.cli" in modules
    assert not {name for name in modules if name.split(".")[0] in {*HEAVY, "sqlite3"}}
