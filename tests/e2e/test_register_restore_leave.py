"""Images that begin as snapshots and as objects in S3, and one that was shared; by hand, and seen from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.demo.seed.accounts import SECOND_ACCESS_KEY, SECOND_ACCOUNT
from tests.support.boto3_account import HOME, Boto3Account, tags
from tests.support.terminal_forms import (
    agree,
    begin,
    choose,
    enter,
    go_to,
    read_review,
    review,
    row_of,
    search,
    see_done,
)
from tests.support.terminal_steps import START_SECONDS, has_rows, leave
from tests.support.terminal_user import User

if TYPE_CHECKING:
    from pathlib import Path

    from amitui.demo.launcher import DemoProcess
    from tests.support.terminal import Terminal


def test_an_image_is_registered_from_a_snapshot_stored_in_s3_and_made_again_of_it(
    user: User, outside: Boto3Account
) -> None:
    terminal = user.terminal
    source = outside.image(outside.id_of("DoNotDelete"))
    (snapshot,) = outside.snapshots(source)
    image_id = _register(terminal, outside, snapshot["SnapshotId"], snapshot["VolumeSize"])
    search(terminal, "registered", image_id, "1 of ")

    begin(terminal, "store image")
    enter(terminal, "Bucket", "my-images")
    promised = review(terminal)
    assert f"The bucket my-images gets an object {image_id}.bin with all volumes of registered." in promised
    assert "The image does not change." in promised
    before = outside.image(image_id)
    agree(terminal)
    see_done(terminal, "Store registered in my-images")
    (task,) = outside.ec2(HOME).describe_store_image_tasks(ImageIds=[image_id])["StoreImageTaskResults"]
    assert (task["StoreTaskState"], task["Bucket"], task["S3objectKey"]) == (
        "Completed",
        "my-images",
        f"{image_id}.bin",
    )
    assert outside.image(image_id) == before

    search(terminal, "", "acme-nightly-build")
    begin(terminal, "restore image")
    enter(terminal, "Bucket", "my-images")
    enter(terminal, "Object", f"{image_id}.bin")
    enter(terminal, "Name", "again")
    enter(terminal, "Tags", "From=s3")
    assert f"{HOME} gets a new private image again, with a new ID." in review(terminal)
    agree(terminal)
    see_done(terminal, "Restore again from my-images")
    again = outside.image(outside.id_of("again"))
    assert (again["State"], again["Public"], tags(again)) == ("available", False, {"From": "s3"})
    assert again["ImageId"] != image_id
    assert outside.snapshots(again)[0]["SnapshotId"] != snapshot["SnapshotId"], "a new one"
    assert again["ImageId"] in terminal.screen_text(), "without F5"

    leave(terminal)
    assert [(one["Title"], one["State"]) for one in user.operations()] == [
        ("Restore again from my-images", "done"),
        ("Store registered in my-images", "done"),
        (f"Register registered from {snapshot['SnapshotId']}", "done"),
    ]


def _register(terminal: Terminal, outside: Boto3Account, snapshot_id: str, gib: int) -> str:
    """An image of a snapshot; its id."""
    terminal.press("g")
    choose(terminal, "Root", snapshot_id)
    enter(terminal, "Name", "registered")
    go_to(terminal, "Boot mode")
    terminal.press("right", "right")
    terminal.wait_for("NitroTPM")
    go_to(terminal, "NitroTPM")
    terminal.press("space")
    terminal.wait_for("[x] give instances a TPM 2.0")
    enter(terminal, "Mapping", "/dev/sdf=100:gp3")
    enter(terminal, "Description", "of a snapshot")
    enter(terminal, "Image tags", "From=snapshot")
    promised = review(terminal)
    assert f"{HOME} gets a new private image registered: x86_64, hvm, uefi." in promised
    assert f"Its volumes: /dev/xvda gp3, of {snapshot_id}; /dev/sdf 100 GiB gp3, empty." in promised
    assert "Instances launched from it require IMDSv2." in promised
    agree(terminal)
    see_done(terminal, "Register registered")
    image_id = outside.id_of("registered")
    image = outside.image(image_id)
    assert (image["State"], image["Public"], image["Description"]) == ("available", False, "of a snapshot")
    assert (image["Architecture"], image["VirtualizationType"]) == ("x86_64", "hvm")
    assert (image["BootMode"], image["TpmSupport"], image["ImdsSupport"], image["EnaSupport"]) == (
        "uefi",
        "v2.0",
        "v2.0",
        True,
    )
    assert tags(image) == {"From": "snapshot"}
    volumes = {one["DeviceName"]: one["Ebs"] for one in image["BlockDeviceMappings"]}
    assert volumes[image["RootDeviceName"]]["SnapshotId"] == snapshot_id
    assert volumes[image["RootDeviceName"]]["VolumeSize"] == gib
    assert (volumes["/dev/sdf"]["VolumeSize"], "SnapshotId" in volumes["/dev/sdf"]) == (100, False)
    assert image_id in terminal.screen_text(), "without F5"
    return image_id


def test_a_share_is_left_by_the_account_that_it_was_given_to(
    cloud: DemoProcess, outside: Boto3Account, tmp_path: Path
) -> None:
    image_id = outside.id_of("DoNotDelete")
    outside.ec2(HOME).modify_image_attribute(
        ImageId=image_id, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]}
    )
    user = User(tmp_path, cloud.url, key=SECOND_ACCESS_KEY)
    with user.terminal as terminal:
        terminal.wait_for(has_rows, timeout=START_SECONDS)
        terminal.press("2")
        terminal.wait_for(image_id)
        search(terminal, "DoNotDelete", image_id, "1 of ")
        begin(terminal, "give up")
        promised = read_review(terminal)
        assert "is no longer shared with this account, which can no longer launch it." in promised
        agree(terminal, "DoNotDelete")
        see_done(terminal, "Give up shared access to Do")
        assert outside.permissions(image_id) == []
        with Boto3Account(cloud.url, SECOND_ACCESS_KEY) as second:
            assert second.state_of(image_id) == ""
        terminal.wait_for(lambda t: "gone" in (row_of(t, image_id) or "gone"))
        leave(terminal)
        assert [one["State"] for one in user.operations()] == ["done"]
