from __future__ import annotations

import json
from typing import Any

import pytest

from amitui.demo.cloud.keys import CUSTOMER_KEY_ID, default_key
from amitui.demo.cloud.kms import describe_key
from amitui.demo.seed.accounts import MAIN_ACCOUNT, SECOND_ACCOUNT, Caller
from tests.support.demo_account import HOME, Account, second

PLAIN = "DoNotDelete"
CUSTOMER_KEY = f"arn:aws:kms:{HOME}:{MAIN_ACCOUNT}:key/{CUSTOMER_KEY_ID}"


@pytest.fixture
def me() -> Account:
    return Account()


def permissions(account: Account, snapshot: str) -> list[dict[str, str]]:
    answer = account.ask("DescribeSnapshotAttribute", SnapshotId=snapshot, Attribute="createVolumePermission")
    listed: list[dict[str, str]] = answer["CreateVolumePermissions"]
    return listed


def change(verb: str, **reader: str) -> dict[str, Any]:
    return {"Attribute": "createVolumePermission", "CreateVolumePermission": {verb: [reader]}}


def test_a_snapshot_is_shared_with_an_account_in_either_way_and_taken_back(me: Account) -> None:
    (snapshot,) = me.snapshots_of(me.named(PLAIN))
    assert permissions(me, snapshot) == []
    me.ask("ModifySnapshotAttribute", SnapshotId=snapshot, **change("Add", UserId=SECOND_ACCOUNT))
    me.ask("ModifySnapshotAttribute", SnapshotId=snapshot, OperationType="add", GroupNames=["all"])
    assert permissions(me, snapshot) == [{"UserId": SECOND_ACCOUNT}, {"Group": "all"}]
    me.ask("ModifySnapshotAttribute", SnapshotId=snapshot, **change("Remove", UserId=SECOND_ACCOUNT))
    assert permissions(me, snapshot) == [{"Group": "all"}]
    me.ask("ResetSnapshotAttribute", SnapshotId=snapshot, Attribute="createVolumePermission")
    assert permissions(me, snapshot) == []


def test_only_whom_image_and_snapshots_are_shared_with_can_copy_the_image(me: Account) -> None:
    image = me.named(PLAIN)
    me.ask("ModifyImageAttribute", ImageId=image, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]})
    copy = {"SourceImageId": image, "SourceRegion": HOME, "Name": "mine now"}
    assert second(me).refused("CopyImage", **copy) == "InvalidRequest"
    for snapshot in me.snapshots_of(image):
        me.ask("ModifySnapshotAttribute", SnapshotId=snapshot, **change("Add", UserId=SECOND_ACCOUNT))
    assert second(me).ask("CopyImage", **copy)["ImageId"] != image


def test_what_ec2_refuses_of_a_snapshot(me: Account) -> None:
    (snapshot,) = me.snapshots_of(me.named(PLAIN))
    asks = {"SnapshotId": snapshot}
    assert second(me).refused("ModifySnapshotAttribute", **asks, **change("Add", UserId=SECOND_ACCOUNT)) == (
        "InvalidSnapshot.NotFound"
    )
    assert me.refused("ModifySnapshotAttribute", **asks) == "MissingParameter"
    assert me.refused("ModifySnapshotAttribute", **asks, **change("Add", UserId="12")) == "InvalidParameterValue"
    assert me.refused("ModifySnapshotAttribute", **asks, **change("Add", Group="x")) == "InvalidParameterValue"
    assert me.refused("ModifySnapshotAttribute", **asks, UserIds=[SECOND_ACCOUNT]) == "InvalidParameterValue"
    assert me.refused("DescribeSnapshotAttribute", **asks, Attribute="name") == "InvalidParameterValue"
    sealed = me.snapshots_of(me.named("acme-k8s-node-*"))[0]
    public = change("Add", Group="all")
    assert me.refused("ModifySnapshotAttribute", SnapshotId=sealed, **public) == "InvalidParameter"
    me.ask("ModifySnapshotAttribute", SnapshotId=sealed, **change("Add", UserId=SECOND_ACCOUNT))


def test_a_snapshot_under_the_default_key_cannot_be_shared(me: Account) -> None:
    copied = me.ask("CopyImage", SourceImageId=me.named(PLAIN), SourceRegion=HOME, Name="sealed", Encrypted=True)
    snapshot = me.snapshots_of(copied["ImageId"])[0]
    shared = change("Add", UserId=SECOND_ACCOUNT)
    assert me.refused("ModifySnapshotAttribute", SnapshotId=snapshot, **shared) == "InvalidParameter"


def test_kms_tells_the_default_key_from_the_accounts_own() -> None:
    caller = Caller(MAIN_ACCOUNT, HOME)

    def manager(key: str) -> str:
        answer = describe_key(caller, json.dumps({"KeyId": key}).encode())
        assert answer is not None
        return str(json.loads(answer)["KeyMetadata"]["KeyManager"])

    assert manager(default_key(MAIN_ACCOUNT, HOME)) == "AWS"
    assert manager(CUSTOMER_KEY) == "CUSTOMER"
    assert describe_key(caller, json.dumps({"KeyId": "alias/aws/ebs"}).encode()) is None
    assert describe_key(caller, json.dumps({"KeyId": "11111111-2222"}).encode()) is None
    assert describe_key(caller, b"{") is None
