"""What is seen of things under way in the simulated EC2, whose time the tests move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amitui.demo.cloud.keys import CUSTOMER_KEY_ID
from amitui.demo.cloud.making import FINISHING, snapshot_work
from amitui.demo.cloud.world import LINGER
from amitui.demo.server.main import build_server, listen
from amitui.domain.operations.awaited import IMAGE, INSTANCE, SNAPSHOT, STORE_TASK
from amitui.domain.timeline.observation import Observation, Subject
from amitui.domain.visible import REPLACEMENT
from amitui.ec2.reads.observations import DENIED, FILTER_VALUES, TASK_IDS, observe
from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import AwsError, DeniedError, RejectedError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

AS_OF = 1_795_219_200
HOME = "us-east-1"
AWAY = "eu-west-1"
PLAIN = "DoNotDelete"
"""An image of one volume of 8 GiB."""
FAR = 1.2
"""How much longer the demo's EC2 takes for a snapshot into another region."""


class Time:
    """The cloud's clock, which only a test moves."""

    def __init__(self) -> None:
        self.now = float(AS_OF)

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def time() -> Time:
    return Time()


@pytest.fixture(scope="module")
def url(time: Time) -> Iterator[str]:
    server = build_server(listen(0), as_of=AS_OF, now=lambda: time.now, speed=1).start()
    yield server.url
    server.stop()


@pytest.fixture
async def ec2(url: str) -> AsyncIterator[Ec2Connection]:
    async with Ec2Connection(AwsTarget(endpoint_url=url, demo=True)) as connection:
        yield connection


async def ask(ec2: Ec2Connection, operation: str, region: str = HOME, **parameters: Any) -> dict[str, Any]:
    return await ec2.call(region, operation, "set up a test", **parameters)


async def see(ec2: Any, kind: str, *ids: str, region: str = HOME) -> list[Observation]:
    return await observe(ec2, region, kind, ids, "work", 7.0)


async def named(ec2: Ec2Connection, name: str) -> dict[str, Any]:
    filters = [{"Name": "name", "Values": [name]}]
    found: dict[str, Any] = (await ask(ec2, "describe_images", Owners=["self"], Filters=filters))["Images"][0]
    return found


async def copy(ec2: Ec2Connection, name: str, region: str = AWAY, **more: Any) -> str:
    source = (await named(ec2, PLAIN))["ImageId"]
    answer = await ask(ec2, "copy_image", region, SourceImageId=source, SourceRegion=HOME, Name=name, **more)
    return str(answer["ImageId"])


async def instance_called(ec2: Ec2Connection, name: str) -> dict[str, Any]:
    filters = [{"Name": "tag:Name", "Values": [name]}]
    answer = await ask(ec2, "describe_instances", Filters=filters)
    found: dict[str, Any] = answer["Reservations"][0]["Instances"][0]
    return found


class Between:
    """A connection that answers some operations itself, or fails them."""

    def __init__(self, behind: Ec2Connection | None = None, **answers: Any) -> None:
        self._behind = behind
        self._answers = answers
        self.requests: list[tuple[str, dict[str, Any]]] = []

    async def call(self, region: str, operation: str, action: str, **parameters: Any) -> dict[str, Any]:
        self.requests.append((operation, dict(parameters)))
        answer = self._answers.get(operation)
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, AwsError):
            raise answer
        if answer is None:
            assert self._behind is not None, operation
            return await self._behind.call(region, operation, action, **parameters)
        found: dict[str, Any] = answer
        return found


async def test_an_image_is_seen_from_pending_to_available_and_away(ec2: Ec2Connection, time: Time) -> None:
    image_id = await copy(ec2, "seen to its end")
    work = FAR * snapshot_work(8)
    seen = []
    for seconds in (0, work / 2, work / 2, FINISHING + 1):
        time.pass_by(seconds)
        seen += await see(ec2, IMAGE, image_id, region=AWAY)
    await ask(ec2, "disable_image", AWAY, ImageId=image_id)
    seen += await see(ec2, IMAGE, image_id, region=AWAY)
    await ask(ec2, "deregister_image", AWAY, ImageId=image_id)
    for seconds in (0, LINGER + 1):
        time.pass_by(seconds)
        seen += await see(ec2, IMAGE, image_id, region=AWAY)

    assert [(observation.state, observation.progress) for observation in seen] == [
        ("pending", 0),
        ("pending", 50),
        ("pending", 100),
        ("available", None),
        ("disabled", None),
        ("deregistered", None),
        ("", None),
    ]
    assert {observation.subject for observation in seen} == {Subject("work", AWAY, IMAGE, image_id)}
    assert {observation.at for observation in seen} == {7.0}
    assert dict(seen[0].facts)["snapshots"].startswith("snap-")


async def test_progress_is_weighted_by_the_size_of_the_snapshots(ec2: Ec2Connection, time: Time) -> None:
    instance = await instance_called(ec2, "db-template")
    image_id = (await ask(ec2, "create_image", InstanceId=instance["InstanceId"], Name="weighed"))["ImageId"]
    (begun,) = await see(ec2, IMAGE, image_id)
    snapshots = dict(begun.facts)["snapshots"].split()
    assert len(snapshots) > 1
    time.pass_by(150)
    (seen,) = await see(ec2, IMAGE, image_id)
    listed = (await ask(ec2, "describe_snapshots", SnapshotIds=snapshots))["Snapshots"]
    written = sum(one["VolumeSize"] * int(one["Progress"].rstrip("%")) for one in listed)

    assert len({one["VolumeSize"] for one in listed}) > 1
    assert len({one["Progress"] for one in listed}) > 1
    assert seen.progress == written // sum(one["VolumeSize"] for one in listed)
    assert [observation.progress for observation in await see(ec2, SNAPSHOT, *snapshots)] == [
        int(one["Progress"].rstrip("%"))
        for snapshot_id in snapshots
        for one in listed
        if one["SnapshotId"] == snapshot_id
    ]


async def test_a_failed_image_says_why(ec2: Ec2Connection, time: Time) -> None:
    key = f"arn:aws:kms:{HOME}:123456789012:key/{CUSTOMER_KEY_ID}"
    image_id = await copy(ec2, "with a key of elsewhere", Encrypted=True, KmsKeyId=key)
    time.pass_by(60)
    (seen,) = await see(ec2, IMAGE, image_id, region=AWAY)
    assert (seen.state, seen.reason) == ("pending", "Given key ID is not accessible"), "its snapshot knows already"
    (snapshot,) = await see(ec2, SNAPSHOT, dict(seen.facts)["snapshots"], region=AWAY)
    assert (snapshot.state, snapshot.reason) == ("error", "Given key ID is not accessible")

    time.pass_by(FINISHING + 1)
    (seen,) = await see(ec2, IMAGE, image_id, region=AWAY)
    assert seen.state == "failed"
    assert "not accessible" in seen.reason


async def test_unknown_ids_are_seen_as_nothing_and_hide_no_others(ec2: Ec2Connection) -> None:
    known = (await named(ec2, PLAIN))["ImageId"]
    ids = ("ami-00000000000000000", known, "nonsense")

    assert [observation.state for observation in await see(ec2, IMAGE, *ids)] == ["", "available", ""]
    for kind in (INSTANCE, SNAPSHOT, STORE_TASK):
        assert [observation.state for observation in await see(ec2, kind, "i-00000000000000000")] == [""]


async def test_deprecated_images_are_seen(ec2: Ec2Connection, time: Time) -> None:
    image_id = await copy(ec2, "soon deprecated")
    time.pass_by(1000)
    date = AS_OF + 10 * 24 * 3600
    await ask(ec2, "enable_image_deprecation", AWAY, ImageId=image_id, DeprecateAt=date)
    time.pass_by(date - time.now + 60)

    assert [observation.state for observation in await see(ec2, IMAGE, image_id, region=AWAY)] == ["available"]


async def test_an_instance_is_seen_stopping_starting_and_checked(ec2: Ec2Connection, time: Time) -> None:
    instance = await instance_called(ec2, "web-1")
    instance_id = instance["InstanceId"]
    seen = await see(ec2, INSTANCE, instance_id)
    await ask(ec2, "stop_instances", InstanceIds=[instance_id])
    seen += await see(ec2, INSTANCE, instance_id)
    time.pass_by(60)
    seen += await see(ec2, INSTANCE, instance_id)
    await ask(ec2, "start_instances", InstanceIds=[instance_id])
    for seconds in (0, 60, 200):
        time.pass_by(seconds)
        seen += await see(ec2, INSTANCE, instance_id)

    assert [(observation.state, dict(observation.facts).get("checks")) for observation in seen] == [
        ("running", "ok"),
        ("stopping", None),
        ("stopped", None),
        ("pending", None),
        ("running", "initializing"),
        ("running", "ok"),
    ]
    assert dict(seen[0].facts)["image_id"] == instance["ImageId"]
    assert dict(seen[0].facts)["private_ip"] == instance["PrivateIpAddress"]


async def test_the_newest_task_of_a_stored_image_counts(ec2: Ec2Connection, time: Time) -> None:
    image_id = (await named(ec2, PLAIN))["ImageId"]
    began = []
    for bucket in ("first-bucket", "second-bucket"):
        began.append(int(time.now))
        await ask(ec2, "create_store_image_task", ImageId=image_id, Bucket=bucket)
        time.pass_by(snapshot_work(8) / 2)
        (seen,) = await see(ec2, STORE_TASK, image_id)
        assert (seen.state, seen.progress) == ("InProgress", 50)
        assert dict(seen.facts) == {
            "bucket": bucket,
            "object_key": f"{image_id}.bin",
            "began_at": str(began[-1]),
        }
        time.pass_by(snapshot_work(8))
    (seen,) = await see(ec2, STORE_TASK, image_id)

    assert (seen.state, seen.progress, dict(seen.facts)["bucket"]) == ("Completed", 100, "second-bucket")


async def test_calls_are_as_few_as_the_limits_allow(ec2: Ec2Connection) -> None:
    ids = [f"ami-{n:017x}" for n in range(2 * FILTER_VALUES + 1)]
    between = Between(ec2)

    assert [observation.subject.id for observation in await see(between, IMAGE, *ids, ids[0])] == ids
    assert [operation for operation, _ in between.requests] == ["describe_images"] * 3, "and no snapshots"
    between.requests.clear()
    await see(between, STORE_TASK, *ids[: TASK_IDS + 1])
    assert [len(parameters["ImageIds"]) for _, parameters in between.requests] == [TASK_IDS, 1]
    between.requests.clear()
    assert await see(between, IMAGE) == []
    assert between.requests == [], "a filter without values would ask for everything"


async def test_snapshots_are_read_once_for_all_images(ec2: Ec2Connection) -> None:
    made = [await copy(ec2, f"one of three {n}") for n in range(3)]
    between = Between(ec2)
    seen = await see(between, IMAGE, *made, region=AWAY)

    assert [observation.progress for observation in seen] == [0, 0, 0]
    assert [operation for operation, _ in between.requests] == ["describe_images", "describe_snapshots"]


async def test_without_permission_to_see_snapshots_the_state_is_known(ec2: Ec2Connection) -> None:
    image_id = await copy(ec2, "without progress")
    denied = DeniedError("may not list the snapshots", code="UnauthorizedOperation")
    (seen,) = await see(Between(ec2, describe_snapshots=denied), IMAGE, image_id, region=AWAY)

    assert (seen.state, seen.progress) == ("pending", None)
    assert dict(seen.facts)[DENIED] == "may not list the snapshots"
    with pytest.raises(DeniedError):
        await see(Between(ec2, describe_snapshots=denied), SNAPSHOT, "snap-00000000000000000")


async def test_without_permission_to_see_status_checks_the_state_is_known(ec2: Ec2Connection) -> None:
    instance_id = (await instance_called(ec2, "web-2"))["InstanceId"]
    denied = DeniedError("may not see the status checks", code="UnauthorizedOperation")
    (seen,) = await see(Between(ec2, describe_instance_status=denied), INSTANCE, instance_id)

    assert seen.state == "running"
    assert dict(seen.facts)[DENIED] == "may not see the status checks"
    assert "checks" not in dict(seen.facts)


async def test_an_instance_that_ends_between_two_calls_is_no_failure(ec2: Ec2Connection) -> None:
    instance_id = (await instance_called(ec2, "web-2"))["InstanceId"]
    gone = RejectedError("no such instance", code="InvalidInstanceID.NotFound")
    (seen,) = await see(Between(ec2, describe_instance_status=gone), INSTANCE, instance_id)
    assert seen.state == "running"

    throttled = ThrottledError("too often", code="RequestLimitExceeded")
    with pytest.raises(ThrottledError):
        await see(Between(ec2, describe_instance_status=throttled), INSTANCE, instance_id)


async def test_pages_are_followed_to_their_end() -> None:
    pages = [
        {"Images": [], "NextToken": "second"},
        {"Images": [{"ImageId": "ami-1", "State": "available"}], "NextToken": ""},
    ]
    between = Between(describe_images=pages)

    assert [observation.state for observation in await see(between, IMAGE, "ami-1")] == ["available"]
    assert [parameters.get("NextToken") for _, parameters in between.requests] == [None, "second"]


async def test_impaired_checks_outweigh_passed_ones() -> None:
    instance = {"InstanceId": "i-1", "State": {"Name": "running"}}
    status = {"InstanceId": "i-1", "SystemStatus": {"Status": "ok"}, "InstanceStatus": {"Status": "impaired"}}
    between = Between(
        describe_instances={"Reservations": [{"Instances": [instance]}]},
        describe_instance_status={"InstanceStatuses": [status]},
    )
    (seen,) = await see(between, INSTANCE, "i-1")

    assert dict(seen.facts) == {"checks": "impaired"}


async def test_what_ec2_says_is_made_safe_to_show() -> None:
    evil = "no\x1b]0;owned\x07"
    safe = f"no{REPLACEMENT}]0;owned{REPLACEMENT}"
    image = {"ImageId": "ami-1", "State": "failed", "StateReason": {"Message": evil}}
    snapshot = {"SnapshotId": "snap-1", "State": "error", "StateMessage": evil, "Progress": evil}
    task = {"AmiId": "ami-1", "StoreTaskState": "Failed", "StoreTaskFailureReason": evil, "Bucket": evil}
    instance = {"InstanceId": "i-1", "State": {"Name": "stopped"}, "StateTransitionReason": evil}
    between = Between(
        describe_images={"Images": [image]},
        describe_snapshots={"Snapshots": [snapshot]},
        describe_store_image_tasks={"StoreImageTaskResults": [task]},
        describe_instances={"Reservations": [{"Instances": [instance]}]},
    )
    seen = [
        observation
        for kind, one in ((IMAGE, "ami-1"), (SNAPSHOT, "snap-1"), (STORE_TASK, "ami-1"), (INSTANCE, "i-1"))
        for observation in await see(between, kind, one)
    ]

    assert [observation.reason for observation in seen] == [safe] * 4
    assert seen[1].progress == 0
    assert seen[2].facts == (("bucket", safe),)


async def test_other_kinds_are_refused(ec2: Ec2Connection) -> None:
    with pytest.raises(ValueError, match="volume"):
        await see(ec2, "volume", "vol-1")
