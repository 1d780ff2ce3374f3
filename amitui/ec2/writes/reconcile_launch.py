"""Checks for unanswered calls about instances, and about what they are launched with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from amitui.domain.operations.apis import Evidence
from amitui.domain.operations.operation import Result
from amitui.ec2.writes.execute import LAUNCHED
from amitui.ec2.writes.reconcile_search import (
    AGAIN,
    NO,
    YES,
    Check,
    Found,
    Outcome,
    Record,
    SentCall,
    filters,
    granted,
    text,
)

_TEMPLATES: Final = 200
"""Most launch templates, or versions of one, that EC2 lists in a page."""
_ENDING: Final = frozenset({"shutting-down", "terminated"})
_STARTED: Final = frozenset({"pending", "running"})
_STOPPED: Final = _ENDING | {"stopping", "stopped"}


_SOURCES: Final = (
    ("IpRanges", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId"),
)


async def _launched(sent: SentCall) -> Outcome:
    token = sent.parameters.get("ClientToken")
    if not token:
        return Outcome(Found.UNKNOWN)
    found = await _instances(sent, filters(client_token=token))
    if not found:
        return NO
    results = tuple(Result(text(one.get("InstanceId")), True, LAUNCHED) for one in found)
    return Outcome(Found.HAPPENED, results=results, note=results[0].subject)


async def _states(sent: SentCall) -> dict[str, str]:
    """The states of the call's instances by id, of those that EC2 lists."""
    return {
        str(one.get("InstanceId")): str((one.get("State") or {}).get("Name") or "")
        for one in await _instances(sent, filters(instance_id=sent.parameters["InstanceIds"]))
    }


def _all_in(wanted: frozenset[str]) -> Check:
    """Checks whether all of the call's instances are in one of these states; then a repetition has no effect."""

    async def check(sent: SentCall) -> Outcome:
        states = await _states(sent)
        listed = states.keys() >= set(sent.parameters["InstanceIds"])
        return YES if listed and wanted.issuperset(states.values()) else AGAIN

    return check


async def _terminated(sent: SentCall) -> Outcome:
    ids = sent.parameters["InstanceIds"]
    states = await _states(sent)
    if not _ENDING.issuperset(states.values()):
        return AGAIN
    # EC2 no longer lists an instance an hour after its end.
    ended = tuple(Result(text(one), True, text(states.get(one, "terminated"))) for one in ids)
    return Outcome(Found.HAPPENED, results=ended)


async def _cannot_tell(_sent: SentCall) -> Outcome:
    # EC2 keeps no trace of a reboot, and a second one would interrupt the instance again.
    return Outcome(Found.UNKNOWN)


async def _instances(sent: SentCall, wanted: list[dict[str, Any]]) -> list[Record]:
    reservations = await sent.listed("describe_instances", "Reservations", Filters=wanted)
    return [one for reservation in reservations for one in reservation.get("Instances") or ()]


async def _group_made(sent: SentCall) -> Outcome:
    """A group of that name which is as new: rules come in a later call, after the answer is known."""
    parameters = sent.parameters
    vpc = parameters.get("VpcId") or await _default_vpc(sent)
    wanted = filters(group_name=parameters["GroupName"], **({"vpc_id": vpc} if vpc else {}))
    for group in await sent.listed("describe_security_groups", "SecurityGroups", Filters=wanted):
        if group.get("Description") == parameters["Description"] and not group.get("IpPermissions"):
            return Outcome(Found.HAPPENED, note=text(group.get("GroupId")))
    return NO


async def _opened(sent: SentCall) -> Outcome:
    """Whether the rules are there. EC2 may write one otherwise, and refuses a second by a code of its own."""
    parameters = sent.parameters
    wanted = filters(group_id=parameters["GroupId"])
    groups = await sent.listed("describe_security_groups", "SecurityGroups", Filters=wanted)
    present = {rule for group in groups for rule in _rules(group.get("IpPermissions"))}
    requested = set(_rules(parameters.get("IpPermissions")))
    return YES if requested and requested <= present else AGAIN


def _rules(permissions: Any) -> Iterator[tuple[str, ...]]:
    """Each source of each permission, with its protocol and ports."""
    for one in permissions or ():
        ports = [str(one.get(name, "")) for name in ("IpProtocol", "FromPort", "ToPort")]
        for ranges, name in _SOURCES:
            for source in one.get(ranges) or ():
                yield (*ports, name, str(source.get(name, "")))


async def _default_vpc(sent: SentCall) -> str:
    vpcs = await sent.listed("describe_vpcs", "Vpcs", Filters=filters(is_default="true"))
    return str(vpcs[0].get("VpcId") or "") if vpcs else ""


async def _template_made(sent: SentCall) -> Outcome:
    wanted = filters(launch_template_name=sent.parameters["LaunchTemplateName"])
    listed = await sent.listed("describe_launch_templates", "LaunchTemplates", page=_TEMPLATES, Filters=wanted)
    for template in listed:
        if not sent.is_older(template.get("CreateTime")):
            return Outcome(Found.HAPPENED, note=text(template.get("LaunchTemplateId")))
    return NO


async def _version_made(sent: SentCall) -> Outcome:
    parameters = sent.parameters
    which = {name: parameters[name] for name in ("LaunchTemplateId", "LaunchTemplateName") if name in parameters}
    listed = await sent.listed(
        "describe_launch_template_versions", "LaunchTemplateVersions", page=_TEMPLATES, **which
    )
    fitting = [one for one in listed if not sent.is_older(one.get("CreateTime")) and _is_version(one, parameters)]
    if not fitting:
        return NO
    return Outcome(Found.HAPPENED, note=text(max(int(one.get("VersionNumber") or 0) for one in fitting)))


def _is_version(version: Record, parameters: Mapping[str, Any]) -> bool:
    """Whether it has the data of the call, as far as EC2 does not rewrite them."""
    if (version.get("VersionDescription") or "") != parameters.get("VersionDescription", ""):
        return False
    there = version.get("LaunchTemplateData") or {}
    wanted: Mapping[str, Any] = parameters.get("LaunchTemplateData") or {}
    return all(
        there.get(name) == wanted[name] for name in ("ImageId", "InstanceType", "KeyName") if name in wanted
    )


async def _snapshot_shared(sent: SentCall) -> Outcome:
    answer = await sent.read(
        "describe_snapshot_attribute",
        SnapshotId=sent.parameters["SnapshotId"],
        Attribute="createVolumePermission",
    )
    return granted(sent.parameters["CreateVolumePermission"], answer.get("CreateVolumePermissions"))


LAUNCH_CHECKS: Final[Mapping[Evidence, Check]] = {
    Evidence.GROUP_NAME: _group_made,
    Evidence.GROUP_RULES: _opened,
    Evidence.TEMPLATE_NAME: _template_made,
    Evidence.TEMPLATE_VERSION: _version_made,
    Evidence.SNAPSHOT_SHARE: _snapshot_shared,
    Evidence.LAUNCHED_INSTANCES: _launched,
    Evidence.INSTANCES_STARTED: _all_in(_STARTED),
    Evidence.INSTANCES_STOPPED: _all_in(_STOPPED),
    Evidence.INSTANCES_TERMINATED: _terminated,
    Evidence.NONE: _cannot_tell,
}
"""By evidence."""
