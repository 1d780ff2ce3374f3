"""What is asked of EC2 to share an image, against the demo's EC2, and what brings the old shares back."""

from __future__ import annotations

import pytest

from amitui.domain.operations.operation import Operation, Result, State
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.plans.share import CHUNK, SINGLY, share_plan
from amitui.domain.operations.plans.undo import undo_plan
from amitui.domain.sharing.grantees import EVERYONE
from amitui.domain.sharing.permissions import SharedVolume, Sharing
from tests.support.plan_samples import NOW, done

ME, ONE, TWO = "123456789012", "210987654321", "055566677788"
ORGANIZATION = "arn:aws:organizations::444455556666:organization/o-demo4t2k9x"
UNIT = "arn:aws:organizations::444455556666:ou/o-demo4t2k9x/ou-demo-eng1neer5"
FACTS = ImageFacts("us-east-1", "ami-0a", "acme-web", ME)
SHARING = Sharing("us-east-1", "ami-0a", "acme-web", ME, ME, volumes=(SharedVolume("snap-0a", readers=()),))


def many(count: int) -> list[str]:
    return [f"{number:012}" for number in range(1, count + 1)]


def failed(plan: Plan, *results: Result) -> Operation:
    return done(plan)._replace(state=State.FAILED, results=results)


def test_each_of_a_few_has_a_call_and_a_result_of_its_own() -> None:
    shared = SHARING._replace(granted=(TWO,))
    plan = share_plan(FACTS, shared, [ONE, ORGANIZATION, UNIT], [TWO], share_snapshots=False)
    asked = [(call.about, call.parameters["LaunchPermission"]) for call in plan.calls]
    assert asked == [
        (ONE, {"Add": [{"UserId": ONE}]}),
        (ORGANIZATION, {"Add": [{"OrganizationArn": ORGANIZATION}]}),
        (UNIT, {"Add": [{"OrganizationalUnitArn": UNIT}]}),
        (TWO, {"Remove": [{"UserId": TWO}]}),
    ]
    assert all(call.always and call.api == "modify_image_attribute" for call in plan.calls)
    assert plan.confirm == ""


def test_what_is_granted_already_is_not_asked_for_again_and_nothing_is_refused() -> None:
    shared = SHARING._replace(granted=(TWO,))
    plan = share_plan(FACTS, shared, [TWO, ONE], [], share_snapshots=False)
    assert [call.about for call in plan.calls] == [ONE]
    with pytest.raises(ValueError, match="there is nothing to change"):
        share_plan(FACTS, shared, [TWO], [ONE], share_snapshots=False)


def test_many_are_asked_for_in_chunks() -> None:
    few = share_plan(FACTS, SHARING, many(SINGLY), [], share_snapshots=False)
    assert len(few.calls) == SINGLY
    plan = share_plan(FACTS, SHARING, many(120), [], share_snapshots=False)
    sizes = [len(call.parameters["LaunchPermission"]["Add"]) for call in plan.calls]
    assert sizes == [CHUNK, CHUNK, 20]
    assert plan.calls[0].about == "50 from 000000000001 to 000000000050"
    assert "and 112 more" in plan.changes[1]


def test_removing_comes_first_only_where_the_quota_would_be_in_the_way() -> None:
    full = SHARING._replace(granted=tuple(many(1000)))
    plan = share_plan(FACTS, full, [ONE], [many(1)[0]], share_snapshots=False)
    assert [next(iter(call.parameters["LaunchPermission"])) for call in plan.calls] == ["Remove", "Add"]


def test_everyone_is_a_group_and_the_name_has_to_be_typed() -> None:
    plan = share_plan(FACTS, SHARING, [EVERYONE], [], share_snapshots=False)
    assert plan.calls[0].parameters["LaunchPermission"] == {"Add": [{"Group": "all"}]}
    assert plan.confirm == "acme-web"
    assert "Every AWS account can launch acme-web" in plan.warnings[0]
    private = share_plan(FACTS, SHARING._replace(public=True), [], [EVERYONE], share_snapshots=False)
    assert private.confirm == ""
    assert private.calls[0].parameters["LaunchPermission"] == {"Remove": [{"Group": "all"}]}


def test_snapshots_are_shared_with_the_accounts_on_request() -> None:
    plan = share_plan(FACTS, SHARING, [ONE, ORGANIZATION], [], share_snapshots=True)
    (call,) = [call for call in plan.calls if call.api == "modify_snapshot_attribute"]
    assert call.parameters == {
        "SnapshotId": "snap-0a",
        "Attribute": "createVolumePermission",
        "CreateVolumePermission": {"Add": [{"UserId": ONE}]},
    }
    assert call.about == f"snap-0a for {ONE}"


def test_the_changes_are_a_difference_with_names() -> None:
    shared = SHARING._replace(granted=(TWO,))
    plan = share_plan(FACTS, shared, [ONE, ORGANIZATION], [TWO], share_snapshots=False, names={ONE: "dev team"})
    assert plan.changes == (
        "It will be shared with 1 account, 1 organization; until now with 1 account.",
        "+ 210987654321 (dev team), o-demo4t2k9x can launch it.",
        "- 055566677788 can no longer launch it.",
    )


def test_undoing_asks_for_the_opposite_in_the_opposite_order() -> None:
    shared = SHARING._replace(granted=(TWO,))
    plan = share_plan(FACTS, shared, [ONE], [TWO], share_snapshots=True)
    back = undo_plan(done(plan), now=NOW)
    assert back is not None
    assert [(call.api, list(call.parameters.values())[-1]) for call in back.calls] == [
        ("modify_snapshot_attribute", {"Remove": [{"UserId": ONE}]}),
        ("modify_image_attribute", {"Add": [{"UserId": TWO}]}),
        ("modify_image_attribute", {"Remove": [{"UserId": ONE}]}),
    ]
    assert back.changes[0] == f"acme-web can be launched again by {TWO}."
    assert back.before["shared"] == [ONE]
    again = undo_plan(done(back), now=NOW)
    assert again is not None
    assert {call.about for call in again.calls} == {call.about for call in plan.calls}
    assert [list(call.parameters.values())[-1] for call in again.calls] == [
        list(call.parameters.values())[-1] for call in plan.calls
    ]


def test_undoing_what_ended_the_public_asks_for_the_name() -> None:
    plan = share_plan(FACTS, SHARING._replace(public=True), [], [EVERYONE], share_snapshots=False)
    back = undo_plan(done(plan), now=NOW)
    assert back is not None
    assert back.confirm == "acme-web"


def test_of_a_share_that_failed_in_part_the_part_that_was_done_is_undone() -> None:
    plan = share_plan(FACTS, SHARING, [ONE, TWO], [], share_snapshots=False)
    half = failed(plan, Result(ONE, True, "done"), Result(TWO, False, "refused"))
    back = undo_plan(half, now=NOW)
    assert back is not None
    assert [call.about for call in back.calls] == [ONE]
    assert undo_plan(failed(plan, Result(ONE, False, "no"), Result(TWO, False, "no")), now=NOW) is None


def test_there_is_no_undo_where_it_is_not_known_what_was_before_or_while_it_goes_on() -> None:
    blind = share_plan(FACTS, SHARING._replace(granted=None), [ONE], [], share_snapshots=False)
    assert undo_plan(done(blind), now=NOW) is None
    plan = share_plan(FACTS, SHARING, [ONE], [], share_snapshots=False)
    assert undo_plan(done(plan)._replace(state=State.SENDING), now=NOW) is None


def test_the_title_says_what_is_done() -> None:
    shared = SHARING._replace(granted=(TWO,), public=True)

    def title(add: list[str], remove: list[str], *, snapshots: bool = False) -> str:
        return share_plan(FACTS, shared, add, remove, share_snapshots=snapshots).title

    assert title([ONE, ORGANIZATION], []) == "Share acme-web with 1 account, 1 organization"
    assert title([], [EVERYONE]) == "Stop sharing acme-web with everyone"
    assert title([ONE], [TWO]) == "Share acme-web with 1 account, no longer with 1 account"
    assert title([TWO], [], snapshots=True) == "Share the snapshots of acme-web like the image"
