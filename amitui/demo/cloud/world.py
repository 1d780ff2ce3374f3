"""What the simulated cloud holds: images and snapshots by region, with what is gone, and how they are looked up.

Records and lists are replaced and never changed in place, so that a page of DescribeImages can be read while an
operation goes on. Operations run one at a time under `World.lock`.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import TYPE_CHECKING, Final, TypeAlias

from amitui.demo.cloud.clock import Agenda
from amitui.demo.cloud.model import CloudError, CloudSnapshot
from amitui.demo.cloud.rules import check_image_id, check_snapshot_id
from amitui.demo.seed.records import digest, stamp
from amitui.demo.seed.region import region_images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from amitui.demo.cloud.clock import Clock
    from amitui.demo.cloud.model import CloudImage, Params
    from amitui.demo.cloud.rules import Quotas
    from amitui.demo.seed.accounts import Caller

Seed: TypeAlias = "Callable[[str, int], list[CloudImage]]"

LINGER: Final = 30.0
"""Seconds of EC2's work for which a deregistered image is still described, and its name still taken."""
UNAVAILABLE: Final = 600.0
"""Seconds of EC2's work for which a deregistered image is Unavailable, before it is NotFound."""
_PENDING_SEED: Final = 300.0
"""Seconds of EC2's work that an image still needs which is pending in the catalogue."""

STANDING: Final = frozenset({"pending", "available", "disabled", "failed"})
"""States of images that are registered."""


@dataclass(slots=True)
class Region:
    """One region's images and snapshots."""

    name: str
    images: list[CloudImage]
    """By ascending id."""
    snapshots: dict[str, CloudSnapshot] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    """Owner of each image that was deregistered lately."""
    history: dict[str, Params] = field(default_factory=dict)
    """Records of images that are no longer registered; ancestries go on through them."""
    first_public: frozenset[str] = frozenset()
    """Accounts that had public images here at the beginning."""

    def find(self, image_id: str) -> CloudImage | None:
        """The image with the id, lingering ones too."""
        at = bisect_left(self.images, image_id, key=lambda image: image.image_id)
        found = self.images[at] if at < len(self.images) else None
        return found if found is not None and found.image_id == image_id else None

    def add(self, image: CloudImage) -> None:
        """Put an image in, in the place of one that has its id."""
        others = [other for other in self.images if other.image_id != image.image_id]
        at = bisect_left(others, image.image_id, key=lambda other: other.image_id)
        self.images = [*others[:at], image, *others[at:]]

    def remove(self, image: CloudImage) -> None:
        """Take an image out, for good or for the bin."""
        self.images = [other for other in self.images if other is not image]
        self.history[image.image_id] = image.record

    def owned(self, account: str) -> Iterator[CloudImage]:
        """The account's registered images."""
        return (image for image in self.images if image.owner == account and image.state in STANDING)

    def users_of(self, snapshot_id: str) -> list[CloudImage]:
        """The registered images with a volume of the snapshot."""
        return [image for image in self.images if image.state in STANDING and snapshot_id in image.snapshot_ids]


class World:
    """All regions, made from the seed when they are first asked for.

    Args:
        as_of: epoch seconds; nothing in the catalogue is newer.
        clock: the time by which everything happens.
        quotas: limits of every account in every region.
        seed: gives a region's images by ascending id, from its name and `as_of`.
    """

    def __init__(self, as_of: int, clock: Clock, quotas: Quotas, seed: Seed = region_images) -> None:
        self._seed = seed
        self.as_of = as_of
        self.clock = clock
        self.quotas = quotas
        self.agenda = Agenda(clock)
        self.lock = RLock()
        self._regions: dict[str, Region] = {}
        self._serial = 0

    def region(self, name: str) -> Region:
        """A region; made at the first call."""
        # Pages of images must not wait for an operation that waits for moto.
        if name in self._regions:
            return self._regions[name]
        with self.lock:
            if name not in self._regions:
                self._regions[name] = self._adopt(Region(name, self._seed(name, self.as_of)))
            return self._regions[name]

    def now(self) -> float:
        """Epoch seconds."""
        return self.clock.now()

    def stamp(self) -> str:
        """The time in EC2's words."""
        return stamp(int(self.clock.now()))

    def new_id(self, prefix: str, *parts: str) -> str:
        """An id that nothing has: `snap-0…` for the prefix `snap`."""
        self._serial += 1
        return f"{prefix}-0" + digest(prefix, *parts, str(self.now()), str(self._serial))[:16]

    def _adopt(self, region: Region) -> Region:
        region.first_public = frozenset(image.owner for image in region.images if image.public)
        for image in region.images:
            pending = image.state == "pending"
            ends = self.clock.after(_PENDING_SEED) if pending else 0.0
            for snapshot in _snapshots_behind(image, ends):
                region.snapshots.setdefault(snapshot.snapshot_id, snapshot)
            if pending:
                self.agenda.at(ends, lambda image=image: self.finish(image))  # type: ignore[misc]
        return region

    def finish(self, image: CloudImage) -> None:
        """End the making of an image, unless it was deregistered meanwhile."""
        if image.state != "pending":
            return
        if image.failure is None:
            image.update(State="available")
        else:
            code, message = image.failure
            image.update(State="failed", StateReason={"Code": code, "Message": message})

    def seen_image(self, caller: Caller, image_id: str) -> CloudImage:
        """An image that the caller may see, in whatever state.

        Raises:
            CloudError: there is none, or no longer.
        """
        check_image_id(image_id)
        region = self.region(caller.region)
        image = region.find(image_id)
        if image is not None and image.visible_to(caller.account):
            return image
        if region.gone.get(image_id) == caller.account:
            raise unavailable(image_id)
        raise not_found([image_id])

    def described(self, caller: Caller, ids: Sequence[str]) -> list[CloudImage]:
        """The images with the ids, by ascending id.

        Raises:
            CloudError: one of them is not an id, is unknown to the caller, or is gone.
        """
        for image_id in ids:
            check_image_id(image_id)
        region = self.region(caller.region)
        found = [image for image in map(region.find, sorted(set(ids))) if image is not None]
        seen = [image for image in found if image.visible_to(caller.account)]
        known = {image.image_id for image in seen}
        missing = [image_id for image_id in ids if image_id not in known]
        for image_id in missing:
            if region.gone.get(image_id) == caller.account:
                raise unavailable(image_id)
        if missing:
            raise not_found(missing)
        return seen

    def usable_image(self, caller: Caller, image_id: str) -> CloudImage:
        """An image that the caller may see and that is available.

        Raises:
            CloudError: there is none, or it is in another state.
        """
        image = self.seen_image(caller, image_id)
        if image.state != "available":
            raise unavailable(image_id, image.state)
        return image

    def own_image(self, caller: Caller, image_id: str, *states: str) -> CloudImage:
        """A registered image of the caller, in one of the states if any are given.

        Raises:
            CloudError: there is none, it is someone else's, or it is in another state.
        """
        image = self.seen_image(caller, image_id)
        if image.owner != caller.account:
            raise CloudError("AuthFailure", f"Not authorized for image:{image_id}", 403)
        if image.state == "deregistered" or (states and image.state not in states):
            raise unavailable(image_id, image.state)
        return image

    def own_snapshot(self, caller: Caller, snapshot_id: str) -> CloudSnapshot:
        """A snapshot of the caller.

        Raises:
            CloudError: there is none that the caller may see.
        """
        check_snapshot_id(snapshot_id)
        snapshot = self.region(caller.region).snapshots.get(snapshot_id)
        if snapshot is None or snapshot.owner != caller.account:
            raise no_snapshot(snapshot_id)
        return snapshot

    def deregister(self, region: Region, image: CloudImage) -> None:
        """Take an image off the lists: at once in effect, a little later in what is described."""
        image.update(State="deregistered", Public=False)
        image.shared_with = ()
        region.gone[image.image_id] = image.owner
        self.agenda.at(self.clock.after(LINGER), lambda: region.remove(image))
        self.agenda.at(self.clock.after(UNAVAILABLE), lambda: self._forget(region, image))

    def _forget(self, region: Region, image: CloudImage) -> None:
        if region.find(image.image_id) is None:
            region.gone.pop(image.image_id, None)


def unavailable(image_id: str, state: str = "deregistered") -> CloudError:
    """The refusal for an image that is not in a state to be used or changed."""
    if state == "deregistered":
        return CloudError("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is no longer available")
    return CloudError(
        "InvalidAMIID.Unavailable", f"The image ID '{image_id}' is not available: its state is {state}"
    )


def not_found(ids: Sequence[str]) -> CloudError:
    """The refusal for images that there are not, or not for the caller."""
    noun, verb = ("ids", "do") if len(ids) > 1 else ("id", "does")
    return CloudError("InvalidAMIID.NotFound", f"The image {noun} '[{', '.join(ids)}]' {verb} not exist")


def no_snapshot(snapshot_id: str) -> CloudError:
    """The refusal for a snapshot that there is not."""
    return CloudError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")


def _snapshots_behind(image: CloudImage, ends: float) -> Iterator[CloudSnapshot]:
    """The snapshots that an image of the seed must have, made when it was."""
    record = image.record
    created = str(record.get("CreationDate", ""))
    began = datetime.fromisoformat(created).timestamp() if created else 0.0
    instance = record.get("SourceInstanceId", "")
    copied = record.get("SourceImageId", "")
    origin = f"CreateImage({instance})" if instance else f"Copied for DestinationAmi from SourceAmi {copied}"
    for mapping in record.get("BlockDeviceMappings", ()):
        volume = mapping.get("Ebs", {})
        if "SnapshotId" in volume:
            yield CloudSnapshot(
                {
                    "SnapshotId": volume["SnapshotId"],
                    "OwnerId": image.owner,
                    "VolumeId": "vol-" + digest("volume", volume["SnapshotId"])[:17],
                    "VolumeSize": volume.get("VolumeSize", 8),
                    "StartTime": created or None,
                    "Description": f"{origin} for {image.image_id}" if instance or copied else "",
                    "Encrypted": bool(volume.get("Encrypted")),
                    "KmsKeyId": volume.get("KmsKeyId"),
                    "StorageTier": "standard",
                    "ProductCodes": record.get("ProductCodes", []),
                },
                began,
                ends or began,
            )
