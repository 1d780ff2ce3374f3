"""Creating an image of an instance, by the keyboard alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from amitui.domain.operations.plan import Call
from amitui.errors import DeniedError
from amitui.ui.forms.create import CreateForm
from tests.support.inventory import FakeInventory, Host, OpenForm, instance
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from amitui.domain.operations.plan import Plan

WEB = "i-00000000000000001"
DB = "i-00000000000000002"


@asynccontextmanager
async def opened(
    inventory: FakeInventory | None = None, *, size: tuple[int, int] = (80, 24), **given: Any
) -> AsyncIterator[OpenForm]:
    form = CreateForm(
        Host(), inventory or FakeInventory(), **{"regions": ["us-east-1"], "region": "us-east-1", **given}
    )
    async with WidgetApp().run_test(size=size) as pilot:
        yield await OpenForm.on(pilot, form)


def apis(plan: Plan) -> list[str]:
    return [step.api if isinstance(step, Call) else f"until {'/'.join(step.until)}" for step in plan.steps]


def created(plan: Plan) -> dict[str, Any]:
    return dict(next(call for call in plan.calls if call.api == "create_image").parameters)


async def reboot(form: OpenForm) -> None:
    """Choose that the running instance is rebooted."""
    await form.go_to("stop")
    await form.press("right")


async def test_nothing_happens_to_a_running_instance_until_its_user_chooses() -> None:
    async with opened() as form:
        await form.pick("instance", "web-1")
        await form.press("ctrl+s")
        assert not form.form.reviewing
        assert form.here == "stop"
        assert "choose what happens to the running instance" in form.shown
        await form.press("right")
        assert "choose what happens" not in form.shown
        await form.press("ctrl+s")
        assert "The instance is unavailable while it reboots." in form.shown


async def test_a_choice_for_one_instance_is_none_for_another() -> None:
    async with opened() as form:
        await form.pick("instance", "web-1")
        await reboot(form)
        await form.pick("instance", "db")
        await form.press("ctrl+s")
        assert not form.form.reviewing
        assert form.here == "stop"


async def test_a_running_instance_is_rebooted_if_that_is_chosen() -> None:
    async with opened() as form:
        await form.pick("instance", "web-1")
        await reboot(form)
        (plan,) = await form.carry_out()

    assert apis(plan) == ["create_image", "until available"]
    assert created(plan) == {
        "InstanceId": WEB,
        "Name": "web-1-2026-11-21",
        "NoReboot": False,
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": True}}],
    }


async def test_stopping_first_starts_it_again() -> None:
    async with opened() as form:
        await form.pick("instance", "web-1")
        await form.go_to("stop")
        await form.press("right", "right")
        (plan,) = await form.carry_out()

    assert apis(plan)[:3] == ["stop_instances", "until stopped", "create_image"]
    assert "start_instances" in apis(plan)


async def test_no_reboot_is_warned_about_before_and_in_the_review() -> None:
    async with opened() as form:
        await form.pick("instance", "web-1")
        await form.go_to("stop")
        await form.press("left")
        assert "! Crash-consistent only" in form.shown
        await form.press("ctrl+s")
        assert "crash-consistent" in form.shown
        await form.press("ctrl+s")

    assert created(form.plans[0])["NoReboot"] is True


async def test_a_stopped_instance_is_neither_stopped_nor_rebooted() -> None:
    async with opened() as form:
        await form.pick("instance", "old")
        assert "Instance is" not in form.shown
        (plan,) = await form.carry_out()

    assert apis(plan) == ["create_image", "until available"]
    assert "stays as it is, stopped" in " ".join(plan.changes)


async def test_volumes_can_be_dropped_but_never_the_root() -> None:
    async with opened() as form:
        await form.pick("instance", "db")
        await form.go_to("volumes")
        await form.press("space", "down", "space")
        await reboot(form)
        (plan,) = await form.carry_out()

    assert created(plan)["BlockDeviceMappings"] == [
        {"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": True}},
        {"DeviceName": "/dev/sdf", "NoDevice": ""},
        {"DeviceName": "/dev/sdg", "Ebs": {"DeleteOnTermination": True}},
    ]


async def test_which_volumes_go_with_their_instances_is_as_it_was_and_can_be_changed() -> None:
    async with opened() as form:
        await form.pick("instance", "db")
        await form.go_to("leaving")
        await form.press("down", "space", "down", "space")
        await reboot(form)
        (plan,) = await form.carry_out()

    leaving = {
        one["DeviceName"]: one["Ebs"]["DeleteOnTermination"] for one in created(plan)["BlockDeviceMappings"]
    }
    assert leaving == {"/dev/xvda": True, "/dev/sdf": True, "/dev/sdg": False}


async def test_marks_made_before_the_sizes_arrive_stay() -> None:
    inventory = FakeInventory()
    inventory.answering.clear()
    async with opened(inventory) as form:
        await form.go_to("instance")
        await form.pilot.press("enter", "d", "b", "enter")
        await form.go_to("volumes")
        await form.pilot.press("down", "space")
        assert "8 GiB" not in form.shown
        inventory.answering.set()
        await form.settle()
        assert "8 GiB gp3" in form.shown
        await reboot(form)
        (plan,) = await form.carry_out()

    assert {"DeviceName": "/dev/sdf", "NoDevice": ""} in created(plan)["BlockDeviceMappings"]


async def test_the_proposed_name_is_one_that_is_free() -> None:
    inventory = FakeInventory()
    inventory.names = {"us-east-1": {"web-1-2026-11-21", "web-1-2026-11-21-2"}}
    async with opened(inventory) as form:
        await form.pick("instance", "web-1")
        await reboot(form)
        (plan,) = await form.carry_out()

    assert created(plan)["Name"] == "web-1-2026-11-21-3"


async def test_a_typed_name_is_kept_when_another_instance_is_chosen() -> None:
    async with opened() as form:
        await form.fill("name", "mine")
        await form.pick("instance", "web-1")
        await form.pick("instance", "old")
        (plan,) = await form.carry_out()

    assert created(plan)["Name"] == "mine"


async def test_a_taken_name_is_said_as_soon_as_the_field_is_left() -> None:
    inventory = FakeInventory()
    inventory.names = {"us-east-1": {"golden"}}
    async with opened(inventory) as form:
        await form.pick("instance", "web-1")
        await form.fill("name", "golden")
        await form.press("tab")
        assert "us-east-1 already has an image with that name" in form.shown
        await form.press("ctrl+s")
        assert not form.form.reviewing


async def test_a_taken_name_is_said_in_the_review_when_the_answer_comes_there() -> None:
    inventory = FakeInventory()
    inventory.names = {"us-east-1": {"golden"}}
    async with opened(inventory) as form:
        await form.pick("instance", "web-1")
        await reboot(form)
        await form.fill("name", "golden")
        await form.press("ctrl+s")
        assert "Esc goes back" in form.shown


@pytest.mark.parametrize(
    ("name", "words"), [("a", "3 to 128"), ("a:b c", "cannot be in a name"), ("", "name is required")]
)
async def test_what_is_wrong_with_a_name_is_said_at_the_field(name: str, words: str) -> None:
    async with opened() as form:
        await form.pick("instance", "web-1")
        await reboot(form)
        await form.fill("name", name)
        await form.press("ctrl+s")
        assert words in form.shown
        assert form.here == "name"


async def test_without_an_instance_there_is_no_plan() -> None:
    async with opened() as form:
        await form.fill("name", "golden")
        await form.press("ctrl+s")
        assert "an instance is required" in form.shown
        assert form.here == "instance"


async def test_instances_without_ebs_say_why_they_cannot_be_chosen() -> None:
    async with opened() as form:
        await form.go_to("instance")
        await form.press("enter")
        await form.type("bundle")
        assert "instance store" in form.shown


@pytest.mark.parametrize("words", ["i-00000000000000003", "stopped", "ami-00000000000000003", "old"])
async def test_instances_are_found_by_id_state_image_and_name(words: str) -> None:
    async with opened() as form:
        await form.pick("instance", words)
        (plan,) = await form.carry_out()

    assert plan.subject == "i-00000000000000003"


async def test_another_region_has_its_own_instances() -> None:
    inventory = FakeInventory()
    async with opened(inventory, regions=["us-east-1", "eu-west-1"]) as form:
        await form.pick("instance", "web-1")
        inventory.listed_instances = [instance(9, "irish")]
        await form.pick("region", "eu-west")
        assert "press Enter to choose" in form.shown
        await form.pick("instance", "irish")
        await reboot(form)
        (plan,) = await form.carry_out()

    assert (plan.region, plan.subject) == ("eu-west-1", "i-00000000000000009")
    assert created(plan)["Name"] == "irish-2026-11-21"


async def test_an_instance_can_be_given_at_once() -> None:
    async with opened(instance_id=DB) as form:
        assert "/dev/sdg" in form.shown
        await reboot(form)
        (plan,) = await form.carry_out()

    assert plan.subject == DB


async def test_tags_go_to_the_image_and_to_its_snapshots() -> None:
    async with opened(instance_id=WEB) as form:
        await form.fill("description", "before the update")
        await form.fill("image-tags", "Env=prod, Team=web")
        await form.fill("snapshot-tags", 'Note="a, b"')
        await reboot(form)
        (plan,) = await form.carry_out()

    given = created(plan)
    assert given["Description"] == "before the update"
    assert given["TagSpecifications"] == [
        {
            "ResourceType": "image",
            "Tags": [{"Key": "Env", "Value": "prod"}, {"Key": "Team", "Value": "web"}],
        },
        {"ResourceType": "snapshot", "Tags": [{"Key": "Note", "Value": "a, b"}]},
    ]


async def test_instances_that_may_not_be_listed_are_an_error_at_the_field_and_can_be_asked_for_again() -> None:
    inventory = FakeInventory()
    inventory.failure = DeniedError("could not list the instances", why="IAM says no")
    async with opened(inventory) as form:
        assert "could not list the instances" in form.shown
        inventory.failure = None
        await form.pick("instance", "web-1")
        assert "web-1-2026-11-21" in form.shown


async def test_a_denied_read_of_names_does_not_stop_anything() -> None:
    inventory = FakeInventory()
    async with opened(inventory) as form:
        inventory.failure = DeniedError("could not look")
        await form.pick("instance", "web-1")
        assert "Could not read the volume sizes" in form.shown
        await reboot(form)
        (plan,) = await form.carry_out()

    assert created(plan)["Name"] == "web-1-2026-11-21"


async def test_it_all_fits_on_a_small_screen() -> None:
    async with opened(size=(60, 15), instance_id=DB) as form:
        await reboot(form)
        await form.go_to("snapshot-tags")
        assert "Snap tags" in form.shown
        await asyncio.wait_for(form.carry_out(), 30)
