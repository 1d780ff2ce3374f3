"""Reads how an image is shared, and what restricts it: keys, snapshots, block public access of the account.

Each part needs a permission of its own. One that is denied is reported in words and does not stop the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Final, TypeVar

from amitui.domain.image.image import Image, ImageFlag
from amitui.domain.sharing.grantees import EVERYONE
from amitui.domain.sharing.permissions import SharedVolume, Sharing
from amitui.domain.tags.shared import shared_tags
from amitui.ec2.convert import images_of
from amitui.ec2.query import dicts, part, text_of
from amitui.ec2.reads.images import ImagesRequest, describe_image_ids, image_pages
from amitui.ec2.reads.permissions import launch_permissions
from amitui.ec2.session import Ec2Connection
from amitui.errors import AmituiError, CredentialsError, RejectedError

AT_ONCE: Final = 8
"""Calls side by side where there is one for each snapshot or key."""
SNAPSHOTS_A_CALL: Final = 200
"""Most values of one filter."""

Part = TypeVar("Part")


async def sharing(connection: Ec2Connection, region: str, image_id: str, account: str) -> Sharing:
    """How an image is shared; of another account's image, as far as its record shows it.

    Args:
        connection: the AWS target.
        region: where it is.
        image_id: of any image that the account sees.
        account: whose credentials are used.

    Raises:
        AwsError: not even the image itself could be described.
    """
    records = await describe_image_ids(connection, region, [image_id])
    images = images_of(records, region)
    if not images:
        raise RejectedError(
            f"EC2 does not list {image_id} in {region}",
            why="it is deregistered, or no longer shared",
            code="Missing",
        )
    image = images[0]
    summary = image.summary
    found = Sharing(
        region,
        image_id,
        summary.name,
        summary.owner_id,
        account,
        state=summary.state,
        public=bool(summary.flags & ImageFlag.PUBLIC),
        granted=None,
        product_codes=tuple(code for code, _ in image.product_codes),
        watermarks=_watermarks(image.record),
        volumes=_mapped(image),
        shared_tags=shared_tags(summary.tags),
        created=summary.created,
        deprecated=summary.deprecated,
        command_options=connection.target.command_options,
        command_setup=connection.target.command_setup,
    )
    return await _Reader(connection, region).completed(found) if found.own else found


class _Reader:
    """Reads the parts that EC2 shows to owners only; what IAM denies is kept in words."""

    def __init__(self, connection: Ec2Connection, region: str) -> None:
        self._connection = connection
        self._region = region
        self._unknown: list[str] = []
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def completed(self, found: Sharing) -> Sharing:
        """The same with what EC2 shows to the owner only."""
        permissions, blocked, public_images, volumes = await asyncio.gather(
            self._part("Who may launch it", launch_permissions(self._connection, self._region, found.image_id)),
            self._part("Whether Block Public Access is on", self._blocked()),
            self._part("How many images are public", self._public_images()),
            self._volumes(found.volumes),
        )
        if permissions is not None:
            granted = (
                *permissions.account_ids,
                *permissions.organization_arns,
                *permissions.organizational_unit_arns,
            )
            found = found._replace(public=permissions.public, granted=granted)
        state, manager = blocked or ("", "")
        return found._replace(
            volumes=volumes,
            block_public=state,
            block_manager=manager,
            public_images=public_images,
            unknown=tuple(dict.fromkeys(self._unknown)),
        )

    async def _part(self, what: str, part: Awaitable[Part]) -> Part | None:
        try:
            return await part
        except CredentialsError as error:
            if error.code != "AuthFailure":
                raise
            self._miss(what, error)
        except AmituiError as error:
            self._miss(what, error)
        return None

    def _miss(self, what: str, error: AmituiError) -> None:
        self._unknown.append(f"{what} is not known: {error.what}.")

    async def _blocked(self) -> tuple[str, str]:
        answer = await self._connection.call(
            self._region, "get_image_block_public_access_state", "read whether Block Public Access is on"
        )
        return text_of(answer, "ImageBlockPublicAccessState"), text_of(answer, "ManagedBy")

    async def _public_images(self) -> int:
        """Images that the account has made public in the region."""
        request = ImagesRequest(owners=("self",), filters=(("is-public", ("true",)),))
        return sum([len(page.records) async for page in image_pages(self._connection, self._region, request)])

    async def _volumes(self, volumes: tuple[SharedVolume, ...]) -> tuple[SharedVolume, ...]:
        """The snapshots with their keys, who manages these, and their readers."""
        if not volumes:
            return ()
        described = await self._part("Which keys encrypt it", self._keys_of(volumes)) or {}
        volumes = tuple(described.get(volume.snapshot_id, volume) for volume in volumes)
        keys = list(dict.fromkeys(volume.key for volume in volumes if volume.encrypted and volume.key))
        managers, readers = await asyncio.gather(
            asyncio.gather(*(self._part("Whose key encrypts it", self._manager(key)) for key in keys)),
            asyncio.gather(
                *(
                    self._part("Who may read its snapshots", self._readers(volume.snapshot_id))
                    for volume in volumes
                )
            ),
        )
        manager_of = dict(zip(keys, managers, strict=True))
        return tuple(
            volume._replace(manager=manager_of.get(volume.key) or "", readers=some)
            for volume, some in zip(volumes, readers, strict=True)
        )

    async def _keys_of(self, volumes: Iterable[SharedVolume]) -> dict[str, SharedVolume]:
        """DescribeImages names keys for some images only; DescribeSnapshots for all."""
        found: dict[str, SharedVolume] = {}
        known = {volume.snapshot_id: volume for volume in volumes}
        ids = list(known)
        for start in range(0, len(ids), SNAPSHOTS_A_CALL):
            answer = await self._connection.call(
                self._region,
                "describe_snapshots",
                "read the image's snapshots",
                Filters=[{"Name": "snapshot-id", "Values": ids[start : start + SNAPSHOTS_A_CALL]}],
            )
            for entry in dicts(answer.get("Snapshots")):
                volume = known.get(text_of(entry, "SnapshotId"))
                if volume is not None:
                    found[volume.snapshot_id] = volume._replace(
                        encrypted=entry.get("Encrypted") is True,
                        key=text_of(entry, "KmsKeyId") or volume.key,
                    )
        return found

    async def _manager(self, key: str) -> str:
        async with self._gate:
            answer = await self._connection.service_call(
                "kms", self._region, "describe_key", "read the image's key", KeyId=key
            )
        return text_of(part(answer, "KeyMetadata"), "KeyManager")

    async def _readers(self, snapshot_id: str) -> tuple[str, ...]:
        async with self._gate:
            answer = await self._connection.call(
                self._region,
                "describe_snapshot_attribute",
                "read who may read the image's snapshots",
                SnapshotId=snapshot_id,
                Attribute="createVolumePermission",
            )
        entries = dicts(answer.get("CreateVolumePermissions"))
        accounts = sorted({text_of(entry, "UserId") for entry in entries} - {""})
        everyone = any(entry.get("Group") == EVERYONE for entry in entries)
        return (*((EVERYONE,) if everyone else ()), *accounts)


def _mapped(image: Image) -> tuple[SharedVolume, ...]:
    """The snapshots in the image's block device mapping, each once."""
    volumes = {
        device.snapshot_id: SharedVolume(device.snapshot_id, device.encrypted is True, device.kms_key_id)
        for device in image.block_devices
        if device.snapshot_id
    }
    return tuple(volumes.values())


def _watermarks(record: Mapping[str, Any]) -> tuple[str, ...]:
    keys = (text_of(entry, "WatermarkKey") for entry in dicts(record.get("ImageWatermarks")))
    return tuple(key for key in keys if key)
