"""Plans that register an image: of the snapshot of a root volume, or of a manifest in S3.

Architecture and VirtualizationType are always sent: EC2's own defaults are i386 and paravirtual.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from amitui.domain.image.devices import same_device
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plan import Call, Plan
from amitui.domain.operations.plans.common import image_available, tag_specifications
from amitui.domain.operations.validation import Tag

_PLATFORM: Final = (
    "Windows, RHEL, SUSE and SQL Server images may lose their billing code: check the platform details "
    "afterwards; if they are wrong, create the image from an instance instead."
)
_UNCHECKED: Final = (
    "EC2 does not inspect the snapshot: with a wrong architecture or boot mode, instances do not boot."
)
_MANIFEST_READ: Final = "EC2 must be able to read the bundle (canned ACL aws-exec-read)."
_OLD: Final = (
    "Instance store images are Linux only and launch on few old types; their instances cannot be stopped."
)


class VolumeSpec(NamedTuple):
    """One volume of the image."""

    device_name: str
    snapshot_id: str = ""
    """Empty = an empty volume; that of the root's entry does not count."""
    gib: int | None = None
    """`None` = as large as the snapshot."""
    volume_type: str = "gp3"
    delete_on_termination: bool = True
    iops: int | None = None
    """`None` = the type's default."""
    throughput: int | None = None
    """MiB/s, of gp3 only; `None` = its default."""


class RegisterRequest(NamedTuple):
    """What was chosen for an image of snapshots."""

    region: str
    name: str
    description: str
    root_snapshot: str
    root_device_name: str
    volumes: tuple[VolumeSpec, ...] = ()
    """Further volumes; one with the root's device name says how the root is to be."""
    architecture: str = "x86_64"
    boot_mode: str = ""
    """Empty = the instance type's default."""
    tpm: bool = False
    imds_v2: bool = True
    ena: bool = True
    virtualization: str = "hvm"
    image_tags: tuple[Tag, ...] = ()


class ManifestRequest(NamedTuple):
    """What was chosen for an instance-store image."""

    region: str
    name: str
    description: str
    image_location: str
    """`bucket/path/image.manifest.xml`"""
    architecture: str = "x86_64"
    virtualization: str = "hvm"
    kernel_id: str = ""
    """Of paravirtual images only."""
    ramdisk_id: str = ""
    imds_v2: bool = True
    ena: bool = True
    image_tags: tuple[Tag, ...] = ()


def register_plan(request: RegisterRequest) -> Plan:
    """Register an image of a root snapshot and further volumes."""
    root_device = same_device(request.root_device_name)
    root = next(
        (spec for spec in request.volumes if same_device(spec.device_name) == root_device),
        VolumeSpec(request.root_device_name),
    )._replace(device_name=request.root_device_name, snapshot_id=request.root_snapshot)
    further = tuple(spec for spec in request.volumes if same_device(spec.device_name) != root_device)
    parameters = _common(request) | {
        "RootDeviceName": request.root_device_name,
        "BlockDeviceMappings": [_mapping(spec) for spec in (root, *further)],
    }
    if request.boot_mode:
        parameters["BootMode"] = request.boot_mode
    if request.tpm:
        parameters["TpmSupport"] = "v2.0"
    volumes = "; ".join(_volume_words(spec) for spec in (root, *further))
    warnings = [_UNCHECKED, _PLATFORM]
    if request.tpm:
        warnings.append("NitroTPM cannot be removed later.")
    return _plan(
        request,
        request.root_snapshot,
        parameters,
        changes=(
            f"{request.region} gets a new private image {request.name}: {request.architecture}, "
            f"{request.virtualization}, {request.boot_mode or 'the boot mode of the instance type'}.",
            f"Its volumes: {volumes}.",
            "The snapshots do not change, and cannot be deleted while the image is registered.",
            "Registering costs nothing more: the snapshots are billed as before.",
            *_imds(request.imds_v2),
        ),
        warnings=tuple(warnings),
    )


def manifest_plan(request: ManifestRequest) -> Plan:
    """Register an instance-store image of its manifest in S3."""
    parameters = _common(request) | {"ImageLocation": request.image_location}
    if request.kernel_id:
        parameters["KernelId"] = request.kernel_id
    if request.ramdisk_id:
        parameters["RamdiskId"] = request.ramdisk_id
    return _plan(
        request,
        request.image_location,
        parameters,
        changes=(
            f"{request.region} gets a new private image {request.name}: instance store, {request.architecture}, "
            f"{request.virtualization}.",
            f"Its files remain at {request.image_location} and are billed there.",
            *_imds(request.imds_v2),
        ),
        warnings=(_OLD, _MANIFEST_READ),
    )


def _common(request: RegisterRequest | ManifestRequest) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "Name": request.name,
        "Architecture": request.architecture,
        "VirtualizationType": request.virtualization,
    }
    if request.description:
        parameters["Description"] = request.description
    if request.ena and request.virtualization == "hvm":
        parameters["EnaSupport"] = True
    if request.imds_v2:
        parameters["ImdsSupport"] = "v2.0"
    # The snapshots are there already; only the image can be tagged.
    specifications = tag_specifications(image=request.image_tags)
    if specifications:
        parameters["TagSpecifications"] = specifications
    return parameters


def _plan(
    request: RegisterRequest | ManifestRequest,
    subject: str,
    parameters: dict[str, Any],
    *,
    changes: tuple[str, ...],
    warnings: tuple[str, ...],
) -> Plan:
    call = Call("register_image", request.region, parameters, "register the image")
    return Plan(
        kind=OperationKind.REGISTER,
        title=f"Register {request.name} from {subject}",
        region=request.region,
        subject=subject,
        steps=(call, image_available(request.region)),
        changes=changes,
        warnings=warnings,
        before={"name": request.name},
    )


def _mapping(spec: VolumeSpec) -> dict[str, Any]:
    """Never with Encrypted: EC2 takes that from the snapshot, and refuses the parameter."""
    volume: dict[str, Any] = {
        "DeleteOnTermination": spec.delete_on_termination,
        "VolumeType": spec.volume_type,
    }
    optional = {
        "SnapshotId": spec.snapshot_id or None,
        "VolumeSize": spec.gib,
        "Iops": spec.iops,
        "Throughput": spec.throughput,
    }
    volume.update({name: value for name, value in optional.items() if value is not None})
    return {"DeviceName": spec.device_name, "Ebs": volume}


def _volume_words(spec: VolumeSpec) -> str:
    size = f" {spec.gib} GiB" if spec.gib else ""
    source = f"of {spec.snapshot_id}" if spec.snapshot_id else "empty"
    return f"{spec.device_name}{size} {spec.volume_type}, {source}"


def _imds(required: bool) -> tuple[str, ...]:
    return ("Instances launched from it require IMDSv2.",) if required else ()
