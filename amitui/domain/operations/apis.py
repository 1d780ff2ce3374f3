"""Every call that changes something, declared once: what its answer names, and what proves that it happened.

Plans make no other calls: one that is not here could not be reconciled after a crash. `ec2/writes/` sends them and
finds out what became of those whose answer never came; `presentation/aws_command.py` prints them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from amitui.domain.operations.services import AUTO_SCALING, EC2, SSM

ImageIs: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
"""Whether an image's record, as EC2 gives it, is what a call with these parameters was to make of it."""


class Evidence(StrEnum):
    """What proves that a call happened whose answer never came; `ec2/writes/reconcile.py` checks each."""

    IMAGE_NAME = "an image of that name"
    COPY_NAME = "an image of that name; else its client token makes a repetition harmless"
    IMAGE_GONE = "the image is gone, and its snapshots"
    IMAGE_ATTRIBUTE = "the attribute has the value"
    IMAGE_SHARE = "the image is out of sight"
    DEPRECATION_DATE = "the date, to the minute"
    TAGS_SET = "the tags are there"
    TAGS_REMOVED = "the tags are gone"
    STORE_TASK = "a task for that image and bucket"
    IMAGE_OUT_OF_BIN = "the image is listed, and no longer in the recycle bin"
    SNAPSHOT_OUT_OF_BIN = "the snapshot is listed, and no longer in the recycle bin"
    SNAPSHOT_SHARE = "the snapshot's permissions"
    GROUP_NAME = "a security group of that name without rules"
    GROUP_RULES = "the group has the rules"
    TEMPLATE_NAME = "a launch template of that name"
    TEMPLATE_VERSION = "a version that says the same"
    TEMPLATE_DEFAULT = "the template's default version"
    PARAMETER_VALUE = "a version of the parameter that has the value"
    REFRESH_STARTED = "an instance refresh that was not there before, with the same desired configuration"
    REFRESH_ENDED = "the instance refresh is no longer active"
    REFRESH_ROLLED_BACK = "the instance refresh is rolled back, or being rolled back"
    GROUP_CONFIGURATION = "the group's launch template and version"
    LAUNCHED_INSTANCES = "instances that were launched with the client token"
    INSTANCES_STARTED = "the instances run"
    INSTANCES_STOPPED = "the instances have stopped"
    INSTANCES_TERMINATED = "the instances are gone"
    USAGE_REPORT = "a report on that image; else its client token makes a repetition harmless"
    NONE = "nothing tells"


class Makes(StrEnum):
    """What a call makes."""

    NOTHING = "nothing"
    IMAGE = "image"
    INSTANCES = "instances"
    OTHER = "other"
    """Something that later steps need, such as a security group."""


@dataclass(frozen=True, slots=True)
class Made:
    """Where an answer names what the call made."""

    path: tuple[str | int, ...]
    """Names and indices into the answer."""
    variable: str
    """What a printed command calls the shell variable that holds it."""
    noun: str
    """What is missing when the answer does not name it."""

    @property
    def query(self) -> str:
        """The path as the `aws` program's `--query` takes it: `Instances[0].InstanceId`."""
        text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class ApiSpec:
    """What is declared of one call."""

    evidence: Evidence | ImageIs
    """What proves that it happened; a function reads the image's record, and a repetition has no effect."""
    makes: Makes = Makes.NOTHING
    made: Made | None = None
    permissions: str = ""
    """The parameter that holds whom a share adds or removes; empty = the call shares nothing."""
    client_token: bool = False
    """Whether EC2 takes a client token, and answers a repetition with what it did the first time."""
    repetition_codes: frozenset[str] = frozenset()
    """Error codes of a repetition after the first call had its effect, where no state proves it as well."""
    needless_codes: frozenset[str] = frozenset()
    """Error codes that say that there was nothing to do: what the call was to bring about is so already."""
    service: str = EC2
    """Whose call it is, by botocore's name."""

    @property
    def dry_run(self) -> bool:
        """Whether it takes DryRun, as only EC2's calls do."""
        return self.service == EC2


def _is_protected(image: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    wanted = "enabled-with-cooldown" if parameters.get("WithCooldown") else "enabled-without-cooldown"
    return bool(image.get("DeregistrationProtection") == wanted)


def _is_unprotected(image: Mapping[str, Any], _parameters: Mapping[str, Any]) -> bool:
    # While it cools down the image is no longer called enabled.
    return not str(image.get("DeregistrationProtection") or "").startswith("enabled")


_IMAGE: Final = Made(("ImageId",), "image_id", "image")
_GONE_CODES: Final = frozenset({"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"})
_REFRESH: Final = Made(("InstanceRefreshId",), "refresh_id", "InstanceRefreshId")

APIS: Final[Mapping[str, ApiSpec]] = {
    "authorize_security_group_ingress": ApiSpec(
        Evidence.GROUP_RULES, repetition_codes=frozenset({"InvalidPermission.Duplicate"})
    ),
    "cancel_image_launch_permission": ApiSpec(
        Evidence.IMAGE_SHARE, repetition_codes=_GONE_CODES | {"OperationNotPermitted"}
    ),
    "cancel_instance_refresh": ApiSpec(
        Evidence.REFRESH_ENDED,
        needless_codes=frozenset({"ActiveInstanceRefreshNotFound"}),
        service=AUTO_SCALING,
    ),
    "copy_image": ApiSpec(Evidence.COPY_NAME, Makes.IMAGE, _IMAGE, client_token=True),
    "create_image_usage_report": ApiSpec(
        Evidence.USAGE_REPORT, Makes.OTHER, Made(("ReportId",), "report_id", "ReportId"), client_token=True
    ),
    "create_image": ApiSpec(Evidence.IMAGE_NAME, Makes.IMAGE, _IMAGE),
    "create_launch_template": ApiSpec(
        Evidence.TEMPLATE_NAME,
        Makes.OTHER,
        Made(("LaunchTemplate", "LaunchTemplateId"), "template_id", "LaunchTemplateId"),
        client_token=True,
    ),
    "create_launch_template_version": ApiSpec(
        Evidence.TEMPLATE_VERSION,
        Makes.OTHER,
        Made(("LaunchTemplateVersion", "VersionNumber"), "version", "VersionNumber"),
        client_token=True,
    ),
    "create_restore_image_task": ApiSpec(Evidence.IMAGE_NAME, Makes.IMAGE, _IMAGE),
    "create_security_group": ApiSpec(Evidence.GROUP_NAME, Makes.OTHER, Made(("GroupId",), "group_id", "GroupId")),
    "create_store_image_task": ApiSpec(Evidence.STORE_TASK),
    "create_tags": ApiSpec(Evidence.TAGS_SET),
    "delete_tags": ApiSpec(Evidence.TAGS_REMOVED),
    "deregister_image": ApiSpec(Evidence.IMAGE_GONE, repetition_codes=_GONE_CODES),
    "disable_image": ApiSpec(lambda image, _: image.get("State") == "disabled"),
    "disable_image_deprecation": ApiSpec(lambda image, _: not image.get("DeprecationTime")),
    "disable_image_deregistration_protection": ApiSpec(_is_unprotected),
    "enable_image": ApiSpec(lambda image, _: image.get("State") == "available"),
    "enable_image_deprecation": ApiSpec(Evidence.DEPRECATION_DATE),
    "enable_image_deregistration_protection": ApiSpec(_is_protected),
    "modify_image_attribute": ApiSpec(Evidence.IMAGE_ATTRIBUTE, permissions="LaunchPermission"),
    "modify_launch_template": ApiSpec(Evidence.TEMPLATE_DEFAULT, client_token=True),
    "modify_snapshot_attribute": ApiSpec(Evidence.SNAPSHOT_SHARE, permissions="CreateVolumePermission"),
    "put_parameter": ApiSpec(
        Evidence.PARAMETER_VALUE, repetition_codes=frozenset({"ParameterAlreadyExists"}), service=SSM
    ),
    "reboot_instances": ApiSpec(Evidence.NONE),
    "register_image": ApiSpec(Evidence.IMAGE_NAME, Makes.IMAGE, _IMAGE),
    "restore_image_from_recycle_bin": ApiSpec(Evidence.IMAGE_OUT_OF_BIN),
    "restore_snapshot_from_recycle_bin": ApiSpec(Evidence.SNAPSHOT_OUT_OF_BIN),
    "rollback_instance_refresh": ApiSpec(
        Evidence.REFRESH_ROLLED_BACK, Makes.OTHER, _REFRESH, service=AUTO_SCALING
    ),
    "run_instances": ApiSpec(
        Evidence.LAUNCHED_INSTANCES,
        Makes.INSTANCES,
        Made(("Instances", 0, "InstanceId"), "instance_id", "instance"),
        client_token=True,
    ),
    "start_instance_refresh": ApiSpec(Evidence.REFRESH_STARTED, Makes.OTHER, _REFRESH, service=AUTO_SCALING),
    "start_instances": ApiSpec(Evidence.INSTANCES_STARTED),
    "stop_instances": ApiSpec(Evidence.INSTANCES_STOPPED),
    "terminate_instances": ApiSpec(Evidence.INSTANCES_TERMINATED),
    "update_auto_scaling_group": ApiSpec(Evidence.GROUP_CONFIGURATION, service=AUTO_SCALING),
}
"""By the client's method."""


def makes(api: str) -> Makes:
    """What a call makes; of one that is not known here, nothing."""
    spec = APIS.get(api)
    return Makes.NOTHING if spec is None else spec.makes
