"""What of a launch comes back: as it was chosen, nothing secret, and nothing of another region."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from amitui.configuration.load import load_settings
from amitui.domain.launch.presets import (
    MOST_REMEMBERED,
    Preset,
    VolumePreset,
    applied,
    last_launch,
    launch_key,
    preset_of,
    read,
    remembered,
    to_json,
)
from amitui.domain.launch.request import LaunchRequest, NewGroup, problems
from amitui.domain.launch.storage import VolumeChoice
from amitui.errors import UsageError
from amitui.paths import Locations
from amitui.services.remembered import read_note, write_note
from tests.support.plan_samples import DATA, IMAGE, KEY, LAUNCH, PLAIN_LAUNCH, ROOT

if TYPE_CHECKING:
    from pathlib import Path

LATER = LaunchRequest(
    LAUNCH.region, IMAGE, "acme-web-8", "", volumes_before=(ROOT, DATA), volumes_after=(ROOT, DATA)
)
"""The next image of the family, of which nothing was chosen yet."""


def test_a_launch_comes_back_as_it_was_through_the_file() -> None:
    stored = json.loads(json.dumps(to_json(preset_of(LAUNCH))))
    again = applied(read(stored), LATER)
    kept = {name for name in Preset._fields if name in LaunchRequest._fields}
    for name in sorted(kept):
        assert getattr(again, name) == getattr(LAUNCH, name), name
    assert again.volumes_after == LAUNCH.volumes_after
    assert problems(again) == ()


def test_neither_user_data_nor_what_depends_on_the_image_is_kept() -> None:
    stored = json.dumps(to_json(preset_of(LAUNCH)))
    assert "hunter2" not in stored
    assert "user_data" not in stored
    assert LAUNCH.owner_id not in stored
    assert ROOT.snapshot_id not in stored
    assert applied(preset_of(LAUNCH), LATER).image_name == "acme-web-8"


def test_a_group_that_was_made_is_not_asked_for_and_no_other_is_taken_for_it() -> None:
    made = PLAIN_LAUNCH._replace(new_group=NewGroup("web", "x"))
    assert preset_of(made).security_group_ids is None
    assert preset_of(PLAIN_LAUNCH).security_group_ids == ()


def test_another_region_gets_nothing_that_it_does_not_know() -> None:
    preset = preset_of(
        LAUNCH._replace(volumes_after=(*LAUNCH.volumes_after, VolumeChoice("/dev/sdh", "snap-1", added=True)))
    )
    elsewhere = applied(preset, LATER._replace(region="eu-west-1"))
    assert elsewhere.region == "eu-west-1"
    assert (elsewhere.instance_type, elsewhere.max_count, elsewhere.market) == ("t3.micro", 5, "spot")
    assert (elsewhere.key_name, elsewhere.subnet_id, elsewhere.zone, elsewhere.security_group_ids) == (
        "",
        "",
        "",
        (),
    )
    assert elsewhere.template_id == ""
    root, data, added = elsewhere.volumes_after
    assert (root.gib, root.encrypted, root.kms_key_id) == (20, True, "")
    assert (data.dropped, added.device_name) == (True, "/dev/sdg")


def test_volumes_never_get_smaller_than_their_snapshots_or_lose_their_encryption() -> None:
    preset = Preset(volumes=(VolumePreset("/dev/sda1", gib=10, encrypted=False, root=True),))
    grown = ROOT._replace(snapshot_gib=30, gib=30, encrypted=True)
    (root,) = applied(preset, PLAIN_LAUNCH._replace(volumes_before=(grown,), volumes_after=(grown,))).volumes_after
    assert root == grown


def test_a_preset_says_only_what_it_says() -> None:
    request = applied(read({"instance_type": "t3.small", "key_name": ""}), LAUNCH)
    assert request == LAUNCH._replace(instance_type="t3.small", key_name="")
    assert applied(Preset(), LAUNCH) == LAUNCH


@pytest.mark.parametrize(("preset", "counts"), [
    (Preset(max_count=3), (1, 3)),
    (Preset(min_count=3), (3, 3)),
    (Preset(min_count=2, max_count=4), (2, 4)),
])  # fmt: skip
def test_one_number_of_instances_pulls_the_other_along(preset: Preset, counts: tuple[int, int]) -> None:
    request = applied(preset, PLAIN_LAUNCH)
    assert (request.min_count, request.max_count) == counts


# The last launch of each family


def test_the_last_launch_of_a_family_is_found_again() -> None:
    key = launch_key("123456789012", "210987654321", "acme-web-2026-07-01")
    launches = remembered({}, key, preset_of(PLAIN_LAUNCH))
    launches = remembered(launches, key, preset_of(LAUNCH))
    found = last_launch(launches, launch_key("123456789012", "210987654321", "acme-web-2026-08-15"))
    assert found == preset_of(LAUNCH)
    assert last_launch(launches, launch_key("123456789012", "210987654321", "acme-db-2026-08-15")) is None
    assert last_launch(launches, launch_key("210987654321", "210987654321", "acme-web-2026-07-01")) is None


def test_the_oldest_launch_makes_room() -> None:
    launches: dict[str, object] = {}
    for number in range(MOST_REMEMBERED):
        launches = remembered(launches, f"family {number}", Preset())
    launches = remembered(launches, "family 0", Preset())
    launches = remembered(launches, "family new", Preset())
    assert len(launches) == MOST_REMEMBERED
    assert "family 1" not in launches
    assert {"family 0", "family 2", "family new"} <= set(launches)


@pytest.mark.parametrize("stored", [None, 5, [], {"what": 1}, {"max_count": "many"}])
def test_a_launch_that_cannot_be_read_is_none(stored: object) -> None:
    assert last_launch({"key": stored}, "key") is None


def test_launches_are_kept_in_a_private_file_of_their_endpoint(tmp_path: Path) -> None:
    where = Locations(str(tmp_path / "cache"), str(tmp_path / "state"), "")
    assert where.launches_file != where._replace(endpoint_url="http://127.0.0.1:1").launches_file
    assert read_note(where.launches_file) == {}
    write_note(where.launches_file, remembered({}, "key", preset_of(LAUNCH)))
    assert last_launch(read_note(where.launches_file), "key") == preset_of(LAUNCH)
    file = tmp_path / "state" / "v1" / "aws" / "launches.json"
    assert file.stat().st_mode & 0o777 == 0o600
    for damaged in ("", "[1]", "{", "\x00", "[" * 100_000):
        file.write_text(damaged)
        assert read_note(where.launches_file) == {}


# Presets of the config

CONFIG = f"""
[presets.web]
region = "us-east-1"
instance_type = "t3.small"
max_count = 2
security_group_ids = ["sg-0123456789abcdef0"]
imds_v2 = true
instance_tags = {{ Env = "prod", Name = "web" }}
volumes = [
  {{ device_name = "/dev/xvda", root = true, gib = 40, encrypted = true, kms_key_id = "{KEY}" }},
  {{ device_name = "/dev/sdh", gib = 100, volume_type = "st1" }},
]

[presets."big one"]
instance_type = "m7i.48xlarge"
"""


def configured(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load_settings({"config_file": str(path)}, {"HOME": str(tmp_path)}).presets


def test_the_config_names_launches(tmp_path: Path) -> None:
    (name, web), (other, big) = configured(tmp_path, CONFIG)
    assert (name, other, big) == ("web", "big one", Preset(instance_type="m7i.48xlarge"))
    request = applied(web, LATER)
    assert (request.instance_type, request.min_count, request.max_count) == ("t3.small", 1, 2)
    assert request.instance_tags == (("Env", "prod"), ("Name", "web"))
    root, _, added = request.volumes_after
    assert (root.gib, root.kms_key_id) == (40, KEY)
    assert (added.device_name, added.volume_type, added.gib, added.added) == ("/dev/sdh", "st1", 100, True)
    assert configured(tmp_path, "") == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("presets = 5", "[presets.NAME] in"),
        ("[presets]\nweb = 5", "[presets.NAME] in"),
        ('[presets.web]\nuser_data = "x"', "user_data is not one of region, instance_type"),
        ('[presets.web]\nmax_count = "2"', "max_count requires a whole number above 0, not '2'"),
        ("[presets.web]\nmax_count = true", "max_count requires a whole number above 0, not True"),
        ("[presets.web]\nmax_count = 0", "max_count requires a whole number above 0, not 0"),
        ('[presets.web]\nimds_v2 = "yes"', "imds_v2 requires true or false, not 'yes'"),
        ('[presets.web]\nmarket = "free"', "market requires one of on-demand, spot, not 'free'"),
        ("[presets.web]\nkey_name = 1", "key_name requires a single-line string, not 1"),
        ('[presets.web]\nkey_name = "a\\u001bb"', "key_name requires a single-line string"),
        ('[presets.web]\nsecurity_group_ids = "sg-1"', "security_group_ids requires a list of strings"),
        ('[presets.web]\ninstance_tags = ["a"]', "instance_tags requires tags such as"),
        ("[presets.web]\ninstance_tags = { a = 1 }", "instance_tags requires a single-line string"),
        ("[presets.web]\nvolumes = [1]", "volumes requires a list of tables such as"),
        ("[presets.web]\nvolumes = [{ gib = 1 }]", "volumes requires a device_name in each table"),
        ('[presets.web]\nvolumes = [{ device_name = "a", size = 1 }]', "size is not one of device_name, gib"),
        (
            '[presets.web]\nvolumes = [{ device_name = "a", volume_type = "gp9" }]',
            "volume_type requires one of gp3",
        ),
    ],
)
def test_a_wrong_preset_is_named_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        configured(tmp_path, text)
    lines = " ".join(caught.value.lines())
    assert words in lines
    assert "config.toml" in lines
