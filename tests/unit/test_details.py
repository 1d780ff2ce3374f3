from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.image.image import RawRecord
from amitui.ec2.convert import image_of
from amitui.presentation.details.explain import DetailGroup, DetailLine
from amitui.presentation.details.groups import distance, image_groups, moment

ME = "123456789012"
STRANGER = "111122223333"
NOW = 1_767_225_600
"""2026-01-01T00:00:00Z"""

NOBLE = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20251022"


def record(**fields: Any) -> RawRecord:
    """An ordinary public EBS image, with some fields changed; `None` leaves one out."""
    given: RawRecord = {
        "ImageId": "ami-0123456789abcdef0",
        "Name": "web-base-2025-11-01",
        "Description": "Base of the web servers",
        "OwnerId": STRANGER,
        "Public": True,
        "State": "available",
        "ImageType": "machine",
        "Architecture": "x86_64",
        "CreationDate": "2025-11-01T12:30:00.000Z",
        "ImageLocation": f"{STRANGER}/web-base-2025-11-01",
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/xvda",
        "VirtualizationType": "hvm",
        "Hypervisor": "xen",
        "EnaSupport": True,
        "SriovNetSupport": "simple",
        "BlockDeviceMappings": [ebs("/dev/xvda", "snap-0aaa", 8)],
    } | fields
    return {key: value for key, value in given.items() if value is not None}


def ebs(device: str, snapshot: str, size: int, **fields: Any) -> dict[str, Any]:
    volume = {"SnapshotId": snapshot, "VolumeSize": size, "VolumeType": "gp3", "DeleteOnTermination": True}
    return {"DeviceName": device, "Ebs": {**volume, "Encrypted": False, **fields}}


def groups(viewer: str | None = ME, region: str = "eu-central-1", **fields: Any) -> dict[str, DetailGroup]:
    found = image_groups(image_of(record(**fields), region), viewer_account=viewer, now=NOW)
    return {group.title: group for group in found}


def line(group: DetailGroup, label: str) -> DetailLine:
    found = [line for line in group.lines if line.label == label]
    assert len(found) == 1, (label, [line.label for line in group.lines])
    return found[0]


def labels(group: DetailGroup) -> list[str]:
    return [line.label for line in group.lines]


def every_text(found: tuple[DetailGroup, ...]) -> str:
    return "\n".join(f"{line.label} {line.value} {line.note}" for group in found for line in group.lines)


def test_the_groups_come_in_reading_order_and_other_only_when_needed() -> None:
    expected = [
        "Identity",
        "Source",
        "Storage",
        "Firmware and boot",
        "Permissions",
        "Dates",
        "Billing",
        "Tags",
    ]
    assert list(groups()) == expected
    assert list(groups(Novel="x")) == [*expected, "Other"]


class TestIdentity:
    def test_the_arn_names_region_and_partition_and_no_account(self) -> None:
        assert line(groups()["Identity"], "ARN").value == "arn:aws:ec2:eu-central-1::image/ami-0123456789abcdef0"
        china = groups(region="cn-north-1")["Identity"]
        assert line(china, "ARN").value.startswith("arn:aws-cn:ec2:cn-north-1::")

    def test_a_region_is_shown_with_its_place(self) -> None:
        assert line(groups()["Identity"], "Region").value == "eu-central-1 · Frankfurt"
        assert line(groups(region="xx-new-1")["Identity"], "Region").value == "xx-new-1"

    def test_the_family_is_shown_when_builds_differ(self) -> None:
        assert line(groups()["Identity"], "Family").value == "web-base-*"
        assert "Family" not in labels(groups(Name="golden")["Identity"])

    @pytest.mark.parametrize(
        ("state", "severity"),
        [("available", "good"), ("pending", "warn"), ("disabled", "warn"), ("failed", "bad"), ("novel", "warn")],
    )
    def test_a_state_has_its_severity(self, state: str, severity: str) -> None:
        found = line(groups(State=state)["Identity"], "State")
        assert (found.value, found.severity) == (state, severity)

    def test_a_failure_gives_its_cause_and_code(self) -> None:
        identity = groups(State="failed", StateReason={"Code": "Client.X", "Message": "the snapshot is gone"})[
            "Identity"
        ]
        assert line(identity, "State").note.endswith("EC2 says: the snapshot is gone")
        assert line(identity, "State reason").value == "Client.X"

    def test_a_kernel_is_not_taken_for_a_machine_image(self) -> None:
        found = line(groups(ImageType="kernel")["Identity"], "Type")
        assert found.severity == "warn"
        assert "not launched by itself" in found.note


class TestSupport:
    @pytest.mark.parametrize(
        ("name", "value", "severity"),
        [
            (NOBLE, "until 2029-05-31, then long-term or paid until 2036-05", "good"),
            ("ubuntu-20.04-base", "ordinary support ended 2025-05-31, long-term or paid until 2030-04", "warn"),
            ("CentOS-7-base", "ended 2024-06-30", "bad"),
            (
                "al2023-ami-2023.9.20251105.0-kernel-6.1-x86_64",
                "until 2027-06-30, then long-term or paid until 2029-06",
                "good",
            ),
            ("Fedora-Cloud-Base-AmazonEC2.x86_64-42-1.4", "until 2026-05-27", "warn"),
            ("RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3", "until 2032-05-31", "good"),
        ],
    )
    def test_the_support_window_is_judged_by_today(self, name: str, value: str, severity: str) -> None:
        found = line(groups(Name=name)["Identity"], "Support")
        assert (found.value, found.severity) == (value, severity)
        assert found.note.endswith("as of 2026-08-22.")

    def test_the_release_that_the_dates_are_for_is_named(self) -> None:
        found = line(groups(Name="RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3")["Identity"], "Support")
        assert found.note == "RHEL 9, as of 2026-08-22."

    def test_an_unknown_system_or_release_claims_nothing(self) -> None:
        assert "Support" not in labels(groups(Name="golden", Description="x")["Identity"])
        assert "Operating system" not in labels(groups(Name="golden", Description="x")["Identity"])
        new = groups(Name="ubuntu-28.04-base")["Identity"]
        assert line(new, "Operating system").value == "Ubuntu 28.04"
        assert "Support" not in labels(new)


class TestSource:
    def test_an_own_image_is_yours(self) -> None:
        found = line(groups(OwnerId=ME)["Source"], "Origin")
        assert (found.value, found.severity) == ("yours", "good")

    def test_an_own_copy_under_a_publishers_name_is_no_alarm(self) -> None:
        assert line(groups(OwnerId=ME, Name=NOBLE)["Source"], "Origin").value == "yours"

    def test_a_publisher_is_named_with_its_account(self) -> None:
        source = groups(OwnerId="099720109477", Name=NOBLE)["Source"]
        assert line(source, "Owner").value == "099720109477 · Canonical"
        assert line(source, "Origin").value == "Canonical"
        assert line(source, "Origin").severity == "good"

    def test_an_alias_is_explained(self) -> None:
        source = groups(ImageOwnerAlias="amazon")["Source"]
        assert line(source, "Origin").severity == "good"
        assert line(source, "Owner alias").note == "Amazon, or a partner that Amazon verified."

    def test_a_lookalike_is_bad_and_names_the_genuine_publisher_and_account(self) -> None:
        found = line(groups(Name=NOBLE)["Source"], "Origin")
        assert found.severity == "bad"
        assert found.value == "look-alike of Canonical"
        assert "Canonical, account 099720109477" in found.note
        assert f"belongs to {STRANGER}" in found.note
        assert "whoAMI" in found.note

    def test_a_lookalike_names_the_account_of_its_own_partition(self) -> None:
        assert "account 837727238323" in line(groups(Name=NOBLE, region="cn-north-1")["Source"], "Origin").note
        rocky = groups(Name="Rocky-9-EC2-Base-9.6-20250531.0.x86_64", region="cn-north-1")["Source"]
        assert "whose account in this partition is not known here" in line(rocky, "Origin").note

    def test_a_lookalike_of_amazons_points_to_the_alias(self) -> None:
        source = groups(Name="al2023-ami-2023.9.20251105.0-kernel-6.1-x86_64")["Source"]
        assert "carry the alias amazon (account 137112412989)" in line(source, "Origin").note

    def test_a_lookalike_of_a_publisher_with_several_accounts_names_them_all(self) -> None:
        note = line(groups(Name="debian-12-amd64-20251022-1740")["Source"], "Origin").note
        assert "accounts 136693071363 and 379101102735" in note

    def test_a_privately_shared_lookalike_may_be_a_colleagues_copy(self) -> None:
        found = line(groups(Name=NOBLE, Public=False)["Source"], "Origin")
        assert found.severity == "bad"
        assert "A copy that a colleague shares looks the same" in found.note

    def test_an_unknown_account_is_unverified(self) -> None:
        found = line(groups()["Source"], "Origin")
        assert (found.value, found.severity) == ("unverified", "warn")

    def test_a_record_without_an_owner_says_so(self) -> None:
        source = groups(OwnerId=None, Name=NOBLE)["Source"]
        assert line(source, "Owner").value == "not stated"
        assert line(source, "Origin").note == "The record names no owner."

    def test_what_it_was_made_from_is_shown(self) -> None:
        source = groups(
            OwnerId=ME, SourceImageId="ami-0fff", SourceImageRegion="us-east-1", SourceInstanceId="i-0abc"
        )["Source"]
        assert line(source, "Source image").value == "ami-0fff in us-east-1"
        assert line(source, "Source instance").value == "i-0abc"

    def test_a_copy_of_old_is_read_from_its_description(self) -> None:
        source = groups(Description="[Copied ami-9daa99ad from us-west-2] dedi creafi")["Source"]
        assert line(source, "Copied from").value == "ami-9daa99ad in us-west-2"
        assert "anyone can write" in line(source, "Copied from").note

    def test_watermarks_and_the_public_parameter_are_shown(self) -> None:
        source = groups(
            PublicSsmParameterName="/aws/service/x",
            ImageWatermarks=[
                {"WatermarkKey": f"{ME}:approved", "SourceImageId": "ami-0fff", "SourceImageRegion": "us-east-1"},
                {"WatermarkKey": f"{ME}:scanned"},
            ],
        )["Source"]
        assert line(source, "Public parameter").value == "/aws/service/x"
        marks = [each for each in source.lines if each.label == "Watermark"]
        assert [(mark.value, mark.note) for mark in marks] == [
            (f"{ME}:approved", "First on ami-0fff, in us-east-1."),
            (f"{ME}:scanned", ""),
        ]


class TestStorage:
    def test_a_volume_is_told_with_size_type_snapshot_and_what_becomes_of_it(self) -> None:
        mapping = ebs("/dev/xvda", "snap-0aaa", 8, Iops=3000, Throughput=125)
        found = line(groups(BlockDeviceMappings=[mapping])["Storage"], "/dev/xvda")
        assert found.value == "8 GiB gp3 · snap-0aaa"
        assert found.note == "root, 3000 IOPS, 125 MiB/s, deleted with the instance"

    def test_an_encrypted_volume_names_its_key_and_what_it_means_for_sharing(self) -> None:
        storage = groups(
            BlockDeviceMappings=[
                ebs("/dev/xvda", "snap-0aaa", 8, Encrypted=True, KmsKeyId="arn:aws:kms:key/1"),
                ebs("/dev/sdf", "snap-0bbb", 100, DeleteOnTermination=False),
            ]
        )["Storage"]
        assert "encrypted with arn:aws:kms:key/1" in line(storage, "/dev/xvda").note
        assert line(storage, "/dev/sdf").note == "kept after the instance"
        assert line(storage, "Encryption").value == "1 of 2 volumes"
        assert "KMS key" in line(storage, "Encryption").note
        assert line(storage, "Size").value == "108 GiB in 2 volumes"
        assert line(storage, "Size").note == "gp3: general purpose SSD"

    def test_a_volume_without_a_snapshot_is_empty(self) -> None:
        storage = groups(BlockDeviceMappings=[{"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 5}}])["Storage"]
        assert line(storage, "/dev/sdb").value == "5 GiB · no snapshot: an empty volume"

    def test_each_of_27_block_devices_has_its_line(self) -> None:
        mappings = [ebs("/dev/sda1", "snap-0aaa", 30)] + [
            {"DeviceName": f"xvdc{chr(97 + number)}", "VirtualName": f"ephemeral{number}"} for number in range(26)
        ]
        storage = groups(BlockDeviceMappings=mappings, RootDeviceName="/dev/sda1")["Storage"]
        assert line(storage, "Instance store").value == "26 mapped"
        assert line(storage, "xvdcz").value == "instance store ephemeral25"
        assert line(storage, "Size").value == "30 GiB in 1 volume"
        assert len(storage.lines) == 5 + 27

    def test_a_suppressed_or_nameless_device_is_shown_too(self) -> None:
        storage = groups(BlockDeviceMappings=[{"DeviceName": "/dev/sdc", "NoDevice": ""}, {"Ebs": {}}])["Storage"]
        assert line(storage, "/dev/sdc").value == "no device"
        assert line(storage, "device 2").value == "size not stated · no snapshot: an empty volume"

    def test_an_instance_store_image_warns_of_what_it_cannot_do(self) -> None:
        found = line(groups(RootDeviceType="instance-store")["Storage"], "Root device type")
        assert found.severity == "warn"
        assert "Cannot be stopped" in found.note


class TestBareRecord:
    """A real kind: an instance-store image of 2009 with next to nothing."""

    BARE = {
        "ImageId": "ami-fef61597",
        "OwnerId": "063491364108",
        "CreationDate": "",
        "ImageLocation": "alestic-64/debian-5.0-lenny-desktop-64-20091011.manifest.xml",
        "Public": True,
        "State": "available",
        "RootDeviceType": "instance-store",
        "VirtualizationType": "paravirtual",
        "KernelId": "aki-a3d737ca",
        "RamdiskId": "ari-7cb95a15",
        "BlockDeviceMappings": [],
    }

    def test_absent_facts_are_said_to_be_absent(self) -> None:
        found = image_groups(image_of(self.BARE, "us-east-1"), viewer_account=None, now=NOW)
        by_title = {group.title: group for group in found}
        assert line(by_title["Identity"], "Name").value == "none"
        assert line(by_title["Identity"], "Description").value == "none"
        assert line(by_title["Dates"], "Created").value == "not stated"
        assert line(by_title["Storage"], "Block devices").note == "The image is a bundle in S3."
        assert line(by_title["Source"], "Location").note == "The bundle's manifest in S3."
        assert line(by_title["Firmware and boot"], "Kernel").value == "aki-a3d737ca"
        assert line(by_title["Firmware and boot"], "RAM disk").value == "ari-7cb95a15"
        assert "Other" not in by_title

    def test_an_image_of_which_only_the_id_is_known_is_shown(self) -> None:
        found = image_groups(image_of({"ImageId": "ami-1"}, "us-east-1"), viewer_account=None, now=NOW)
        assert len(found) == 8
        assert all(each.value for group in found for each in group.lines)


class TestFirmware:
    def test_a_paravirtual_image_warns_and_is_not_also_blamed_for_ena(self) -> None:
        firmware = groups(VirtualizationType="paravirtual", EnaSupport=None)["Firmware and boot"]
        assert line(firmware, "Virtualization").severity == "warn"
        assert line(firmware, "ENA").severity == "plain"

    @pytest.mark.parametrize(("ena", "value"), [(False, "not supported"), (None, "not stated")])
    def test_missing_ena_warns(self, ena: bool | None, value: str) -> None:
        found = line(groups(EnaSupport=ena)["Firmware and boot"], "ENA")
        assert (found.value, found.severity) == (value, "warn")

    def test_what_is_set_is_explained(self) -> None:
        firmware = groups(BootMode="uefi-preferred", TpmSupport="v2.0", ImdsSupport="v2.0")["Firmware and boot"]
        assert "Secure Boot" in line(firmware, "Boot mode").note
        assert "NitroTPM" in line(firmware, "TPM").note
        assert line(firmware, "Metadata (IMDS)").severity == "good"

    def test_no_boot_mode_means_the_types_default(self) -> None:
        found = line(groups()["Firmware and boot"], "Boot mode")
        assert (found.value, "Graviton" in found.note) == ("not set", True)

    def test_the_owners_rule_for_instance_types_is_shown(self) -> None:
        firmware = groups(
            InstanceTypeSpecification={
                "SupportedInstanceTypes": [{"InstanceType": "t3.*"}, {"InstanceType": "m5.large"}],
                "UnsupportedInstanceTypes": [],
            }
        )["Firmware and boot"]
        assert line(firmware, "Supported instance types").value == "t3.*, m5.large"
        assert "Unsupported instance types" not in labels(firmware)


class TestPermissions:
    @pytest.mark.parametrize(
        ("viewer", "owner", "public", "value"),
        [
            (ME, STRANGER, True, "public"),
            (ME, ME, False, "private"),
            (ME, STRANGER, False, "shared with you"),
            (None, STRANGER, False, "private"),
            (ME, STRANGER, None, "not stated"),
        ],
    )
    def test_visibility_is_told_from_the_viewers_side(
        self, viewer: str | None, owner: str, public: bool | None, value: str
    ) -> None:
        permissions = groups(viewer, OwnerId=owner, Public=public)["Permissions"]
        assert line(permissions, "Visibility").value == value

    def test_whom_it_is_shared_with_is_listed_once_it_was_asked(self) -> None:
        image = image_of(record(OwnerId=ME, Public=False), "eu-central-1")
        for shared, expected in (
            (None, []),
            ((), ["nobody"]),
            (("account 1", "account 2"), ["account 1", "account 2"]),
        ):
            found = image_groups(image, viewer_account=ME, now=NOW, shared_with=shared)
            permissions = next(group for group in found if group.title == "Permissions")
            assert [each.value for each in permissions.lines if each.label == "Shared with"] == expected

    def test_protection_of_an_own_image_is_always_told_and_a_foreign_ones_when_known(self) -> None:
        label = "Deregistration protection"
        assert line(groups(OwnerId=ME)["Permissions"], label).value == "not stated"
        assert label not in labels(groups()["Permissions"])
        found = line(groups(OwnerId=ME, DeregistrationProtection="enabled-with-cooldown")["Permissions"], label)
        assert found.severity == "good"
        assert "24 hours" in found.note

    def test_allowed_amis_are_told_only_where_the_setting_speaks(self) -> None:
        assert "Allowed AMIs" not in labels(groups()["Permissions"])
        assert line(groups(ImageAllowed=True)["Permissions"], "Allowed AMIs").severity == "good"
        refused = line(groups(ImageAllowed=False)["Permissions"], "Allowed AMIs")
        assert refused.severity == "warn"
        assert "audit mode" in refused.note


class TestDates:
    def test_a_moment_is_told_with_its_distance(self) -> None:
        assert line(groups()["Dates"], "Created").value == "2025-11-01 12:30 UTC (60 days ago)"

    def test_a_date_that_cannot_be_read_is_shown_as_it_came(self) -> None:
        found = line(groups(CreationDate="yesterday")["Dates"], "Created")
        assert (found.value, found.severity) == ("yesterday", "warn")
        assert line(groups(DeprecationTime="soon")["Dates"], "Deprecated").value == "soon"

    def test_a_deprecated_image_says_what_still_works(self) -> None:
        found = line(groups(DeprecationTime="2025-10-01T00:00:00.000Z")["Dates"], "Deprecated")
        assert found.value == "since 2025-10-01 00:00 UTC (3 months ago)"
        assert found.severity == "warn"
        assert "it can still be launched by ID" in found.note
        assert "6 months" in found.note

    def test_a_private_deprecated_image_is_not_threatened_with_privacy(self) -> None:
        found = line(groups(Public=False, DeprecationTime="2025-10-01T00:00:00.000Z")["Dates"], "Deprecated")
        assert "6 months" not in found.note

    def test_a_future_deprecation_is_no_warning(self) -> None:
        found = line(groups(DeprecationTime="2027-11-01T12:30:00.000Z")["Dates"], "Deprecated")
        assert found.value == "from 2027-11-01 12:30 UTC (in 21 months)"
        assert found.severity == "plain"

    def test_no_deprecation_is_said(self) -> None:
        assert line(groups()["Dates"], "Deprecated").value == "no date set"

    def test_the_last_launch_is_known_to_the_owner_alone(self) -> None:
        assert line(groups()["Dates"], "Last launched").value == "not visible to you"
        assert line(groups(None)["Dates"], "Last launched").value == "not visible to you"
        assert line(groups(OwnerId=ME)["Dates"], "Last launched").value == "no launch reported"
        launched = groups(OwnerId=ME, LastLaunchedTime="2025-12-31T22:00:00Z")["Dates"]
        assert line(launched, "Last launched").value == "2025-12-31 22:00 UTC (2 hours ago)"

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0, "now"),
            (-59, "now"),
            (60, "in 1 minute"),
            (-3_600, "1 hour ago"),
            (-47 * 3_600, "47 hours ago"),
            (2 * 86_400, "in 2 days"),
            (-59 * 86_400, "59 days ago"),
            (-61 * 86_400, "2 months ago"),
            (-700 * 86_400, "22 months ago"),
            (-800 * 86_400, "2 years ago"),
        ],
    )
    def test_a_distance_is_told_in_one_unit(self, seconds: int, words: str) -> None:
        assert distance(seconds) == words
        assert moment(NOW + seconds, NOW).endswith(f" UTC ({words})")


class TestBilling:
    def test_a_paid_image_says_who_is_paid_by_whom(self) -> None:
        billing = groups(
            OwnerId="679593333241",
            ImageOwnerAlias="aws-marketplace",
            ProductCodes=[{"ProductCodeId": "80sl0b83", "ProductCodeType": "marketplace"}],
        )["Billing"]
        payer = line(billing, "Who pays")
        assert (payer.value, payer.severity) == ("paid image", "warn")
        assert "seller's rate on top of EC2's" in payer.note
        assert "subscribe" in payer.note
        assert line(billing, "Product code").value == "80sl0b83"

    def test_a_foreign_image_costs_its_owner_storage_and_its_launcher_the_instance(self) -> None:
        payer = line(groups()["Billing"], "Who pays")
        assert payer.value == "no seller's charge"
        assert payer.note == "The owner pays for storage; the launching account pays for the instance."

    def test_the_licence_follows_the_usage_operation(self) -> None:
        billing = groups(UsageOperation="RunInstances:0010", PlatformDetails="Red Hat Enterprise Linux")["Billing"]
        assert line(billing, "Platform details").value == "Red Hat Enterprise Linux"
        assert "licence is charged" in line(billing, "Usage operation").note

    def test_an_unknown_usage_operation_is_shown_without_words(self) -> None:
        found = line(groups(UsageOperation="RunInstances:zzzz")["Billing"], "Usage operation")
        assert (found.value, found.note) == ("RunInstances:zzzz", "")

    def test_an_own_image_has_an_upper_estimate_of_its_storage(self) -> None:
        mappings = [
            ebs("/dev/xvda", "snap-0aaa", 8),
            ebs("/dev/sdf", "snap-0bbb", 100),
            {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 500}},
        ]
        found = line(groups(OwnerId=ME, BlockDeviceMappings=mappings)["Billing"], "Storage cost")
        assert found.value == "at most 5.40 USD a month"
        assert "Estimate" in found.note
        assert "Storage cost" not in labels(groups(BlockDeviceMappings=mappings)["Billing"])

    def test_an_own_bundle_costs_until_it_is_deleted(self) -> None:
        billing = groups(OwnerId=ME, RootDeviceType="instance-store", BlockDeviceMappings=[])["Billing"]
        assert "deregistering leaves it there" in line(billing, "Storage cost").note

    @pytest.mark.parametrize(("eligible", "value"), [(True, "eligible"), (False, "not eligible")])
    def test_the_free_tier_is_told_where_ec2_tells_it(self, eligible: bool, value: str) -> None:
        assert line(groups(FreeTierEligible=eligible)["Billing"], "Free tier").value == value
        assert "Free tier" not in labels(groups()["Billing"])


class TestTags:
    def test_tags_are_listed(self) -> None:
        tags = groups(OwnerId=ME, Tags=[{"Key": "Env", "Value": "prod"}, {"Key": "", "Value": ""}])["Tags"]
        assert [(each.label, each.value) for each in tags.lines] == [("Env", "prod"), ("(empty key)", "")]

    def test_an_own_image_without_tags_has_none(self) -> None:
        assert line(groups(OwnerId=ME)["Tags"], "Tags").value == "none"

    @pytest.mark.parametrize("viewer", [ME, None])
    def test_tags_of_foreign_images_are_not_visible_rather_than_none(self, viewer: str | None) -> None:
        assert line(groups(viewer)["Tags"], "Tags").value == "not visible to you"


class TestOther:
    def test_fields_that_are_not_known_are_shown_as_they_came(self) -> None:
        mapping = ebs("/dev/xvda", "snap-0aaa", 8, OutpostArn="arn:aws:outposts:1")
        other = groups(BlockDeviceMappings=[mapping], Watched={"critical": 3}, Novel=[1, "é"])["Other"]
        assert [(each.label, each.value, each.note) for each in other.lines] == [
            ("OutpostArn", "arn:aws:outposts:1", "BlockDeviceMappings[1].Ebs.OutpostArn"),
            ("Watched", '{"critical": 3}', ""),
            ("Novel", '[1, "é"]', ""),
        ]

    def test_known_fields_of_a_wrong_shape_are_not_lost(self) -> None:
        other = groups(
            Tags="prod",
            EnaSupport="perhaps",
            BlockDeviceMappings=[ebs("/dev/xvda", "snap-0aaa", -1)],
            Name={"a": 1},
        )["Other"]
        assert {each.label: each.value for each in other.lines} == {
            "Tags": "prod",
            "EnaSupport": "perhaps",
            "VolumeSize": "-1",
            "Name": '{"a": 1}',
        }

    def test_a_region_in_the_record_that_differs_is_shown(self) -> None:
        assert "Region in the record" not in labels(groups(Region="eu-central-1")["Identity"])
        assert line(groups(Region="us-west-2")["Identity"], "Region in the record").value == "us-west-2"


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    else:
        yield value


FULL = {
    "ImageId": "ami-0123456789abcdef0",
    "Name": "t-name",
    "Description": "t-description",
    "OwnerId": ME,
    "ImageOwnerAlias": "t-alias",
    "State": "t-state",
    "StateReason": {"Code": "t-code", "Message": "t-message", "Detail": "t-detail"},
    "ImageType": "t-type",
    "Architecture": "t-architecture",
    "Platform": "t-platform",
    "PlatformDetails": "t-platform-details",
    "UsageOperation": "t-operation",
    "ImageLocation": "t-location",
    "CreationDate": "t-created",
    "DeprecationTime": "t-deprecated",
    "LastLaunchedTime": "t-launched",
    "RootDeviceType": "t-root-type",
    "RootDeviceName": "t-root-name",
    "VirtualizationType": "t-virtualization",
    "Hypervisor": "t-hypervisor",
    "BootMode": "t-boot",
    "TpmSupport": "t-tpm",
    "ImdsSupport": "t-imds",
    "SriovNetSupport": "t-sriov",
    "KernelId": "t-kernel",
    "RamdiskId": "t-ramdisk",
    "SourceInstanceId": "t-instance",
    "SourceImageId": "t-source",
    "SourceImageRegion": "t-region",
    "DeregistrationProtection": "t-protection",
    "PublicSsmParameterName": "t-parameter",
    "ProductCodes": [{"ProductCodeId": "t-product", "ProductCodeType": "t-product-type", "More": "t-more"}],
    "BlockDeviceMappings": [
        {
            "DeviceName": "t-device",
            "Ebs": {
                "SnapshotId": "t-snapshot",
                "VolumeType": "t-volume",
                "VolumeSize": 4711,
                "Iops": 4712,
                "Throughput": 4713,
                "Encrypted": False,
                "KmsKeyId": "t-key",
                "AvailabilityZone": "t-zone",
            },
        },
        {"DeviceName": "t-device-2", "VirtualName": "t-ephemeral"},
        {"DeviceName": "t-device-3", "NoDevice": ""},
        {"DeviceName": "t-device-4", "VirtualName": "t-both", "Ebs": {"VolumeSize": 4714, "KmsKeyId": "t-key-4"}},
    ],
    "Tags": [{"Key": "t-tag", "Value": "t-tag-value"}],
    "ImageWatermarks": [
        {
            "WatermarkKey": "t-mark",
            "SourceImageId": "t-mark-source",
            "SourceImageRegion": "t-mark-region",
            "SourceImageCreationTime": "t-mark-made",
            "WatermarkCreationTime": "t-mark-attached",
            "Extra": "t-mark-extra",
        }
    ],
    "InstanceTypeSpecification": {
        "SupportedInstanceTypes": [{"InstanceType": "t-supported"}],
        "UnsupportedInstanceTypes": [{"InstanceType": "t-unsupported"}],
        "Comment": "t-comment",
    },
    "New": {"Deep": [{"Er": "t-new"}]},
}


@pytest.mark.parametrize("viewer", [ME, STRANGER, None])
def test_everything_of_the_record_shows_somewhere(viewer: str | None) -> None:
    text = every_text(image_groups(image_of(FULL, "us-east-1"), viewer_account=viewer, now=NOW))
    for leaf in leaves(FULL):
        if not isinstance(leaf, bool):
            assert str(leaf) in text, leaf


def test_no_group_repeats_what_it_knows_under_other() -> None:
    found = image_groups(image_of(FULL, "us-east-1"), viewer_account=ME, now=NOW)
    assert [each.label for each in found[-1].lines] == [
        "Detail",
        "More",
        "AvailabilityZone",
        "Extra",
        "Comment",
        "New",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**6) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(sorted(FULL)) | st.text(max_size=5), JSON, max_size=12),
    st.sampled_from([ME, STRANGER, None]),
)
def test_any_record_can_be_shown(fields: dict[str, Any], viewer: str | None) -> None:
    image = image_of({**fields, "ImageId": "ami-1"}, "us-east-1")
    found = image_groups(image, viewer_account=viewer, now=NOW)
    text = every_text(found)
    for key, value in image.record.items():
        if isinstance(value, dict | list) and key not in FULL:
            assert json.dumps(value, ensure_ascii=False) in text
    assert all(each.severity in ("plain", "good", "warn", "bad") for group in found for each in group.lines)
