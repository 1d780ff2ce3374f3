"""The choices that forms for new images offer, and the image names that are taken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from amitui.domain.operations.inventory import AWS_MANAGED
from amitui.domain.operations.validation import name_problem
from amitui.domain.region import PLACES
from amitui.errors import AmituiError
from amitui.ui.widgets.pick_list import PickerItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from amitui.domain.operations.inventory import DeviceInfo, InstanceInfo, Inventory, KeyInfo, SnapshotInfo

DEFAULT_KEY: Final = "default"
"""The value of the item that leaves the key to EC2."""
TYPED_KEY: Final = "typed"
"""The value of the item for a key that is not listed."""

_LABEL_CELLS: Final = 12
_SHORTER: Final = (("north", "n"), ("south", "s"), ("east", "e"), ("west", "w"))


class TakenNames:
    """The image names that are taken in each Region, as far as they were looked up."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._looked_up: dict[tuple[str, str], frozenset[str]] = {}
        self.failure = ""
        """Why the last read failed; empty = it did not."""

    async def taken_with(self, region: str, prefix: str) -> frozenset[str]:
        """The taken names that begin with `prefix`, read once; none if they could not be read.

        EC2 checks again when the image is made, so a failed read does no harm; `failure` has its reason.
        """
        for (where, prefix_of), found in self._looked_up.items():
            if where == region and prefix.startswith(prefix_of):
                return frozenset(name for name in found if name.startswith(prefix))
        try:
            names = await self._inventory.image_names(region, prefix)
        except AmituiError as error:
            self.failure = f"Could not check whether the name is in use: {error.what}"
            return frozenset()
        self.failure = ""
        self._looked_up[region, prefix] = names
        return names

    def problem(self, region: str, name: str) -> str:
        """What is known to be wrong with a name in a region; empty = nothing."""
        return name_problem(name) or (
            f"{region} already has an image with that name" if self.taken(region, name) else ""
        )

    def taken(self, region: str, name: str) -> bool:
        """Whether the name is known to be taken."""
        return any(name in found for (where, _), found in self._looked_up.items() if where == region)


def region_items(regions: Iterable[str], notes: dict[str, str] | None = None) -> list[PickerItem]:
    """Regions with their places, or with what there is to note about them."""
    notes = notes or {}
    return [PickerItem(region, region, notes.get(region) or PLACES.get(region, "")) for region in regions]


def region_label(region: str) -> str:
    """A region's name for the labels' column: `ap-southeast-1` as `ap-se-1`, shorter ones as they are."""
    if len(region) > _LABEL_CELLS:
        for word, letter in _SHORTER:
            region = region.replace(word, letter)
    return region


def instance_items(instances: Iterable[InstanceInfo]) -> list[PickerItem]:
    """Instances, to be found by name, id, type, image and state; those of which no image can be made say why."""
    return [
        PickerItem(
            one.instance_id,
            one.name or one.instance_id,
            " ".join(part for part in (one.state, one.instance_id, one.type, one.image_id) if part),
            one.obstacle,
        )
        for one in instances
    ]


def snapshot_items(snapshots: Iterable[SnapshotInfo]) -> list[PickerItem]:
    """Snapshots, to be found by name, description, id, volume and day."""
    return [
        PickerItem(
            one.snapshot_id,
            one.name or one.snapshot_id,
            " ".join(part for part in _snapshot_parts(one) if part),
            one.obstacle,
        )
        for one in snapshots
    ]


def key_items(keys: Sequence[KeyInfo], failure: str = "") -> list[PickerItem]:
    """The ways to a key: EC2's default, those that were listed, and one typed by hand.

    Args:
        failure: why the keys could not be listed.
    """
    return [
        PickerItem(DEFAULT_KEY, "the default key", "the account's default for EBS encryption"),
        *(PickerItem(key.arn, key.alias or key.arn, _key_words(key), key.obstacle) for key in keys),
        PickerItem(TYPED_KEY, "another key", f"could not list the keys: {failure}" if failure else "enter it"),
    ]


def device_words(device: DeviceInfo) -> str:
    """Size, type and encryption of a volume, as far as they are known."""
    size = "" if device.gib is None else f"{device.gib} GiB"
    return " ".join(part for part in (size, device.volume_type, "encrypted" if device.encrypted else "") if part)


def _snapshot_parts(one: SnapshotInfo) -> tuple[str, ...]:
    day = "" if one.started_at is None else time.strftime("%Y-%m-%d", time.gmtime(one.started_at))
    size = "" if one.gib is None else f"{one.gib} GiB"
    named = one.snapshot_id if one.name else ""
    return (day, size, "encrypted" if one.encrypted else "", named, one.volume_id, one.description)


def _key_words(key: KeyInfo) -> str:
    if key.manager == AWS_MANAGED:
        return "AWS managed key: what it encrypts cannot be shared"
    return key.description or key.arn
