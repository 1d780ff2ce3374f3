"""The recipes of CONTRIBUTING.md: their lists of files are those in which a sample of each thing stands."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
RECIPE: Final = re.compile(r"<!-- recipe: (.+?) -->\n(.*?)<!-- end -->", re.DOTALL)
LISTED: Final = re.compile(r"^\d+\. `(amitui/[\w/.]+)`", re.MULTILINE)


def recipes() -> dict[str, list[str]]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return {name: LISTED.findall(steps) for name, steps in RECIPE.findall(text)}


def files_with(pattern: str) -> set[str]:
    """Files of the program, without the simulated EC2, in which a pattern stands."""
    wanted = re.compile(pattern)
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / "amitui").rglob("*.py")
        if "demo" not in path.parts and wanted.search(path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize(
    ("recipe", "most"),
    [
        ("operation", 5),
        ("operation with a form that is opened in its own way", 5),
        ("column", 4),
        ("export format", 1),
    ],
)
def test_a_recipe_lists_no_more_files_than_it_may_take_and_all_are_there(recipe: str, most: int) -> None:
    files = recipes()[recipe]
    assert 1 <= len(files) == len(set(files)) <= most
    assert all((ROOT / file).is_file() for file in files)


@pytest.mark.parametrize(
    ("recipe", "sample"),
    [
        ("operation", r'\bPROTECT\b|\bprotect_plan\b|\bProtectForm\b|"enable_image_deregistration_protection"'),
        (
            "operation",
            r'\bUNPROTECT\b|\bunprotect_plan\b|\bUnprotectForm\b|"disable_image_deregistration_protection"',
        ),
        (
            "operation with a form that is opened in its own way",
            r'\bSTORE = |OperationKind\.STORE\b|\bstore_plan\b|\bStoreForm\b|"create_store_image_task"',
        ),
        ("export format", r'ExportFormat\("tsv"'),
        ("export format", r'ExportFormat\("jsonl"|"cdk-ts"'),
    ],
)
def test_a_sample_stands_in_the_files_of_its_recipe_and_in_no_others(recipe: str, sample: str) -> None:
    assert files_with(sample) == set(recipes()[recipe])


# Followed to the letter, in a copy of the program


def add(file: Path, before: str, line: str) -> None:
    """Put a line in front of a text that stands in the file."""
    text = file.read_text(encoding="utf-8")
    assert before in text, f"{file.name} has no {before!r} any more: choose another place in this test"
    file.write_text(text.replace(before, line + before), encoding="utf-8")


def run(copy: Path, script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, str(copy / "index")],
        cwd=copy,
        env={"PYTHONPATH": str(copy), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "amitui", tmp_path / "amitui", ignore=shutil.ignore_patterns("__pycache__", "demo"))
    shutil.copytree(ROOT / "styles", tmp_path / "styles")
    (tmp_path / "index").mkdir()
    return tmp_path


COLUMN: Final = """
import os, sys
from amitui.catalog.index.writer import CatalogIndex
from amitui.catalog.search.view import CatalogReader
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.catalogue.scope import Scope
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.query.parser import parse_query
from amitui.ec2.convert import image_of
from amitui.presentation.columns import COLUMNS, Look

folder = sys.argv[1]
records = [
    {"ImageId": f"ami-{number}", "Name": name, "OwnerId": "999988887777", "Public": True, "Hypervisor": hypervisor,
     "CreationDate": "2026-01-01T00:00:00.000Z"}
    for number, (name, hypervisor) in enumerate([("a", "xen"), ("b", "nitro"), ("c", ""), ("d", "kvm")])
]
shard = Shard("aws", PUBLIC, "eu-west-1", "amazon")
with CatalogIndex.open(os.path.join(folder, "eu-west-1.sqlite"), "eu-west-1") as index:
    index.begin_shard(shard, 1, origin="ec2")
    index.add_rows(shard, 1, [image_of(record, "eu-west-1").summary for record in records], "chunk")
    index.finish_shard(shard, 1, 1_780_000_000)
everything = (("eu-west-1",), (Scope.parse("all"),), "123456789012", False, 1_780_000_000)
request = ViewRequest(parse_query("sort:hypervisor", now=1_780_000_000), *everything)
with CatalogReader(folder) as reader:
    for row in reader.rows(reader.keys(request).keys, request.accounts):
        print(row.name, COLUMNS["hypervisor"].render(row, Look(0), 10))
"""


def test_a_column_that_follows_the_recipe_is_kept_shown_and_sorted_by(copy: Path) -> None:
    row, convert, schema, columns = (copy / file for file in recipes()["column"])
    add(row, ')\n"""With any change', '    IndexColumn("hypervisor", "hypervisor", Kept.TEXT),\n')
    add(row, "    flags: ImageFlag\n", "    hypervisor: str\n")
    add(convert, "        _FLAG_VALUES[flags] if", '        _text(get("Hypervisor"), limit),\n')
    schema.write_text(
        re.sub(r"(SCHEMA_VERSION: Final = \d+)", r"\1 + 1", schema.read_text(encoding="utf-8"), count=1)
    )
    added = 'Column("hypervisor", "Hyper", "Hypervisor", lambda row, *_: row.hypervisor, 5, 8),\n'
    add(columns, '    Column("root", ', f"    {added}")

    assert run(copy, COLUMN).splitlines() == ["d kvm", "b nitro", "a xen", "c "]


def test_a_format_that_follows_the_recipe_is_offered_by_command_and_screen(copy: Path) -> None:
    (export,) = (copy / file for file in recipes()["export format"])
    added = 'ExportFormat("names", "lst", lambda rows, _: (f"{row.name}\\n" for row in rows), "names"),\n'
    add(export, '    ExportFormat("csv", ', f"    {added}")

    script = """
from amitui.cli.arguments import parse
from amitui.ui.screens.export import ExportScreen
parse(["find", "-o", "names", "web"])
print(ExportScreen(matches=1, marked=0, format="names")._proposed)
"""
    assert run(copy, script) == "amis.lst\n"
