"""What is asked of EC2 to change, end and bring back images, and what undoes it: also against the demo."""

from __future__ import annotations

import pytest

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.row import ImageRow
from amitui.domain.image.trust import Trust
from amitui.domain.operations.awaited import GONE
from amitui.domain.operations.operation import State
from amitui.domain.operations.plan import Plan, Watch
from amitui.domain.operations.plans.change import (
    ImageFacts,
    deprecate_plan,
    describe_plan,
    disable_plan,
    enable_plan,
    imds_plan,
    leave_plan,
    protect_plan,
    tags_plan,
    undeprecate_plan,
    unprotect_plan,
)
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.recycle import restore_plan
from amitui.domain.operations.plans.store import store_plan, unstore_plan
from amitui.domain.operations.plans.undo import undo_plan
from amitui.ec2.convert import image_of
from tests.support.demo_account import HOME, Account, second
from tests.support.plan_samples import DAY, FACTS, NOW, SNAPSHOT, all_plans, done

OLD, NEW = NOW + 30 * DAY, NOW + 90 * DAY
PROTECTED = "enabled-with-cooldown"


def carry_out(account: Account, plan: Plan) -> list[str]:
    """Make all calls of a plan; the ids that were made."""
    answers = [
        account.ask("".join(word.title() for word in call.api.split("_")), **call.parameters)
        for call in plan.calls
    ]
    return [str(answer["ImageId"]) for answer in answers if "ImageId" in answer]


def facts_of(account: Account, image_id: str) -> ImageFacts:
    return ImageFacts.of_image(image_of(account.image(image_id), HOME))


def undone(plan: Plan) -> Plan:
    found = undo_plan(done(plan), now=NOW)
    assert found is not None
    return found


@pytest.fixture
def me() -> Account:
    return Account()


@pytest.fixture
def mine(me: Account) -> str:
    return me.named("DoNotDelete")


def test_a_row_tells_neither_tags_nor_which_protection(me: Account, mine: str) -> None:
    row = ImageRow(
        1, HOME, mine, "DoNotDelete", "", "1", "", "Self", Trust.OWN, "x86_64", "Linux/UNIX", NOW, OLD, None,
        "available", "", "machine", "ebs", "hvm", "", 8, ImageFlag.PUBLIC | ImageFlag.PROTECTED,
    )  # fmt: skip
    facts = ImageFacts.of(row)
    assert (facts.image_id, facts.created, facts.deprecated) == (mine, NOW, OLD)
    assert facts.tags is None
    assert facts.public
    assert facts.protected
    assert not facts.cools_down
    assert not ImageFacts.of(row._replace(flags=ImageFlag(0))).protected


def test_a_record_tells_tags_and_which_protection(me: Account, mine: str) -> None:
    carry_out(me, tags_plan(ImageFacts(HOME, mine), [("Env", "prod")], []))
    carry_out(me, protect_plan(ImageFacts(HOME, mine), with_cooldown=True))
    facts = facts_of(me, mine)
    assert facts.tags is not None
    assert ("Env", "prod") in facts.tags
    assert facts.protected
    assert facts.cools_down


def test_an_image_without_a_name_goes_by_its_id() -> None:
    assert ImageFacts(HOME, "ami-1").label == "ami-1"
    assert FACTS.label == "acme-web-7"


def test_a_deprecation_is_sent_to_the_minute_and_says_what_it_was() -> None:
    plan = deprecate_plan(FACTS._replace(deprecated=OLD), NEW + 59)
    assert plan.calls[0].parameters["DeprecateAt"] == "2027-02-19T00:00:00.000Z"
    assert any("The previous date was 2026-12-21 00:00 UTC" in sentence for sentence in plan.changes)
    assert plan.title == "Deprecate acme-web-7 on 2027-02-19"


def test_only_a_public_image_is_warned_that_its_date_is_hard_to_move() -> None:
    assert deprecate_plan(FACTS, NEW).warnings == ()
    assert "public" in deprecate_plan(FACTS._replace(public=True), NEW).warnings[0]
    assert "refuses" in undeprecate_plan(FACTS._replace(public=True)).warnings[0]


def test_disabling_says_that_shares_are_lost_for_good_and_with_whom() -> None:
    assert any("lost for good" in warning for warning in disable_plan(FACTS).warnings)
    shared = disable_plan(FACTS._replace(shared_with=("210987654321",)))
    assert "shared with 210987654321" in shared.warnings[0]
    assert "public" in disable_plan(FACTS._replace(public=True)).warnings[0]


def test_what_changes_its_state_is_watched_until_it_has_it() -> None:
    states = {
        plan.kind: plan.steps[-1].until
        for plan in (
            disable_plan(FACTS),
            enable_plan(FACTS),
            deregister_plan(FACTS, delete_snapshots=True, snapshot_ids=[]),
            store_plan(FACTS, "acme"),
        )
        if isinstance(plan.steps[-1], Watch)
    }
    assert states == {
        "disable": ("disabled",),
        "enable": ("available",),
        "deregister": (GONE, "deregistered"),
        "store": ("Completed",),
    }


def test_tags_are_taken_away_by_their_keys_and_never_all_of_them() -> None:
    plan = tags_plan(FACTS, [("Env", "test")], ["Team", "Env", "Team"])
    assert [call.api for call in plan.calls] == ["create_tags", "delete_tags"]
    assert plan.calls[1].parameters["Tags"] == [{"Key": "Team", "Value": "web"}]
    unknown = tags_plan(FACTS._replace(tags=None), [], ["Team"])
    assert unknown.calls[0].parameters["Tags"] == [{"Key": "Team"}]
    odd = tags_plan(FACTS._replace(tags=(("Team", "we␦b"),)), [], ["Team"])
    assert odd.calls[0].parameters["Tags"] == [{"Key": "Team"}]
    assert plan.before["tags"] == {"Env": "prod", "Team": "web"}
    only_added = tags_plan(FACTS, [("Env", "test")], ["Env"])
    assert [call.api for call in only_added.calls] == ["create_tags"]


def test_losing_every_tag_is_said_with_each_of_them() -> None:
    tags = (("Env", "prod"), ("Team", ""), ("aws:stack", "s"))
    plan = tags_plan(FACTS._replace(tags=tags), [], ["Env", "Team"])
    assert any("all its tags" in words for words in plan.warnings)
    assert "Env = prod" in plan.changes[0]
    assert "Team = (empty)" in plan.changes[1]
    for add, remove in (([], ["Env"]), ([("New", "1")], ["Env", "Team"])):
        assert tags_plan(FACTS._replace(tags=tags), add, remove).warnings == ()


def test_no_tags_are_no_plan() -> None:
    with pytest.raises(ValueError, match="no tag"):
        tags_plan(FACTS, [], [])


def test_requiring_imdsv2_and_leaving_a_share_are_warned_about_and_have_no_undo() -> None:
    for plan in (imds_plan(FACTS), leave_plan(FACTS)):
        assert plan.warnings
        assert undo_plan(done(plan)) is None
    assert "cannot be undone" in imds_plan(FACTS).warnings[0]


def test_a_cooldown_is_told_where_it_matters() -> None:
    cooling = FACTS._replace(protection=PROTECTED)
    assert "24 hours" in unprotect_plan(cooling).warnings[0]
    assert unprotect_plan(FACTS._replace(protection="enabled-without-cooldown")).warnings == ()
    plan = deregister_plan(cooling, delete_snapshots=False, snapshot_ids=[], unprotect_first=True)
    assert "24 hours" in plan.warnings[0]


def test_a_deregistration_is_confirmed_by_name_and_ends_protection_only_when_asked() -> None:
    protected = FACTS._replace(protection="enabled-without-cooldown")
    plan = deregister_plan(protected, delete_snapshots=True, snapshot_ids=[SNAPSHOT], unprotect_first=True)
    assert [call.api for call in plan.calls] == ["disable_image_deregistration_protection", "deregister_image"]
    assert plan.calls[1].parameters == {"ImageId": FACTS.image_id, "DeleteAssociatedSnapshots": True}
    assert plan.confirm == "acme-web-7"
    assert any(SNAPSHOT in sentence for sentence in plan.changes)
    kept = deregister_plan(protected, delete_snapshots=False, snapshot_ids=[SNAPSHOT])
    assert [call.api for call in kept.calls] == ["deregister_image"]
    assert "EC2 will refuse" in kept.warnings[0]
    assert any("still billed" in sentence for sentence in kept.changes)


def test_a_deregistered_image_comes_back_after_its_snapshots(me: Account, mine: str) -> None:
    snapshots = me.snapshots_of(mine)
    carry_out(me, deregister_plan(facts_of(me, mine), delete_snapshots=True, snapshot_ids=snapshots))
    me.wait(2000)
    assert me.ask("ListImagesInRecycleBin")["Images"]

    plan = restore_plan(HOME, mine, "DoNotDelete", snapshots)
    carry_out(me, plan)

    assert me.image(mine)["State"] == "available"
    assert plan.steps[-1] == Watch("image", HOME, mine, ("available", "disabled"), plan.steps[-1].failing)  # type: ignore[union-attr]
    assert plan.rows_to_refresh == ((HOME, mine),)


def test_an_image_that_was_disabled_is_back_when_it_is_disabled_again(me: Account, mine: str) -> None:
    carry_out(me, disable_plan(facts_of(me, mine)))
    carry_out(me, deregister_plan(facts_of(me, mine), delete_snapshots=False, snapshot_ids=[]))
    plan = restore_plan(HOME, mine, "DoNotDelete", [])
    carry_out(me, plan)

    back = plan.steps[-1]
    assert isinstance(back, Watch)
    assert me.image(mine)["State"] == "disabled"
    assert "disabled" in back.until
    assert not set(back.until) & set(back.failing)


def test_a_stored_image_is_restored_under_another_name(me: Account, mine: str) -> None:
    carry_out(me, store_plan(facts_of(me, mine), "acme-images"))
    me.wait(100 * DAY)
    (made,) = carry_out(me, unstore_plan(HOME, "acme-images", f"{mine}.bin", "from-s3", [("Env", "x")]))
    assert me.image(made)["Name"] == "from-s3"
    assert me.image(made)["Tags"] == [{"Key": "Env", "Value": "x"}]


def test_giving_up_a_share_is_understood_by_ec2(me: Account, mine: str) -> None:
    other = second(me)
    me.ask("ModifyImageAttribute", ImageId=mine, LaunchPermission={"Add": [{"UserId": other.caller.account}]})
    carry_out(other, leave_plan(ImageFacts(HOME, mine)))
    assert me.permissions(mine) == []


def test_requiring_imdsv2_is_understood_by_ec2(me: Account, mine: str) -> None:
    carry_out(me, imds_plan(facts_of(me, mine)))
    assert me.image(mine)["ImdsSupport"] == "v2.0"


@pytest.mark.parametrize("kind", ["deprecate", "redate", "undeprecate", "disable", "describe", "tag"])
def test_undoing_leaves_an_image_as_it_was(me: Account, mine: str, kind: str) -> None:
    carry_out(me, tags_plan(facts_of(me, mine), [("Env", "prod"), ("Team", "web")], []))
    carry_out(me, describe_plan(facts_of(me, mine), "as it was"))
    if kind in {"redate", "undeprecate"}:
        carry_out(me, deprecate_plan(facts_of(me, mine), OLD))
    before = me.image(mine)
    facts = facts_of(me, mine)
    plan = {
        "deprecate": lambda: deprecate_plan(facts, NEW),
        "redate": lambda: deprecate_plan(facts, NEW),
        "undeprecate": lambda: undeprecate_plan(facts),
        "disable": lambda: disable_plan(facts),
        "describe": lambda: describe_plan(facts, "changed"),
        "tag": lambda: tags_plan(facts, [("Env", "test"), ("New", "1")], ["Team"]),
    }[kind]()

    carry_out(me, plan)
    assert me_without_order(me, mine) != sorted_tags(before)
    carry_out(me, undone(plan))

    assert me_without_order(me, mine) == sorted_tags(before)


def me_without_order(account: Account, image_id: str) -> dict[str, object]:
    found = account.ask("DescribeImages", ImageIds=[image_id], IncludeDisabled=True)["Images"][0]
    return sorted_tags(found)


def sorted_tags(record: dict[str, object]) -> dict[str, object]:
    """A record whose order of tags says nothing."""
    tags = record.get("Tags")
    assert isinstance(tags, list)
    return record | {"Tags": sorted(tags, key=str)}


def test_undoing_a_protection_ends_it_and_undoing_that_brings_the_same_one_back(me: Account, mine: str) -> None:
    plan = protect_plan(facts_of(me, mine), with_cooldown=True)
    carry_out(me, plan)
    back = undone(plan)
    assert back.kind == "unprotect"
    assert back.warnings, "it has a cooldown"
    carry_out(me, back)
    assert not facts_of(me, mine).protected
    carry_out(me, undone(back))
    assert facts_of(me, mine).protection == PROTECTED


def test_undoing_another_cooldown_brings_the_old_protection_back() -> None:
    without = FACTS._replace(protection="enabled-without-cooldown")
    back = undone(protect_plan(without, with_cooldown=True))
    assert back.calls[0].parameters["WithCooldown"] is False
    assert undo_plan(done(protect_plan(without, with_cooldown=False))) is None
    assert undo_plan(done(protect_plan(FACTS._replace(protection="enabled"), with_cooldown=True))) is None


def test_an_undo_can_be_undone() -> None:
    plan = describe_plan(FACTS, "another")
    again = undone(undone(plan))
    assert again.calls == plan.calls
    tagged = tags_plan(FACTS, [("Env", "test"), ("New", "1")], ["Team"])
    assert undone(undone(tagged)).calls == tagged.calls


def test_a_date_that_has_passed_cannot_be_brought_back() -> None:
    plan = deprecate_plan(FACTS._replace(deprecated=OLD), NEW)
    assert undo_plan(done(plan), now=OLD - 60) is not None
    assert undo_plan(done(plan), now=OLD) is None
    cancelled = undeprecate_plan(FACTS._replace(deprecated=OLD))
    assert undo_plan(done(cancelled), now=OLD) is None


def test_the_first_date_of_a_public_image_cannot_be_taken_away() -> None:
    assert undo_plan(done(deprecate_plan(FACTS._replace(public=True), NEW))) is None


def test_what_was_not_known_is_not_made_up() -> None:
    unknown = FACTS._replace(tags=None)
    assert undo_plan(done(tags_plan(unknown, [("Env", "test")], []))) is None
    assert undo_plan(done(describe_plan(FACTS._replace(description="odd␦text"), "new"))) is None
    odd = FACTS._replace(tags=(("Env", "odd␦"),))
    assert undo_plan(done(tags_plan(odd, [("Env", "test")], []))) is None


@pytest.mark.parametrize("state", [state for state in State if state is not State.DONE])
def test_only_what_is_done_can_be_undone(state: State) -> None:
    assert undo_plan(done(disable_plan(FACTS), state)) is None


def test_what_makes_or_ends_an_image_has_no_undo() -> None:
    ends = {"create", "register", "copy", "deregister", "restore", "store", "unstore", "enable"}
    assert {plan.kind for plan in all_plans() if plan.kind in ends and undo_plan(done(plan)) is None} == ends
