"""The instances and volumes that moto holds, as far as images are made from them and used by them.

They are read through the same requests that clients send, so that there is only one truth about them. What an
account has from the beginning is put there before anything else is asked for.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from amitui.demo.cloud.instance_records import held, wire_record
from amitui.demo.cloud.keys import default_key
from amitui.demo.cloud.machines import put, remove
from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from xml.etree import ElementTree

    from amitui.demo.cloud.machines import Machine
    from amitui.demo.cloud.model import Ec2Requests, Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_ERROR: Final = 300
_INSTANCE_ID: Final = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_VOLUME_ID: Final = re.compile(r"vol-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_TERMINATED: Final = frozenset({"terminated", "shutting-down"})

_LAUNCHED_WITH: Final = frozenset({"VolumeSize", "VolumeType", "Encrypted", "KmsKeyId", "DeleteOnTermination"})
_NEEDS_IOPS: Final = frozenset({"io1", "io2"})


@dataclass(frozen=True, slots=True)
class Volume:
    """One EBS volume, and where it is attached."""

    volume_id: str
    gib: int
    kind: str
    encrypted: bool
    key: str
    """ARN of its key; empty for an unencrypted one."""
    iops: int | None = None
    throughput: int | None = None
    device: str = ""
    delete_on_termination: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance, as far as images are concerned."""

    instance_id: str
    image_id: str
    state: str
    root_device: str
    architecture: str
    record: Mapping[str, Any]
    """Its answer of DescribeInstances, members named as on the wire."""
    volumes: tuple[Volume, ...]

    @property
    def is_there(self) -> bool:
        return self.state not in _TERMINATED


class Instances:
    """Instances and volumes of every account and region."""

    def __init__(self, world: World, seed: Callable[[Caller], list[Machine]]) -> None:
        self._world = world
        self._seed = seed
        self._requests: Ec2Requests | None = None
        self._settled: set[tuple[str, str]] = set()

    def connect(self, requests: Ec2Requests) -> None:
        """Read them from there; without, there are none."""
        self._requests = requests

    def settle_in(self, caller: Caller) -> None:
        """Let moto have what the account has in the Region from the beginning; done before anything else."""
        whose = (caller.account, caller.region)
        if whose in self._settled or self._requests is None:
            return
        with self._world.lock:
            if whose in self._settled:
                return
            self._settled.add(whose)
            machines = self._seed(caller)
            if machines and not self._described(caller):
                with self._requests.alone():
                    put(self._world, caller, machines)

    def start(self, caller: Caller, machines: Sequence[Machine]) -> None:
        """Let moto have instances that nobody has asked it for."""
        self.settle_in(caller)
        if self._requests is not None:
            with self._requests.alone():
                put(self._world, caller, machines)

    def terminate(self, caller: Caller, instance_ids: Sequence[str]) -> None:
        """Terminate instances, whatever protects them."""
        if not instance_ids or self._requests is None:
            return
        self.settle_in(caller)
        with self._requests.alone():
            remove(caller, instance_ids)

    def of(self, caller: Caller, *, only_if_loaded: bool = False, with_volumes: bool = True) -> list[Instance]:
        """The caller's instances in the region.

        Args:
            only_if_loaded: give none rather than load moto for it.
            with_volumes: tell their volumes too, which takes as long again.
        """
        if self._requests is None or (only_if_loaded and not self._requests.loaded):
            return []
        if not only_if_loaded:
            self.settle_in(caller)
        volumes = self._volumes(caller) if with_volumes else {}
        return [_instance(found, volumes, caller) for found in self._described(caller)]

    def one(self, caller: Caller, instance_id: str) -> Instance:
        """The instance with the id.

        Raises:
            CloudError: there is none.
        """
        self.check_id(instance_id)
        for instance in self.of(caller):
            if instance.instance_id == instance_id:
                return instance
        raise CloudError("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist")

    def check_id(self, instance_id: str) -> None:
        """Refuse an instance id that cannot be one."""
        if not _INSTANCE_ID.fullmatch(instance_id):
            raise CloudError("InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"')

    def volume(self, caller: Caller, volume_id: str) -> Volume:
        """The volume with the id.

        Raises:
            CloudError: there is none.
        """
        if not _VOLUME_ID.fullmatch(volume_id):
            raise CloudError("InvalidVolumeID.Malformed", f'Invalid id: "{volume_id}"')
        self.settle_in(caller)
        found = self._volumes(caller).get(volume_id)
        if found is None:
            raise CloudError("InvalidVolume.NotFound", f"The volume '{volume_id}' does not exist.")
        return _volume(found, caller)

    def load(self, caller: Caller) -> None:
        """See to it that moto is there, with what the caller's account has from the beginning."""
        if self._requests is not None and not self._requests.loaded:
            self._call(caller, "DescribeKeyPairs", {})
        self.settle_in(caller)

    def tags(self, caller: Caller) -> list[Params]:
        """All tags that moto knows of, as DescribeTags lists them."""
        if self._requests is None or not self._requests.loaded:
            return []
        members = {"ResourceId": "resourceId", "ResourceType": "resourceType", "Key": "key", "Value": "value"}
        listed = self._call(caller, "DescribeTags", {}).get("tagSet") or ()
        return [{name: str(tag.get(source, "")) for name, source in members.items()} for tag in listed]

    @contextmanager
    def reservations(self, caller: Caller) -> Iterator[list[tuple[Params, list[Any]]]]:
        """The caller's reservations with moto's own instances, which nobody else uses while the block runs."""
        if self._requests is None:
            yield []
            return
        self.settle_in(caller)
        with self._requests.alone():
            yield list(held(caller.account, caller.region))

    def _described(self, caller: Caller) -> list[Params]:
        if self._requests is not None and self._requests.holds_objects:
            with self._requests.alone():
                return [wire_record(one) for _, members in held(caller.account, caller.region) for one in members]
        reservations = self._call(caller, "DescribeInstances", {}).get("reservationSet", ())
        return [instance for reservation in reservations for instance in reservation.get("instancesSet", ())]

    def _volumes(self, caller: Caller) -> dict[str, Params]:
        listed = self._call(caller, "DescribeVolumes", {}).get("volumeSet", ())
        return {str(volume["volumeId"]): volume for volume in listed}

    def _call(self, caller: Caller, action: str, form: Mapping[str, str]) -> Params:
        from xml.etree import ElementTree

        if self._requests is None:
            return {}
        scope = f"Credential=AKIADEMO/20260101/{caller.region}/ec2/aws4_request"
        status, _, body = self._requests.answer(
            method="POST",
            path="/",
            query="",
            headers={
                "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                "Host": f"ec2.{caller.region}.amazonaws.com",
            },
            body=urlencode({"Action": action, "Version": "2016-11-15", **form}).encode(),
            account=caller.account,
        )
        # The document is moto's own, made in this process.
        answer = _value(ElementTree.fromstring(body))  # noqa: S314
        if status >= _ERROR or not isinstance(answer, dict):
            raise CloudError("InternalError", f"moto refused {action}: {body.decode(errors='replace')[:200]}", 500)
        return answer


def block_device_form(mappings: Iterable[Params], first: int = 1) -> dict[str, str]:
    """An image's volumes as parameters of RunInstances, numbered from `first`; moto knows no images."""
    form: dict[str, str] = {}
    volumes = (mapping for mapping in mappings if "Ebs" in mapping)
    for number, mapping in enumerate(volumes, first):
        prefix = f"BlockDeviceMapping.{number}"
        form[f"{prefix}.DeviceName"] = mapping["DeviceName"]
        for member, value in mapping["Ebs"].items():
            # moto would look for the snapshot among its own.
            if member in _LAUNCHED_WITH:
                form[f"{prefix}.Ebs.{member}"] = str(value).lower() if isinstance(value, bool) else str(value)
        if mapping["Ebs"].get("VolumeType") in _NEEDS_IOPS:
            # moto loses the Iops of a launch, and then refuses the types that cannot be without.
            form[f"{prefix}.Ebs.VolumeType"] = "gp3"
    return form


def _value(element: ElementTree.Element) -> Any:
    """XML of EC2 as dicts, lists and texts: elements called `item` make a list."""
    children = list(element)
    if not children:
        name = element.tag.rpartition("}")[2]
        return [] if name.endswith("Set") else (element.text or "")
    names = [child.tag.rpartition("}")[2] for child in children]
    if set(names) == {"item"}:
        return [_value(child) for child in children]
    return {name: _value(child) for name, child in zip(names, children, strict=True)}


def _volume(found: Params, caller: Caller, device: str = "", *, deleted: bool = False) -> Volume:
    encrypted = found.get("encrypted") == "true"
    key = str(found.get("kmsKeyId") or default_key(caller.account, caller.region)) if encrypted else ""
    return Volume(
        volume_id=str(found["volumeId"]),
        gib=int(found["size"]),
        kind=str(found.get("volumeType") or "gp2"),
        encrypted=encrypted,
        key=key,
        iops=int(found["iops"]) if found.get("iops") else None,
        throughput=int(found["throughput"]) if found.get("throughput") else None,
        device=device,
        delete_on_termination=deleted,
    )


def _instance(found: Params, volumes: Mapping[str, Params], caller: Caller) -> Instance:
    attached = []
    for mapping in found.get("blockDeviceMapping") or ():
        volume = mapping.get("ebs", {})
        if volume.get("volumeId") in volumes:
            deleted = volume.get("deleteOnTermination") == "true"
            attached.append(
                _volume(volumes[volume["volumeId"]], caller, str(mapping["deviceName"]), deleted=deleted)
            )
    return Instance(
        instance_id=str(found["instanceId"]),
        image_id=str(found.get("imageId", "")),
        state=str(found["instanceState"]["name"]),
        root_device=str(found.get("rootDeviceName") or ""),
        architecture=str(found.get("architecture") or "x86_64"),
        record=found,
        volumes=tuple(attached),
    )
