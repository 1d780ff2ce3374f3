"""Instances that are put into moto as they are to be: with ids, times and tags of the demo's choice.

What a client launches is moto's to make. These are what an account has from the beginning, and what Auto Scaling
launches by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.launching.account import AccountState
from amitui.demo.cloud.launching.started import take_over

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

STATES: Final = {"pending": 0, "running": 16, "stopped": 80}
_MAPPINGS: Final = "BlockDeviceMappings"
_GIB: Final = 8
"""Of the volume of an instance whose image is not known any more."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One instance to be."""

    instance_id: str
    image_id: str
    instance_type: str
    zone: str
    launched: int
    """Epoch seconds."""
    state: str = "running"
    """One of `STATES`."""
    tags: dict[str, str] = field(default_factory=dict)


def put(world: World, caller: Caller, machines: Sequence[Machine]) -> None:
    """Make the instances; moto is loaded already, and nobody else uses it meanwhile."""
    from moto.ec2.models import ec2_backends

    backend, account = ec2_backends[caller.account][caller.region], AccountState(caller)
    # Those that are alike are made together: moto takes thirty times as long for as many reservations.
    for _, alike in groupby(sorted(machines, key=_kind), key=_kind):
        chosen = list(alike)
        record = _record(world, caller, chosen[0].image_id)
        made = _made(backend, caller, chosen, record)
        for machine, instance in zip(chosen, made, strict=True):
            instance.launch_time = datetime.fromtimestamp(machine.launched, UTC).replace(tzinfo=None)
            instance._state.name, instance._state.code = machine.state, STATES[machine.state]
            take_over(account, instance, record, (one for one in record.get(_MAPPINGS, ()) if "Ebs" in one))
            backend.create_tags([machine.instance_id], machine.tags)


def _kind(machine: Machine) -> tuple[str, str, str]:
    return machine.image_id, machine.instance_type, machine.zone


def remove(caller: Caller, instance_ids: Sequence[str]) -> None:
    """Terminate instances; moto is loaded already, and nobody else uses it meanwhile."""
    from moto.ec2.models import ec2_backends

    backend = ec2_backends[caller.account][caller.region]
    known = [one for one in instance_ids if backend.get_instance_by_id(one) is not None]
    for instance_id in known:
        backend.get_instance(instance_id).disable_api_termination = False
    backend.terminate_instances(known)


def _record(world: World, caller: Caller, image_id: str) -> Params:
    region = world.region(caller.region)
    image = region.find(image_id)
    return dict(image.record) if image is not None else region.history.get(image_id, {})


def _made(backend: Any, caller: Caller, machines: Sequence[Machine], record: Params) -> list[Any]:
    """moto's instances, under the ids that they are to have."""
    from moto.ec2.models import instances as models

    instances: Any = models
    ids: Iterator[str] = iter([machine.instance_id for machine in machines])
    chance = instances.random_instance_id
    # moto has no parameter for it, and its volumes and addresses refer to the id from the beginning.
    instances.random_instance_id = lambda: next(ids)
    try:
        reservation = backend.run_instances(
            machines[0].image_id,
            len(machines),
            None,
            [],
            instance_type=machines[0].instance_type,
            is_instance_type_default=False,
            region_name=caller.region,
            placement=machines[0].zone,
            security_group_ids=[],
            block_device_mappings=[*_volumes(record)],
        )
    finally:
        instances.random_instance_id = chance
    return list(reservation.instances)


def _volumes(record: Params) -> Iterator[Params]:
    mappings = [one for one in record.get(_MAPPINGS, ()) if "Ebs" in one]
    if not mappings:
        mappings = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": _GIB, "DeleteOnTermination": True}}]
    for mapping in mappings:
        ebs = mapping["Ebs"]
        yield {
            "DeviceName": mapping["DeviceName"],
            "Ebs": {
                "VolumeSize": ebs.get("VolumeSize", _GIB),
                # moto loses the Iops of a launch, and then refuses the types that cannot be without.
                "VolumeType": "gp3",
                "Encrypted": bool(ebs.get("Encrypted")),
                "KmsKeyId": ebs.get("KmsKeyId"),
                "DeleteOnTermination": bool(ebs.get("DeleteOnTermination", True)),
            },
        }
