"""The whole lifecycle of an image on the screen of the real program; boto3 checks the effect of each step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from amitui.demo.seed.accounts import SECOND_ACCOUNT
from tests.support.boto3_account import AWAY, HOME, Boto3Account, tags
from tests.support.terminal_forms import (
    agree,
    begin,
    choose,
    command,
    enter,
    go_to,
    read_review,
    review,
    row_of,
    says,
    search,
    see_done,
)
from tests.support.terminal_steps import START_SECONDS, hides, leave, shows

if TYPE_CHECKING:
    from tests.support.terminal import Terminal
    from tests.support.terminal_user import User


def test_an_image_lives_from_its_instance_to_the_recycle_bin_and_back(user: User, outside: Boto3Account) -> None:
    terminal = user.terminal
    image_id = _create(user, outside)
    search(terminal, "life", image_id, "1 of ")
    _describe_and_tag(terminal, outside, image_id)
    _copy(terminal, outside, image_id)
    _protect(terminal, outside, image_id)
    _deprecate(terminal, outside, image_id)
    _disable(terminal, outside, image_id)
    _deregister(terminal, outside, image_id)
    _restore(terminal, outside, image_id)
    leave(terminal)
    told = [(one["Title"], one["State"]) for one in reversed(user.operations())]
    assert [title for title, _ in told] == [
        "Create life from web-1",
        "Edit description of life",
        "Edit tags of life",
        f"Copy life to {AWAY}",
        "Protect life from deregistration",
        "Turn off protection of life",
        told[6][0],  # names the day
        "Cancel deprecation of life",
        "Disable life",
        "Enable life",
        "Deregister life",
        "Restore life from the Recycle Bin",
    ]
    assert {state for _, state in told} == {"done"}


def _create(user: User, outside: Boto3Account) -> str:
    """Of an instance that is stopped for it; the new image's id."""
    terminal = user.terminal
    terminal.press("n")
    choose(terminal, "Instance", "web-1")
    terminal.wait_for("20 GiB gp3")
    go_to(terminal, "Instance is")
    terminal.press("right")
    terminal.wait_for("EC2's default")
    terminal.press("right")
    terminal.wait_for("Safest: disks are idle.")
    enter(terminal, "Name", "life")
    enter(terminal, "Description", "made by hand")
    enter(terminal, "Image tags", 'Env=test, Note="a, b"')
    enter(terminal, "Snap tags", "Keep=no")
    promised = review(terminal)
    instance_id = outside.instance("web-1")["InstanceId"]
    assert "us-east-1 gets a new private image life." in promised
    assert "Each of its volumes gets a new snapshot: /dev/sda1 20 GiB." in promised
    stopping = f"web-1 ({instance_id}) is stopped first, and started again even if creating the image fails."
    assert stopping in promised
    assert outside.named("life") == [], "nothing has been changed yet"
    agree(terminal)
    see_done(terminal, "Create life from web-1", "stopping", "✓ ")

    (listed,) = outside.named("life")
    image_id = str(listed["ImageId"])
    image = outside.image(image_id)
    assert (image["State"], image["Public"], image["Description"]) == ("available", False, "made by hand")
    assert tags(image) == {"Env": "test", "Note": "a, b"}
    assert image["SourceInstanceId"] == instance_id
    assert outside.permissions(image_id) == []
    assert [(one["State"], one["VolumeSize"], tags(one)) for one in outside.snapshots(image)] == [
        ("completed", 20, {"Keep": "no"})
    ]
    assert outside.instance("web-1")["State"]["Name"] == "running"
    assert image_id in terminal.screen_text(), "without F5"
    return image_id


def _describe_and_tag(terminal: Terminal, outside: Boto3Account, image_id: str) -> None:
    begin(terminal, "description")
    enter(terminal, "Description", "described anew")
    assert "The description of life is “described anew”. It was “made by hand”." in review(terminal)
    agree(terminal)
    see_done(terminal, "Edit description of life")
    assert outside.image(image_id)["Description"] == "described anew"

    begin(terminal, "tags")
    enter(terminal, "Tags", "Env=prod, Wave=7")
    promised = review(terminal)
    for sentence in (
        "life has the tag Env = prod.",
        "life has the tag Wave = 7.",
        "life no longer has the tag Note = a, b.",
    ):
        assert sentence in promised
    agree(terminal)
    see_done(terminal, "Edit tags of life")
    assert tags(outside.image(image_id)) == {"Env": "prod", "Wave": "7"}

    search(terminal, "tag:wave=7", image_id, "1 of ")
    _details(terminal, "Description described anew")


def _details(terminal: Terminal, *told: str) -> None:
    """The details of the image under the cursor show this, without F5."""
    terminal.press("enter")
    terminal.wait_for(says("Details/Timeline/Raw", *told))
    terminal.press("escape")
    terminal.wait_for(hides("Details/Timeline/Raw"))


def _copy(terminal: Terminal, outside: Boto3Account, image_id: str) -> None:
    """To a second region, while the table shows both."""
    _show_both_regions(terminal)
    search(terminal, "life", image_id, "1 of ")
    terminal.press("c")
    choose(terminal, "Copy to", AWAY)
    promised = review(terminal)
    assert f"{AWAY} gets a new private image life, copied from {image_id} of {HOME}." in promised
    assert "Its volumes get new snapshots there, up to 20 GiB" in promised
    assert "It gets your tags of the source image" in promised
    agree(terminal)
    see_done(terminal, f"Copy life to {AWAY}")

    copy_id = outside.id_of("life", AWAY)
    copy, source = outside.image(copy_id, AWAY), outside.image(image_id)
    assert (copy["State"], copy["Public"], copy["Name"]) == ("available", False, "life")
    assert (copy["SourceImageId"], copy["SourceImageRegion"]) == (image_id, HOME)
    assert tags(copy) == tags(source)
    (snapshot,) = outside.snapshots(copy, AWAY)
    assert (snapshot["State"], snapshot["VolumeSize"]) == ("completed", 20)
    assert snapshot["SnapshotId"] != outside.snapshots(source)[0]["SnapshotId"]
    assert outside.permissions(copy_id, AWAY) == []
    terminal.wait_for(shows(image_id, copy_id, "2 of "))
    search(terminal, image_id, "life")


def _show_both_regions(terminal: Terminal) -> None:
    terminal.press("r")
    terminal.wait_for("Space marks several")
    terminal.type("ireland")
    terminal.wait_for(hides("Virginia"))
    terminal.press("insert")
    terminal.wait_for(f"● {AWAY}")
    terminal.press("enter")
    terminal.wait_for(lambda t: t.screen_text().splitlines()[-2].startswith(f" {AWAY}, {HOME} "))
    terminal.wait_for(hides("fetching"), timeout=START_SECONDS)


def _protect(terminal: Terminal, outside: Boto3Account, image_id: str) -> None:
    begin(terminal, "protect from")
    promised = review(terminal)
    assert "Nobody can deregister life, whatever IAM allows." in promised
    assert "After protection is turned off, the image can be deregistered at once." in promised
    agree(terminal)
    see_done(terminal, "Protect life")
    assert outside.image(image_id)["DeregistrationProtection"] == "enabled-without-cooldown"
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        outside.ec2(HOME).deregister_image(ImageId=image_id)

    terminal.press("D")
    terminal.wait_for(says("unsafe: refused, or in use", "✗ protected from deregistration"))
    terminal.press("ctrl+s")
    terminal.wait_for("it is protected: mark Protection to turn that off first")
    terminal.press("escape")
    terminal.wait_for(hides("─ Deregister image"))
    assert outside.image(image_id)["State"] == "available"

    begin(terminal, "turn off protection")
    assert "life can be deregistered by anyone with the IAM permission." in read_review(terminal)
    agree(terminal)
    see_done(terminal, "Turn off protection of life")
    assert outside.image(image_id)["DeregistrationProtection"] == "disabled"


def _deprecate(terminal: Terminal, outside: Boto3Account, image_id: str) -> None:
    day = f"{datetime.now(UTC) + timedelta(days=100):%Y-%m-%d}"
    begin(terminal, "deprecate")
    enter(terminal, "When", f"{day} 18:30")
    hidden = "other accounts no longer see it in lists."
    assert f"life will be deprecated from {day} 18:30 UTC: {hidden}" in review(terminal)
    agree(terminal)
    see_done(terminal, "Deprecate life on")
    assert outside.image(image_id)["DeprecationTime"] == f"{day}T18:30:00.000Z"
    _details(terminal, f"Deprecated from {day} 18:30 UTC")

    begin(terminal, "cancel deprecation")
    promised = read_review(terminal)
    cancelling = "life no longer has a deprecation date and appears in lists again."
    assert f"{cancelling} The date was {day} 18:30 UTC." in promised
    agree(terminal)
    see_done(terminal, "Cancel deprecation")
    assert "DeprecationTime" not in outside.image(image_id)
    _details(terminal, "Deprecated no date set")


def _disable(terminal: Terminal, outside: Boto3Account, image_id: str) -> None:
    """While it is shared: that is lost, and stays so when it is enabled again."""
    outside.ec2(HOME).modify_image_attribute(
        ImageId=image_id, LaunchPermission={"Add": [{"UserId": SECOND_ACCOUNT}]}
    )
    begin(terminal, "disable")
    promised = read_review(terminal)
    assert "life will be disabled: nobody can launch it, and only its owner can see it." in promised
    assert f"It is shared with {SECOND_ACCOUNT}: this access is lost for good." in promised
    agree(terminal, "life")
    see_done(terminal, "Disable life")
    assert outside.image(image_id)["State"] == "disabled"
    terminal.wait_for(lambda t: row_of(t, image_id).split()[1:4] == ["◆", "life", "disabled"])

    begin(terminal, "enable")
    assert "life becomes available: its owner can launch it again." in read_review(terminal)
    agree(terminal)
    see_done(terminal, "Enable life")
    image = outside.image(image_id)
    assert (image["State"], image["Public"], outside.permissions(image_id)) == ("available", False, [])
    terminal.wait_for(lambda t: "disabled" not in row_of(t, image_id))


def _deregister(terminal: Terminal, outside: Boto3Account, image_id: str) -> None:
    """With its snapshots, from where both come to lie in the recycle bin."""
    snapshot_id = outside.snapshots(outside.image(image_id))[0]["SnapshotId"]
    terminal.press("D")
    terminal.wait_for(says("no use of it was found"))
    go_to(terminal, "Snapshots")
    terminal.press("space")
    terminal.wait_for("[x] delete snapshots that no other image uses")
    promised = review(terminal)
    assert f"life ({image_id}) is deregistered in {HOME}: nobody can launch it any more." in promised
    assert f"Its snapshots are deleted, except those that other images use: {snapshot_id}." in promised
    agree(terminal, "life")
    see_done(terminal, "Deregister life")
    ec2 = outside.ec2(HOME)
    assert outside.state_of(image_id) in ("deregistered", ""), "it is described for a moment longer"
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.NotFound"):
        ec2.describe_snapshots(SnapshotIds=[snapshot_id])
    assert image_id in [one["ImageId"] for one in ec2.list_images_in_recycle_bin()["Images"]]
    assert snapshot_id in [one["SnapshotId"] for one in ec2.list_snapshots_in_recycle_bin()["Snapshots"]]
    terminal.wait_for(lambda t: "gone" in (row_of(t, image_id) or "gone"))


def _restore(terminal: Terminal, outside: Boto3Account, image_id: str) -> None:
    command(terminal, "recycle bin")
    terminal.wait_for(says("life (us-east-1)", "1 snapshot first", "recorded when the image was deregistered"))
    promised = review(terminal)
    registered = f"life ({image_id}) is registered again in {HOME}"
    assert f"{registered}, with its ID, tags and launch permissions." in promised
    assert "Its snapshots are restored first: snap-" in promised
    agree(terminal)
    see_done(terminal, "Restore life")
    image = outside.image(image_id)
    assert (image["State"], tags(image)) == ("available", {"Env": "prod", "Wave": "7"})
    assert [(one["State"], one["VolumeSize"]) for one in outside.snapshots(image)] == [("completed", 20)]
    ec2 = outside.ec2(HOME)
    assert ec2.list_images_in_recycle_bin()["Images"] == ec2.list_snapshots_in_recycle_bin()["Snapshots"] == []
    terminal.wait_for(lambda t: row_of(t, image_id).split()[1:3] == ["◆", "life"])
