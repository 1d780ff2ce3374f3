"""What the simulated EC2 holds and how it refuses: images with their permissions, and error codes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from amitui.demo.seed.accounts import MAIN_ACCOUNT, ORGANIZATION_ARN, ORGANIZATION_MEMBERS, ORGANIZATIONAL_UNIT_ARN
from amitui.domain.tags.shared import is_shared

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from amitui.domain.image.image import RawRecord

Params: TypeAlias = dict[str, Any]
"""A request's or an answer's members, named as in EC2's API model."""

OWNER_ONLY_FIELDS = frozenset({"Tags", "LastLaunchedTime", "DeregistrationProtection", "SourceInstanceId"})
"""Members of Image that EC2 tells nobody but the owner; but shared tags are told to all who see the image."""


class Ec2Requests(Protocol):
    """Who answers what is not about images: moto."""

    @property
    def loaded(self) -> bool:
        """Whether anything has been asked yet; before, there is nothing that could have been made."""

    @property
    def holds_objects(self) -> bool:
        """Whether its instances can be read as moto's own objects, which is quicker than by requests."""

    def alone(self) -> AbstractContextManager[None]:
        """While the block runs, nothing else is answered: what moto holds can be changed."""

    def answer(
        self, *, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, account: str
    ) -> tuple[int, list[tuple[str, str]], bytes]: ...


class CloudError(Exception):
    """A refusal as EC2 words it.

    Args:
        code: EC2's error code, `InvalidAMIID.NotFound`.
        message: the text that goes with it.
        status: HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(slots=True)
class CloudImage:
    """One image of the simulated cloud."""

    record: RawRecord
    """The owner's view of it, in the shape of DescribeImages' Image."""
    shared_with: tuple[str, ...] = ()
    """Launch permissions beyond `Public`: account ids, or ARNs of organizations and their units."""
    cooldown_until: float = 0.0
    """Until when (epoch seconds) it stays protected although its protection was switched off."""
    failure: tuple[str, str] | None = None
    """Code and message of the StateReason with which its making will fail; `None` means that it will not."""

    @property
    def image_id(self) -> str:
        return str(self.record["ImageId"])

    @property
    def owner(self) -> str:
        return str(self.record["OwnerId"])

    @property
    def name(self) -> str:
        return str(self.record.get("Name", ""))

    @property
    def state(self) -> str:
        return str(self.record["State"])

    @property
    def snapshot_ids(self) -> list[str]:
        """The snapshots of its volumes, in their order."""
        volumes = (mapping.get("Ebs", {}) for mapping in self.record.get("BlockDeviceMappings", ()))
        return list(dict.fromkeys(volume["SnapshotId"] for volume in volumes if "SnapshotId" in volume))

    def update(self, **members: Any) -> None:
        """Give it a new record, as others may be reading the old one; `None` takes a member away."""
        record = self.record | members
        self.record = {name: value for name, value in record.items() if value is not None}

    @property
    def public(self) -> bool:
        return bool(self.record.get("Public"))

    def is_shared_with(self, account: str) -> bool:
        """Whether an explicit permission covers the account, directly or through its organization."""
        return (
            account in self.shared_with
            or (account in ORGANIZATION_MEMBERS and ORGANIZATION_ARN in self.shared_with)
            or (account == MAIN_ACCOUNT and ORGANIZATIONAL_UNIT_ARN in self.shared_with)
        )

    def visible_to(self, account: str) -> bool:
        """Whether DescribeImages may mention the image to the account at all."""
        if self.record["OwnerId"] == account:
            return True
        if self.record.get("State") == "disabled":
            return False
        return self.public or self.is_shared_with(account)

    def seen_by(self, account: str) -> RawRecord:
        """The record without what only the owner is told."""
        record = self.record
        if record["OwnerId"] == account or OWNER_ONLY_FIELDS.isdisjoint(record):
            return record
        seen = {name: value for name, value in record.items() if name not in OWNER_ONLY_FIELDS}
        shared = [tag for tag in record.get("Tags", ()) if is_shared(tag["Key"])]
        return seen | ({"Tags": shared} if shared else {})

    def launch_permissions(self) -> list[dict[str, str]]:
        """The permissions in the shape of DescribeImageAttribute's answer."""
        listed = [{"Group": "all"}] if self.public else []
        return listed + [{grantee_kind(grantee): grantee} for grantee in self.shared_with]


def grantee_kind(grantee: str) -> str:
    """The member of LaunchPermission that names such a grantee."""
    if not grantee.startswith("arn:"):
        return "UserId"
    return "OrganizationalUnitArn" if ":ou/" in grantee else "OrganizationArn"


@dataclass(slots=True)
class CloudSnapshot:
    """One EBS snapshot: what does not change of it, and the time in which its data is written."""

    record: Params
    """The members of EC2's Snapshot that do not depend on the time."""
    began: float
    ends: float
    """When (epoch seconds) the last block is written; not after `began` for one that is complete."""
    failure: str = ""
    """StateMessage of one that ends in error; empty for one that completes."""
    readers: tuple[str, ...] = ()
    """Accounts that may read it besides its owner; `all` = everyone."""

    @property
    def snapshot_id(self) -> str:
        return str(self.record["SnapshotId"])

    @property
    def owner(self) -> str:
        return str(self.record["OwnerId"])

    def progress(self, now: float) -> int:
        """Per cent written: 100 only when it is complete."""
        if now >= self.ends:
            return 100
        return max(0, min(99, int(100 * (now - self.began) / (self.ends - self.began))))

    def seen_at(self, now: float) -> Params:
        """Its record with what depends on the time."""
        done = now >= self.ends
        if done and self.failure:
            return self.record | {"State": "error", "Progress": "", "StateMessage": self.failure}
        state = "completed" if done else "pending"
        finished = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self.ends)) if done else None
        return self.record | {
            "State": state,
            "Progress": f"{self.progress(now)}%",
            "CompletionTime": finished,
        }
