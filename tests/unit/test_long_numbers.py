"""Numbers that Python does not read, and JSON that it does not: in what is typed and in what is received."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from amitui.catalog.columnar.manifest import parse_manifest
from amitui.configuration.load import load_settings
from amitui.domain.launch.instance_type import sorted_types
from amitui.ec2.reads.parameters import _image_id
from amitui.errors import CacheError, UsageError
from amitui.ui.forms.launch.access import _hops_problem
from tests.unit.test_instance_type import PLAIN

if TYPE_CHECKING:
    from amitui.domain.launch.instance_type import InstanceType

LONG = "9" * 5000
"""More digits than `int` takes: 4,300."""


def test_a_hop_limit_of_thousands_of_digits_is_no_hop_limit() -> None:
    assert _hops_problem(LONG) == _hops_problem("65")


def test_a_config_file_with_a_number_of_thousands_of_digits_is_said_to_be_unreadable(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"ttl_hours = {LONG}\n")
    with pytest.raises(UsageError, match="cannot read the config file") as raised:
        load_settings({"config_file": str(config)}, {"HOME": str(tmp_path)})
    assert "digits" in raised.value.why


def test_instance_types_are_ordered_as_people_count_whatever_their_names_are() -> None:
    def named(name: str) -> InstanceType:
        return PLAIN._replace(name=f"{name}.large")

    names = [f"m{LONG}", "m10", "m5²", "m9", "m0"]
    assert [one.family for one in sorted_types([named(name) for name in names])] == [
        *("m0", "m5²", "m9", "m10", f"m{LONG}")
    ]
    assert [named(name).generation for name in ("m10", "m", f"m{LONG}")] == [10, 0, 999_999_999]


@pytest.mark.parametrize("number", ["1e999", "Infinity", LONG])
def test_a_list_of_exported_files_with_a_number_that_is_none_is_damaged(number: str) -> None:
    text = f'{{"form": 1, "realm": "aws", "files": {{}}, "written_at": {number}}}'
    with pytest.raises(CacheError, match="is damaged"):
        parse_manifest(text.encode(), "s3://shared")


def test_a_parameter_whose_json_is_too_deep_is_taken_as_it_is() -> None:
    deep = '{"a":' * 1600
    with pytest.raises(RecursionError):
        json.loads(deep)
    assert _image_id(deep) == deep
