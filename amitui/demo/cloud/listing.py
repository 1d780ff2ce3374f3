"""DescribeInstances: filters, pages by the number of instances, reservations.

Source: DescribeInstances in the API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.instance_records import api_record, profile_of, tags_of
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.paging import question, read_token, write_token
from amitui.demo.cloud.rules import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from amitui.demo.cloud.instances import Instances
    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller

_FEWEST: Final = 5
_MOST: Final = 1000


class Listing:
    """DescribeInstances."""

    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {"DescribeInstances": self.describe}

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeInstances."""
        ids = params.get("InstanceIds", [])
        if ids and "MaxResults" in params:
            words = "The parameter instancesSet cannot be used with the parameter maxResults"
            raise CloudError("InvalidParameterCombination", words)
        tests = [_test(given) for given in params.get("Filters", ())]
        limit = int(params.get("MaxResults", _MOST))
        if not _FEWEST <= limit <= _MOST:
            raise invalid(f"Value ( {limit} ) for parameter maxResults is invalid. Expecting 5 to 1000.")
        paged = "MaxResults" in params or "NextToken" in params
        requested = question(caller, params)
        start = int(read_token(params.get("NextToken"), requested) or 0)
        with self._instances.reservations(caller) as there:
            found = [(about, one) for about, members in there for one in members]
            if ids:
                known = {one.id: (about, one) for about, one in found}
                self._check(ids, known)
                found = [known[one] for one in dict.fromkeys(ids)]
            fits = [(about, one) for about, one in found if all(test(one) for test in tests)]
            chosen = fits[start : start + limit] if paged else fits
            grouped: dict[str, Params] = {}
            for about, one in chosen:
                entry = grouped.setdefault(about["ReservationId"], about | {"Instances": []})
                entry["Instances"].append(api_record(one))
        answer: Params = {"Reservations": list(grouped.values())}
        if paged and start + limit < len(fits):
            answer["NextToken"] = write_token(str(start + limit), requested)
        return answer

    def _check(self, ids: Iterable[str], known: dict[str, Any]) -> None:
        missing = [one for one in ids if one not in known]
        for one in missing:
            self._instances.check_id(one)
        if missing:
            plural = len(missing) > 1
            noun, verb = ("IDs", "do") if plural else ("ID", "does")
            words = f"The instance {noun} '{', '.join(missing)}' {verb} not exist"
            raise CloudError("InvalidInstanceID.NotFound", words)


def _attribute(name: str) -> Callable[[Any], Iterable[Any]]:
    return lambda one: (getattr(one, name, None),)


_READERS: Final[dict[str, Callable[[Any], Iterable[Any]]]] = {
    "architecture": _attribute("architecture"),
    "availability-zone": lambda one: (one._placement.zone,),
    "client-token": _attribute("client_token"),
    "hypervisor": _attribute("hypervisor"),
    "image-id": _attribute("image_id"),
    "instance-id": _attribute("id"),
    "instance-lifecycle": _attribute("lifecycle"),
    "instance-state-code": lambda one: (one._state.code,),
    "instance-state-name": lambda one: (one._state.name,),
    "instance-type": _attribute("instance_type"),
    "instance.group-id": lambda one: (group.id for group in one.security_groups),
    "instance.group-name": lambda one: (group.name for group in one.security_groups),
    "key-name": _attribute("key_name"),
    "launch-time": lambda one: (one.launch_time.strftime("%Y-%m-%dT%H:%M:%S.000Z"),),
    "owner-id": _attribute("owner_id"),
    "platform": _attribute("platform"),
    "platform-details": _attribute("platform_details"),
    "private-dns-name": _attribute("private_dns_name"),
    "private-ip-address": _attribute("private_ip_address"),
    "ip-address": _attribute("public_ip_address"),
    "root-device-name": _attribute("root_device_name"),
    "root-device-type": _attribute("root_device_type"),
    "subnet-id": _attribute("subnet_id"),
    "tag-key": lambda one: (tag["Key"] for tag in tags_of(one)),
    "usage-operation": _attribute("usage_operation"),
    "virtualization-type": _attribute("virtualization_type"),
    "vpc-id": _attribute("vpc_id"),
    "iam-instance-profile.arn": lambda one: ((profile_of(one) or {}).get("Arn"),),
    "block-device-mapping.volume-id": lambda one: (v.volume_id for _, v in one.get_block_device_mapping),
    "block-device-mapping.device-name": lambda one: (name for name, _ in one.get_block_device_mapping),
}
"""The filters that are simulated, and what they compare."""


def _test(given: Params) -> Callable[[Any], bool]:
    name, matches = str(given.get("Name", "")), matcher(given.get("Values", ()))
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda one: any(tag["Key"] == key and matches(tag["Value"]) for tag in tags_of(one))
    read = _READERS.get(name)
    if read is None:
        raise invalid(f"The filter '{name}' is invalid")
    return lambda one: any(matches(str(value)) for value in read(one) if value is not None)
