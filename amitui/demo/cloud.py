"""The simulated EC2: what each account sees of each region's images, and the operations that read them.

State is made from the seed, region by region, when a region is first asked for. Operations take parameters and
give answers in the shapes of EC2's API model; `wire.py` puts them into words, `server.py` on a socket.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from bisect import bisect_right
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from amitui.demo.accounts import MAIN_ACCOUNT, REGIONS, Caller
from amitui.demo.filters import image_filter, matcher
from amitui.demo.model import CloudError, CloudImage
from amitui.demo.records import digest, stamp
from amitui.demo.seed import region_images

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Params: TypeAlias = dict[str, Any]
"""A request's or an answer's members, named as in EC2's API model."""

_PAGE_LIMIT: Final = 1000
"""Most images in one page, whatever MaxResults says."""

_ALIASES: Final = frozenset({"amazon", "aws-marketplace", "aws-backup-vault"})
_ACCOUNT_ID: Final = re.compile(r"[0-9]{12}")
_IMAGE_ID: Final = re.compile(r"ami-(?:[0-9a-f]{8}|[0-9a-f]{17})")

_NOT_VALIDATED: Final = "AWS was not able to validate the provided access credentials"


class Cloud:
    """One simulated cloud.

    Args:
        as_of: epoch seconds; nothing in the catalogue is newer, and deprecation is judged by it.
        page_delay: seconds that an answer to DescribeImages takes longer than it needs, to look at slow links.
    """

    def __init__(self, as_of: int, page_delay: float = 0.0) -> None:
        self.as_of = as_of
        self.page_delay = page_delay
        self._lock = Lock()
        self._regions: dict[str, list[CloudImage]] = {}
        self._operations: dict[str, Callable[[Caller, Params], Params]] = {
            "DescribeImages": self.describe_images,
            "DescribeImageAttribute": self.describe_image_attribute,
            "DescribeRegions": self.describe_regions,
        }

    @property
    def operations(self) -> frozenset[str]:
        """Names of the EC2 operations that are answered here."""
        return frozenset(self._operations)

    def call(self, operation: str, caller: Caller, params: Params) -> Params:
        """The answer to one request.

        Raises:
            CloudError: refused, in EC2's words.
        """
        answer = self._operations[operation]
        if params.get("DryRun"):
            raise CloudError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        return answer(caller, params)

    def images(self, region: str) -> list[CloudImage]:
        """All images of a region, by ascending id; made at the first call."""
        with self._lock:
            if region not in self._regions:
                self._regions[region] = region_images(region, self.as_of)
            return self._regions[region]

    def describe_images(self, caller: Caller, params: Params) -> Params:
        """DescribeImages."""
        if self.page_delay:
            time.sleep(self.page_delay)
        ids = params.get("ImageIds", [])
        if ids and "MaxResults" in params:
            raise CloudError(
                "InvalidParameterCombination",
                "The parameter imageIdsSet cannot be used with the parameter maxResults",
            )
        wanted = _selection(caller, params)
        passes = image_filter(params.get("Filters", ()))
        if ids:
            named = self._named(caller, ids)
            return {"Images": _records(caller, (i for i in named if wanted(i)), passes)}
        hidden = self._hidden(caller, params)
        images = self.images(caller.region)
        if "MaxResults" not in params and "NextToken" not in params:
            seen = (i for i in images if i.visible_to(caller.account) and not hidden(i) and wanted(i))
            return {"Images": _records(caller, seen, passes)}
        return self._page(caller, params, images, lambda i: wanted(i) and not hidden(i), passes)

    def _page(
        self,
        caller: Caller,
        params: Params,
        images: list[CloudImage],
        wanted: Callable[[CloudImage], bool],
        passes: Callable[[Params], bool],
    ) -> Params:
        limit = int(params.get("MaxResults", _PAGE_LIMIT))
        if limit < 1:
            raise CloudError("InvalidParameterValue", f"Value ( {limit} ) for parameter maxResults is invalid.")
        limit = min(limit, _PAGE_LIMIT)
        question = _question(caller, params)
        start = bisect_right(images, _read_token(params.get("NextToken"), question), key=lambda i: i.image_id)
        page: list[Params] = []
        last = ""
        for image in images[start:]:
            if not (image.visible_to(caller.account) and wanted(image)):
                continue
            record = image.seen_by(caller.account)
            if passes(record):
                if len(page) == limit:
                    return {"Images": page, "NextToken": _write_token(last, question)}
                page.append(record)
                last = image.image_id
        return {"Images": page}

    def _hidden(self, caller: Caller, params: Params) -> Callable[[CloudImage], bool]:
        """Whether a list leaves an image out: deprecated ones of others, disabled ones of one's own."""
        now = stamp(self.as_of)
        deprecated_too = bool(params.get("IncludeDeprecated"))
        disabled_too = bool(params.get("IncludeDisabled"))

        def hidden(image: CloudImage) -> bool:
            record = image.record
            if not disabled_too and record.get("State") == "disabled":
                return True
            if deprecated_too or image.owner == caller.account:
                return False
            return bool(record.get("DeprecationTime", now) < now)

        return hidden

    def _named(self, caller: Caller, ids: Sequence[str]) -> list[CloudImage]:
        for image_id in ids:
            if not _IMAGE_ID.fullmatch(image_id):
                raise CloudError("InvalidAMIID.Malformed", f'Invalid id: "{image_id}"')
        asked = set(ids)
        found = [i for i in self.images(caller.region) if i.image_id in asked and i.visible_to(caller.account)]
        missing = [image_id for image_id in ids if image_id not in {i.image_id for i in found}]
        if missing:
            noun, verb = ("ids", "do") if len(missing) > 1 else ("id", "does")
            text = f"The image {noun} '[{', '.join(missing)}]' {verb} not exist"
            raise CloudError("InvalidAMIID.NotFound", text)
        return found

    def describe_image_attribute(self, caller: Caller, params: Params) -> Params:
        """DescribeImageAttribute: for owners only."""
        image_id, attribute = str(params.get("ImageId", "")), str(params.get("Attribute", ""))
        if attribute not in _ATTRIBUTES:
            raise CloudError("InvalidParameterValue", f"Value ({attribute}) for parameter attribute is invalid.")
        image = self._named(caller, [image_id])[0]
        if image.owner != caller.account or attribute == "blockDeviceMapping":
            raise CloudError("AuthFailure", f"Not authorized for image:{image_id}", 403)
        answer: Params = {"ImageId": image_id}
        if attribute == "launchPermission":
            answer["LaunchPermissions"] = image.launch_permissions()
        elif attribute == "productCodes":
            answer["ProductCodes"] = image.record.get("ProductCodes", [])
        else:
            member, source = _ATTRIBUTES[attribute]
            value = image.record.get(source)
            answer[member] = {} if value is None else {"Value": value}
        return answer

    def describe_regions(self, _: Caller, params: Params) -> Params:
        """DescribeRegions."""
        unknown = [name for name in params.get("RegionNames", ()) if name not in REGIONS]
        if unknown:
            raise CloudError("InvalidParameterValue", f"Invalid region names: {', '.join(unknown)}")
        listed: list[Params] = []
        for seed in REGIONS.values():
            if not seed.enabled and not params.get("AllRegions"):
                continue
            if params.get("RegionNames") and seed.name not in params["RegionNames"]:
                continue
            endpoint = f"ec2.{seed.name}.amazonaws.com"
            region = {"RegionName": seed.name, "Endpoint": endpoint, "OptInStatus": seed.opt_in}
            if _region_passes(region, params.get("Filters", ())):
                listed.append(region)
        return {"Regions": listed}


_ATTRIBUTES: Final[dict[str, tuple[str, str]]] = {
    "description": ("Description", "Description"),
    "kernel": ("KernelId", "KernelId"),
    "ramdisk": ("RamdiskId", "RamdiskId"),
    "launchPermission": ("LaunchPermissions", ""),
    "productCodes": ("ProductCodes", "ProductCodes"),
    "blockDeviceMapping": ("", ""),
    "sriovNetSupport": ("SriovNetSupport", "SriovNetSupport"),
    "bootMode": ("BootMode", "BootMode"),
    "tpmSupport": ("TpmSupport", "TpmSupport"),
    "uefiData": ("UefiData", "UefiData"),
    "lastLaunchedTime": ("LastLaunchedTime", "LastLaunchedTime"),
    "imdsSupport": ("ImdsSupport", "ImdsSupport"),
    "deregistrationProtection": ("DeregistrationProtection", "DeregistrationProtection"),
}
"""Attribute → member of the answer, member of the record."""


def check_region(region: str) -> None:
    """Refuse a region as EC2 does: one that was never opted in to fails like a bad key.

    Raises:
        CloudError: the region does not exist or is not enabled.
    """
    seed = REGIONS.get(region)
    if seed is None:
        raise CloudError("AuthFailure", "Credential should be scoped to a valid region.", 401)
    if not seed.enabled:
        raise CloudError("AuthFailure", _NOT_VALIDATED, 401)


def caller_identity(caller: Caller) -> Params:
    """The answer to STS GetCallerIdentity."""
    user = "demo" if caller.account == MAIN_ACCOUNT else "second"
    return {
        "UserId": "AIDA" + digest("user", caller.account)[:16].upper(),
        "Account": caller.account,
        "Arn": f"arn:aws:iam::{caller.account}:user/{user}",
    }


def _records(caller: Caller, images: Any, passes: Callable[[Params], bool]) -> list[Params]:
    return [record for image in images if passes(record := image.seen_by(caller.account))]


def _selection(caller: Caller, params: Params) -> Callable[[CloudImage], bool]:
    """What Owners and ExecutableUsers let through: within each, any of the values; both together, both."""
    owners = [caller.account if owner == "self" else owner for owner in params.get("Owners", ())]
    users = params.get("ExecutableUsers", [])
    for user in (*owners, *users):
        if user not in _ALIASES | {"self", "all"} and not _ACCOUNT_ID.fullmatch(user):
            raise CloudError("InvalidUserID.Malformed", f'Invalid user id: "{user}"')
    wanted_owners = frozenset(owners)

    def selected(image: CloudImage) -> bool:
        if wanted_owners and not (
            image.owner in wanted_owners or image.record.get("ImageOwnerAlias") in wanted_owners
        ):
            return False
        return not users or any(_executable_by(image, user, caller) for user in users)

    return selected


def _executable_by(image: CloudImage, user: str, caller: Caller) -> bool:
    if user == "all":
        return image.public
    if user in {"self", caller.account}:
        return image.owner != caller.account and image.is_shared_with(caller.account)
    return user in image.shared_with


def _region_passes(region: Params, filters: Sequence[Params]) -> bool:
    members = {"region-name": "RegionName", "endpoint": "Endpoint", "opt-in-status": "OptInStatus"}
    for given in filters:
        if given.get("Name") not in members:
            raise CloudError("InvalidParameterValue", f"The filter '{given.get('Name')}' is invalid")
        if not matcher(given.get("Values", ()))(region[members[given["Name"]]]):
            return False
    return True


def _question(caller: Caller, params: Params) -> str:
    """What a token must be sent with: the same caller and parameters, whatever the page size."""
    asked = {name: value for name, value in params.items() if name not in {"MaxResults", "NextToken"}}
    return digest(caller.account, caller.region, json.dumps(asked, sort_keys=True))[:16]


def _write_token(last_id: str, question: str) -> str:
    return base64.urlsafe_b64encode(f"{question}:{last_id}".encode()).decode()


def _read_token(token: str | None, question: str) -> str:
    """The id after which the next page begins; an empty text for the first page."""
    if token is None:
        return ""
    try:
        asked, _, last_id = base64.b64decode(token, b"-_", validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        asked = last_id = ""
    if asked != question or not last_id:
        raise CloudError("InvalidNextToken", "The token is not valid for this request.")
    return last_id
