from __future__ import annotations

import pytest

from amitui.demo.cloud.clock import Agenda, Clock
from amitui.demo.cloud.world import LINGER, UNAVAILABLE
from amitui.demo.seed.accounts import SECOND_ACCOUNT
from amitui.demo.seed.records import minute_stamp, stamp
from tests.support.demo_account import AS_OF, DAY, HOUR, Account, second

PLAIN = "DoNotDelete"
SHARED = "acme-base-al2023-x86_64-*"


@pytest.fixture
def me() -> Account:
    return Account()


def shared_image(me: Account) -> str:
    """An image of the main account that the second one may launch."""
    return str(second(me).foreign(Owners=["123456789012"], ExecutableUsers=["self"]))


# Time


def test_work_is_divided_by_the_speed_and_nothing_happens_before_its_time() -> None:
    times = [100.0]
    clock = Clock(lambda: times[0], speed=10)
    agenda, happened = Agenda(clock), []
    agenda.at(clock.after(50), lambda: happened.append("late"))
    agenda.at(clock.after(20), lambda: happened.append("early"))

    for expected in ([], ["early"], ["early", "late"]):
        agenda.settle()
        assert happened == expected
        times[0] += 3

    with pytest.raises(ValueError, match="speed"):
        Clock(lambda: 0.0, speed=0)


def test_an_image_of_the_catalogue_that_is_pending_becomes_available(me: Account) -> None:
    image = me.named("acme-nightly-build")
    assert me.image(image)["State"] == "pending"

    me.wait(301)

    assert me.image(image)["State"] == "available"


# Who may do what


def test_nobody_changes_an_image_of_someone_else(me: Account) -> None:
    foreign = me.foreign()
    for operation in ("DeregisterImage", "DisableImage", "EnableImageDeregistrationProtection"):
        assert me.refused(operation, ImageId=foreign) == "AuthFailure"
    assert me.refused("DeregisterImage", ImageId="ami-00000000000000000") == "InvalidAMIID.NotFound"
    assert me.refused("DeregisterImage", ImageId="ami-xyz") == "InvalidAMIID.Malformed"
    assert me.refused("DeregisterImage") == "MissingParameter"


def test_a_dry_run_changes_nothing_and_tells_who_may(me: Account) -> None:
    image = me.named(PLAIN)
    reader = Account(beside=me, read_only=True)

    assert me.refused("DeregisterImage", ImageId=image, DryRun=True) == "DryRunOperation"
    assert reader.refused("DeregisterImage", ImageId=image, DryRun=True) == "UnauthorizedOperation"
    assert reader.refused("DeregisterImage", ImageId=image) == "UnauthorizedOperation"
    assert reader.image(image)["State"] == "available"


# Deregistering


def test_a_deregistered_image_lingers_then_is_unavailable_then_unknown(me: Account) -> None:
    image = me.named(PLAIN)
    assert me.ask("DeregisterImage", ImageId=image) == {"Return": True}

    assert me.image(image)["State"] == "deregistered"
    assert me.refused("DeregisterImage", ImageId=image) == "InvalidAMIID.Unavailable"
    me.wait(LINGER + 1)
    assert me.refused("DescribeImages", ImageIds=[image]) == "InvalidAMIID.Unavailable"
    assert image not in {i["ImageId"] for i in me.ask("DescribeImages", Owners=["self"])["Images"]}
    me.wait(UNAVAILABLE)
    assert me.refused("DescribeImages", ImageIds=[image]) == "InvalidAMIID.NotFound"


def test_others_see_nothing_of_a_shared_image_once_it_is_deregistered(me: Account) -> None:
    image = shared_image(me)
    me.ask("DeregisterImage", ImageId=image)

    assert second(me).refused("DescribeImages", ImageIds=[image]) == "InvalidAMIID.NotFound"


def test_snapshots_stay_unless_they_are_to_go_and_each_is_accounted_for(me: Account) -> None:
    first, database = me.named(PLAIN), me.named("acme-db-postgres-16")
    snapshots = me.snapshots_of(database)
    me.ask("DisableImageDeregistrationProtection", ImageId=database)
    me.wait(DAY + 1)

    assert "DeleteSnapshotResults" not in me.ask("DeregisterImage", ImageId=first)
    results = me.ask("DeregisterImage", ImageId=database, DeleteAssociatedSnapshots=True)["DeleteSnapshotResults"]

    assert results == [{"SnapshotId": snapshot, "ReturnCode": "success"} for snapshot in snapshots]
    assert len(results) == 4


def test_an_image_of_aws_backup_is_not_deregistered(me: Account) -> None:
    assert me.refused("DeregisterImage", ImageId=me.named("AwsBackup_*")) == "InvalidParameterValue"


# Protection


def test_protection_forbids_to_deregister_until_it_is_switched_off(me: Account) -> None:
    image = me.named(PLAIN)
    protected = {"Return": "enabled-without-cooldown"}
    assert me.ask("EnableImageDeregistrationProtection", ImageId=image) == protected
    assert me.image(image)["DeregistrationProtection"] == "enabled-without-cooldown"
    assert me.refused("DeregisterImage", ImageId=image) == "OperationNotPermitted"

    me.ask("DisableImageDeregistrationProtection", ImageId=image)

    assert me.ask("DeregisterImage", ImageId=image)["Return"]


def test_protection_with_cooldown_lasts_a_day_longer_than_it_is_on(me: Account) -> None:
    image = me.named(PLAIN)
    me.ask("EnableImageDeregistrationProtection", ImageId=image, WithCooldown=True)
    assert me.image(image)["DeregistrationProtection"] == "enabled-with-cooldown"
    me.ask("DisableImageDeregistrationProtection", ImageId=image)
    assert me.image(image)["DeregistrationProtection"] == "disabled"

    me.wait(DAY - 1)
    assert me.refused("DeregisterImage", ImageId=image) == "OperationNotPermitted"
    me.wait(2)
    assert me.ask("DeregisterImage", ImageId=image)["Return"]


# Deprecation


def test_a_deprecation_is_in_the_future_and_within_ten_years(me: Account) -> None:
    image = me.named(PLAIN)

    def at(seconds: int) -> dict[str, str]:
        return {"ImageId": image, "DeprecateAt": stamp(AS_OF + seconds)}

    assert me.refused("EnableImageDeprecation", **at(-HOUR)) == "InvalidParameterValue"
    assert me.refused("EnableImageDeprecation", **at(3660 * DAY)) == "InvalidParameterValue"
    assert me.refused("EnableImageDeprecation", ImageId=image, DeprecateAt="soon") == "InvalidParameterValue"
    assert me.ask("EnableImageDeprecation", **at(HOUR + 20)) == {"Return": True}
    assert me.image(image)["DeprecationTime"] == minute_stamp(AS_OF + HOUR)
    me.ask("DisableImageDeprecation", ImageId=image)
    assert "DeprecationTime" not in me.image(image)


def test_a_public_image_is_deprecated_within_two_years_of_its_creation_and_stays_so(me: Account) -> None:
    public = me.named("acme-community-edition-2.3")
    created = AS_OF - 130 * DAY
    date = stamp(created + 729 * DAY)

    assert me.refused("DisableImageDeprecation", ImageId=public) == "OperationNotPermitted"
    too_late = stamp(created + 740 * DAY)
    assert me.refused("EnableImageDeprecation", ImageId=public, DeprecateAt=too_late) == "InvalidParameterValue"
    assert me.ask("EnableImageDeprecation", ImageId=public, DeprecateAt=date) == {"Return": True}


def test_others_lose_sight_of_a_deprecated_image_and_its_owner_does_not(me: Account) -> None:
    image = shared_image(me)
    me.ask("EnableImageDeprecation", ImageId=image, DeprecateAt=stamp(AS_OF + HOUR))

    def sees(account: Account) -> bool:
        listed = account.ask("DescribeImages", Owners=["123456789012"])["Images"]
        return image in {i["ImageId"] for i in listed}

    assert sees(second(me))
    me.wait(HOUR + 1)
    assert not sees(second(me))
    assert sees(me)
    assert second(me).image(image)["State"] == "available"


# Disabling


def test_disabling_loses_the_shares_for_good(me: Account) -> None:
    image = shared_image(me)
    assert {"UserId": SECOND_ACCOUNT} in me.permissions(image)

    me.ask("DisableImage", ImageId=image)
    assert me.image(image)["State"] == "disabled"
    assert me.refused("DisableImage", ImageId=image) == "IncorrectState"
    assert second(me).refused("DescribeImages", ImageIds=[image]) == "InvalidAMIID.NotFound"

    me.ask("EnableImage", ImageId=image)
    assert me.image(image)["State"] == "available"
    assert me.permissions(image) == []
    assert me.refused("EnableImage", ImageId=image) == "IncorrectState"


def test_a_failed_image_can_only_be_deregistered(me: Account) -> None:
    failed = me.named("acme-web-from-i-0f3a")

    assert me.refused("DisableImage", ImageId=failed) == "InvalidAMIID.Unavailable"
    assert me.ask("DeregisterImage", ImageId=failed)["Return"]
