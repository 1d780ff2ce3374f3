"""Records of any shape become safe, typed values, and only a missing id is an error."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.domain.epoch import epoch_seconds
from amitui.domain.image.image import Image, ImageFlag
from amitui.domain.image.row import ImageSummary
from amitui.domain.image.worst_finding import WorstFinding, worst_finding_of
from amitui.domain.visible import MAX_MARKS, REPLACEMENT
from amitui.ec2.convert import SUMMARY_CHARACTERS, image_of, sanitize, summary_of

_FIELDS = [
    "Name", "Description", "OwnerId", "ImageOwnerAlias", "CreationDate", "DeprecationTime", "LastLaunchedTime",
    "Architecture", "Platform", "PlatformDetails", "State", "StateReason", "ImageType", "RootDeviceType",
    "RootDeviceName", "VirtualizationType", "BootMode", "BlockDeviceMappings", "ProductCodes", "Tags", "Public",
    "EnaSupport", "ImdsSupport", "TpmSupport", "FreeTierEligible", "DeregistrationProtection", "ImageAllowed",
    "ImageLocation", "KernelId", "SourceInstanceId", "SriovNetSupport",
]  # fmt: skip

_INNER = ["Ebs", "VolumeSize", "Encrypted", "Iops", "Throughput", "DeviceName", "NoDevice", "Key", "Value", "Code"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(_INNER) | st.text(st.characters(), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
records = st.dictionaries(st.sampled_from(_FIELDS) | st.text(max_size=8), json_values, max_size=12)


def record(**fields: Any) -> dict[str, Any]:
    return {"ImageId": "ami-0123456789abcdef0", **fields}


def is_safe(text: str) -> bool:
    return not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in text)


def texts_of(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, entry in value.items() for text in (*texts_of(key), *texts_of(entry))]
    if isinstance(value, list | tuple):
        return [text for entry in value for text in texts_of(entry)]
    return []


def assert_well_typed(summary: ImageSummary) -> None:
    for name, value in summary._asdict().items():
        if name in {"created", "deprecated", "last_launched"}:
            assert value is None or 0 < value < 2**33
        elif name == "size_gib":
            assert isinstance(value, int)
            assert 0 <= value < 2**63
        elif name == "flags":
            assert isinstance(value, ImageFlag)
        elif name != "tags":
            assert isinstance(value, str)


def test_ordinary_text_is_returned_as_it_is() -> None:
    text = "ubuntu/images/hvm-ssd/ubuntu-noble-24.04-amd64-server-20250101 [x] (ü) 日本"
    assert sanitize(text) is text


@pytest.mark.parametrize(
    "hostile",
    list("\x1b\x9b\x07\n\t\0\x7f\u202e\u2066\u200b\ufeff\u2028\u2029\ud800"),
    ids=ascii,
)
def test_a_control_format_separator_or_surrogate_character_becomes_a_mark(hostile: str) -> None:
    assert sanitize(f"a{hostile}b") == f"a{REPLACEMENT}b"


def test_a_long_run_of_hidden_characters_shows_only_a_few_marks() -> None:
    assert sanitize("a" + "\u200b" * 5000 + "b\u200b") == "a" + REPLACEMENT * MAX_MARKS + "b" + REPLACEMENT


@given(st.text(st.characters()))
def test_sanitized_text_is_safe_and_stays_as_it_is_when_sanitized_again(text: str) -> None:
    once = sanitize(text)
    assert is_safe(once)
    assert sanitize(once) == once


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2016-07-12T09:46:56.000Z", 1468316816),
        ("2016-07-12T09:46:56Z", 1468316816),
        ("2016-07-12T09:46:56.999Z", 1468316816),
        ("2016-07-12T11:46:56+02:00", 1468316816),
        ("2016-07-12T09:46:56", 1468316816),
        ("2016-07-12", 1468281600),
        (1468316816, 1468316816),
    ],
)
def test_a_creation_date_becomes_epoch_seconds(text: object, seconds: int) -> None:
    assert epoch_seconds(text) == seconds


@pytest.mark.parametrize(
    "nonsense",
    ["", " ", "yesterday", "2016-13-45T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z",
     "1969-01-01", None, True, 1.5, 10**30, [], {}],
)  # fmt: skip
def test_a_date_that_is_none_or_nonsense_is_none(nonsense: object) -> None:
    assert epoch_seconds(nonsense) is None


@given(st.datetimes())
def test_any_date_of_the_covered_years_survives(moment: Any) -> None:
    from datetime import UTC, datetime

    expected = int(moment.replace(tzinfo=UTC, microsecond=0).timestamp())
    covered = datetime(1970, 1, 2) < moment < datetime(2199, 12, 31)  # noqa: DTZ001
    found = epoch_seconds(moment.strftime("%Y-%m-%dT%H:%M:%S.000Z").rjust(24, "0"))
    assert found == expected if covered else found in (None, expected)


def test_a_full_record_is_summarised() -> None:
    summary = summary_of(
        record(
            Name="web-1", Description="two volumes", OwnerId="013907871322", ImageOwnerAlias="amazon",
            Architecture="arm64", PlatformDetails="SUSE Linux", CreationDate="2024-02-03T04:05:06.000Z",
            DeprecationTime="2026-02-03T04:05:06.000Z", LastLaunchedTime="2025-02-03T04:05:06Z", State="failed",
            StateReason={"Code": "Client.InternalError", "Message": "it broke"}, ImageType="machine",
            RootDeviceType="ebs", VirtualizationType="hvm", BootMode="uefi", Public=True, EnaSupport=True,
            ImdsSupport="v2.0", TpmSupport="v2.0", FreeTierEligible=True, ImageAllowed=False,
            DeregistrationProtection="enabled-with-cooldown", ProductCodes=[{"ProductCodeId": "abc"}],
            BlockDeviceMappings=[
                {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "Encrypted": False}},
                {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 30, "Encrypted": True}},
                {"DeviceName": "/dev/sdc", "VirtualName": "ephemeral0"},
            ],
            Tags=[{"Key": "Env", "Value": "prod"}],
        )
    )  # fmt: skip
    assert summary == ImageSummary(
        "ami-0123456789abcdef0", "web-1", "two volumes", "013907871322", "amazon", "arm64", "SUSE Linux",
        1706933106, 1770091506, 1738555506, "failed", "it broke", "machine", "ebs", "hvm", "uefi", 38,
        ImageFlag.PUBLIC | ImageFlag.PAID | ImageFlag.ENCRYPTED | ImageFlag.IMDS_V2 | ImageFlag.ENA | ImageFlag.TPM
        | ImageFlag.FREE_TIER | ImageFlag.PROTECTED | ImageFlag.TAGGED | ImageFlag.NOT_ALLOWED,
        (("Env", "prod"),),
    )  # fmt: skip


def test_a_record_with_nothing_but_an_id_is_enough() -> None:
    summary = summary_of({"ImageId": "ami-00000001"})
    assert summary.image_id == "ami-00000001"
    assert summary.created is None
    assert summary.flags == ImageFlag(0)
    assert summary.platform == "Linux/UNIX"
    assert summary.tags == ()


@pytest.mark.parametrize("spelling", ["windows", "Windows", " WINDOWS "])
def test_windows_is_windows_however_it_is_spelled(spelling: str) -> None:
    assert summary_of(record(Platform=spelling)).platform == "Windows"


def test_billing_details_say_more_than_the_platform() -> None:
    assert summary_of(record(Platform="windows", PlatformDetails="Windows with SQL Server")).platform == (
        "Windows with SQL Server"
    )


def test_an_account_id_that_lost_its_leading_zero_gets_it_back() -> None:
    assert summary_of(record(OwnerId=13907871322)).owner_id == "013907871322"


def test_numbers_and_yes_no_facts_may_come_as_text() -> None:
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": "8", "Encrypted": "True", "Iops": 3000.0}}
    image = image_of(record(Public="true", ImageAllowed="false", BlockDeviceMappings=[disk]), "eu-west-1")
    assert image.summary.size_gib == 8
    assert image.summary.flags == ImageFlag.PUBLIC | ImageFlag.ENCRYPTED | ImageFlag.NOT_ALLOWED
    assert image.block_devices[0].iops == 3000
    assert image.image_allowed is False


@pytest.mark.parametrize(
    ("found", "worst"),
    [
        (None, WorstFinding.NOT_SCANNED),
        ({}, WorstFinding.NOT_SCANNED),
        ({"FindingScanDate": "2026-11-01T00:00:00.000Z"}, WorstFinding.NONE),
        ({"HighestFindingSeverityLabel": "informational"}, WorstFinding.INFORMATIONAL),
        ({"HighestFindingSeverityLabel": "critical", "FindingScanDate": None}, WorstFinding.CRITICAL),
        ({"HighestFindingSeverityLabel": "High"}, WorstFinding.HIGH),
        ({"HighestFindingSeverityLabel": "apocalyptic"}, WorstFinding.NOT_SCANNED),
        ({"HighestFindingSeverityLabel": 7}, WorstFinding.NOT_SCANNED),
        ("yes", WorstFinding.NOT_SCANNED),
        (["critical"], WorstFinding.NOT_SCANNED),
    ],
)
def test_the_worst_finding_is_kept_beside_the_flags(found: object, worst: WorstFinding) -> None:
    flags = summary_of(record(ScanResults=found, Public=True)).flags
    assert worst_finding_of(flags) is worst
    assert ImageFlag.PUBLIC in flags


def test_a_disabled_protection_does_not_protect() -> None:
    assert ImageFlag.PROTECTED not in summary_of(record(DeregistrationProtection="disabled")).flags


def test_a_long_description_is_cut_in_the_summary_and_whole_in_the_details() -> None:
    description = "x" * 10_000
    cut = summary_of(record(Description=description)).description
    assert len(cut) == SUMMARY_CHARACTERS
    assert cut.endswith("…")
    assert image_of(record(Description=description), "us-east-1").summary.description == description


def test_the_whole_record_is_kept_in_order_with_its_text_made_safe() -> None:
    odd = record(Zeta=1, Name="\x1b]0;pwned\x07", Unknown={"a\u202e": ["\0", None, 1.5, True]})
    kept = image_of(odd, "us-east-1").record
    assert list(kept) == ["ImageId", "Zeta", "Name", "Unknown"]
    assert kept["Name"] == "␦]0;pwned␦"
    assert kept["Unknown"] == {"a␦": ["␦", None, 1.5, True]}
    assert odd["Name"] == "\x1b]0;pwned\x07"


def test_block_devices_keep_what_ec2_said() -> None:
    image = image_of(
        record(
            BlockDeviceMappings=[
                {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-1", "VolumeSize": 8, "VolumeType": "gp3",
                 "Throughput": 125, "DeleteOnTermination": True, "KmsKeyId": "arn:aws:kms:x"}},
                {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
                {"DeviceName": "/dev/sdc", "NoDevice": ""},
            ]
        ),
        "us-east-1",
    )  # fmt: skip
    root, instance_store, suppressed = image.block_devices
    assert (root.snapshot_id, root.volume_size_gib, root.volume_type) == ("snap-1", 8, "gp3")
    assert (root.throughput_mib_s, root.delete_on_termination, root.encrypted) == (125, True, None)
    assert instance_store.virtual_name == "ephemeral0"
    assert suppressed.no_device
    assert not root.no_device


@pytest.mark.parametrize(
    ("broken", "words"),
    [({}, "no ImageId"), ({"ImageId": None}, "no ImageId"), ({"ImageId": 7}, "not a text"),
     ({"ImageId": " "}, "not a text"), ([], "object with an ImageId"), ("ami-1", "object with an ImageId")],
)  # fmt: skip
def test_a_record_without_an_id_is_refused_in_words(broken: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        summary_of(broken)
    with pytest.raises(ValueError, match=words):
        image_of(broken, "us-east-1")


def test_a_record_nested_beyond_reason_is_cut() -> None:
    nested: Any = "core"
    for _ in range(500):
        nested = [nested]
    image = image_of(record(Deep=nested), "us-east-1")
    assert "core" not in texts_of(image.record)


@settings(max_examples=300)
@given(records, st.text(st.characters(), min_size=1).filter(lambda text: bool(text.strip())))
def test_any_json_object_with_an_id_is_taken_and_made_safe(fields: dict[str, Any], image_id: str) -> None:
    fields["ImageId"] = image_id
    summary = summary_of(fields)
    image = image_of(fields, "us-east-1")
    assert isinstance(image, Image)
    for found in (summary, image.summary):
        assert_well_typed(found)
        assert all(is_safe(text) for text in texts_of(found))
    assert all(is_safe(text) for text in texts_of(image.record))
    devices = [(d.device_name, d.virtual_name, d.snapshot_id, d.volume_type) for d in image.block_devices]
    assert all(is_safe(text) for text in texts_of([devices, image.product_codes, image.location]))
