"""Checks for unanswered calls of a roll-out: parameters, default versions, instance refreshes, groups.

An instance refresh has no token and no tags. What tells one that a call began from others is that it was not there
before, that it is not older than the call, and that it has the same desired configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from amitui.domain.operations.apis import Evidence
from amitui.domain.operations.awaited import REFRESH_ACTIVE
from amitui.ec2.writes.reconcile_search import AGAIN, NO, YES, Check, Found, Outcome, Record, SentCall, text
from amitui.errors import AwsError

_PARAMETER_VERSIONS: Final = 50
"""Most versions of a parameter that Systems Manager lists in a page."""
_REFRESHES: Final = 100
"""Most instance refreshes that Auto Scaling lists in a page."""
_ROLLED_BACK: Final = frozenset({"RollbackInProgress", "RollbackSuccessful", "RollbackFailed"})


async def _parameter_set(sent: SentCall) -> Outcome:
    parameters = sent.parameters
    try:
        versions = await sent.listed(
            "get_parameter_history", "Parameters", page=_PARAMETER_VERSIONS, Name=parameters["Name"]
        )
    except AwsError as error:
        if error.code == "ParameterNotFound":
            return NO
        raise
    made = [
        int(one.get("Version") or 0)
        for one in versions
        if one.get("Value") == parameters["Value"] and not sent.is_older(one.get("LastModifiedDate"))
    ]
    return Outcome(Found.HAPPENED, note=text(max(made))) if made else NO


async def _default_set(sent: SentCall) -> Outcome:
    answer = await sent.read("describe_launch_templates", LaunchTemplateIds=[sent.parameters["LaunchTemplateId"]])
    versions = [str(one.get("DefaultVersionNumber")) for one in answer.get("LaunchTemplates") or ()]
    return YES if versions == [str(sent.parameters["DefaultVersion"])] else AGAIN


async def _refreshes(sent: SentCall) -> list[Record]:
    return await sent.listed(
        "describe_instance_refreshes",
        "InstanceRefreshes",
        page=_REFRESHES,
        AutoScalingGroupName=sent.parameters["AutoScalingGroupName"],
    )


async def _refresh_started(sent: SentCall) -> Outcome:
    wanted = _configuration(sent.parameters.get("DesiredConfiguration"))
    for one in await _refreshes(sent):
        refresh_id = text(one.get("InstanceRefreshId"))
        # One that is pending has no time yet.
        if refresh_id in sent.known or sent.is_older(one.get("StartTime")):
            continue
        if _configuration(one.get("DesiredConfiguration")) == wanted:
            return Outcome(Found.HAPPENED, note=refresh_id)
    return NO


def _configuration(desired: Any) -> tuple[str, str]:
    """The template and version that a refresh was to bring; both empty where it was to bring none."""
    template = (desired or {}).get("LaunchTemplate") or {}
    return str(template.get("LaunchTemplateId") or ""), str(template.get("Version") or "")


async def _refresh_ended(sent: SentCall) -> Outcome:
    """Whether the refresh that was to be cancelled has ended, or is ending; no other of the group is meant."""
    for one in await _refreshes(sent):
        is_meant = one.get("InstanceRefreshId") in sent.known
        if is_meant and one.get("Status") in REFRESH_ACTIVE - {"Cancelling"}:
            return AGAIN
    return YES


async def _refresh_rolled_back(sent: SentCall) -> Outcome:
    for one in await _refreshes(sent):
        if one.get("InstanceRefreshId") in sent.known and one.get("Status") in _ROLLED_BACK:
            return Outcome(Found.HAPPENED, note=text(one.get("InstanceRefreshId")))
    return AGAIN


async def _group_configured(sent: SentCall) -> Outcome:
    names = [sent.parameters["AutoScalingGroupName"]]
    answer = await sent.read("describe_auto_scaling_groups", AutoScalingGroupNames=names)
    wanted: Mapping[str, Any] = sent.parameters["LaunchTemplate"]
    for group in answer.get("AutoScalingGroups") or ():
        there = group.get("LaunchTemplate") or {}
        if all(str(there.get(name)) == str(value) for name, value in wanted.items()):
            return YES
    return AGAIN


ROLLOUT_CHECKS: Final[Mapping[Evidence, Check]] = {
    Evidence.PARAMETER_VALUE: _parameter_set,
    Evidence.TEMPLATE_DEFAULT: _default_set,
    Evidence.REFRESH_STARTED: _refresh_started,
    Evidence.REFRESH_ENDED: _refresh_ended,
    Evidence.REFRESH_ROLLED_BACK: _refresh_rolled_back,
    Evidence.GROUP_CONFIGURATION: _group_configured,
}
"""By evidence."""
