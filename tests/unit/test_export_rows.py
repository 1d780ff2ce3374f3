"""A stored record as a row of the export."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amitui.catalog.columnar.rows import RAW_ID, Source, ids_of, rows_of
from amitui.catalog.stored_form import BLANK, line_of
from amitui.domain.catalogue.export_columns import FILE_COLUMNS

PUBLIC = Source("eu-west-1", None, 1_760_000_000)
OWNER = "111122223333"


def row(record: dict[str, Any], source: Source = PUBLIC) -> dict[str, Any]:
    (found,) = rows_of([line_of({"ImageId": "ami-00000001", **record})], source)
    return found


def test_a_row_has_every_column_of_the_files() -> None:
    assert set(row({})) == {column.name for column in FILE_COLUMNS} | {RAW_ID}


def test_lines_that_are_no_image_make_no_row() -> None:
    lines = [BLANK, b"", b"[]", b'"x"', b"nonsense", b'{"ImageId": 5}', b'{"ImageId": " "}', b"[" * 100_000]
    assert rows_of(lines, PUBLIC) == []
    assert ids_of(lines) == []


@pytest.mark.parametrize("date", ["", "soon", 7e300, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", [], {"a": 1}])
def test_what_is_no_time_is_null_and_stays_in_the_record(date: object) -> None:
    found = row({"CreationDate": date, "DeprecationTime": date})
    assert (found["creation_date"], found["deprecation_time"]) == (None, None)
    assert json.loads(found["record"])["CreationDate"] == date


def test_names_are_sanitized_and_the_record_is_not() -> None:
    found = row({"Name": "a\x1b[31mb\u202e", "Tags": [{"Key": "k\x00", "Value": "v\x07"}]})
    assert found["name"] == "a␦[31mb␦"
    assert found["tags"] == {"k␦": "v␦"}
    assert json.loads(found["record"])["Name"] == "a\x1b[31mb\u202e"


def test_the_record_is_what_was_stored_to_the_byte() -> None:
    line = '{"ImageId":"ami-00000001","Name":"café ☃","Unknown":{"deep":[1,2.50,true,null]}}'.encode()
    (found,) = rows_of([line], PUBLIC)
    assert found["record"] == line.decode()


def test_a_record_that_other_engines_cannot_read_is_made_json() -> None:
    found = rows_of([b'{"ImageId":"ami-00000001","Name":"a\\ud800","Size":NaN,"More":[-Infinity]}'], PUBLIC)[0]
    assert json.loads(found["record"]) == {
        "ImageId": "ami-00000001", "Name": "a\ufffd", "Size": None, "More": [None]
    }  # fmt: skip


def test_a_known_name_says_product_release_variant_and_build() -> None:
    name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260801"
    found = row({"Name": name, "OwnerId": "099720109477", "Public": True})
    assert (found["product"], found["release"], found["build"]) == ("ubuntu", "24.04", "20260801")
    assert (found["publisher"], found["trust"]) == ("Canonical", "publisher")
    assert found["family"].startswith("ubuntu 24.04")


def test_an_image_is_the_own_of_the_account_that_sees_it_privately() -> None:
    assert row({"OwnerId": OWNER})["trust"] == "shared"
    found = row({"OwnerId": OWNER}, PUBLIC._replace(account=OWNER))
    assert (found["trust"], found["account"]) == ("own", OWNER)


def test_of_two_tags_with_one_key_the_first_stays() -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}, {"Key": "a", "Value": "2"}]
    assert row({"Tags": tags})["tags"] == {"a": "1", "b": ""}
