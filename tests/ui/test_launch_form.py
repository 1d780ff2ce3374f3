"""Launching instances by the keyboard alone: types, counts, keys, data, markets, templates, presets."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from amitui.domain.launch.inventory import HourlyPrice, TemplateData
from amitui.domain.launch.presets import Preset
from amitui.domain.launch.user_data import user_data_bytes
from amitui.domain.operations.placeholders import WITHHELD
from amitui.errors import DeniedError
from tests.support.launch_inventory import (
    IMAGE_ID,
    REGION,
    CopyingHost,
    FakeLaunchInventory,
    image,
    kind,
    launch,
    launching,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.inventory import OpenForm

STRANGER = "999988887777"
PLAIN = {
    "ImageId": IMAGE_ID,
    "MinCount": 1,
    "MaxCount": 1,
    "InstanceType": "t3.micro",
    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
}


def words_of(form: OpenForm) -> str:
    """What is on the screen, with its lines joined and without the frame."""
    return " ".join(form.shown.replace("│", " ").split())


async def test_one_small_instance_takes_no_more_than_agreeing() -> None:
    async with launching() as form:
        assert await launch(form) == PLAIN


async def test_what_matters_first_is_in_sight_at_80_by_24_with_price_and_quota() -> None:
    async with launching() as form:
        for words in ("t3.micro  2 vCPU  1 GiB", "Key pair", "Subnet", "Groups", "Count", "Name tag", "Storage"):
            assert words in form.shown
        assert "0.0104 USD an hour; 28 of 32 vCPUs of the quota are available" in form.shown
        await form.fill("count", "3")
        assert "0.0312 USD an hour for 3" in form.shown
        await form.press("ctrl+s")
        assert "Cost, excluding volumes and data transfer: 0.0312 USD an hour for 3." in form.shown


async def test_a_type_that_cannot_run_the_image_says_why_and_cannot_be_chosen() -> None:
    async with launching() as form:
        await form.go_to("type")
        await form.press("enter")
        await form.type("m7g")
        assert "the image's architecture is x86_64, the type's arm64" in form.shown
        await form.press("enter")
        assert "Instance type" in form.shown, "it stays open"
        await form.press("ctrl+u")
        await form.type("vcpu>=2 mem>4")
        assert "t3.micro  " not in form.shown.split("Instance type")[1].split("Key pair")[0]
        await form.press("enter")
        assert (await launch(form))["InstanceType"] == "m7i.large"


async def test_a_search_that_means_nothing_is_explained() -> None:
    async with launching() as form:
        await form.go_to("type")
        await form.press("enter")
        await form.type("colour>4")
        assert "cannot compare types by colour" in form.shown


async def test_no_type_that_runs_the_image_is_a_problem_of_the_field() -> None:
    async with launching(about=image(Architecture="arm64_mac")) as form:
        await form.press("ctrl+s")
        assert "an instance type is required" in form.shown
        assert form.here == "type"


async def test_types_that_may_not_be_listed_say_so() -> None:
    inventory = FakeLaunchInventory()
    inventory.failures["types"] = DeniedError("ec2:DescribeInstanceTypes is denied")
    async with launching(inventory) as form:
        assert "ec2:DescribeInstanceTypes is denied" in form.shown
        await form.press("ctrl+s")
        assert not form.form.reviewing


async def test_prices_and_quotas_that_are_not_known_are_said_to_be() -> None:
    inventory = FakeLaunchInventory()
    inventory.cost = HourlyPrice(unknown="could not reach the price list")
    inventory.failures["quota"] = DeniedError("EC2 denied it")
    async with launching(inventory) as form:
        assert "price not known, could not reach the price list" in words_of(form)
        assert "quota unknown: EC2 denied it" in words_of(form)
        assert await launch(form) == PLAIN


async def test_more_than_the_quota_allows_is_a_warning_and_not_the_end() -> None:
    async with launching() as form:
        await form.fill("count", "15")
        assert "30 vCPUs exceed the quota" in form.shown
        await form.press("ctrl+s")
        assert "! 30 vCPUs exceed the quota" in form.shown
        await form.type("15")
        await form.press("ctrl+s")
        assert form.plans[0].calls[0].parameters["MaxCount"] == 15


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0", "at least 1"),
        ("1001", "at most 1,000"),
        ("1000000000", "at most 1,000"),
        ("5-2", "minimum before maximum"),
        ("many", "a number"),
    ],
)
async def test_counts_that_ec2_refuses_are_refused_here(typed: str, words: str) -> None:
    async with launching() as form:
        await form.fill("count", typed)
        await form.press("ctrl+s")
        assert words in form.shown
        assert form.here == "count"


async def test_a_least_and_a_most_can_be_asked_for() -> None:
    async with launching() as form:
        await form.fill("count", "2-1,000")
        await form.press("ctrl+s")
        await form.type("1000")
        await form.press("ctrl+s")
        found = form.plans[0].calls[-1].parameters

    assert (found["MinCount"], found["MaxCount"]) == (2, 1000)


async def test_a_key_pair_is_chosen_and_the_only_one_is_proposed() -> None:
    inventory = FakeLaunchInventory()
    async with launching(inventory) as form:
        await form.pick("key", "zoe")
        assert (await launch(form))["KeyName"] == "zoe"

    del inventory.listed_keys[1]
    async with launching(inventory) as form:
        assert (await launch(form))["KeyName"] == "admin"


async def test_windows_takes_rsa_keys_alone() -> None:
    async with launching(about=image(Platform="windows", PlatformDetails="Windows")) as form:
        # The one that is left is proposed.
        assert (await launch(form))["KeyName"] == "admin"


async def test_what_may_not_be_listed_can_be_typed() -> None:
    inventory = FakeLaunchInventory()
    for name in ("keys", "profiles", "subnets", "groups"):
        inventory.failures[name] = DeniedError(f"{name} are denied")
    async with launching(inventory) as form:
        await form.go_to("key")
        await form.press("enter")
        assert "could not list them: keys are denied" in form.shown
        await form.press("down", "enter")
        await form.fill("key-typed", "mine")
        await form.pick("subnet", "another")
        await form.fill("subnet-typed", "subnet-7")
        await form.pick("groups", "others")
        await form.fill("groups-typed", "SG-00000001; sg-0123456789abcdef0,")
        await form.pick("profile", "another")
        await form.fill("profile-typed", "web")
        found = await launch(form)

    assert (found["KeyName"], found["SubnetId"]) == ("mine", "subnet-7")
    assert found["SecurityGroupIds"] == ["sg-00000001", "sg-0123456789abcdef0"]
    assert found["IamInstanceProfile"] == {"Name": "web"}


async def test_a_profile_without_a_role_is_not_offered() -> None:
    async with launching() as form:
        await form.pick("profile", "bare")
        assert "it has no role" in form.shown
        await form.press("ctrl+u")
        await form.type("web-role")
        await form.press("enter")
        assert (await launch(form))["IamInstanceProfile"] == {"Name": "web"}


async def test_metadata_can_be_opened_with_a_warning() -> None:
    async with launching() as form:
        await form.go_to("tokens")
        await form.press("space")
        await form.fill("hops", "1")
        await form.press("ctrl+s")
        assert "IMDSv1 is enabled" in words_of(form)
        await form.press("ctrl+s")
        (plan,) = form.plans

    assert plan.calls[0].parameters["MetadataOptions"] == {
        "HttpTokens": "optional",
        "HttpPutResponseHopLimit": 1,
    }


async def test_hops_have_a_range() -> None:
    async with launching() as form:
        await form.fill("hops", "65")
        await form.press("ctrl+s")
        assert "a number from 1 to 64" in form.shown


async def test_tags_and_the_name_go_to_instances_and_volumes() -> None:
    async with launching() as form:
        await form.fill("name-tag", "web-1")
        await form.fill("tags", "Env=prod")
        await form.fill("volume-tags", "Disk=yes")
        found = await launch(form)

    assert found["TagSpecifications"] == [
        {
            "ResourceType": "instance",
            "Tags": [{"Key": "Name", "Value": "web-1"}, {"Key": "Env", "Value": "prod"}],
        },
        {"ResourceType": "volume", "Tags": [{"Key": "Disk", "Value": "yes"}]},
    ]


async def test_the_name_is_not_said_twice() -> None:
    async with launching() as form:
        await form.fill("name-tag", "web-1")
        await form.fill("tags", "Name=web-2")
        await form.press("ctrl+s")
        assert "enter the Name tag in its own field above" in form.shown
        assert form.here == "tags"


async def test_spot_has_a_highest_price_and_no_protection() -> None:
    async with launching() as form:
        await form.go_to("market")
        await form.press("right")
        await form.fill("spot-price", "0.05")
        await form.go_to("protection")
        await form.press("space", "ctrl+s")
        assert "Spot Instances do not support termination protection" in form.shown
        await form.go_to("protection")
        await form.press("space")
        found = await launch(form)

    assert found["InstanceMarketOptions"] == {
        "MarketType": "spot",
        "SpotOptions": {"SpotInstanceType": "one-time", "MaxPrice": "0.05"},
    }


async def test_a_type_that_spot_does_not_have_is_warned_of() -> None:
    inventory = FakeLaunchInventory()
    inventory.types = [kind("t3.micro", 2, 1, usage_classes=("on-demand",))]
    async with launching(inventory) as form:
        await form.go_to("market")
        await form.press("right", "ctrl+s")
        assert "t3.micro is not offered on the spot market" in form.shown


async def test_termination_protection_is_asked_for() -> None:
    async with launching() as form:
        await form.go_to("protection")
        await form.press("space")
        assert (await launch(form))["DisableApiTermination"] is True


async def test_user_data_are_typed_measured_and_never_shown_in_the_review() -> None:
    async with launching() as form:
        await form.go_to("data")
        await form.type("#!/bin/sh")
        await form.press("enter")
        await form.type("echo hunter2")
        assert "22 of 16,384 bytes: a script" in form.shown
        await form.press("ctrl+s")
        assert "hunter2" not in form.shown
        await form.press("ctrl+s")
        (plan,) = form.plans

    assert plan.calls[0].parameters["UserData"] == WITHHELD
    assert plan.private == {"UserData": "#!/bin/sh\necho hunter2"}


async def test_user_data_of_a_file_are_sent_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "setup.sh"
    text = "#!/bin/sh\r\necho \x1b[31mred\n"
    file.write_bytes(text.encode())
    async with launching() as form:
        await form.fill("data-file", str(file))
        await form.press("tab")
        assert f"{len(text)} of 16,384 bytes" in form.shown
        (plan,) = await form.carry_out()

    assert plan.private == {"UserData": text}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * 16_385, "1 too many"),
        (b"\xff" * 16_386, "2 too many"),
        (None, "file not found"),
    ],
    ids=["long", "binary", "missing"],
)
async def test_files_that_are_no_user_data_are_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "data"
    if content is not None:
        file.write_bytes(content)
    async with launching() as form:
        await form.fill("data-file", str(file))
        await form.press("ctrl+s")
        assert words in form.shown
        assert form.here == "data-file"


async def test_compressed_user_data_are_sent_byte_for_byte(tmp_path: Path) -> None:
    packed = gzip.compress(b"#cloud-config\nruncmd:\n - echo hello\n" * 20, mtime=0)
    file = tmp_path / "userdata.gz"
    file.write_bytes(packed)
    async with launching() as form:
        await form.fill("data-file", str(file))
        await form.press("tab")
        assert f"{len(packed)} of 16,384 bytes: binary, gzip" in form.shown
        (plan,) = await form.carry_out()

    assert user_data_bytes(plan.private["UserData"]) == packed


async def test_an_untrusted_image_needs_its_owners_id() -> None:
    async with launching(about=image(OwnerId=STRANGER, Public=True)) as form:
        await form.press("ctrl+s")
        assert f"type  {STRANGER}" in form.shown
        await form.press("ctrl+s")
        assert form.form.is_current, "nothing was typed"
        await form.type(STRANGER)
        await form.press("ctrl+s")
        assert form.plans[0].confirm == STRANGER


async def test_an_image_that_was_shared_privately_needs_no_typing() -> None:
    async with launching(about=image(OwnerId=STRANGER, Public=False)) as form:
        assert await launch(form) == PLAIN


async def test_a_paid_image_says_where_it_is_subscribed_to() -> None:
    codes = [{"ProductCodeId": "abc123", "ProductCodeType": "marketplace"}]
    async with launching(about=image(ProductCodes=codes)) as form:
        await form.press("ctrl+s")
        assert "https://aws.amazon.com/marketplace/pp?sku=abc123" in form.shown.replace("\n", "")


async def test_a_template_fills_in_the_form_and_is_launched_with() -> None:
    inventory = FakeLaunchInventory()
    inventory.data = TemplateData(
        "lt-00000000000000001", 2, instance_type="m7i.large", key_name="zoe", tokens="optional", hop_limit=3
    )
    async with launching(inventory) as form:
        await form.pick("start-from", "launch template")
        assert "Its version 2 adds: key pair zoe." in form.shown
        found = await launch(form)

    assert ("template", REGION, "lt-00000000000000001", "$Default") in inventory.requests
    assert found["LaunchTemplate"] == {"LaunchTemplateId": "lt-00000000000000001", "Version": "2"}
    assert found["InstanceType"] == "m7i.large"
    assert found["MetadataOptions"] == {"HttpTokens": "optional", "HttpPutResponseHopLimit": 3}
    assert "KeyName" not in found, "that is left to the template"


async def test_a_template_that_cannot_be_read_says_why() -> None:
    inventory = FakeLaunchInventory()
    inventory.failures["template"] = DeniedError("versions are denied")
    async with launching(inventory) as form:
        await form.pick("start-from", "launch template")
        assert "versions are denied" in form.shown
        assert "LaunchTemplate" not in await launch(form)


@pytest.mark.parametrize(("name", "version"), [("acme-new", False), ("web", True)])
async def test_the_choices_can_be_saved_as_a_template_instead(name: str, version: bool) -> None:
    async with launching() as form:
        await form.go_to("do")
        await form.press("right")
        await form.fill("template-name", name)
        (plan,) = await form.carry_out()

    (call,) = plan.calls
    assert plan.kind == "template"
    assert call.api == ("create_launch_template_version" if version else "create_launch_template")
    named = {"LaunchTemplateId": "lt-00000000000000001"} if version else {"LaunchTemplateName": name}
    assert named.items() <= call.parameters.items()
    assert call.parameters["LaunchTemplateData"]["ImageId"] == IMAGE_ID
    assert form.form.kept is None  # type: ignore[attr-defined]


async def test_a_templates_name_is_checked() -> None:
    async with launching() as form:
        await form.go_to("do")
        await form.press("right")
        await form.fill("template-name", "no blanks")
        await form.press("ctrl+s")
        assert "letters a-z, digits and" in form.shown


async def test_the_last_launch_comes_back_and_its_preset_is_kept() -> None:
    async with launching() as form:
        await form.pick("type", "m7i")
        await form.fill("name-tag", "again")
        await form.fill("count", "2-3")
        await form.pick("key", "zoe")
        before = await launch(form)
        kept: Preset = form.form.kept  # type: ignore[attr-defined]

    async with launching(preset=kept) as form:
        assert "the last launch" in form.shown
        assert await launch(form) == before


async def test_a_named_preset_is_chosen_and_left_again() -> None:
    presets = {"big": Preset(instance_type="m7i.large", market="spot")}
    async with launching(presets=presets) as form:
        await form.pick("start-from", "big")
        assert "m7i.large" in form.shown
        await form.pick("start-from", "defaults")
        found = await launch(form)

    assert "InstanceMarketOptions" not in found


async def test_a_presets_type_that_cannot_run_the_image_is_not_taken() -> None:
    async with launching(preset=Preset(instance_type="m7g.large")) as form:
        assert (await launch(form))["InstanceType"] == "t3.micro"


async def test_what_a_preset_leaves_out_is_said_when_it_is_kept_listed_and_applied() -> None:
    async with launching(presets={"big": Preset(instance_type="m7i.large")}) as form:
        await form.go_to("start-from")
        await form.press("enter")
        assert "no user data" in form.shown
        await form.type("big")
        await form.press("enter")
        assert "user data is not part of it" in words_of(form)
        await form.press("ctrl+s")
        assert "without the user data" in words_of(form)


async def test_a_launch_above_the_limit_wants_its_number_typed() -> None:
    async with launching() as form:
        await form.fill("count", "2-11")
        await form.press("ctrl+s")
        assert "11 instances are more than 10" in words_of(form)
        assert "To confirm, type 11" in words_of(form)
        await form.type("10")
        await form.press("ctrl+s")
        assert "this does not match 11" in form.shown
        await form.press("backspace", "1", "ctrl+s")

    assert form.plans[0].calls[-1].parameters["MaxCount"] == 11


async def test_ten_cheap_instances_need_no_typing() -> None:
    async with launching() as form:
        await form.fill("count", "10")
        assert (await launch(form))["MaxCount"] == 10


async def test_an_expensive_launch_wants_its_number_typed_and_a_price_that_is_not_known_is_said() -> None:
    inventory = FakeLaunchInventory()
    inventory.cost = HourlyPrice(6.0)
    async with launching(inventory) as form:
        await form.fill("count", "2")
        await form.press("ctrl+s")
        assert "12.00 an hour is more than 10" in words_of(form)
        assert "To confirm, type 2" in words_of(form)

    inventory.cost = HourlyPrice(unknown="no price list")
    async with launching(inventory) as form:
        await form.fill("count", "2")
        await form.press("ctrl+s")
        assert "The price is not known" in words_of(form)
        assert "To confirm" not in form.shown


async def test_production_and_the_number_are_typed_once_for_both() -> None:
    host = CopyingHost()
    host.production = True
    async with launching(host=host) as form:
        await form.fill("count", "200")
        await form.press("ctrl+s")
        assert "To confirm, type acme 200" in words_of(form)
        await form.type("acme 200")
        await form.press("ctrl+s")

    assert len(form.plans) == 1


async def test_the_review_copies_terraform_and_cloudformation() -> None:
    host = CopyingHost()
    async with launching(host=host) as form:
        await form.press("ctrl+t")
        assert host.copied == [], "on the fields the key means nothing"
        await form.press("ctrl+s", "ctrl+t", "ctrl+g")
        assert form.form.is_current

    terraform, cloudformation = host.copied
    assert 'resource "aws_instance"' in terraform
    assert "AWS::EC2::Instance" in cloudformation
    assert IMAGE_ID in terraform


async def test_the_texts_are_copied_while_a_confirmation_is_typed_too() -> None:
    host = CopyingHost()
    async with launching(host=host, about=image(OwnerId=STRANGER, Public=True)) as form:
        await form.press("ctrl+s", "ctrl+t", "ctrl+g")

    assert len(host.copied) == 2
    assert all(STRANGER in text or IMAGE_ID in text for text in host.copied)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
async def test_every_field_is_reached_and_seen_by_tab_at_every_size(size: tuple[int, int]) -> None:
    async with launching(size=size) as form:
        seen: list[str] = []
        for _ in range(40):
            if form.here and form.here not in seen:
                seen.append(form.here)
                field = form.form.query_one(f"#{form.here}")
                assert form.pilot.app.screen.region.contains_region(field.region), form.here
            await form.pilot.press("tab")
            await form.pilot.pause()
        asked = [field.id for field in form.form.fields if field.is_active]

    assert seen == asked


async def test_types_stand_in_columns_under_their_titles_with_the_prices_that_were_read() -> None:
    inventory = FakeLaunchInventory()
    inventory.types[1] = kind("m7i.large", 2, 8, network="Up to 12.5 Gigabit")
    async with launching(inventory) as form:
        await form.go_to("type")
        await form.press("enter")
        lines = form.shown.split("\n")
        head = next(line for line in lines if "vCPU" in line and "Per hour" in line)
        micro = next(line for line in lines if "t3.micro" in line and "$0.0104" in line)
        large = next(line for line in lines if "m7i.large" in line)
        assert "up to 12.5" in large
        assert "$" not in large, "its price was not needed yet"
        for title, text in (("Arch", "x86_64"), ("Also", "free tier")):
            assert head.index(title) == micro.index(text)
        assert head.index("Gbit/s") == large.index("up to 12.5")
        assert head.index("Per hour") + len("Per hour") == micro.index("$0.0104") + len("$0.0104")
        await form.press("up", "up")
        assert next(line for line in form.shown.split("\n") if "m7i.large" in line).count("$0.0104") == 1
        await form.press("escape")
    assert ("price", REGION, "m7i.large", "RunInstances") in inventory.requests


async def test_in_a_tiny_terminal_what_is_typed_to_confirm_is_in_sight() -> None:
    async with launching(size=(20, 5)) as form:
        await form.fill("count", "12")
        await form.press("ctrl+s")
        assert form.form.reviewing
        await form.press(*"123")
        assert [line.strip() for line in form.shown.split("\n")[1:4]] == ["To confirm, type", "12", "123"]
        await form.press("enter", "enter", "ctrl+s")
        assert form.form.reviewing, "it does not match"
        await form.press("backspace", "ctrl+s")
        assert len(form.plans) == 1
