"""CopyImage: into another region or the same one, from one's own images and others' where they allow it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.keys import NOT_ACCESSIBLE, resolved_key
from amitui.demo.cloud.making import inherited, snapshot_work
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import invalid, require, specified_tags, with_tags
from amitui.demo.cloud.snapshot_sharing import storage_is_shared
from amitui.demo.seed.accounts import REGIONS, RESEARCH_ACCOUNT
from amitui.demo.seed.records import digest
from amitui.domain.tags.shared import PREFIX as SHARED_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.making import Making
    from amitui.demo.cloud.model import CloudImage, CloudSnapshot, Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_LONGEST_TOKEN: Final = 128
_LONGEST_DESCRIPTION: Final = 255
_FARTHER: Final = 1.2
"""How much longer a snapshot takes into another region."""
_STEP_MINUTES: Final = 15
_MOST_MINUTES: Final = 48 * 60
_NO_PARAVIRTUAL: Final = frozenset({"us-east-2", "eu-central-1", "ap-east-1"})
"""Regions without instance types that could run a paravirtual image."""
_COPIED_VOLUME: Final = "vol-ffffffff"
"""What EC2 gives as the volume of a copied snapshot."""


class Copying:
    """CopyImage, with what was asked under each client token."""

    def __init__(self, world: World, making: Making) -> None:
        self._world = world
        self._making = making
        self._requests: dict[tuple[str, str, str], tuple[Params, str]] = {}
        self._under_way: list[CloudImage] = []

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {"CopyImage": self.copy}

    def copy(self, caller: Caller, params: Params) -> Params:
        """CopyImage; KMS looks at the key only later, when the copy fails for it."""
        require(params, "SourceImageId", "SourceRegion", "Name")
        token = params.get("ClientToken", "")
        if len(token) > _LONGEST_TOKEN:
            raise invalid(f"The client token is longer than {_LONGEST_TOKEN} characters")
        requested = {member: value for member, value in params.items() if member not in {"ClientToken", "DryRun"}}
        whose = (caller.account, caller.region, token)
        if token and whose in self._requests:
            before, image_id = self._requests[whose]
            if before != requested:
                raise CloudError(
                    "IdempotentParameterMismatch",
                    "The client token was used before with other parameters.",
                )
            return {"ImageId": image_id}
        image = self._begin(caller, params)
        if token:
            self._requests[whose] = (requested, image.image_id)
        return {"ImageId": image.image_id}

    def _begin(self, caller: Caller, params: Params) -> CloudImage:
        source = self._source(caller, params)
        given = specified_tags(params)
        _check_parameters(params)
        self._making.check_name(caller, params)
        self._check_quota(caller)
        image_id = self._making.new_image_id(caller, params["Name"])
        mappings, snapshots = self._copy_volumes(caller, params, source, image_id, given["snapshot"])
        image = self._making.image(
            caller,
            {
                **inherited(source.record),
                "BlockDeviceMappings": mappings,
                "Description": _description(params, source),
                "SourceImageId": source.image_id,
                "SourceImageRegion": params["SourceRegion"],
            },
            image_id=image_id,
            name=params["Name"],
            ready=self._making.ready_after(snapshots),
            tags=_tags(caller, params, source, given["image"]),
            failure=NOT_ACCESSIBLE if any(snapshot.failure for snapshot in snapshots) else None,
        )
        self._under_way.append(image)
        return image

    def _copy_volumes(
        self, caller: Caller, params: Params, source: CloudImage, image_id: str, tags: list[dict[str, str]]
    ) -> tuple[list[Params], list[CloudSnapshot]]:
        """The copy's block device mappings, and the snapshots that are being made for them."""
        key = resolved_key(params.get("KmsKeyId", ""), caller.account, caller.region) or ""
        snapshots: list[CloudSnapshot] = []
        mappings: list[Params] = []
        for mapping in source.record.get("BlockDeviceMappings", ()):
            volume = mapping.get("Ebs", {})
            if "SnapshotId" not in volume:
                mappings.append(mapping)
                continue
            used = key if params.get("Encrypted") or volume.get("Encrypted") else None
            snapshot = self._copy_snapshot(caller, params, source, volume, image_id, used, tags)
            snapshots.append(snapshot)
            copied = volume | {"SnapshotId": snapshot.snapshot_id}
            if used is not None:
                copied |= {"Encrypted": True, "KmsKeyId": used or params["KmsKeyId"]}
            mappings.append(mapping | {"Ebs": copied})
        return mappings, snapshots

    def _copy_snapshot(
        self,
        caller: Caller,
        params: Params,
        source: CloudImage,
        volume: Params,
        image_id: str,
        key: str | None,
        tags: list[dict[str, str]],
    ) -> CloudSnapshot:
        """A copy of one snapshot; `key` is `None` for unencrypted, and empty where it cannot be used."""
        gib = int(volume.get("VolumeSize", 8))
        far = params["SourceRegion"] != caller.region
        minutes = params.get("SnapshotCopyCompletionDurationMinutes")
        more: dict[str, Any] = {"ProductCodes": source.record.get("ProductCodes", [])}
        if minutes is not None:
            more |= {"TransferType": "time-based", "CompletionDurationMinutes": minutes}
        origin = f"Copied for DestinationAmi {image_id} from SourceAmi {params['SourceImageId']}"
        return self._making.snapshot(
            caller,
            _COPIED_VOLUME,
            gib,
            key=key or "",
            tags=tags,
            description=f"{origin} for SourceSnapshot {volume['SnapshotId']}",
            work=minutes * 60.0 if minutes is not None else snapshot_work(gib) * (_FARTHER if far else 1),
            failure="Given key ID is not accessible" if key == "" else "",
            **more,
        )

    def _source(self, caller: Caller, params: Params) -> CloudImage:
        region = params["SourceRegion"]
        if region not in REGIONS or not REGIONS[region].enabled:
            raise invalid(f"Invalid source region: {region}")
        image = self._world.usable_image(replace(caller, region=region), params["SourceImageId"])
        if image.owner != caller.account:
            if image.record.get("ProductCodes"):
                raise CloudError(
                    "InvalidRequest", "Images with product codes of another account cannot be copied."
                )
            shared = storage_is_shared(self._world, region, image, caller.account)
            if not shared and not storage_is_open(image):
                raise CloudError("InvalidRequest", "You do not have permission to access the storage of this ami")
        paravirtual = image.record.get("VirtualizationType") == "paravirtual"
        if paravirtual and caller.region in _NO_PARAVIRTUAL:
            raise CloudError("InvalidRequest", "Paravirtual images are not supported in this Region.")
        return image

    def _check_quota(self, caller: Caller) -> None:
        self._under_way = [image for image in self._under_way if image.state == "pending"]
        here = self._world.region(caller.region)
        count = sum(
            image.owner == caller.account and here.find(image.image_id) is image for image in self._under_way
        )
        if count >= self._world.quotas.copies:
            raise CloudError(
                "ResourceLimitExceeded",
                f"You have reached your quota of {self._world.quotas.copies} concurrent copies into this Region.",
            )


def storage_is_open(image: CloudImage) -> bool:
    """Whether others may read an image's snapshots, which a launch permission does not give.

    Publishers' and the research account's can be read, and those of one stranger in two.
    """
    if image.record.get("ImageOwnerAlias") == "amazon" or image.owner == RESEARCH_ACCOUNT:
        return True
    return image.public and int(digest("storage", image.image_id)[:1], 16) % 2 == 0


def _description(params: Params, source: CloudImage) -> str:
    if "Description" in params:
        return str(params["Description"])
    text = f"[Copied {source.image_id} from {params['SourceRegion']}] {source.record.get('Description', '')}"
    return text.rstrip()[:_LONGEST_DESCRIPTION]


_NOT_COPIED: Final = ("aws:", SHARED_PREFIX)


def _tags(caller: Caller, params: Params, source: CloudImage, given: list[dict[str, str]]) -> list[dict[str, str]]:
    """The copy's tags: given ones over the source's own, where those are asked for and the caller's."""
    if not params.get("CopyImageTags") or source.owner != caller.account:
        return given
    own = [tag for tag in source.record.get("Tags", ()) if not tag["Key"].startswith(_NOT_COPIED)]
    return with_tags(own, given)


def _check_parameters(params: Params) -> None:
    """Refuse what cannot be asked for, whatever the source is."""
    if "KmsKeyId" in params and not params.get("Encrypted"):
        raise CloudError(
            "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."
        )
    for place in ("DestinationOutpostArn", "DestinationAvailabilityZone", "DestinationAvailabilityZoneId"):
        if place in params:
            raise CloudError("UnsupportedOperation", f"The demo's cloud has no place for {place}.")
    minutes = params.get("SnapshotCopyCompletionDurationMinutes", _STEP_MINUTES)
    if not _STEP_MINUTES <= minutes <= _MOST_MINUTES or minutes % _STEP_MINUTES:
        raise invalid(
            f"Value ( {minutes} ) for parameter snapshotCopyCompletionDurationMinutes is invalid: "
            "15 minutes to 48 hours in steps of 15 minutes."
        )
