from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from amitui.domain.catalogue.region_grid import FamilyAnswer, RegionBuild
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.fleet.findings import AuditImage
from amitui.domain.fleet.inventory import FleetParameter
from amitui.domain.operations.may_change import READ_ONLY, MayChange
from amitui.domain.operations.plan import Call, Plan
from amitui.domain.rollout.candidates import NewImage
from amitui.domain.rollout.region import RegionFleet, copies_of
from amitui.errors import DeniedError
from amitui.ui.forms.promote import PromoteForm
from amitui.ui.forms.roll_out import RollOutForm
from tests.support.form_host import NOTHING, WEB, FakeHost, filling
from tests.support.roll_outs import ACCOUNT, IMAGE, INVENTORY, NEW, OLD, OTHER
from tests.unit.test_presentation import HEALTHY as ROW

if TYPE_CHECKING:
    from tests.support.form_host import Filling

IRISH = IMAGE._replace(region="eu-west-1", image_id="ami-0dddddddddddddddd")
IMAGES = {
    OLD: AuditImage(OLD, Fate.FOUND, "acme-web-20261001", owner_id=ACCOUNT, architecture="x86_64"),
    OTHER: AuditImage(OTHER, Fate.FOUND, "acme-db-20261001", owner_id=ACCOUNT, architecture="x86_64"),
}


async def read(image: NewImage) -> RegionFleet:
    inventory = INVENTORY
    if image.region != IMAGE.region:
        inventory = inventory._replace(region=image.region, groups=(), templates=())
    return RegionFleet(image, inventory, IMAGES)


async def review(form: Filling) -> None:
    await form.press("ctrl+s")


def apis(plan: Plan) -> list[str]:
    return [step.api for step in plan.steps if isinstance(step, Call) and step.undoes is None]


@pytest.mark.parametrize("size", [(80, 24), (100, 40), (60, 15)])
async def test_what_stands_on_older_builds_is_marked_and_its_diff_is_reviewed(size: tuple[int, int]) -> None:
    async with filling(RollOutForm(FakeHost(), [IMAGE], read), size) as form:
        assert "/golden/web" in form.screen
        await review(form)
        assert f"Parameter /golden/web: {OLD} → {NEW}." in form.words or size != (100, 40)
        assert form.form.reviewing
        await form.type("replace 4 groups")
        await form.press("ctrl+s")
        (plan,) = form.result
        assert apis(plan).count("start_instance_refresh") == 4


async def test_only_what_is_marked_is_moved_and_options_are_taken() -> None:
    async with filling(RollOutForm(FakeHost(), [IMAGE], read), (100, 50)) as form:
        assert isinstance(form.form, RollOutForm)
        await form.press("ctrl+a", "home", "space")
        form.form._back._toggle.ticked = False
        await review(form)
        await form.press("ctrl+s")
        (plan,) = form.result
        assert len(apis(plan)) >= 1
        assert all(step.undoes is None for step in plan.steps)


async def test_a_launch_configuration_is_locked_and_says_what_to_do() -> None:
    async with filling(RollOutForm(FakeHost(), [IMAGE], read), (120, 50)) as form:
        await form.press(*["down"] * 8)
        assert "update-auto-scaling-group" in form.words
        await form.press("space")
        assert isinstance(form.form, RollOutForm)
        assert not any("by-configuration" in key for key in form.form._table.value)


async def test_each_region_has_a_plan_of_its_own_with_its_own_copy() -> None:
    async with filling(RollOutForm(FakeHost(), [IMAGE, IRISH], read), (100, 50)) as form:
        await review(form)
        await form.type("replace 4 groups")
        await form.press("ctrl+s")
        assert {(plan.region, plan.subject) for plan in form.result} == {
            ("us-east-1", NEW),
            ("eu-west-1", IRISH.image_id),
        }


async def test_a_region_that_cannot_be_read_is_named_and_the_others_are_moved() -> None:
    async def some(image: NewImage) -> RegionFleet:
        if image.region == "eu-west-1":
            raise DeniedError("not allowed to list the groups")
        return await read(image)

    async with filling(RollOutForm(FakeHost(), [IMAGE, IRISH], some), (100, 50)) as form:
        assert "not allowed to list the groups" in form.words
        await review(form)
        assert form.form.reviewing


async def test_wrong_options_are_told_at_their_field_or_for_the_form() -> None:
    async with filling(RollOutForm(FakeHost(), [IMAGE], read), (100, 50)) as form:
        assert isinstance(form.form, RollOutForm)
        form.form._checkpoints.value = "50, 20"
        await review(form)
        assert "ascending" in form.words
        form.form._checkpoints.value = "soon"
        await review(form)
        assert "numbers of per cent" in form.words
        assert form.result is NOTHING


async def test_read_only_nothing_is_rolled_out() -> None:
    host = FakeHost(may_change=MayChange(READ_ONLY))
    async with filling(RollOutForm(host, [IMAGE], read), (100, 50)) as form:
        await review(form)
        await form.type("replace 4 groups")
        await form.press("ctrl+s")
        assert form.result is NOTHING
        assert "nothing is changed" in form.words


def test_the_same_build_is_taken_in_other_regions_and_where_there_is_none_it_is_named() -> None:
    def answer(region: str, name: str) -> FamilyAnswer:
        return FamilyAnswer((RegionBuild(region, "ami-1", name, 5, None, "available"),), is_complete=True)

    row = ROW._replace(name="acme-web-20261120", region="us-east-1")
    images, missing = copies_of(
        row,
        {
            "us-east-1": FamilyAnswer(),
            "eu-west-1": answer("eu-west-1", row.name),
            "eu-central-1": answer("eu-central-1", "acme-web-20261001"),
            "us-west-2": FamilyAnswer(),
        },
    )
    assert [(one.region, one.image_id) for one in images] == [("us-east-1", row.image_id), ("eu-west-1", "ami-1")]
    assert missing == ("eu-central-1", "us-west-2")


# Promotion


async def parameters(_region: str) -> Sequence[FleetParameter]:
    return (FleetParameter("/golden/web", OLD, "text", 1), *two_of("/list"))


def two_of(name: str) -> tuple[FleetParameter, ...]:
    return (FleetParameter(name, OLD, "text", 1), FleetParameter(name, OTHER, "text", 1))


@pytest.mark.parametrize(("name", "overwrites"), [("/golden/web", True), ("/golden/web/prod", False)])
async def test_a_parameter_is_moved_or_created(name: str, overwrites: bool) -> None:
    async with filling(PromoteForm(FakeHost(), WEB, parameters)) as form:
        assert isinstance(form.form, PromoteForm)
        form.form._parameter.value = name
        await review(form)
        await form.press("ctrl+s")
        (plan,) = form.result
        assert plan.calls[0].parameters["Overwrite"] is overwrites
        assert plan.calls[0].parameters["Value"] == WEB.image_id


@pytest.mark.parametrize(
    ("name", "words"), [("/list", "several images"), ("golden/web", "begins with /"), ("", "required")]
)
async def test_what_cannot_be_a_parameter_is_refused(name: str, words: str) -> None:
    async with filling(PromoteForm(FakeHost(), WEB, parameters)) as form:
        assert isinstance(form.form, PromoteForm)
        form.form._parameter.value = name
        await review(form)
        assert words in form.words
        assert form.result is NOTHING
