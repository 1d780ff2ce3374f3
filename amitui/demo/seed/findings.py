"""What the simulated Amazon Inspector has found in images: more, and worse, the older an image is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.seed.accounts import MAIN_ACCOUNT, SECOND_ACCOUNT
from amitui.demo.seed.records import DAY, digest, stamp

if TYPE_CHECKING:
    from amitui.domain.image.image import RawRecord

LABELS: Final = ("informational", "low", "medium", "high", "critical")
"""From the least to the worst, as EC2 spells them."""

_SCANNED_OWNERS: Final = frozenset({MAIN_ACCOUNT, SECOND_ACCOUNT, "137112412989", "099720109477"})
"""The demo's own accounts, Amazon Linux and Canonical. Nobody has scanned the images of the others."""

_AGES: Final = ((14, -1), (45, 1), (90, 2), (180, 3))
"""Days since creation below which an image's worst finding is this one; -1 is none."""

_PACKAGES: Final = ("openssl", "glibc", "linux-kernel", "curl", "sudo", "systemd", "openssh", "expat")
_SCORES: Final = (0.0, 3.1, 5.9, 7.8, 9.8)
_EACH: Final = 2
"""Findings of every severity up to the worst."""


def scan_results(record: RawRecord, as_of: int) -> dict[str, Any] | None:
    """`Image.ScanResults` of an image; `None` when it was not scanned."""
    created = _created(record)
    if record.get("OwnerId") not in _SCANNED_OWNERS or record.get("State") != "available" or created is None:
        return None
    worst = _worst(record, as_of)
    results: dict[str, Any] = {"FindingScanDate": stamp(as_of - DAY // 2)}
    if worst < 0:
        return results
    results["HighestFindingSeverityLabel"] = LABELS[worst]
    for rank in range(worst + 1):
        if rank != 1:  # of one severity there is no fix yet
            results[f"{LABELS[rank].capitalize()}FixAvailableSince"] = stamp(_fixed_since(created, rank, as_of))
    return results


def findings(record: RawRecord, as_of: int) -> list[dict[str, Any]]:
    """The findings behind an image's scan results, the worst first."""
    created = _created(record)
    if created is None or "ScanResults" not in record:
        return []
    snapshots = [
        one["Ebs"]["SnapshotId"]
        for one in record.get("BlockDeviceMappings", ())
        if "SnapshotId" in one.get("Ebs", {})
    ]
    found = []
    for rank in range(_worst(record, as_of), -1, -1):
        for number in range(_EACH):
            seed = digest("finding", str(record["Name"]), LABELS[rank], str(number))
            package = _PACKAGES[int(seed[:4], 16) % len(_PACKAGES)]
            found.append(
                {
                    "Title": f"CVE-2026-{int(seed[4:8], 16):05} - {package}",
                    "SeverityLabel": LABELS[rank],
                    "Score": _SCORES[rank],
                    "FixAvailable": rank != 1,
                    "FirstObservedAt": stamp(_fixed_since(created, rank, as_of)),
                    "UpdatedAt": stamp(as_of - DAY // 2),
                    "Paths": [f"/usr/lib/{package}/lib{package}.so"],
                    "SnapshotId": snapshots[0] if snapshots else None,
                }
            )
    return found


def _worst(record: RawRecord, as_of: int) -> int:
    created = _created(record) or 0
    days = (as_of - created) // DAY
    return next((worst for below, worst in _AGES if days < below), len(LABELS) - 1)


def _fixed_since(created: int, rank: int, as_of: int) -> int:
    return min(as_of - DAY, created + (5 + 9 * rank) * DAY)


def _created(record: RawRecord) -> int | None:
    text = str(record.get("CreationDate") or "")
    return int(datetime.fromisoformat(text).timestamp()) if text else None
