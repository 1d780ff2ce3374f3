"""Exports: every format quotes hostile text for its target, and says what it says with stable names."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.cli.arguments import parse
from amitui.domain.image.image import ImageFlag, RawRecord
from amitui.domain.image.row import ImageRow
from amitui.domain.image.trust import Trust
from amitui.presentation.export import FIELDS, FORMATS, csv_cell, tsv_cell
from amitui.presentation.hcl import hcl_string


def row(**changes: Any) -> ImageRow:
    values: dict[str, Any] = {
        "key": 1,
        "region": "eu-west-1",
        "image_id": "ami-0123456789abcdef0",
        "name": "golden",
        "description": "",
        "owner_id": "099720109477",
        "owner_alias": "",
        "publisher": "Canonical",
        "trust": Trust.PUBLISHER,
        "architecture": "arm64",
        "platform": "Linux/UNIX",
        "created": 1_700_000_000,
        "deprecated": None,
        "last_launched": None,
        "state": "available",
        "state_reason": "",
        "image_type": "machine",
        "root_device_type": "ebs",
        "virtualization": "hvm",
        "boot_mode": "uefi",
        "size_gib": 8,
        "flags": ImageFlag.PUBLIC,
    }
    return ImageRow(**{**values, **changes})


def text(format_name: str, *rows: ImageRow) -> str:
    def record_of(one: ImageRow) -> RawRecord:
        return {"ImageId": one.image_id, "Name": one.name}

    return "".join(FORMATS[format_name].write(rows, record_of))


def test_ids_are_ids_alone() -> None:
    assert text("id", row(), row(image_id="ami-1")) == "ami-0123456789abcdef0\nami-1\n"


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", " =", "\x0c=", "\t a", "\xa0=", "＝", "﹦", "＋", "－", "＠", "−"]
)
def test_no_cell_is_taken_for_a_formula(start: str) -> None:
    name = f'{start}HYPERLINK("http://x","y")'
    cells = list(csv.reader(io.StringIO(text("csv", row(name=name)), newline="")))
    assert cells[0] == list(FIELDS)
    assert cells[1][FIELDS.index("Name")] == "'" + name
    lines = csv.reader(io.StringIO(text("tsv", row(name=name)), newline=""), delimiter="\t")
    assert list(lines)[1][FIELDS.index("Name")] == "'" + name


cells = st.text(
    st.one_of(st.sampled_from("\"'=+-@,;\t \n"), st.characters(exclude_categories=["Cs"])), max_size=12
)


@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=4), st.sampled_from([(csv_cell, ","), (tsv_cell, "\t")])
)
def test_a_reader_of_csv_or_tsv_reads_back_what_was_meant(
    rows: list[tuple[str, str]], form: tuple[Callable[[str], str], str]
) -> None:
    quoted, separator = form
    document = "".join(separator.join(map(quoted, pair)) + "\r\n" for pair in rows)
    found = list(csv.reader(io.StringIO(document, newline=""), delimiter=separator))
    assert [len(pair) for pair in found] == [2] * len(rows)
    for pair, wanted in zip(found, rows, strict=True):
        for cell, text in zip(pair, wanted, strict=True):
            assert cell in (text, "'" + text)
            assert normalize("NFKC", cell.lstrip())[:1] not in tuple("=+-@")


def test_a_cell_that_begins_with_a_quote_ends_where_it_ends() -> None:
    document = text("tsv", row(name='"to the end', description='say "hi"'), row(name="next"))
    lines = list(csv.reader(io.StringIO(document, newline=""), delimiter="\t"))
    assert [line[FIELDS.index("Name")] for line in lines[1:]] == ['"to the end', "next"]
    assert lines[1][FIELDS.index("Description")] == 'say "hi"'


def test_json_keeps_ec2s_names_and_puts_amituis_under_one_key() -> None:
    document = json.loads(text("json", row(), row(image_id="ami-2")))
    first = document["Images"][0]
    assert first["ImageId"] == "ami-0123456789abcdef0"
    assert first["Amitui"] == {"Region": "eu-west-1", "Publisher": "Canonical", "Trust": "publisher", "SizeGiB": 8}
    assert len(document["Images"]) == 2
    assert json.loads(text("json")) == {"Images": []}


def test_json_lines_are_one_image_a_line() -> None:
    lines = text("jsonl", row(name="a\nb"), row()).splitlines()
    assert [json.loads(line)["Name"] for line in lines] == ["a\nb", "golden"]


def test_shell_words_survive_the_shell() -> None:
    name = "$(touch /tmp/x) `id` 'q' \"d\" ; rm -rf ~"
    words = shlex.split(text("sh", row(name=name)))
    assert words == [
        "AMI_ID=ami-0123456789abcdef0",
        "AMI_REGION=eu-west-1",
        "AMI_OWNER=099720109477",
        f"AMI_NAME={name}",
    ]


def test_terraform_pins_the_owner_and_interpolates_nothing() -> None:
    block = text("terraform", row(image_id='ami-${file("x")}', owner_id="%{if true}"))
    assert 'owners             = ["%%{if true}"]' in block
    assert 'values = ["ami-$${file(\\"x\\")}"]' in block


@pytest.mark.parametrize(
    ("raw", "quoted"),
    [('a"b', '"a\\"b"'), ("${x}", '"$${x}"'), ("%{x}", '"%%{x}"'), ("a\\b", '"a\\\\b"'), ("a\nb", '"a\\nb"')],
)
def test_hcl_strings_are_escaped(raw: str, quoted: str) -> None:
    assert hcl_string(raw) == quoted


def test_the_table_warns_of_look_alikes_and_shows_regions_only_when_they_differ() -> None:
    one = text("table", row(trust=Trust.LOOKALIKE, publisher="", owner_id="666666666666"))
    assert "LOOK-ALIKE" in one
    assert "666666666666" in one
    assert "REGION" not in one
    assert "REGION" in text("table", row(), row(region="us-east-1"))
    assert text("table") == ""


def test_every_format_takes_an_image_that_says_nothing() -> None:
    bare = row(name="", description="", publisher="", created=None, state="", architecture="", size_gib=0)
    for name in FORMATS:
        assert bare.image_id.replace("-", "_") in text(name, bare).replace("-", "_")


def test_every_format_is_offered_by_the_command_under_its_own_name() -> None:
    assert [one.name for one in FORMATS.values()] == list(FORMATS)
    for name in FORMATS:
        assert callable(parse(["find", "-o", name, "ubuntu"]))
    with pytest.raises(SystemExit):
        parse(["find", "-o", "yaml", "ubuntu"])
