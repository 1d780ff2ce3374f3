from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from amitui.demo.seed.accounts import (
    MAIN_ACCOUNT,
    PLATFORM_ACCOUNT,
    REGIONS,
    RESEARCH_ACCOUNT,
    SECOND_ACCOUNT,
)
from amitui.demo.seed.amazon_families import amazon_families
from amitui.demo.seed.marketplace import MARKETPLACE_OWNER
from amitui.demo.seed.partner_families import CANONICAL, NIXOS, partner_families
from amitui.demo.seed.records import DAY, stamp
from amitui.demo.seed.region import region_images, synthetic_records
from amitui.demo.server.wire import ApiModel
from amitui.ec2.newer_model import add_newer_shapes

if TYPE_CHECKING:
    from amitui.demo.cloud.model import CloudImage
    from amitui.domain.image.image import RawRecord

AS_OF = 1_795_219_200
"""Midnight UTC of 2026-11-21."""

ENABLED = [seed.name for seed in REGIONS.values() if seed.enabled]


@cache
def images(region: str) -> list[CloudImage]:
    return region_images(region, AS_OF)


def records(region: str = "us-east-1") -> list[RawRecord]:
    return [image.record for image in images(region)]


def own(region: str = "us-east-1") -> list[RawRecord]:
    return [record for record in records(region) if record["OwnerId"] == MAIN_ACCOUNT]


def newest(region: str, owner: str, start: str) -> RawRecord:
    named = [r for r in records(region) if r["OwnerId"] == owner and r.get("Name", "").startswith(start)]
    return max(named, key=lambda record: str(record["CreationDate"]))


def test_there_are_thousands_of_images_in_at_least_six_regions_and_most_in_us_east_1() -> None:
    sizes = {region: len(images(region)) for region in ENABLED}

    assert len(sizes) >= 6
    assert sum(sizes.values()) >= 12_000
    assert max(sizes, key=lambda region: sizes[region]) == "us-east-1"


def test_a_region_that_is_not_opted_in_to_holds_nothing() -> None:
    assert region_images("me-south-1", AS_OF) == []
    assert region_images("mars-north-1", AS_OF) == []


def test_the_same_day_gives_the_same_records() -> None:
    again = [image.record for image in region_images("eu-west-1", AS_OF)]

    assert again == records("eu-west-1")


def test_a_build_keeps_its_id_from_one_day_to_the_next() -> None:
    today = {r["Name"]: r["ImageId"] for r in records("ap-east-1") if r["OwnerId"] == CANONICAL}
    tomorrow = {
        image.record["Name"]: image.image_id
        for image in region_images("ap-east-1", AS_OF + DAY)
        if image.owner == CANONICAL
    }

    shared = today.keys() & tomorrow.keys()
    assert len(shared) > 200
    assert {name: today[name] for name in shared} == {name: tomorrow[name] for name in shared}
    assert tomorrow.keys() - today.keys(), "a new daily build has appeared"


def test_ids_are_unique_within_a_region_and_in_ascending_order() -> None:
    ids = [record["ImageId"] for record in records()]

    assert ids == sorted(set(ids))


def test_the_newest_ubuntu_arm64_has_one_name_and_another_id_in_each_region() -> None:
    start = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-"
    found = [newest(region, CANONICAL, start) for region in ENABLED]

    assert len({record["Name"] for record in found}) == 1
    assert len({record["ImageId"] for record in found}) == len(ENABLED)
    assert found[0]["CreationDate"] > stamp(AS_OF - 14 * DAY)


def test_nothing_is_newer_than_the_day_that_is_asked_for() -> None:
    assert max(str(record["CreationDate"]) for record in records()) < stamp(AS_OF)


def test_every_field_is_one_that_ec2_has() -> None:
    """Compared with botocore's own model, through which the answers are written."""
    model = ApiModel.load()
    written = b"".join(model.answer("DescribeImages", {"Images": [record]}, "id") for record in records()).decode()

    members = {name for record in records() for name in record}
    assert members <= image_members()
    assert all(f"<{tag}>" in written for tag in ("imageWatermarkSet", "instanceTypeSpecification", "tpmSupport"))


def image_members() -> set[str]:
    session = botocore.session.get_session()
    add_newer_shapes(session.get_component("data_loader"))
    service = session.get_service_model("ec2")
    return set(service.operation_model("DescribeImages").output_shape.members["Images"].member.members)


def test_one_image_carries_every_field_that_an_available_image_can_have() -> None:
    record = next(r for r in own() if r["Name"] == "acme-attested-base")

    absent = image_members() - record.keys()
    assert absent == {
        "ImageOwnerAlias", "KernelId", "RamdiskId", "Platform", "ProductCodes", "StateReason",
        "PublicSsmParameterName",
    }  # fmt: skip


def test_names_are_such_as_ec2_takes() -> None:
    legal = set("()[] ./-'@_") | set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    for record in records():
        name = record.get("Name")
        assert name is None or (set(name) <= legal and len(name) <= 128), name


def test_publishers_have_their_real_accounts_and_aliases() -> None:
    aliases = {(record["OwnerId"], record.get("ImageOwnerAlias", "")) for record in records()}

    assert {("137112412989", "amazon"), ("801119661308", "amazon"), ("099720109477", "amazon")} <= aliases
    assert {("136693071363", ""), ("792107900819", ""), ("125523088429", "")} <= aliases
    assert {owner for owner, alias in aliases if alias == "aws-marketplace"} == {MARKETPLACE_OWNER}


def test_every_family_has_builds_today() -> None:
    for family in (*amazon_families(), *partner_families()):
        assert len(list(family.records("us-east-1", AS_OF))) >= 1, family.name


def test_a_publisher_can_have_another_account_in_an_opt_in_region() -> None:
    start = "al2023-ami-ecs-hvm-2023.0."

    first, opted_in = newest("us-east-1", "591542846629", start), newest("ap-east-1", "665337139932", start)
    assert first["Name"] == opted_in["Name"]


def test_marketplace_images_have_product_codes_and_names_cut_at_128_characters() -> None:
    listed = [record for record in records() if record.get("ImageOwnerAlias") == "aws-marketplace"]

    assert all(record["ProductCodes"][0]["ProductCodeType"] == "marketplace" for record in listed)
    assert max(len(record["Name"]) for record in listed) == 128


def test_most_public_images_get_their_deprecation_two_years_after_creation() -> None:
    dated = [r for r in records() if r["Public"] and r["CreationDate"]]
    deprecated = [r for r in dated if "DeprecationTime" in r]

    assert len(deprecated) / len(dated) > 0.75
    assert Counter(r["DeprecationTime"] < stamp(AS_OF) for r in deprecated)[True] > 500


def test_mine_has_a_history_with_every_state() -> None:
    states = Counter(record["State"] for record in own())

    assert states["available"] > 80
    assert states["disabled"] > 10
    assert {state for state, _ in states.items()} == {"available", "disabled", "failed", "pending"}
    assert all("StateReason" in record for record in own() if record["State"] == "failed")


def test_mine_has_deprecated_encrypted_protected_public_paid_and_launched_images() -> None:
    mine = own()

    assert any(r.get("DeprecationTime", "9") < stamp(AS_OF) and r["State"] == "available" for r in mine)
    assert any(e.get("Ebs", {}).get("Encrypted") for r in mine for e in r["BlockDeviceMappings"])
    assert any(r["DeregistrationProtection"] == "enabled-with-cooldown" for r in mine)
    assert any(r["Public"] for r in mine)
    assert any("ProductCodes" in r for r in mine)
    assert any("LastLaunchedTime" in r for r in mine)


def test_one_region_holds_nothing_of_the_main_account() -> None:
    assert own("ap-east-1") == []


def test_copies_name_the_image_in_the_first_region_that_they_come_from() -> None:
    copy = next(r for r in own("us-west-2") if r.get("SourceImageRegion") == "us-east-1")

    source = next(r for r in own() if r["ImageId"] == copy["SourceImageId"])
    assert source["Name"] == copy["Name"]


def test_two_other_accounts_share_with_the_main_one_and_some_only_through_the_organization() -> None:
    shared = [image for image in images("us-east-1") if image.is_shared_with(MAIN_ACCOUNT)]
    direct = [image for image in shared if MAIN_ACCOUNT in image.shared_with]

    assert {image.owner for image in shared} >= {PLATFORM_ACCOUNT, RESEARCH_ACCOUNT}
    assert 0 < len(direct) < len([i for i in shared if i.owner != MAIN_ACCOUNT])


def test_the_second_account_has_private_images_that_nobody_else_may_see() -> None:
    theirs = [image for image in images("us-east-1") if image.owner == SECOND_ACCOUNT]

    assert len(theirs) == 10
    assert not any(image.visible_to(MAIN_ACCOUNT) for image in theirs)
    assert {i.record["Name"] for i in theirs} & {r["Name"] for r in own()}, "one name exists in both accounts"


@pytest.mark.parametrize(
    ("owner", "start"),
    [
        (CANONICAL, "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-"),
        ("137112412989", "al2023-ami-2023."),
        ("136693071363", "debian-12-amd64-"),
        ("309956199498", "RHEL-9.7.0_HVM-"),
        ("801119661308", "Windows_Server-2022-English-Full-Base-"),
    ],
)
def test_a_stranger_poses_as_the_publisher_with_a_newer_image(owner: str, start: str) -> None:
    posing = max(
        (r for r in records() if r.get("Name", "").startswith(start) and "ImageOwnerAlias" not in r
         and r["OwnerId"] != owner),
        key=lambda r: str(r["CreationDate"]),
    )  # fmt: skip

    assert posing["CreationDate"] > newest("us-east-1", owner, start)["CreationDate"]


def test_the_oddities_of_the_real_catalogue_are_there() -> None:
    every = records()
    names = Counter((r["OwnerId"], r["Name"]) for r in every if "Name" in r)
    descriptions = {r.get("Description") for r in every}

    assert any(name == "PMM Server [2017-12-05 0124]" for _, name in names)
    assert "] S1_Worker_east_V3" in descriptions
    assert any(text and "[**NOT HARDENED**]" in text for text in descriptions)
    assert any(text and "\\n \\l" in text for text in descriptions)
    assert {"", "-"} <= descriptions
    assert any(name.endswith(" ") for _, name in names)
    assert max(names.values()) > 1, "two ids with one name"
    assert any(len(r["ImageId"]) == len("ami-01234567") for r in every)
    assert any(len(r["BlockDeviceMappings"]) == 27 and "Platform" not in r for r in every)
    assert any(r["OwnerId"].startswith("0") for r in every)
    unnamed = [r for r in every if r["CreationDate"] == "" and "Name" not in r and "RootDeviceName" not in r]
    assert len(unnamed) >= 3


def synthetic(count: int, **options: Any) -> list[RawRecord]:
    return list(synthetic_records(count, "us-east-1", **options))


def test_synthetic_records_are_the_same_for_the_same_seed_only() -> None:
    assert synthetic(300) == synthetic(300)
    assert synthetic(300) != synthetic(300, seed=1)


def test_synthetic_records_have_the_mix_of_the_real_catalogue() -> None:
    made = synthetic(6000)
    aliases = Counter(record.get("ImageOwnerAlias", "") for record in made)
    architectures = Counter(record["Architecture"] for record in made)

    assert len({record["ImageId"] for record in made}) == len(made)
    assert aliases["aws-marketplace"] / len(made) == pytest.approx(0.14, abs=0.02)
    assert aliases["amazon"] / len(made) == pytest.approx(0.10, abs=0.03)
    assert architectures["arm64"] / len(made) == pytest.approx(0.2, abs=0.05)
    assert architectures["i386"] / len(made) < 0.03
    assert sum("Name" not in record for record in made) / len(made) == pytest.approx(0.025, abs=0.015)


def test_synthetic_records_are_plain_json() -> None:
    made = synthetic(500)

    assert json.loads(json.dumps(made)) == made


def builds(owner: str, start: str) -> list[RawRecord]:
    named = [r for r in records() if r["OwnerId"] == owner and r.get("Name", "").startswith(start)]
    return sorted(named, key=lambda record: str(record["CreationDate"]))


@pytest.mark.parametrize(
    "start",
    [
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-",
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-",
        "ubuntu-minimal/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-minimal-",
    ],
)
def test_canonical_deprecates_all_but_its_last_three_serials(start: str) -> None:
    *older, third, second, first = builds(CANONICAL, start)
    assert len(older) >= 2
    assert all(record["DeprecationTime"] < stamp(AS_OF) for record in older)
    assert all(record["DeprecationTime"] > stamp(AS_OF + 365 * DAY) for record in (third, second, first))


def test_of_a_release_that_has_ended_only_the_last_serial_is_not_deprecated() -> None:
    *older, last = builds(CANONICAL, "ubuntu/images/hvm-ssd/ubuntu-focal-20.04-amd64-server-")
    assert all(record["DeprecationTime"] < stamp(AS_OF) for record in older)
    assert last["DeprecationTime"] > stamp(AS_OF)


def test_canonicals_images_that_nobody_launched_for_half_a_year_are_not_public() -> None:
    old = [r for r in builds(CANONICAL, "ubuntu") if r["CreationDate"] < stamp(AS_OF - 184 * DAY)]
    unlisted = [r for r in old if not r["Public"]]
    assert 20 < len(unlisted) < len(old)
    assert all(r["DeprecationTime"] < stamp(AS_OF) for r in unlisted)
    assert all(r["Public"] for r in builds(CANONICAL, "ubuntu") if r["CreationDate"] > stamp(AS_OF - 180 * DAY))
    seen = {image.image_id for image in images("us-east-1") if image.visible_to(MAIN_ACCOUNT)}
    assert seen.isdisjoint(r["ImageId"] for r in unlisted)


def test_nixos_deprecates_after_ninety_days() -> None:
    made = builds(NIXOS, "nixos/26.05.")
    for record in made:
        assert (record["DeprecationTime"] < stamp(AS_OF)) == (record["CreationDate"] < stamp(AS_OF - 90 * DAY))
    assert 1 < sum(record["DeprecationTime"] < stamp(AS_OF) for record in made) < len(made)
