"""Keys, instance profiles, metadata options, tags and user data of a launch."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.rules import specified_tags

if TYPE_CHECKING:
    from amitui.demo.cloud.launching.account import AccountState
    from amitui.demo.cloud.model import Params
    from amitui.domain.image.image import RawRecord

TAGGABLE: Final = frozenset({"instance", "volume", "network-interface", "spot-instances-request"})
_METADATA: Final = {
    "HttpTokens": frozenset({"optional", "required"}),
    "HttpEndpoint": frozenset({"enabled", "disabled"}),
    "HttpProtocolIpv6": frozenset({"enabled", "disabled"}),
    "InstanceMetadataTags": frozenset({"enabled", "disabled"}),
}
_SHUTDOWN: Final = frozenset({"stop", "terminate"})
_HOPS: Final = range(1, 65)
_MOST_BYTES: Final = 16_384
"""Of user data, before base64."""
_MOST_ENCODED: Final = 25_600


def check_access(params: Params, account: AccountState) -> None:
    """Refuse a key pair or an instance profile that there is not.

    Raises:
        CloudError: of the first that is missing.
    """
    key = params.get("KeyName")
    if key and not account.has_key(key):
        raise refusal("key-unknown", key=key)
    profile = params.get("IamInstanceProfile") or {}
    name, arn = str(profile.get("Name", "")), str(profile.get("Arn", ""))
    if name and not account.has_profile(name=name):
        raise refusal("profile-unknown", profile=name, how="name", what="name")
    if arn and not account.has_profile(name=name, arn=arn):
        raise refusal("profile-unknown", profile=arn, how="arn", what="ARN")


def check_options(params: Params, image: RawRecord) -> None:
    """Refuse options of the metadata service and ways to shut down that there are not.

    Raises:
        CloudError: of the first.
    """
    options = params.get("MetadataOptions") or {}
    for name, allowed in _METADATA.items():
        if name in options and options[name] not in allowed:
            raise refusal("metadata-option", value=options[name], name=name[0].lower() + name[1:])
    hops = options.get("HttpPutResponseHopLimit", 1)
    if hops not in _HOPS:
        raise refusal("metadata-option", value=hops, name="httpPutResponseHopLimit")
    behavior = params.get("InstanceInitiatedShutdownBehavior")
    if behavior and image.get("RootDeviceType") == "instance-store":
        raise refusal("shutdown-behavior-in-s3")
    if behavior and behavior not in _SHUTDOWN:
        raise refusal("shutdown-behavior", value=behavior)


def tags(params: Params) -> list[Params]:
    """TagSpecifications with a value for each key.

    Raises:
        CloudError: of what is not made, or tags that nobody may set.
    """
    given = specified_tags(params, TAGGABLE)
    return [{"ResourceType": kind, "Tags": given[kind]} for kind in sorted(given) if given[kind]]


def user_data(text: str) -> str:
    """User data in plain base64.

    Raises:
        CloudError: it is not base64, or too long.
    """
    raw = decoded_user_data(text)
    if len(text) > _MOST_ENCODED:
        raise refusal("user-data-too-long-encoded")
    if len(raw) > _MOST_BYTES:
        raise refusal("user-data-too-long")
    return base64.b64encode(raw).decode()


def decoded_user_data(text: str) -> bytes:
    """The bytes of user data.

    Raises:
        CloudError: it is not base64.
    """
    try:
        # EC2 takes base64 with line breaks, as the `base64` program writes it.
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise refusal("user-data-encoding") from None
