"""Plans that change an image where it is: its dates, its state, its protection, its texts.

`ImageFacts` is to be had from here too, as every form that makes such a plan needs it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from amitui.domain.operations.awaited import GONE, IMAGE
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.domain.operations.plans.common import deprecation_stamp, tag_list
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.validation import Tag
from amitui.domain.visible import REPLACEMENT

__all__ = [
    "ImageFacts", "deprecate_plan", "describe_plan", "disable_plan", "enable_plan", "imds_plan", "leave_plan",
    "protect_plan", "tags_plan", "undeprecate_plan", "unprotect_plan",
]  # fmt: skip

COOLDOWN_HOURS: Final = 24
"""For which an image stays protected after a protection with cooldown was ended."""

_NEVER_AGAIN: Final = (GONE, "deregistered", "invalid", "failed", "error")
"""States from which an image does not come back."""


def deprecate_plan(facts: ImageFacts, at: float) -> Plan:
    """Deprecate an image from the minute of `at` on, in seconds since the epoch; moves a date that it has."""
    minute = int(at // 60 * 60)
    stamp = deprecation_stamp(minute)
    when = _when(minute)
    changes = [
        f"{facts.label} will be deprecated from {when}: other accounts no longer see it in lists.",
        "It can still be launched by its ID, and its snapshots cost the same as before.",
    ]
    if facts.deprecated is not None:
        changes.insert(1, f"The previous date was {_when(facts.deprecated)}.")
    public = "While the image is public, you cannot cancel or extend the deprecation; make it private first."
    return _plan(
        OperationKind.DEPRECATE,
        facts,
        f"Deprecate {facts.label} on {when[:10]}",
        _call(facts, "enable_image_deprecation", "deprecate the image", DeprecateAt=stamp),
        changes=tuple(changes),
        warnings=(public,) if facts.public else (),
        before={"deprecated": facts.deprecated},
    )


def undeprecate_plan(facts: ImageFacts) -> Plan:
    """Take the date of deprecation away."""
    was = "" if facts.deprecated is None else f" The date was {_when(facts.deprecated)}."
    refused = "EC2 refuses this for public images: they always have a deprecation date."
    return _plan(
        OperationKind.UNDEPRECATE,
        facts,
        f"Cancel deprecation of {facts.label}",
        _call(facts, "disable_image_deprecation", "cancel the deprecation"),
        changes=(f"{facts.label} no longer has a deprecation date and appears in lists again.{was}",),
        warnings=(refused,) if facts.public else (),
        before={"deprecated": facts.deprecated},
    )


def disable_plan(facts: ImageFacts) -> Plan:
    """Disable an image: nobody can launch it and nobody else sees it."""
    shared = ", ".join(facts.shared_with)
    lost = f"It is shared with {shared}: this access is" if shared else "Any launch permissions it has are"
    warnings = [
        f"{lost} lost for good. Enabling the image again does not restore launch permissions.",
        "Launch templates and Auto Scaling groups that use it can no longer launch.",
    ]
    if facts.public:
        warnings.insert(
            0,
            "It is public and becomes private. It stays private after you enable it, unless you "
            "make it public again.",
        )
    return _plan(
        OperationKind.DISABLE,
        facts,
        f"Disable {facts.label}",
        _call(facts, "disable_image", "disable the image"),
        Watch(IMAGE, facts.region, facts.image_id, ("disabled",), _NEVER_AGAIN),
        changes=(
            f"{facts.label} will be disabled: nobody can launch it, and only its owner can see it.",
            "Running instances are not affected. Its snapshots are kept and cost the same as before.",
        ),
        warnings=tuple(warnings),
        before={"state": facts.state, "shared_with": list(facts.shared_with)},
    )


def enable_plan(facts: ImageFacts) -> Plan:
    """Enable a disabled image."""
    return _plan(
        OperationKind.ENABLE,
        facts,
        f"Enable {facts.label}",
        _call(facts, "enable_image", "enable the image"),
        Watch(IMAGE, facts.region, facts.image_id, ("available",), _NEVER_AGAIN),
        changes=(f"{facts.label} becomes available: its owner can launch it again.",),
        warnings=("It stays private: launch permissions from before it was disabled are not restored.",),
        before={"state": facts.state},
    )


def protect_plan(facts: ImageFacts, with_cooldown: bool) -> Plan:
    """Protect an image from being deregistered."""
    after = (
        f"After protection is turned off, it continues for {COOLDOWN_HOURS} hours."
        if with_cooldown
        else "After protection is turned off, the image can be deregistered at once."
    )
    return _plan(
        OperationKind.PROTECT,
        facts,
        f"Protect {facts.label} from deregistration",
        _call(
            facts,
            "enable_image_deregistration_protection",
            "protect the image from deregistration",
            WithCooldown=with_cooldown,
        ),
        changes=(f"Nobody can deregister {facts.label}, whatever IAM allows.", after),
        before={"protection": facts.protection},
    )


def unprotect_plan(facts: ImageFacts) -> Plan:
    """End the protection from deregistration."""
    cooldown = f"It is protected with a cooldown: EC2 still refuses to deregister it for {COOLDOWN_HOURS} hours."
    return _plan(
        OperationKind.UNPROTECT,
        facts,
        f"Turn off protection of {facts.label}",
        unprotecting(facts),
        changes=(f"{facts.label} can be deregistered by anyone with the IAM permission.",),
        warnings=(cooldown,) if facts.cools_down else (),
        before={"protection": facts.protection},
    )


def unprotecting(facts: ImageFacts) -> Call:
    """The call that ends the protection from deregistration."""
    return _call(facts, "disable_image_deregistration_protection", "turn off deregistration protection")


def describe_plan(facts: ImageFacts, description: str) -> Plan:
    """Give an image another description; empty = none."""
    now = f"“{description}”" if description else "empty"
    was = f"“{facts.description}”" if facts.description else "empty"
    return _plan(
        OperationKind.DESCRIBE,
        facts,
        f"Edit description of {facts.label}",
        _call(facts, "modify_image_attribute", "change the description", Description={"Value": description}),
        changes=(f"The description of {facts.label} is {now}.", f"It was {was}."),
        before={"description": facts.description},
    )


def tags_plan(facts: ImageFacts, add: Sequence[Tag], remove: Sequence[str]) -> Plan:
    """Set tags, over those of the same keys, and take away those with the given keys.

    Raises:
        ValueError: nothing is to be changed.
    """
    added, old = dict(add), None if facts.tags is None else dict(facts.tags)
    removed = [key for key in dict.fromkeys(remove) if key not in added]
    calls: list[Call] = []
    changes: list[str] = []
    if added:
        calls.append(_tagging(facts, "create_tags", "set the tags", tag_list(tuple(added.items()))))
        changes += [f"{facts.label} has the tag {key} = {value or '(empty)'}." for key, value in added.items()]
    if removed:
        # DeleteTags without any key would take all tags away.
        calls.append(_tagging(facts, "delete_tags", "remove the tags", [_removal(key, old) for key in removed]))
        changes += [f"{facts.label} no longer has the tag {_tag_words(key, old)}." for key in removed]
    if not calls:
        raise ValueError("no tag would change")
    before = {} if old is None else {"tags": {key: old.get(key) for key in (*added, *removed)}}
    left = {key for key in old or () if key not in removed and not key.lower().startswith("aws:")}
    loses_all = old is not None and removed and not left and not added
    warnings = (f"{facts.label} loses all its tags: {len(removed)}.",) if loses_all else ()
    return _plan(
        OperationKind.TAG,
        facts,
        f"Edit tags of {facts.label}",
        *calls,
        changes=tuple(changes),
        warnings=warnings,
        before=before,
    )


def _removal(key: str, old: Mapping[str, str] | None) -> dict[str, str]:
    """A tag for DeleteTags: with the value that it is known to have, so that one that changed meanwhile stays.

    A key alone takes the tag away whatever its value is; that is left for values that are not known exactly.
    """
    value = (old or {}).get(key)
    return {"Key": key} if value is None or REPLACEMENT in value else {"Key": key, "Value": value}


def _tag_words(key: str, old: Mapping[str, str] | None) -> str:
    value = (old or {}).get(key)
    return key if value is None else f"{key} = {value or '(empty)'}"


def imds_plan(facts: ImageFacts) -> Plan:
    """Require IMDSv2 of the instances that are launched from an image."""
    return _plan(
        OperationKind.IMDS,
        facts,
        f"Require IMDSv2 for {facts.label}",
        _call(facts, "modify_image_attribute", "require IMDSv2 for the image", ImdsSupport={"Value": "v2.0"}),
        changes=(
            f"Instances launched from {facts.label} require IMDSv2 (HttpTokens required, hop limit 2), unless the "
            "launch or the account says otherwise.",
            "Running instances are not changed.",
        ),
        warnings=(
            "This cannot be undone.",
            "Software on the image that supports only IMDSv1 can no longer get credentials.",
        ),
    )


def leave_plan(facts: ImageFacts) -> Plan:
    """Give up an image that was shared with this account directly."""
    whose = f" of account {facts.owner_id}" if facts.owner_id else ""
    return _plan(
        OperationKind.LEAVE,
        facts,
        f"Give up shared access to {facts.label}",
        _call(facts, "cancel_image_launch_permission", "give up shared access"),
        changes=(
            f"{facts.label}{whose} is no longer shared with this account, which can no longer launch it.",
            "Running instances are not affected.",
        ),
        warnings=(
            "Only its owner can share it again.",
            "Access through an organization, or as a public image, does not end.",
        ),
    )


def _plan(
    kind: OperationKind,
    facts: ImageFacts,
    title: str,
    *steps: Call | Watch,
    changes: tuple[str, ...],
    warnings: tuple[str, ...] = (),
    before: Mapping[str, Any] | None = None,
) -> Plan:
    return Plan(
        kind=kind,
        title=title,
        region=facts.region,
        subject=facts.image_id,
        steps=steps,
        changes=changes,
        warnings=warnings,
        rows_to_refresh=((facts.region, facts.image_id),),
        before={"name": facts.name, "public": facts.public, **(before or {})},
    )


def _call(facts: ImageFacts, api: str, action: str, **parameters: Any) -> Call:
    return Call(api, facts.region, {"ImageId": facts.image_id, **parameters}, action)


def _tagging(facts: ImageFacts, api: str, action: str, tags: list[dict[str, str]]) -> Call:
    return Call(api, facts.region, {"Resources": [facts.image_id], "Tags": tags}, action)


def _when(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
