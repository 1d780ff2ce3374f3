"""Who may launch an image: not part of DescribeImages, read for one own image at a time."""

from __future__ import annotations

from dataclasses import dataclass

from amitui.ec2.query import dicts, text_of
from amitui.ec2.session import Ec2Connection


@dataclass(frozen=True, slots=True)
class LaunchPermissions:
    """With whom an image is shared, each sorted; text is safe to show."""

    public: bool
    """Every account may launch it (group `all`)."""
    account_ids: tuple[str, ...]
    organization_arns: tuple[str, ...]
    organizational_unit_arns: tuple[str, ...]

    @property
    def private(self) -> bool:
        """Whether only the owner may launch it."""
        return not (self.public or self.account_ids or self.organization_arns or self.organizational_unit_arns)

    @property
    def grantees(self) -> tuple[str, ...]:
        """Account ids and ARNs as EC2 takes them; `all` = every account."""
        public = ("all",) if self.public else ()
        return (*public, *self.account_ids, *self.organization_arns, *self.organizational_unit_arns)

    def words(self) -> tuple[str, ...]:
        """One line for each of its launch permissions."""
        if self.private:
            return ("only the owner",)
        return (
            *(("every AWS account (public)",) if self.public else ()),
            *(f"account {account_id}" for account_id in self.account_ids),
            *(f"organization {arn}" for arn in self.organization_arns),
            *(f"organizational unit {arn}" for arn in self.organizational_unit_arns),
        )


async def launch_permissions(connection: Ec2Connection, region: str, image_id: str) -> LaunchPermissions:
    """The launch permissions of one of the caller's own images (DescribeImageAttribute).

    Raises:
        AwsError: in words; a `DeniedError` for an image of somebody else.
    """
    answer = await connection.call(
        region,
        "describe_image_attribute",
        "read the launch permissions",
        ImageId=image_id,
        Attribute="launchPermission",
    )
    entries = dicts(answer.get("LaunchPermissions"))

    def named(field: str) -> tuple[str, ...]:
        return tuple(sorted({text_of(entry, field) for entry in entries} - {""}))

    return LaunchPermissions(
        public="all" in named("Group"),
        account_ids=named("UserId"),
        organization_arns=named("OrganizationArn"),
        organizational_unit_arns=named("OrganizationalUnitArn"),
    )
