"""The plan that makes an image of an instance, which may be stopped for it and started again."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple, TypeAlias

from amitui.domain.costs import snapshots_line
from amitui.domain.operations.awaited import GONE, INSTANCE
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plan import Call, Plan, Step, Watch
from amitui.domain.operations.plans.common import image_available, tag_specifications
from amitui.domain.operations.validation import Tag

Stop: TypeAlias = Literal["stop", "reboot", "no-reboot"]

_ENDED: Final = (GONE, "shutting-down", "terminated")
"""States from which an instance neither stops nor starts."""


class DeviceChoice(NamedTuple):
    """One volume of the instance, and what becomes of it in the image."""

    device_name: str
    volume_id: str
    gib: int
    delete_on_termination: bool
    """Whether the volumes that are made of the image later go with their instances."""
    keep: bool = True
    """Whether the image has it."""


class CreateRequest(NamedTuple):
    """What was chosen for an image of an instance."""

    region: str
    instance_id: str
    instance_name: str
    name: str
    description: str
    stop: Stop
    """How a running instance is treated; a stopped one is left as it is."""
    was_running: bool
    devices: tuple[DeviceChoice, ...]
    """All volumes of the instance."""
    image_tags: tuple[Tag, ...] = ()
    snapshot_tags: tuple[Tag, ...] = ()

    @property
    def label(self) -> str:
        """What to call the instance."""
        return f"{self.instance_name} ({self.instance_id})" if self.instance_name else self.instance_id


def create_plan(request: CreateRequest) -> Plan:
    """Make an image; a running instance is stopped for it and started again if that was chosen."""
    stops = request.was_running and request.stop == "stop"
    image = Call("create_image", request.region, _parameters(request), "create the image")
    return Plan(
        kind=OperationKind.CREATE,
        title=f"Create {request.name} from {request.instance_name or request.instance_id}",
        region=request.region,
        subject=request.instance_id,
        steps=(
            *(_stopping(request) if stops else ()),
            image,
            *(_starting(request) if stops else ()),
            image_available(request.region),
        ),
        changes=_changes(request, stops),
        warnings=_warnings(request, stops),
        before={"name": request.name, "instance": request.instance_name},
    )


def _stopping(request: CreateRequest) -> tuple[Step, ...]:
    ids = {"InstanceIds": [request.instance_id]}
    return (
        Call("stop_instances", request.region, ids, "stop the instance"),
        Watch(INSTANCE, request.region, request.instance_id, ("stopped",), _ENDED),
    )


def _starting(request: CreateRequest) -> tuple[Step, ...]:
    """Starts it whatever became of the image: the snapshots are of the moment at which they were begun."""
    ids = {"InstanceIds": [request.instance_id]}
    return (
        Call("start_instances", request.region, ids, "start the instance again", always=True),
        # A stopped instance is no failure: EC2 says so for a while after it accepted the start.
        Watch(INSTANCE, request.region, request.instance_id, ("running",), _ENDED, always=True),
    )


def _parameters(request: CreateRequest) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "InstanceId": request.instance_id,
        "Name": request.name,
        # False for a stopped one too: should someone start it meanwhile, a reboot keeps the image consistent.
        "NoReboot": request.was_running and request.stop == "no-reboot",
    }
    if request.description:
        parameters["Description"] = request.description
    if request.devices:
        parameters["BlockDeviceMappings"] = [_mapping(device) for device in request.devices]
    specifications = tag_specifications(image=request.image_tags, snapshot=request.snapshot_tags)
    if specifications:
        parameters["TagSpecifications"] = specifications
    return parameters


def _mapping(device: DeviceChoice) -> dict[str, Any]:
    if not device.keep:
        return {"DeviceName": device.device_name, "NoDevice": ""}
    # Neither size nor encryption: CreateImage cannot change them.
    return {"DeviceName": device.device_name, "Ebs": {"DeleteOnTermination": device.delete_on_termination}}


def _changes(request: CreateRequest, stops: bool) -> tuple[str, ...]:
    kept = [device for device in request.devices if device.keep]
    # Sizes are not known where IAM denies describing volumes.
    sized = (f"{device.device_name} {device.gib} GiB" if device.gib else device.device_name for device in kept)
    volumes = ", ".join(sized)
    sentences = [
        f"{request.region} gets a new private image {request.name}.",
        f"Each of its volumes gets a new snapshot: {volumes}. They are billed until you delete them.",
    ]
    if not kept:
        sentences[1] = "Each volume of the instance gets a new snapshot, billed until you delete it."
    # Of a volume whose size is not known no sum can be an upper bound.
    gib = sum(device.gib for device in kept) if all(device.gib for device in kept) else 0
    if cost := snapshots_line(gib, request.region, first=False):
        sentences.append(cost)
    dropped = ", ".join(device.device_name for device in request.devices if not device.keep)
    if dropped:
        sentences.append(f"The image does not include {dropped}.")
    if stops:
        sentences.append(f"{request.label} is stopped first, and started again even if creating the image fails.")
    elif request.was_running and request.stop == "reboot":
        sentences.append(f"{request.label} is rebooted once.")
    else:
        sentences.append(f"{request.label} stays as it is, {'running' if request.was_running else 'stopped'}.")
    return tuple(sentences)


def _warnings(request: CreateRequest, stops: bool) -> tuple[str, ...]:
    if stops:
        return (
            "While stopped, it is unavailable; an Auto Scaling group that it belongs to would replace it.",
            "Stopping erases instance store volumes and changes the public IP address, unless it is an Elastic "
            "IP.",
        )
    if request.was_running and request.stop == "no-reboot":
        return (
            "Without a reboot the image is only crash-consistent: data not yet written to its disks is missing.",
        )
    if request.was_running:
        return ("The instance is unavailable while it reboots.",)
    return ()
