"""With whom an image is shared, what stands in the way of sharing it otherwise, and what the others need besides.

DryRun checks permissions, not whether a change can be done; EC2's documented rules are here, so that a form can
state them before EC2 refuses. What could not be read is `None` or empty and has its words in `unknown`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from amitui.domain.sharing.grantees import EVERYONE, Kind, kind_of, organization_ids

MOST_GRANTEES: Final = 1_000
"""Accounts, organizations and units with which an image can be shared, unless the quota was raised."""
MOST_PUBLIC: Final = 5
"""Public images of an account in a region, unless the quota was raised."""

BLOCKED: Final = "block-new-sharing"
UNBLOCKED: Final = "unblocked"
BY_POLICY: Final = "declarative-policy"
"""Who manages Block Public Access when not the account itself."""

AWS_MANAGED: Final = "AWS"
CUSTOMER_MANAGED: Final = "CUSTOMER"

_KEY_ACTIONS: Final = (
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)
"""What launching from encrypted snapshots, and copying them, takes of their key."""


class SharedVolume(NamedTuple):
    """A snapshot behind an image."""

    snapshot_id: str
    encrypted: bool = False
    key: str = ""
    """ARN; empty = not known or not encrypted."""
    manager: str = ""
    """KMS's KeyManager: `AWS_MANAGED`, `CUSTOMER_MANAGED`; empty = not known."""
    readers: tuple[str, ...] | None = None
    """Accounts that may read it, or `all`; `None` = not known."""


class Sharing(NamedTuple):
    """Who may launch an image now, and what decides about others. All text is sanitized."""

    region: str
    image_id: str
    name: str
    owner_id: str
    account: str
    """The account in use."""
    state: str = "available"
    public: bool = False
    granted: tuple[str, ...] | None = ()
    """With whom it is shared beyond `public`; `None` = not known: EC2 shows it to owners only."""
    volumes: tuple[SharedVolume, ...] = ()
    product_codes: tuple[str, ...] = ()
    watermarks: tuple[str, ...] = ()
    block_public: str = ""
    """`BLOCKED`, `UNBLOCKED`; empty = not known."""
    block_manager: str = ""
    """`account`, `BY_POLICY`; empty = not known."""
    public_images: int | None = None
    """Images that the account has made public in the region."""
    created: int | None = None
    deprecated: int | None = None
    """Seconds since the epoch; `None` = no date."""
    unknown: tuple[str, ...] = ()
    """What could not be read, a sentence each."""
    shared_tags: tuple[tuple[str, str], ...] = ()
    """Key and value of its tags that everybody sees with whom it is shared."""
    command_options: str = ""
    """What `aws` commands need to act as who asks: ` --profile x`."""
    command_setup: str = ""
    """What has to run before such a command, in front of it: `aws configure set … && `."""

    @property
    def own(self) -> bool:
        """Whether it belongs to whoever asks."""
        return bool(self.account) and self.owner_id == self.account

    @property
    def now(self) -> tuple[str, ...]:
        """Everyone it is shared with, as far as it is known."""
        return (*((EVERYONE,) if self.public else ()), *(self.granted or ()))

    @property
    def encrypted(self) -> tuple[SharedVolume, ...]:
        """The snapshots that are encrypted."""
        return tuple(volume for volume in self.volumes if volume.encrypted)

    @property
    def customer_keys(self) -> tuple[str, ...]:
        """Keys whose policies decide whether others can use the image, each once."""
        keys = (volume.key for volume in self.encrypted if volume.key and volume.manager != AWS_MANAGED)
        return tuple(dict.fromkeys(keys))


class Wanted(NamedTuple):
    """What is to be changed."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    snapshots: bool = False
    """Whether the added accounts shall read the snapshots too, and the removed ones no longer."""


class Difference(NamedTuple):
    """Two sets of grantees compared."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


def difference(before: Iterable[str], after: Iterable[str]) -> Difference:
    """What leads from `before` to `after`; each grantee once, in its order."""
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    return Difference(
        tuple(grantee for grantee in new if grantee not in old),
        tuple(grantee for grantee in old if grantee not in new),
        tuple(grantee for grantee in old if grantee in new),
    )


def effective(sharing: Sharing, wanted: Wanted) -> Difference:
    """What a change amounts to: what is granted already is not added, what is not cannot be removed.

    Where the present permissions are not known, all that are requested count.
    """
    if sharing.granted is None:
        return Difference(tuple(dict.fromkeys(wanted.add)), tuple(dict.fromkeys(wanted.remove)), ())
    removed = set(wanted.remove) - set(wanted.add)
    after = (*(grantee for grantee in sharing.now if grantee not in removed), *wanted.add)
    return difference(sharing.now, after)


def snapshot_changes(sharing: Sharing, wanted: Wanted) -> dict[str, Difference]:
    """By snapshot, the accounts that shall read it from now on and those that no longer shall.

    Only accounts: snapshots are not shared with organizations, and this never makes one public.
    """
    if not wanted.snapshots:
        return {}
    found = {}
    for volume in sharing.volumes:
        readers = set(volume.readers or ())
        known = volume.readers is not None
        add = [one for one in dict.fromkeys(wanted.add) if kind_of(one) is Kind.ACCOUNT and one not in readers]
        gone = [
            one
            for one in dict.fromkeys(wanted.remove)
            if kind_of(one) is Kind.ACCOUNT and (one in readers or not known) and one not in wanted.add
        ]
        if volume.manager == AWS_MANAGED:
            add = []
        if add or gone:
            found[volume.snapshot_id] = Difference(tuple(add), tuple(gone), ())
    return found


def key_policy_statement(grantees: Sequence[str], key: str) -> str:
    """Statements for the policy of a key, JSON to be pasted into its `Statement` list.

    Args:
        grantees: accounts, organizations and units that are to use it.
        key: its ARN, for the partition.
    """
    partition = key.split(":")[1] if key.startswith("arn:") else "aws"
    accounts = [grantee for grantee in grantees if kind_of(grantee) is Kind.ACCOUNT]
    statements: list[dict[str, Any]] = []
    if accounts:
        principals = [f"arn:{partition}:iam::{account}:root" for account in accounts]
        statements.append(_statement("AllowSharedImages", {"AWS": principals}))
    organizations = [organization_ids(one)[0] for one in grantees if kind_of(one) is Kind.ORGANIZATION]
    if organizations:
        condition = {"StringEquals": {"aws:PrincipalOrgID": organizations}}
        statements.append(_statement("AllowSharedImagesToOrganization", "*", condition))
    units = [organization_ids(one) for one in grantees if kind_of(one) is Kind.UNIT]
    if units:
        paths = [f"{organization}/*/{unit}/*" for organization, unit in units]
        condition = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": paths}}
        statements.append(_statement("AllowSharedImagesToUnits", "*", condition))
    return ",\n".join(json.dumps(statement, indent=2) for statement in statements)


def _statement(sid: str, principal: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": list(_KEY_ACTIONS),
        "Resource": "*",
        **({"Condition": condition} if condition else {}),
    }
