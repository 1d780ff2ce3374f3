"""One image of an empty 1 GiB volume through its life, by amitui's own plans and journal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.change import deprecate_plan
from amitui.domain.operations.plans.common import deprecation_stamp, tag_list
from amitui.domain.operations.plans.copy import CopyRequest, Destination, copy_plans
from amitui.domain.operations.plans.deregister import deregister_plan
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.plans.recycle import restore_plan
from amitui.domain.operations.plans.register import RegisterRequest, VolumeSpec, register_plan
from amitui.ec2.convert import image_of
from amitui.ec2.query import dicts, part, text_of
from amitui.ec2.reads.images import describe_image_ids
from amitui.ec2.reads.permissions import launch_permissions
from amitui.ec2.reads.recycle_bin import recycle_bin
from amitui.errors import AwsError
from amitui.operations.engine import OperationEngine
from bench.smoke.leftovers import PAUSE_S, TAG
from bench.smoke.report import Found
from bench.smoke.watching import WatchedConnection

NAME: Final = "amitui-smoke-test"
DEVICE: Final = "/dev/xvda"
GIB: Final = 1
MOST_LOOKS: Final = 240
"""Looks at a volume or snapshot that is being made: 20 minutes at the usual pause."""
DAY_S: Final = 24 * 3600

CHANGES: Final[Sequence[tuple[str, int]]] = (
    ("create_volume", 1),
    ("create_snapshot", 1),
    ("delete_volume", 1),
    ("register_image", 1),
    ("copy_image", 1),
    ("modify_image_attribute", 1),
    ("enable_image_deprecation", 1),
    ("deregister_image", 3),
    ("restore_image_from_recycle_bin", 1),
    ("delete_snapshot", 2),
)
"""The calls that change something, by the client's method, and how often each is made."""

Step = tuple[str, str, Callable[[], Awaitable[Found]]]
"""Its title, where in amitui a difference would show, and what it does."""


class Unexpected(Exception):
    """An operation that did not end as it should: what it says of itself."""


class NotHere(Exception):
    """A step that the account or an earlier step leaves no ground for, and why."""


class ImageLife:
    """The steps and what they hand on. Everything that is made carries the tag from its first moment.

    Args:
        run: value of the tag, and part of the names.
        now: seconds since the epoch.
        pause: seconds between two looks at what is being made.
    """

    def __init__(
        self,
        connection: WatchedConnection,
        engine: OperationEngine,
        region: str,
        account: str,
        *,
        run: str,
        now: Callable[[], float],
        pause: float = PAUSE_S,
    ) -> None:
        self._connection, self._engine = connection, engine
        self._region, self._account = region, account
        self._now, self._pause = now, pause
        self._name = f"{NAME}-{run}"
        self._tags = ((TAG, run),)
        self._snapshot = self._image = self._copy = ""

    def steps(self) -> Sequence[Step]:
        """What is done, in its order."""
        return (
            ("volume and snapshot of 1 GiB", "nothing: it is what the image is made of", self._make_snapshot),
            ("register the image", "g Register", self._register),
            ("delete its snapshot", "clean: snapshots that are in use", self._delete_in_use),
            ("copy the image in the Region", "c Copy", self._copy_it),
            ("share it with the own account", "s Share", self._share),
            ("deprecate it", "Deprecate, clean", self._deprecate),
            ("deregister the copy and its snapshot", "D Deregister", self._deregister_copy),
            ("deregister the image", "D Deregister", self._deregister),
            ("restore it from the Recycle Bin", "Restore", self._restore),
        )

    async def _make_snapshot(self) -> Found:
        zones = await self._ask("describe_availability_zones", Filters=[_filter("state", "available")])
        zone = next(
            (text_of(one, "ZoneName") for one in dicts(zones.get("AvailabilityZones")) if _is_zone(one)), ""
        )
        volume = await self._change(
            "create_volume", AvailabilityZone=zone, Size=GIB, VolumeType="gp3", **self._tagged("volume")
        )
        volume_id = text_of(volume, "VolumeId")
        await self._until("describe_volumes", "Volumes", "VolumeIds", volume_id, "available")
        made = await self._change("create_snapshot", VolumeId=volume_id, **self._tagged("snapshot"))
        self._snapshot = text_of(made, "SnapshotId")
        seen = await self._until("describe_snapshots", "Snapshots", "SnapshotIds", self._snapshot, "completed")
        await self._change("delete_volume", VolumeId=volume_id)
        differences = [] if seen.get("VolumeSize") == GIB else [f"a snapshot of {seen.get('VolumeSize')} GiB"]
        if text_of(seen, "Progress") != "100%":
            differences.append(f"completed at {text_of(seen, 'Progress') or 'no'} progress")
        return Found("", tuple(differences))

    async def _register(self) -> Found:
        plan = register_plan(
            RegisterRequest(
                self._region,
                self._name,
                "made and removed by amitui's smoke test",
                _need(self._snapshot, "there is no snapshot"),
                DEVICE,
                (VolumeSpec(DEVICE),),
                image_tags=self._tags,
            )
        )
        self._image = (await self._carry_out(plan)).made
        record = await self._record(self._image)
        wanted = {
            "State": "available",
            "Public": False,
            "OwnerId": self._account,
            "Name": self._name,
            "Architecture": "x86_64",
            "VirtualizationType": "hvm",
            "RootDeviceType": "ebs",
            "RootDeviceName": DEVICE,
            "ImdsSupport": "v2.0",
            "EnaSupport": True,
        }
        differences = [
            f"{name} is {str(record.get(name))[:60]}, not {value}"
            for name, value in wanted.items()
            if record.get(name) != value
        ]
        (volume,) = [part(one, "Ebs") for one in dicts(record.get("BlockDeviceMappings"))] or [{}]
        if volume.get("SnapshotId") != self._snapshot or volume.get("VolumeSize") != GIB:
            differences.append("its volume is not the snapshot's")
        return Found("", tuple(differences))

    async def _delete_in_use(self) -> Found:
        _need(self._image, "there is no image")
        try:
            await self._change("delete_snapshot", SnapshotId=self._snapshot)
        except AwsError as error:
            if error.code != "InvalidSnapshot.InUse":
                raise
            named = self._image in str(error.__cause__ or error.why)
            return Found("refused: it is in use", () if named else ("the refusal does not name the image",))
        return Found("", ("a snapshot of a registered image was deleted",))

    async def _copy_it(self) -> Found:
        (plan,) = copy_plans(
            CopyRequest(
                self._region,
                _need(self._image, "there is no image"),
                self._name,
                "made and removed by amitui's smoke test",
                (Destination(self._region, f"{self._name}-copy"),),
                image_tags=self._tags,
                snapshot_tags=self._tags,
                size_gib=GIB,
            )
        )
        self._copy = (await self._carry_out(plan)).made
        record = await self._record(self._copy)
        differences = []
        if record.get("SourceImageId") != self._image or record.get("SourceImageRegion") != self._region:
            differences.append("the copy does not say what it was copied from")
        volumes = [part(one, "Ebs") for one in dicts(record.get("BlockDeviceMappings"))]
        if any(one.get("SnapshotId") == self._snapshot for one in volumes):
            differences.append("the copy shares the snapshot of its source")
        return Found("", tuple(differences))

    async def _share(self) -> Found:
        image = _need(self._copy, "there is no copy")
        permission = {"Add": [{"UserId": self._account}]}
        try:
            await self._change("modify_image_attribute", ImageId=image, LaunchPermission=permission)
        except AwsError as error:
            return Found("", (f"refused with {error.code}; the demo lets it happen",))
        found = await launch_permissions(self._connection, self._region, image)
        listed = found.account_ids == (self._account,)
        return Found("accepted", () if listed else ("accepted, and not among the launch permissions",))

    async def _deprecate(self) -> Found:
        facts = await self._facts(_need(self._copy, "there is no copy"))
        at = self._now() + DAY_S
        await self._carry_out(deprecate_plan(facts, at))
        seen = text_of(await self._record(self._copy), "DeprecationTime")
        wanted = deprecation_stamp(at)
        return Found("", () if seen == wanted else (f"DeprecationTime is {seen or 'missing'}, {wanted} was sent",))

    async def _deregister_copy(self) -> Found:
        copied, self._copy = _need(self._copy, "there is no copy"), ""
        done = await self._deregister_one(copied, delete_snapshots=True)
        wrong = [f"a snapshot stays: {one.words}" for one in done.results if not one.ok]
        return Found("", (*wrong, *(() if done.results else ("the answer names no snapshot",))))

    async def _deregister(self) -> Found:
        await self._deregister_one(_need(self._image, "there is no image"), delete_snapshots=False)
        return Found()

    async def _restore(self) -> Found:
        image = _need(self._image, "there is no image")
        found = await recycle_bin(self._connection, self._region)
        binned = next((one for one in found.images if one.image_id == image), None)
        if binned is None:
            raise NotHere("the image is not in the bin: no retention rule of this Region covers it")
        await self._carry_out(restore_plan(self._region, image, self._name, ()))
        differences = []
        if TAG not in dict((await self._facts(image)).tags or ()):
            differences.append("it came back without its tags")
        await self._deregister_one(image, delete_snapshots=False)
        return Found("it is in the bin again, until its retention ends", tuple(differences))

    async def _deregister_one(self, image_id: str, *, delete_snapshots: bool) -> Operation:
        facts = await self._facts(image_id)
        return await self._carry_out(deregister_plan(facts, delete_snapshots=delete_snapshots, snapshot_ids=()))

    async def _carry_out(self, plan: Plan) -> Operation:
        """Journal a plan, carry it out, and wait for its end.

        Raises:
            Unexpected: it failed, or waits for its user.
        """
        changed = asyncio.Event()
        unsubscribe = self._engine.subscribe(lambda _operation: changed.set())
        try:
            (submitted,) = await self._engine.submit([plan], account=self._account, profile="")
            while True:
                changed.clear()
                now = next(one for one in self._engine.operations() if one.id == submitted.id)
                if now.state is State.DONE:
                    return now
                if now.state.ended or now.state is State.ON_HOLD:
                    words = [word for word in (now.code, now.what, now.why, now.remedy) if word]
                    raise Unexpected(f"{now.state}: {': '.join(words)}")
                await changed.wait()
        finally:
            unsubscribe()

    async def _facts(self, image_id: str) -> ImageFacts:
        return ImageFacts.of_image(image_of(await self._record(image_id), self._region))

    async def _record(self, image_id: str) -> dict[str, Any]:
        """What EC2 says of an image, which it may not know yet."""
        for _ in range(MOST_LOOKS):
            found = await describe_image_ids(self._connection, self._region, [image_id])
            if found:
                return dict(found[0])
            await asyncio.sleep(self._pause)
        raise Unexpected("EC2 does not describe the image")

    async def _until(self, operation: str, member: str, name: str, target: str, state: str) -> dict[str, Any]:
        """Wait until something is in a state; gives its record."""
        seen = ""
        for _ in range(MOST_LOOKS):
            try:
                answer = await self._ask(operation, **{name: [target]})
            except AwsError as error:
                if not error.code.endswith(".NotFound"):
                    raise
                answer = {}  # EC2 may not know yet what it has just made
            for one in dicts(answer.get(member)):
                seen = text_of(one, "State")
                if seen == state:
                    return one
                if seen == "error":
                    raise Unexpected(f"{member}: {text_of(one, 'StateMessage') or 'error'}")
            await asyncio.sleep(self._pause)
        raise Unexpected(f"{member}: still {seen or 'unknown'}, {state} is waited for")

    async def _ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return await self._connection.call(self._region, operation, "watch the test's resources", **parameters)

    async def _change(self, operation: str, **parameters: Any) -> dict[str, Any]:
        action = operation.replace("_", " ")
        return await self._connection.call(self._region, operation, action, once=True, **parameters)

    def _tagged(self, kind: str) -> dict[str, Any]:
        return {"TagSpecifications": [{"ResourceType": kind, "Tags": tag_list(self._tags)}]}


def _need(value: str, words: str) -> str:
    if not value:
        raise NotHere(f"{words}: an earlier step failed")
    return value


def _is_zone(entry: dict[str, Any]) -> bool:
    """Whether it is a zone of the Region itself: Local Zones have few volume types."""
    return text_of(entry, "ZoneType") in ("", "availability-zone")


def _filter(name: str, value: str) -> dict[str, Any]:
    return {"Name": name, "Values": [value]}
