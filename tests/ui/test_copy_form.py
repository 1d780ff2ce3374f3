"""Copying an image to several regions at once, by the keyboard alone."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from amitui.domain.operations.plans.facts import ImageFacts
from amitui.errors import DeniedError
from amitui.ui.forms.copy.form import CopyForm, minutes_of
from amitui.ui.screens.help import HelpScreen
from amitui.ui.screens.picker import MultiPickerScreen
from tests.support.inventory import ACCOUNT, FakeInventory, Host, OpenForm, key
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

IMAGE = ImageFacts("us-east-1", "ami-00000000000000009", "acme-web-7", ACCOUNT, description="the web")
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-1", "cn-north-1")


@asynccontextmanager
async def opened(
    inventory: FakeInventory | None = None, *, size: tuple[int, int] = (80, 24), **given: Any
) -> AsyncIterator[OpenForm]:
    form = CopyForm(
        Host(),
        inventory or FakeInventory(),
        **{"image": IMAGE, "size_gib": 40, "regions": REGIONS, "encrypted": False, **given},
    )
    async with WidgetApp().run_test(size=size) as pilot:
        yield await OpenForm.on(pilot, form)


async def choose(form: OpenForm, *regions: str) -> None:
    """Mark these regions and no others."""
    await form.go_to("regions")
    await form.press("enter")
    for region in regions:
        await form.type(region)
        await form.press("insert", "ctrl+u")
    await form.press("enter")


async def copies(form: OpenForm) -> dict[str, dict[str, Any]]:
    """The parameters of the calls by their region, less what all have."""
    plans = await form.carry_out()
    calls = {plan.region: plan.calls[0] for plan in plans}
    assert len(calls) == len(plans)
    assert all(call.api == "copy_image" and call.region == region for region, call in calls.items())
    assert all(call.parameters["SourceImageId"] == IMAGE.image_id for call in calls.values())
    assert all(call.parameters["SourceRegion"] == "us-east-1" for call in calls.values())
    skipped = ("SourceImageId", "SourceRegion")
    return {
        region: {name: value for name, value in call.parameters.items() if name not in skipped}
        for region, call in calls.items()
    }


async def test_one_name_goes_to_all_regions() -> None:
    async with opened() as form:
        await choose(form, "eu-west-1", "ap-southeast-1")
        found = await copies(form)

    expected = {"Name": "acme-web-7", "CopyImageTags": True, "Description": "the web"}
    assert found == {"eu-west-1": expected, "ap-southeast-1": expected}


async def test_typing_on_the_regions_opens_their_list_for_what_is_typed() -> None:
    async with opened() as form:
        await form.go_to("regions")
        await form.type("eu-w")
        picker = form.pilot.app.screen
        assert isinstance(picker, MultiPickerScreen)
        assert picker.filter.value == "eu-w"
        assert picker.list.current is not None
        assert picker.list.current.value == "eu-west-1"
        await form.press("enter")
        await form.go_to("regions")
        await form.type("ap")
        await form.press("enter")
        found = await copies(form)

    assert set(found) == {"eu-west-1", "ap-southeast-1"}


async def test_keys_of_the_form_are_not_typed_into_the_list_of_regions() -> None:
    async with opened() as form:
        await form.go_to("regions")
        await form.press("question_mark")
        assert any(isinstance(screen, HelpScreen) for screen in form.pilot.app.screen_stack)
        await form.press("escape")
        assert form.form.is_current
        await form.press("q")
        assert form.form not in form.pilot.app.screen_stack


async def test_a_region_can_have_a_name_of_its_own() -> None:
    async with opened() as form:
        await choose(form, "eu-west-1", "ap-southeast-1")
        await form.go_to("own")
        await form.press("space")
        await form.fill("name-ap-southeast-1", "acme-web-asia")
        found = await copies(form)

    assert {region: given["Name"] for region, given in found.items()} == {
        "eu-west-1": "acme-web-7",
        "ap-southeast-1": "acme-web-asia",
    }


async def test_own_names_that_are_unticked_again_do_not_count() -> None:
    async with opened() as form:
        await choose(form, "eu-west-1")
        await form.go_to("own")
        await form.press("space")
        await form.fill("name-eu-west-1", "another")
        await form.go_to("own")
        await form.press("space")
        found = await copies(form)

    assert found["eu-west-1"]["Name"] == "acme-web-7"


async def test_within_the_region_another_name_is_proposed_and_needed() -> None:
    inventory = FakeInventory()
    inventory.names = {"us-east-1": {"acme-web-7", "acme-web-7-copy"}}
    async with opened(inventory) as form:
        await choose(form, "us-east-1")
        assert "acme-web-7-copy-2" in form.shown
        await form.fill("name-us-east-1", "acme-web-7")
        await form.press("ctrl+s")
        assert "names are unique within a Region" in form.shown
        assert form.here == "name-us-east-1"
        await form.fill("name-us-east-1", "twin")
        found = await copies(form)

    assert found["us-east-1"]["Name"] == "twin"


async def test_a_name_that_is_taken_in_one_region_is_said_with_that_region() -> None:
    inventory = FakeInventory()
    inventory.names = {"eu-west-1": {"acme-web-7"}}
    async with opened(inventory) as form:
        await choose(form, "eu-west-1", "ap-southeast-1")
        assert "eu-west-1 already has an image with that name" in form.shown
        await form.press("ctrl+s")
        assert not form.form.reviewing
        await form.go_to("own")
        await form.press("space")
        await form.fill("name-eu-west-1", "acme-web-eu")
        found = await copies(form)

    assert {given["Name"] for given in found.values()} == {"acme-web-7", "acme-web-eu"}


async def test_regions_of_other_partitions_are_not_offered() -> None:
    async with opened() as form:
        await form.go_to("regions")
        await form.press("enter")
        assert "ap-southeast-1" in form.shown
        assert "cn-north-1" not in form.shown


async def test_each_region_has_a_key_of_its_own() -> None:
    inventory = FakeInventory()
    inventory.listed_keys = {"eu-west-1": [key("eu-west-1", "alias/irish"), key("eu-west-1", "alias/gone")]}
    async with opened(inventory) as form:
        await choose(form, "eu-west-1", "ap-southeast-1")
        await form.go_to("encrypt")
        await form.press("space")
        await form.pick("key-eu-west-1", "irish")
        found = await copies(form)

    assert found["eu-west-1"]["Encrypted"] is True
    assert found["eu-west-1"]["KmsKeyId"] == f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/irish"
    assert found["ap-southeast-1"]["Encrypted"] is True
    assert "KmsKeyId" not in found["ap-southeast-1"]


async def test_a_key_can_be_typed_and_has_to_be_one_of_the_destination() -> None:
    async with opened() as form:
        await choose(form, "eu-west-1")
        await form.go_to("encrypt")
        await form.press("space")
        await form.pick("key-eu-west-1", "another")
        assert form.here == "typed-eu-west-1"
        await form.press("ctrl+s")
        assert "a key is required" in form.shown
        await form.fill("typed-eu-west-1", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/abc")
        await form.press("ctrl+s")
        assert "that key is in us-east-1" in form.shown
        await form.fill("typed-eu-west-1", "alias/mine")
        found = await copies(form)

    assert found["eu-west-1"]["KmsKeyId"] == "alias/mine"


async def test_where_keys_cannot_be_listed_one_can_be_typed() -> None:
    inventory = FakeInventory()
    async with opened(inventory) as form:
        await choose(form, "eu-west-1")
        inventory.failure = DeniedError("could not list the keys in eu-west-1")
        await form.go_to("encrypt")
        await form.press("space")
        await form.go_to("key-eu-west-1")
        await form.press("enter")
        assert "could not list the keys" in form.shown
        await form.type("another")
        await form.press("enter")
        await form.fill("typed-eu-west-1", "alias/mine")
        found = await copies(form)

    assert found["eu-west-1"]["KmsKeyId"] == "alias/mine"


async def test_keys_do_not_count_once_encryption_is_unticked() -> None:
    async with opened() as form:
        await choose(form, "eu-west-1")
        await form.go_to("encrypt")
        await form.press("space")
        await form.pick("key-eu-west-1", "images")
        await form.go_to("encrypt")
        await form.press("space")
        found = await copies(form)

    assert "Encrypted" not in found["eu-west-1"]
    assert "KmsKeyId" not in found["eu-west-1"]


async def test_copies_of_an_encrypted_image_are_encrypted_and_can_have_another_key() -> None:
    async with opened(encrypted=True) as form:
        assert "always on: the source is encrypted" in form.shown
        await choose(form, "eu-west-1")
        await form.pick("key-eu-west-1", "images")
        found = await copies(form)

    assert found["eu-west-1"]["Encrypted"] is True
    assert found["eu-west-1"]["KmsKeyId"].endswith("key/images")


async def test_tags_of_the_source_and_own_ones() -> None:
    async with opened() as form:
        await choose(form, "eu-west-1")
        await form.go_to("copy-tags")
        await form.press("space")
        await form.fill("image-tags", "Env=prod")
        await form.fill("snapshot-tags", "From=copy")
        found = await copies(form)

    assert found["eu-west-1"]["CopyImageTags"] is False
    assert found["eu-west-1"]["TagSpecifications"] == [
        {"ResourceType": "image", "Tags": [{"Key": "Env", "Value": "prod"}]},
        {"ResourceType": "snapshot", "Tags": [{"Key": "From", "Value": "copy"}]},
    ]


async def test_a_time_based_copy_says_what_it_costs() -> None:
    async with opened() as form:
        await choose(form, "eu-west-1")
        await form.fill("within", "20m")
        assert "$0.80 for 15m (estimate)" in form.shown
        await form.press("ctrl+s")
        assert "steps of 15 minutes" in form.shown
        await form.fill("within", "1h30m")
        found = await copies(form)

    assert found["eu-west-1"]["SnapshotCopyCompletionDurationMinutes"] == 90


@pytest.mark.parametrize(
    ("text", "minutes"), [("90", 90), ("90m", 90), ("4h", 240), ("1h30m", 90), ("1H 30", 90), ("48h", 2880)]
)
def test_durations_are_read_as_people_write_them(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize("text", ["", "soon", "h", "4hours", "-5", "1.5h", "٣", "99999"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="minutes or hours"):
        minutes_of(text)


async def test_an_image_of_another_account_says_what_its_owner_has_to_allow() -> None:
    async with opened(foreign=True, image=IMAGE._replace(owner_id="999999999999")) as form:
        assert "must share the snapshots with your account" in form.shown
        await choose(form, "us-east-1")
        found = await copies(form)

    assert found["us-east-1"]["Name"] == "acme-web-7", "somebody else's name is not in the way"


async def test_a_marketplace_image_is_said_to_be_refused() -> None:
    async with opened(foreign=True, paid=True) as form:
        assert "A Marketplace image cannot be copied" in form.shown


async def test_without_a_region_there_is_no_plan() -> None:
    async with opened() as form:
        await form.press("ctrl+s")
        assert "a Region is required" in form.shown


async def test_it_all_fits_on_a_small_screen() -> None:
    async with opened(size=(60, 15)) as form:
        await choose(form, "eu-west-1", "ap-southeast-1")
        await form.go_to("encrypt")
        await form.press("space")
        await form.go_to("within")
        assert "Complete in" in form.shown
        assert len(await copies(form)) == 2
