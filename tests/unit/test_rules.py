"""The rules that names, dates, tags and places have to keep, at their edges."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import check_name
from amitui.domain.operations.validation import (
    bucket_problem,
    deprecation_problem,
    description_problem,
    duration_problem,
    firmware_problem,
    image_id_problem,
    key_problem,
    manifest_problem,
    name_problem,
    object_key_problem,
    object_tags_problem,
    snapshot_id_problem,
    tags_problem,
    typed_confirmation_problem,
    volume_problem,
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOW = at("2026-11-21 10:30:20")


@pytest.mark.parametrize("name", ["web", "a" * 128, "A-z 0.9/()[]'@_", " . "])
def test_a_name_of_allowed_characters_and_length_is_fine(name: str) -> None:
    assert name_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "required"),
        ("ab", "this one has 2"),
        ("a" * 129, "this one has 129"),
        ("web#1", "# cannot be"),
        ("wéb", "é cannot be"),
        ("web\n", "U+000A cannot be"),
        ("web\u202e1", "U+202E cannot be"),
        ("٣٣٣", "٣ cannot be"),
    ],
)
def test_a_wrong_name_is_told_what_is_wrong_with_it(name: str, words: str) -> None:
    assert words in name_problem(name)


@pytest.mark.parametrize("character", [chr(code) for code in range(256)])
def test_the_same_characters_are_allowed_in_names_as_in_the_demo(character: str) -> None:
    try:
        check_name(f"ab{character}")
    except CloudError:
        assert name_problem(f"ab{character}")
    else:
        assert name_problem(f"ab{character}") == ""


def test_a_description_may_be_empty_and_has_255_characters_at_most() -> None:
    assert description_problem("") == ""
    assert description_problem("d" * 255) == ""
    assert "256" in description_problem("d" * 256)


def test_tags_within_the_limits_are_fine() -> None:
    assert tags_problem([]) == ""
    assert tags_problem([("k" * 127, "v" * 256), ("Env", "")]) == ""
    assert tags_problem([(f"k{number}", "v") for number in range(50)]) == ""


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ([("", "v")], "requires a key"),
        ([("k" * 128, "v")], "has 128"),
        ([("Env", "v" * 257)], "that of Env has 257"),
        ([("aws:x", "v")], "reserved"),
        ([("AWS:x", "v")], "reserved"),
        ([("Env", "a"), ("Env", "b")], "Env is entered twice"),
        ([(f"k{number}", "v") for number in range(51)], "these are 51"),
    ],
)
def test_a_wrong_tag_is_told_what_is_wrong_with_it(tags: list[tuple[str, str]], words: str) -> None:
    assert words in tags_problem(tags)


def test_an_object_has_ten_tags_at_most() -> None:
    tags = [(f"k{number}", "v") for number in range(11)]
    assert object_tags_problem(tags[:10]) == ""
    assert "at most 10" in object_tags_problem(tags)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("2026-11-21 10:30:59", "future"),
        ("2026-11-20", "future"),
        ("2026-11-21 10:31", ""),
        ("2036-11-21 10:30", ""),
        ("2036-11-21 10:31", "10 years"),
    ],
)
def test_a_deprecation_is_in_the_future_and_within_ten_years(when: str, words: str) -> None:
    problem = deprecation_problem(at(when), now=NOW, public=False, created=None)
    assert words in problem
    assert bool(problem) == bool(words)


def test_a_public_image_is_deprecated_within_two_years_of_its_creation() -> None:
    created = at("2025-02-01 12:00")
    assert deprecation_problem(at("2027-02-01 12:00"), now=NOW, public=True, created=created) == ""
    assert "until 2027-02-01" in deprecation_problem(at("2027-02-01 12:01"), now=NOW, public=True, created=created)
    assert deprecation_problem(at("2027-02-01 12:01"), now=NOW, public=False, created=created) == ""


def test_the_years_of_a_leap_day_end_on_the_28th() -> None:
    leap = at("2028-02-29")
    assert deprecation_problem(at("2038-02-28"), now=leap, public=False, created=None) == ""
    assert "10 years" in deprecation_problem(at("2038-03-01"), now=leap, public=False, created=None)


@pytest.mark.parametrize("minutes", [15, 30, 960, 2880])
def test_a_time_based_copy_takes_quarters_of_an_hour_up_to_two_days(minutes: int) -> None:
    assert duration_problem(minutes) == ""


@pytest.mark.parametrize("minutes", [-15, 0, 14, 16, 2895])
def test_other_durations_are_refused(minutes: int) -> None:
    assert "steps of 15" in duration_problem(minutes)


@pytest.mark.parametrize("bucket", ["acme-images", "a.b", "123", "a" * 63])
def test_a_bucket_of_a_legal_name_is_fine(bucket: str) -> None:
    assert bucket_problem(bucket) == ""


@pytest.mark.parametrize(
    ("bucket", "words"),
    [
        ("", "required"),
        ("s3://acme", "without s3://"),
        ("acme/images", "or a path"),
        ("ab", "3 to 63"),
        ("a" * 64, "3 to 63"),
        ("Acme", "3 to 63"),
        ("acme_images", "3 to 63"),
        ("acme-", "ends"),
        ("acme..images", "two dots"),
        ("10.0.0.1", "IP address"),
        ("xn--acme", "reserves"),
        ("acme-s3alias", "reserves"),
    ],
)
def test_a_wrong_bucket_is_told_what_is_wrong_with_it(bucket: str, words: str) -> None:
    assert words in bucket_problem(bucket)


def test_an_object_key_has_1024_bytes_at_most() -> None:
    assert object_key_problem("ami-1.bin") == ""
    assert "required" in object_key_problem("")
    assert object_key_problem("é" * 512) == ""
    assert "1026" in object_key_problem("é" * 513)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("bundles/old/image.manifest.xml", ""),
        ("bundles/image.manifest.xml", ""),
        ("s3://bundles/image.manifest.xml", "without s3://"),
        ("bundles/image.xml", "ends with .manifest.xml"),
        ("image.manifest.xml", "the bucket and the path"),
        ("Bundles/image.manifest.xml", "a bucket's name"),
    ],
)
def test_a_manifest_is_a_bucket_and_a_path(place: str, words: str) -> None:
    assert words in manifest_problem(place)
    assert bool(manifest_problem(place)) == bool(words)


def test_ids_have_eight_or_seventeen_digits() -> None:
    assert image_id_problem("ami-12345678") == ""
    assert image_id_problem("ami-0123456789abcdef0") == ""
    assert image_id_problem("ami-0123456789abcdefg")
    assert image_id_problem("ami-123456789")
    assert snapshot_id_problem("snap-0123456789abcdef0") == ""
    assert snapshot_id_problem("ami-0123456789abcdef0")


def test_a_volume_is_as_large_as_its_snapshot_at_least() -> None:
    assert volume_problem("gp3", None, snapshot_gib=8) == ""
    assert volume_problem("gp3", 8, snapshot_gib=8) == ""
    assert "at least 8 GiB" in volume_problem("gp3", 7, snapshot_gib=8)
    assert "requires a size" in volume_problem("gp3", None)
    assert "at least 1 GiB" in volume_problem("gp3", 0)


def test_only_some_types_take_iops_and_throughput() -> None:
    assert "io2 requires IOPS" in volume_problem("io2", 8)
    assert volume_problem("io2", 8, iops=5000) == ""
    assert "gp2 does not support IOPS" in volume_problem("gp2", 8, iops=5000)
    assert volume_problem("gp3", 8, iops=5000, throughput=250) == ""
    assert "io2 does not support throughput" in volume_problem("io2", 8, iops=5000, throughput=250)


@pytest.mark.parametrize(
    ("architecture", "virtualization", "boot_mode", "tpm", "ena", "words"),
    [
        ("x86_64", "hvm", "", False, True, ""),
        ("x86_64", "hvm", "uefi", True, True, ""),
        ("x86_64", "paravirtual", "", False, False, ""),
        ("arm64", "paravirtual", "", False, False, "arm64 requires hvm"),
        ("arm64", "hvm", "legacy-bios", False, True, "legacy-bios"),
        ("x86_64", "paravirtual", "uefi", False, False, "boot mode requires hvm"),
        ("x86_64", "paravirtual", "", False, True, "ENA requires hvm"),
        ("x86_64", "hvm", "uefi-preferred", True, True, "NitroTPM"),
        ("x86_64", "hvm", "", True, True, "NitroTPM"),
    ],
)
def test_firmware_and_drivers_go_together(
    architecture: str, virtualization: str, boot_mode: str, tpm: bool, ena: bool, words: str
) -> None:
    problem = firmware_problem(
        architecture=architecture, virtualization=virtualization, boot_mode=boot_mode, tpm=tpm, ena=ena
    )
    assert words in problem
    assert bool(problem) == bool(words)


def test_a_key_is_one_of_the_region() -> None:
    arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    assert key_problem("", "eu-west-1") == ""
    assert key_problem(arn, "eu-west-1") == ""
    assert key_problem(arn.rpartition("/")[2], "eu-west-1") == ""
    assert key_problem("alias/aws/ebs", "eu-west-1") == ""
    assert key_problem("mrk-" + "0a" * 16, "eu-west-1") == ""
    assert "requires a key in us-east-1" in key_problem(arn, "us-east-1")
    assert "alias/NAME" in key_problem("my key", "eu-west-1")


def test_a_confirmation_is_typed_exactly_but_for_blanks_at_the_ends() -> None:
    assert typed_confirmation_problem("acme-web-7 ", "acme-web-7") == ""
    assert typed_confirmation_problem("", "acme-web-7") == "type acme-web-7 to confirm"
    assert typed_confirmation_problem("acme-web-8", "acme-web-7") == "this does not match acme-web-7"
    assert typed_confirmation_problem("Acme-web-7", "acme-web-7")
