"""The shape of the records that look-ups are tried on: what DescribeImages says, dated relative to one day.

Everything follows from the name, the owner and the day, so that each run has the same ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from amitui.domain.image.billing import usage_code

REGION: Final = "us-east-1"
TODAY: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW: Final = int(TODAY.timestamp())

ME: Final = "210987654321"
"""The viewer's account."""
COLLEAGUE: Final = "333344445555"
"""An account that shares images with the viewer."""
MARKETPLACE: Final = "679593333241"

_TWO_YEARS: Final = 730


@dataclass(frozen=True, slots=True)
class Build:
    """One image, and what it is."""

    label: str
    """Family and architecture, the same for all its builds: `ubuntu 24.04 minimal arm64`."""
    age: int
    """0 is the family's newest build that EC2 lists, 1 the one before …; gone builds count on."""
    record: dict[str, Any]
    gone: bool = False
    """EC2 does not list it any more; its name is known from old files."""

    @property
    def image_id(self) -> str:
        """The image id."""
        return str(self.record["ImageId"])

    @property
    def name(self) -> str:
        """The name; empty when it has none."""
        return str(self.record.get("Name", ""))


@dataclass(frozen=True, slots=True)
class Publisher:
    """What the builds of one publisher have in common."""

    owner: str
    alias: str = ""
    public: bool = True
    keeps: int = _TWO_YEARS
    """Days until a build is deprecated."""
    kept: int = 0
    """Builds that are never deprecated, the newest ones; the others are at once. 0: `keeps` decides."""


@dataclass(slots=True)
class Catalogue:
    """Builds in the order in which they were added."""

    builds: list[Build] = field(default_factory=list)

    def add(
        self,
        label: str,
        publisher: Publisher,
        template: str,
        *,
        newest: float,
        every: float = 14,
        releases: Sequence[str] = ("", "", ""),
        gone: int = 1,
        arch: str = "x86_64",
        description: str = "",
        platform: str = "Linux/UNIX",
        **more: Any,
    ) -> None:
        """Add the builds of a family, one a release.

        Args:
            template: the name; see `_stamped` for what it may hold.
            newest: days from the newest build to today.
            every: days between builds.
            releases: for `{r}`, the newest build's first; as many builds as there are.
            gone: how many of the oldest builds are not listed any more.
            more: further fields of the records.
        """
        for age, release in enumerate(releases):
            created = TODAY - timedelta(days=newest + age * every)
            name = _stamped(template, created, release, age, label)
            record = _record(
                name, publisher, created, age, arch, _stamped(description, created, release, age, label)
            )
            record |= _billing(platform) | more
            self.builds.append(Build(label, age, record, gone=age >= len(releases) - gone))

    @property
    def listed(self) -> list[dict[str, Any]]:
        """The records that EC2 lists."""
        return [build.record for build in self.builds if not build.gone]


def _stamped(template: str, created: datetime, release: str, age: int, label: str) -> str:
    """A name or a description with its placeholders filled in.

    `{r}` release, `{D}` 20261120, `{Dd}` 2026-11-20, `{Dp}` 2026.11.20, `{iso}` 2026-11-20T12-00-00.123Z,
    `{stamp}` 202611201200, `{hms}` 120000, `{ym}` 2026.11, `{short}` 261120120000, `{epoch}`, `{hex}` a commit,
    `{hex12}` a longer one, `{n}` a small number, `{big}` one of four digits, `{uuid}` the same for a whole family.
    """
    if "{" not in template:
        return template
    digest = hashlib.sha256(f"{label}{template}{age}".encode()).hexdigest()
    return template.format(
        r=release,
        D=created.strftime("%Y%m%d"),
        Dd=created.strftime("%Y-%m-%d"),
        Dp=created.strftime("%Y.%m.%d"),
        iso=created.strftime("%Y-%m-%dT%H-%M-%S.123Z"),
        stamp=created.strftime("%Y%m%d%H%M"),
        hms=created.strftime("%H%M%S"),
        ym=created.strftime("%Y.%m"),
        short=created.strftime("%y%m%d%H%M%S"),
        epoch=int(created.timestamp()),
        hex=digest[:8],
        hex12=digest[:12],
        n=int(digest[8], 16) % 4,
        big=1000 + int(digest[:6], 16) % 9000,
        uuid=uuid_of(label),
    )


def uuid_of(text: str) -> str:
    """A uuid that belongs to a text: that of a Marketplace listing."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], "4" + digest[13:16], "a" + digest[17:20], digest[20:32]))


def product_code(text: str) -> dict[str, Any]:
    """The product code of a Marketplace listing, as a field of a record."""
    code = hashlib.sha256(text.encode()).hexdigest()[:24]
    return {"ProductCodes": [{"ProductCodeId": code, "ProductCodeType": "marketplace"}]}


def _record(
    name: str, publisher: Publisher, created: datetime, age: int, arch: str, description: str
) -> dict[str, Any]:
    image_id = f"ami-0{hashlib.sha256(f'{publisher.owner}/{name}/{created}/{arch}'.encode()).hexdigest()[:16]}"
    if publisher.kept:
        keeps = _TWO_YEARS if age < publisher.kept else 0
    else:
        keeps = publisher.keeps
    deprecated = created + timedelta(days=keeps, hours=1)
    record: dict[str, Any] = {
        "ImageId": image_id,
        "Name": name,
        "OwnerId": publisher.owner,
        "CreationDate": _zulu(created),
        "DeprecationTime": _zulu(deprecated),
        "Architecture": arch,
        "ImageLocation": f"{publisher.alias or publisher.owner}/{name}",
        "State": "available",
        "Public": publisher.public,
        "ImageType": "machine",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/xvda",
        "VirtualizationType": "hvm",
        "Hypervisor": "xen",
        "EnaSupport": True,
        "SriovNetSupport": "simple",
        "BootMode": "uefi" if arch.startswith("arm64") else "uefi-preferred",
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "SnapshotId": f"snap-0{image_id[5:]}",
                    "VolumeSize": 8,
                    "VolumeType": "gp3",
                    "DeleteOnTermination": True,
                    "Encrypted": False,
                },
            }
        ],
        "Region": REGION,
    }
    if publisher.alias:
        record["ImageOwnerAlias"] = publisher.alias
    if description:
        record["Description"] = description
    return record


def _billing(platform: str) -> dict[str, Any]:
    billing = {"PlatformDetails": platform, "UsageOperation": usage_code(platform)}
    return billing | ({"Platform": "windows"} if platform.startswith("Windows") else {})


def _zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
