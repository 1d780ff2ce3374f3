"""Release histories: one declared product family becomes its dated builds, up to the day the demo runs.

Builds fall on calendar days that depend on the family alone, so a build keeps its name, day and id from one
start of the demo to the next, and new ones appear as days go by.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.seed.records import DAY, LINUX, Draft, digest, minute_stamp, record_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amitui.domain.image.image import RawRecord

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_DEBIAN_DAY_ZERO: Final = date(2019, 8, 2).toordinal()
"""Debian numbers its cloud builds by days since then: 20251112-2294."""
_AL2023_DAY_ZERO: Final = date(2023, 3, 15).toordinal()
"""Amazon Linux 2023 counts its quarterly versions since then: 2023.10."""
_BOTTLEROCKET_DAY_ZERO: Final = date(2022, 12, 1).toordinal()
"""At a release every three weeks since then, v1.50 appeared in October 2025, as it did."""

BOTH: Final = ("x86_64", "arm64")
X86: Final = ("x86_64",)

_DEBIAN_NAMES: Final = {"x86_64": "amd64", "arm64": "arm64", "x86_64_mac": "x86_64", "arm64_mac": "arm64"}
_GNU_NAMES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}

REGIONAL_OWNERS: Final[dict[str, dict[str, str]]] = {
    "591542846629": {"ap-east-1": "665337139932"},
    "602401143452": {"ap-east-1": "800184023465"},
    "092701018921": {"us-west-2": "651937483462", "eu-west-1": "149721548608", "eu-central-1": "821672921237"},
}
"""Publishers whose account differs by region: ECS, EKS and Bottlerocket."""


_UNLAUNCHED_DAYS: Final = 183
"""Age from which on Canonical makes private what nobody has launched; IncludeDeprecated no longer shows it."""


@dataclass(frozen=True, slots=True)
class Family:
    """One product of one publisher, for one or more architectures, and when its builds appear.

    `name` and `description` are formats over: ymd 20261103, dots 2026.11.03, dashes 2026-11-03,
    iso 2026-11-03T00-10,
    n (serial of the build), r (respin), al2023 and bottlerocket (minor versions), debian (day number), clock,
    hex8, arch x86_64, deb amd64, gnu aarch64, region.
    """

    owner: str
    name: str
    start: str
    """Day of the first build, `2024-04-25`."""
    until: str = ""
    """Day after which nothing is built; empty: still going."""
    every: int = 14
    """Days between builds."""
    keep: int = 8
    """How many of the newest builds the publisher leaves registered."""
    archs: tuple[str, ...] = BOTH
    alias: str = ""
    description: str = ""
    billing: tuple[str, str] = LINUX
    gib: int = 8
    volume_type: str = "gp3"
    root_device: str = "/dev/sda1"
    boot_mode: str = "uefi-preferred"
    """Of x86_64; arm64 images are always `uefi`."""
    deprecated_after_days: int | None = 730
    serials: int | None = None
    """How many of the newest builds its publisher leaves undeprecated, of an ended release one; `None`: all. Of
    the others, those that nobody has launched for half a year are public no longer."""
    ssm: str = ""
    """Public SSM parameter that has pointed at the builds; a format like `name`."""
    fields: dict[str, Any] = field(default_factory=dict)

    def all_days(self, as_of: int) -> range:
        """Ordinals of the days of every build ever made until `as_of`, oldest first; at least one day."""
        first = date.fromisoformat(self.start).toordinal()
        last = _EPOCH_ORDINAL + as_of // DAY - 2
        if self.until:
            last = min(last, date.fromisoformat(self.until).toordinal())
        return range(first, max(first, last) + 1, self.every)

    def build_days(self, as_of: int) -> range:
        """Ordinals of the days of the builds that are registered at `as_of`, oldest first."""
        if date.fromisoformat(self.start).toordinal() > _EPOCH_ORDINAL + as_of // DAY - 2:
            return range(0)
        return self.all_days(as_of)[-self.keep :]

    def build(self, day: int, arch: str, region: str) -> RawRecord:
        """The record of the build made on a day (an ordinal) for an architecture."""
        seed = int(digest(self.owner, self.name, str(day), arch)[:12], 16)
        owner = REGIONAL_OWNERS.get(self.owner, {}).get(region, self.owner)
        words = self._words(day, arch, region, seed)
        fields = self.fields
        if self.ssm:
            fields = {**fields, "PublicSsmParameterName": self.ssm.format_map(words)}
        draft = Draft(
            name=self.name.format_map(words),
            owner=owner,
            created=(day - _EPOCH_ORDINAL) * DAY + 3600 + seed % 80_000,
            alias=self.alias,
            description=self.description.format_map(words) if self.description else None,
            architecture=arch,
            billing=self.billing,
            gib=self.gib,
            volume_type=self.volume_type,
            root_device=self.root_device,
            boot_mode="uefi" if arch.startswith("arm64") else self.boot_mode,
            deprecated_after_days=self.deprecated_after_days,
            fields=fields,
        )
        return record_of(draft, region)

    def records(self, region: str, as_of: int) -> Iterator[RawRecord]:
        """Every registered build in the region, oldest first, as its publisher has it at `as_of`."""
        days = self.build_days(as_of)
        for place, day in enumerate(days):
            superseded = self._superseded(day, len(days) - 1 - place, as_of)
            for arch in self.archs:
                record = self.build(day, arch, region)
                if superseded is not None:
                    stale = as_of // DAY - (day - _EPOCH_ORDINAL) > _UNLAUNCHED_DAYS
                    record = _pruned(record, superseded, public=not stale or _is_launched(record))
                yield record

    def _superseded(self, day: int, later: int, as_of: int) -> int | None:
        """Ordinal of the day from which the publisher has deprecated a build; `None`: it is among the last ones.

        Args:
            day: the build's.
            later: how many builds came after it.
        """
        if self.serials is None or not later:
            return None
        if later >= self.serials:
            return day + self.serials * self.every
        end = date.fromisoformat(self.until).toordinal() if self.until else None
        return end if end is not None and end < _EPOCH_ORDINAL + as_of // DAY else None

    def _words(self, day: int, arch: str, region: str, seed: int) -> dict[str, object]:
        moment = time.gmtime((day - _EPOCH_ORDINAL) * DAY)
        ymd = time.strftime("%Y%m%d", moment)
        build = digest(self.owner, self.name, ymd)
        respin = int(build[8:12], 16)
        return {
            "ymd": ymd,
            "dots": f"{ymd[:4]}.{ymd[4:6]}.{ymd[6:]}",
            "dashes": f"{ymd[:4]}-{ymd[4:6]}-{ymd[6:]}",
            "iso": f"{ymd[:4]}-{ymd[4:6]}-{ymd[6:]}T{seed % 24:02d}-{seed % 60:02d}",
            "clock": f"{seed % 24:02d}{seed % 60:02d}{seed % 57:02d}",
            "n": (day - date.fromisoformat(self.start).toordinal()) // self.every,
            "r": respin % 3,
            "al2023": (day - _AL2023_DAY_ZERO) // 91,
            "bottlerocket": (day - _BOTTLEROCKET_DAY_ZERO) // 21,
            "debian": day - _DEBIAN_DAY_ZERO,
            "hex8": build[:8],
            "arch": arch.removesuffix("_mac"),
            "deb": _DEBIAN_NAMES[arch],
            "gnu": _GNU_NAMES.get(arch, arch),
            "region": region,
        }


def _pruned(record: RawRecord, superseded: int, *, public: bool) -> RawRecord:
    deprecated = minute_stamp((superseded - _EPOCH_ORDINAL) * DAY + 6 * 3600)
    return {
        **record,
        "DeprecationTime": min(deprecated, str(record.get("DeprecationTime", deprecated))),
        "Public": public,
    }


def _is_launched(record: RawRecord) -> bool:
    """Whether somebody has launched it lately: about one old build in three."""
    return int(digest("launched", str(record["Name"]))[:8], 16) % 3 == 0
