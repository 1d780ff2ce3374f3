"""The least IAM policies for the smoke test: made of the calls that its checks and steps declare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from amitui.domain.region import partition_of
from amitui.ec2.policy import Policy, action_of, allow, document, operation_of, resources_of, within
from bench.smoke.image_life import CHANGES
from bench.smoke.leftovers import TAG
from bench.smoke.reads import CHECKS

WATCHED: Final = (
    *("DescribeAvailabilityZones", "DescribeImageAttribute", "DescribeImages", "DescribeSnapshots"),
    *("DescribeVolumes", "ListImagesInRecycleBin", "ListSnapshotsInRecycleBin"),
)
"""What the image's life reads of EC2, between its changes and to find what is left over."""
_OF_SERVICES: Final = frozenset({"sts"})
"""Services whose calls here need no permission."""
_MAKES: Final = {
    "create_volume": ("ec2:{region}:*:volume/*",),
    "create_snapshot": ("ec2:{region}:*:volume/*", "ec2:{region}::snapshot/*"),
}
"""What changes act on that amitui itself never makes, by the client's method."""
_ENDS: Final = {
    "delete_volume": ("ec2:{region}:*:volume/*",),
    "delete_snapshot": ("ec2:{region}::snapshot/*",),
}
_ON_TAGGED: Final = frozenset({"deregister_image", "enable_image_deprecation", "modify_image_attribute", *_ENDS})
"""Changes that are allowed only of what carries the test's tag."""
_TAGGED_AT: Final = ("CopyImage", "CreateSnapshot", "CreateVolume", "RegisterImage")


def read_policy(region: str) -> Policy:
    """The policy of who runs the read-only checks."""
    actions = {
        action_of(service, name) for one in CHECKS for service, name, _ in one.calls if service not in _OF_SERVICES
    }
    # Prices are asked for in one Region: a condition on the Region would deny them.
    anywhere = sorted(action for action in actions if action.startswith("pricing:"))
    return document(
        [
            allow("Read", sorted(actions - {*anywhere}), "*", within([region])),
            allow("ReadGlobal", anywhere, "*"),
        ]
    )


def write_policy(region: str) -> Policy:
    """The policy of who has one image go through its life, on top of `read_policy`."""
    return document(
        [allow("Watch", [f"ec2:{name}" for name in sorted(WATCHED)], "*", within([region])), *_changes(region)]
    )


def _changes(region: str) -> Iterable[Policy]:
    apis = [api for api, _ in CHANGES]
    tagged: Policy = {"Null": {f"aws:ResourceTag/{TAG}": "false"}}
    for sid, group, condition in (
        ("Make", [api for api in apis if api not in _ON_TAGGED], {}),
        ("ChangeOwn", [api for api in apis if api in _ON_TAGGED], tagged),
    ):
        actions = sorted(action_of("ec2", operation_of(api)) for api in group)
        where = sorted({arn for api in group for arn in _arns(api, region)})
        yield allow(sid, actions, where, within([region]) | condition)
    # The tags are given in the requests that make things, and in no other.
    yield allow(
        "TagNew", "ec2:CreateTags", sorted({arn for api in apis for arn in _arns(api, region)}),
        {"StringEquals": {"ec2:CreateAction": list(_TAGGED_AT), "aws:RequestedRegion": [region]}},
    )  # fmt: skip


def _arns(api: str, region: str) -> list[str]:
    rest = _MAKES.get(api) or _ENDS.get(api) or resources_of(api)
    return [f"arn:{partition_of(region)}:{one.format(region=region)}" for one in rest]
