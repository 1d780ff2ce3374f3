"""What a recorded call needs of IAM, and whether a policy allows it: as much of IAM as deploy/ uses.

Which action an operation needs is from the Service Authorization Reference (Actions, resources, and condition keys
for Amazon S3), and from the API reference of each operation.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

Policy = dict[str, Any]


class Call(NamedTuple):
    """An operation that was called."""

    account: str
    """Whose credentials were used."""
    service: str
    operation: str
    parameters: dict[str, Any]
    missing: bool = False
    """Whether S3 answered that there is no such object."""


class Need(NamedTuple):
    """What IAM has to allow for a call."""

    action: str
    resource: str
    conditions: tuple[tuple[str, str], ...] = ()
    """What the call brings, by condition key."""


_ON_OBJECT: Final = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "DeleteObject": "s3:DeleteObject",
}
_ON_BUCKET: Final = {
    "ListObjectsV2": "s3:ListBucket",
    "ListObjects": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "GetBucketLocation": "s3:GetBucketLocation",
}


def needs_of(call: Call) -> list[Need]:
    """What a call needs; GetCallerIdentity needs nothing.

    Raises:
        KeyError: an operation of S3 of which it is not known here.
    """
    if call.service == "sts":
        return [] if call.operation == "GetCallerIdentity" else [Need(f"sts:{call.operation}", "*")]
    if call.service != "s3":
        return [Need(f"{call.service}:{call.operation}", "*")]
    bucket = f"arn:aws:s3:::{call.parameters['Bucket']}"
    if call.operation == "DeleteObjects":
        keys = [one["Key"] for one in call.parameters["Delete"]["Objects"]]
        return [Need("s3:DeleteObject", f"{bucket}/{key}") for key in keys]
    if call.operation in _ON_BUCKET:
        return [Need(_ON_BUCKET[call.operation], bucket, (("s3:prefix", call.parameters.get("Prefix", "")),))]
    key = call.parameters["Key"]
    found = [Need(_ON_OBJECT[call.operation], f"{bucket}/{key}")]
    if call.missing:
        # S3 says 404 to whoever may list the bucket, with the key as prefix (so does Ceph since its pull request
        # 68577, to match AWS), and 403 to others, of which nobody knows what it means.
        found.append(Need("s3:ListBucket", bucket, (("s3:prefix", key),)))
    return found


def allowing(policy: Policy, need: Need, account: str) -> set[tuple[int, str, str]]:
    """The parts of a policy that allow something: number of the statement, action and resource."""
    found = set()
    for number, statement in enumerate(policy["Statement"]):
        assert statement["Effect"] == "Allow"
        assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        if not _holds(statement.get("Condition", {}), dict(need.conditions), account):
            continue
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                if action == need.action and _matches(resource, need.resource, account):
                    found.add((number, action, resource))
    return found


def listed(value: str | list[str]) -> list[str]:
    """A value that may stand alone, as a list."""
    return [value] if isinstance(value, str) else value


def _holds(condition: dict[str, Any], given: dict[str, str], account: str) -> bool:
    assert condition.keys() <= {"StringLike"}
    return all(
        key in given and any(_matches(pattern, given[key], account) for pattern in listed(patterns))
        for key, patterns in condition.get("StringLike", {}).items()
    )


def _matches(pattern: str, value: str, account: str) -> bool:
    text = pattern.replace("${aws:PrincipalAccount}", account)
    assert "${" not in text
    return re.fullmatch(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), value) is not None
