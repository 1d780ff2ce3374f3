"""GetConsoleOutput: what a machine of the image's system writes while it starts, as far as it has come.

As documented by EC2: with Latest, which only instances on Nitro take, it is the console as it is; without, what
EC2 took over a while after the start. Until then there is none, and what was written stays after a stop.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.records import digest, stamp
from amitui.domain.image.systems import os_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amitui.demo.cloud.instances import Instance, Instances
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.power import Power
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_TAKEN_OVER_AFTER: Final = 60.0
"""Seconds from the start after which EC2 has an output of its own."""

_XEN_FAMILIES: Final = frozenset(
    {
        "c1",
        "c3",
        "c4",
        "d2",
        "f1",
        "g3",
        "g3s",
        "h1",
        "i2",
        "i3",
        "m1",
        "m2",
        "m3",
        "m4",
        "p2",
        "p3",
        "r3",
        "r4",
        "t1",
    }
    | {"t2", "x1", "x1e"}
)
"""Families of instance types that are not built on Nitro."""

_OK: Final = "[\x1b[0;32m  OK  \x1b[0m] "


class Console:
    """What every instance has written."""

    def __init__(self, world: World, instances: Instances, power: Power) -> None:
        self._world = world
        self._instances = instances
        self._power = power

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What it answers, by operation."""
        return {"GetConsoleOutput": self.output}

    def output(self, caller: Caller, params: Params) -> Params:
        """GetConsoleOutput.

        Raises:
            CloudError: there is no such instance, or it cannot be asked for the latest output.
        """
        instance = self._instances.one(caller, str(params.get("InstanceId", "")))
        latest = bool(params.get("Latest"))
        family = str(instance.record.get("instanceType", "")).partition(".")[0]
        if latest and family in _XEN_FAMILIES:
            raise CloudError(
                "UnsupportedOperation", "This instance type does not support retrieving latest output."
            )
        up = self._power.up_seconds(instance.instance_id)
        now = self._world.now()
        if not latest and up is not None:
            if up < _TAKEN_OVER_AFTER:
                return {"InstanceId": instance.instance_id, "Timestamp": stamp(int(now))}
            up = _TAKEN_OVER_AFTER
        written = [line for at, line in self._lines(caller, instance) if up is None or at <= up]
        answer = {"InstanceId": instance.instance_id, "Timestamp": stamp(int(now))}
        if written:
            text = "".join(f"{line}\r\n" for line in written)
            answer["Output"] = base64.b64encode(text.encode()).decode()
        return answer

    def _lines(self, caller: Caller, instance: Instance) -> Iterator[tuple[float, str]]:
        """(second of the start, line) pairs."""
        image = self._world.region(caller.region).find(instance.image_id)
        record = image.record if image is not None else {}
        name, description = str(record.get("Name", "")), str(record.get("Description", ""))
        system = os_of(name, description, str(record.get("PlatformDetails", ""))) or "Linux"
        if system.startswith("Windows"):
            return _windows(instance, system)
        return _linux(instance, system)


def _windows(instance: Instance, system: str) -> Iterator[tuple[float, str]]:
    yield 5.0, f"OS: {system}"
    yield 6.0, f"AMI Origin: {instance.image_id}"
    yield 9.0, "EC2 Agent: Ec2Launch service"
    yield 12.0, "Message: RDPCERTIFICATE-SUBJECTNAME: " + _host(instance).upper()
    yield 14.0, "RDPCERTIFICATE-THUMBPRINT: " + digest("rdp", instance.instance_id)[:40].upper()
    yield 40.0, "Message: Windows is Ready to use"


def _linux(instance: Instance, system: str) -> Iterator[tuple[float, str]]:
    host, address = _host(instance), str(instance.record.get("privateIpAddress") or "10.0.0.1")
    kernel = [
        f"Linux version 6.12.0-aws ({system}) SMP PREEMPT_DYNAMIC",
        "Command line: root=LABEL=/ ro console=tty0 console=ttyS0,115200n8 nvme_core.io_timeout=4294967295",
        "BIOS-provided physical RAM map:",
        "DMI: Amazon EC2, BIOS 1.0 10/16/2017",
        "Hypervisor detected: KVM",
        "ena 0000:00:05.0: Elastic Network Adapter (ENA) found at mem c0414000",
        "nvme nvme0: pci function 0000:00:04.0",
        "EXT4-fs (nvme0n1p1): mounted filesystem with ordered data mode",
    ]
    for number, words in enumerate(kernel):
        yield number * 0.3, f"[{number * 0.3:12.6f}] {words}"
    for number, unit in enumerate(("Network Configuration", "Initial cloud-init job", "OpenSSH server daemon")):
        yield 3.0 + number, f"{_OK}Started {unit}."
    yield 7.0, f"cloud-init[1432]: Cloud-init running 'modules:config'. Up 7.00 seconds. {host} {address}"
    yield (
        8.0,
        "ci-info: no authorized SSH keys fingerprints found."
        if not instance.record.get("keyName")
        else (f"ci-info: authorized keys from {instance.record['keyName']}"),
    )
    yield 9.0, "-----BEGIN SSH HOST KEY FINGERPRINTS-----"
    for number, kind in enumerate(("ECDSA", "ED25519")):
        print_ = base64.b64encode(digest(kind, instance.instance_id).encode()).decode()[:43]
        yield 9.2 + number / 10, f"256 SHA256:{print_} root@{host} ({kind})"
    yield 9.5, "-----END SSH HOST KEY FINGERPRINTS-----"
    yield 11.0, "cloud-init[1432]: Cloud-init finished. Datasource DataSourceEc2Local. Up 11.00 seconds"
    yield 12.0, ""
    yield 12.0, f"{system}"
    yield 12.0, f"{host} login: "


def _host(instance: Instance) -> str:
    address = str(instance.record.get("privateIpAddress") or "10.0.0.1")
    return "ip-" + address.replace(".", "-")
