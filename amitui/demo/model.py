"""What the simulated EC2 holds and how it refuses: images with their permissions, and error codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amitui.demo.accounts import ORGANIZATION_ARN, ORGANIZATION_MEMBERS

if TYPE_CHECKING:
    from amitui.domain.image import RawRecord

OWNER_ONLY_FIELDS = frozenset({"Tags", "LastLaunchedTime", "DeregistrationProtection", "SourceInstanceId"})
"""Members of Image that EC2 tells nobody but the owner."""


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
    """Launch permissions beyond `Public`: account ids, or ARNs of organizations."""

    @property
    def image_id(self) -> str:
        return str(self.record["ImageId"])

    @property
    def owner(self) -> str:
        return str(self.record["OwnerId"])

    @property
    def public(self) -> bool:
        return bool(self.record.get("Public"))

    def is_shared_with(self, account: str) -> bool:
        """Whether an explicit permission covers the account, directly or through its organization."""
        return account in self.shared_with or (
            account in ORGANIZATION_MEMBERS and ORGANIZATION_ARN in self.shared_with
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
        return {name: value for name, value in record.items() if name not in OWNER_ONLY_FIELDS}

    def launch_permissions(self) -> list[dict[str, str]]:
        """The permissions in the shape of DescribeImageAttribute's answer."""
        listed = [{"Group": "all"}] if self.public else []
        kinds = ("OrganizationArn" if grantee.startswith("arn:") else "UserId" for grantee in self.shared_with)
        return listed + [{kind: grantee} for kind, grantee in zip(kinds, self.shared_with, strict=True)]
