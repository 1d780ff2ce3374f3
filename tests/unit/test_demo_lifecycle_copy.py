from __future__ import annotations

from typing import Any

import pytest

from amitui.demo.cloud.keys import CUSTOMER_KEY_ID
from amitui.demo.cloud.making import FINISHING, snapshot_work
from amitui.demo.cloud.rules import Quotas
from amitui.demo.seed.accounts import PLATFORM_ACCOUNT, RESEARCH_ACCOUNT
from tests.support.demo_account import HOME, Account

PLAIN = "DoNotDelete"
AWAY = "eu-west-1"
LONG = 1000.0


@pytest.fixture
def me() -> Account:
    return Account()


@pytest.fixture
def away(me: Account) -> Account:
    return me.beside(region=AWAY)


def order(me: Account, image: str | None = None, **more: Any) -> dict[str, Any]:
    return {"SourceImageId": image or me.named(PLAIN), "SourceRegion": HOME, "Name": "a copy"} | more


def test_a_copy_is_pending_until_its_snapshot_is_complete(me: Account, away: Account) -> None:
    copy = away.ask("CopyImage", **order(me))["ImageId"]
    seen = away.image(copy)
    assert (seen["State"], seen["Name"], seen["Public"]) == ("pending", "a copy", False)
    assert (seen["SourceImageId"], seen["SourceImageRegion"]) == (me.named(PLAIN), HOME)
    assert seen["Description"] == f"[Copied {me.named(PLAIN)} from {HOME}]"
    assert away.snapshots_of(copy) != me.snapshots_of(me.named(PLAIN))
    assert away.refused("DisableImage", ImageId=copy) == "InvalidAMIID.Unavailable"

    away.wait(1.2 * snapshot_work(8) + FINISHING - 1)
    assert away.image(copy)["State"] == "pending"
    away.wait(2)
    assert away.image(copy)["State"] == "available"


def test_the_same_token_makes_one_copy_and_other_parameters_are_a_mismatch(me: Account, away: Account) -> None:
    first = away.ask("CopyImage", **order(me, ClientToken="t"))

    assert away.ask("CopyImage", **order(me, ClientToken="t")) == first
    changed = order(me, ClientToken="t", Name="another copy")
    assert away.refused("CopyImage", **changed) == "IdempotentParameterMismatch"
    assert away.refused("CopyImage", **order(me, ClientToken="u")) == "InvalidAMIName.Duplicate"
    assert away.refused("CopyImage", **order(me, ClientToken="x" * 129)) == "InvalidParameterValue"
    here = me.ask("CopyImage", **order(me, ClientToken="t"))
    assert here != first, "tokens are of one region"


def test_names_and_descriptions_are_checked(me: Account, away: Account) -> None:
    for name in ("ab", "x" * 129, "schön", "a=b"):
        assert away.refused("CopyImage", **order(me, Name=name)) == "InvalidAMIName.Malformed"
    assert away.refused("CopyImage", **order(me, Description="x" * 256)) == "InvalidParameterValue"
    assert away.ask("CopyImage", **order(me, Name="(x) [y] ./-'@_", Description="x" * 255))


def test_the_source_must_be_there_and_available(me: Account, away: Account) -> None:
    def refusal(**more: Any) -> str:
        return away.refused("CopyImage", **order(me, **more))

    assert refusal(SourceRegion="mars-north-1") == "InvalidParameterValue"
    assert refusal(SourceRegion=AWAY) == "InvalidAMIID.NotFound"
    assert refusal(SourceImageId=me.named("acme-nightly-build")) == "InvalidAMIID.Unavailable"
    me.ask("DisableImage", ImageId=me.named(PLAIN))
    assert refusal() == "InvalidAMIID.Unavailable"
    assert away.refused("CopyImage", SourceRegion=HOME, Name="abc") == "MissingParameter"


def test_launch_permissions_do_not_open_the_storage(me: Account, away: Account) -> None:
    def shared_by(account: str) -> str:
        return me.foreign(Owners=[account], IncludeDeprecated=True)

    assert away.refused("CopyImage", **order(me, shared_by(PLATFORM_ACCOUNT))) == "InvalidRequest"
    assert away.refused("CopyImage", **order(me, me.foreign(Owners=["aws-marketplace"]))) == "InvalidRequest"
    for n, open_to_all in enumerate((shared_by(RESEARCH_ACCOUNT), me.foreign())):
        assert away.ask("CopyImage", **order(me, open_to_all, Name=f"copy {n}"))["ImageId"]


def test_own_paid_images_are_copied_with_their_product_codes(me: Account) -> None:
    copy = me.ask("CopyImage", **order(me, me.named("f5-with-our-licence")))["ImageId"]

    assert me.image(copy)["ProductCodes"]


# Keys


def encrypted(me: Account, away: Account, **more: Any) -> dict[str, Any]:
    return away.image(away.ask("CopyImage", **order(me, **more))["ImageId"])


def test_a_copy_is_encrypted_with_a_key_of_its_own_region(me: Account, away: Account) -> None:
    key = f"arn:aws:kms:{AWAY}:123456789012:key/{CUSTOMER_KEY_ID}"
    for n, given in enumerate((key, CUSTOMER_KEY_ID, "alias/acme-images")):
        volume = encrypted(me, away, Encrypted=True, KmsKeyId=given, Name=f"copy {n}")["BlockDeviceMappings"][0][
            "Ebs"
        ]
        assert (volume["Encrypted"], volume["KmsKeyId"]) == (True, key)
    assert away.refused("CopyImage", **order(me, KmsKeyId=key)) == "InvalidParameterDependency"


def test_a_key_of_another_region_is_found_out_later(me: Account, away: Account) -> None:
    foreign_key = f"arn:aws:kms:{HOME}:123456789012:key/{CUSTOMER_KEY_ID}"
    copy = encrypted(me, away, Encrypted=True, KmsKeyId=foreign_key)
    assert copy["State"] == "pending"

    away.wait(LONG)

    failed = away.image(copy["ImageId"])
    assert failed["State"] == "failed"
    assert "not accessible" in failed["StateReason"]["Message"]
    assert away.refused("CopyImage", **order(me)) == "InvalidAMIName.Duplicate", "a failed image keeps its name"


def test_encryption_is_never_lost(me: Account, away: Account) -> None:
    secret = me.ask("DescribeImages", Owners=["self"], Filters=[
        {"Name": "name", "Values": ["acme-k8s-node-*"]}, {"Name": "state", "Values": ["available"]},
    ])["Images"][0]["ImageId"]  # fmt: skip

    copy = encrypted(me, away, SourceImageId=secret, Encrypted=False)

    assert copy["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    away.wait(LONG)
    image = copy["ImageId"]
    shared = {"LaunchPermission": {"Add": [{"UserId": RESEARCH_ACCOUNT}]}}
    assert away.refused("ModifyImageAttribute", ImageId=image, **shared) == "InvalidParameter", "the default key"


# Tags, time, quota


def test_tags_are_copied_when_asked_for_and_only_ones_own(me: Account, away: Account) -> None:
    source = me.named("acme-db-postgres-16")
    given = [{"ResourceType": "image", "Tags": [{"Key": "Env", "Value": "test"}]},
             {"ResourceType": "snapshot", "Tags": [{"Key": "A", "Value": "B"}]}]  # fmt: skip

    def tags(**more: Any) -> dict[str, str]:
        copy = away.image(away.ask("CopyImage", **order(me, **more))["ImageId"])
        return {tag["Key"]: tag["Value"] for tag in copy.get("Tags", ())}

    assert tags(SourceImageId=source, Name="one") == {}
    both = tags(SourceImageId=source, Name="two", CopyImageTags=True, TagSpecifications=given)
    assert both == {"Env": "test", "Team": "data", "Cost": "4711", "Note": "übergroß"}
    backup = me.named("AwsBackup_*")
    assert tags(SourceImageId=backup, Name="three", CopyImageTags=True) == {}
    wrong = [{"ResourceType": "instance", "Tags": []}]
    assert away.refused("CopyImage", **order(me, TagSpecifications=wrong)) == "InvalidParameterValue"


def test_a_time_based_copy_takes_the_time_that_was_paid_for(me: Account, away: Account) -> None:
    for minutes in (0, 20, 2895):
        timed = order(me, SnapshotCopyCompletionDurationMinutes=minutes)
        assert away.refused("CopyImage", **timed) == "InvalidParameterValue"
    copy = away.ask("CopyImage", **order(me, SnapshotCopyCompletionDurationMinutes=30))["ImageId"]
    away.wait(1790)
    assert away.image(copy)["State"] == "pending"
    away.wait(40)
    assert away.image(copy)["State"] == "available"


def test_so_many_copies_at_a_time_and_so_many_images_are_allowed() -> None:
    me = Account(quotas=Quotas(copies=2))
    away = me.beside(region=AWAY)
    for n in range(2):
        away.ask("CopyImage", **order(me, Name=f"copy {n}"))
    assert away.refused("CopyImage", **order(me, Name="copy 2")) == "ResourceLimitExceeded"
    away.wait(LONG)
    assert away.ask("CopyImage", **order(me, Name="copy 2"))["ImageId"]

    crowded = Account(quotas=Quotas(images=10))
    assert crowded.refused("CopyImage", **order(crowded)) == "ResourceLimitExceeded"


def test_paravirtual_images_go_only_where_they_can_run(me: Account, away: Account) -> None:
    old = me.named("acme legacy web  - old")

    assert me.beside(region="eu-central-1").refused("CopyImage", **order(me, old)) == "InvalidRequest"
    assert away.ask("CopyImage", **order(me, old))["ImageId"]
