"""Termination protection that is asked for with a launch, as EC2 documents it: moto takes it only afterwards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LAUNCHED: Final = re.compile(rb"<instanceId>(i-[0-9a-f]+)</instanceId>")


def protections(form: Mapping[str, str], answer: bytes) -> Iterator[dict[str, str]]:
    """The requests that protect what a launch has started.

    Args:
        form: of the launch.
        answer: to it; one that refuses names no instances.
    """
    if form.get("Action") != "RunInstances" or form.get("DisableApiTermination") != "true":
        return
    for instance_id in dict.fromkeys(_LAUNCHED.findall(answer)):
        yield {
            "Action": "ModifyInstanceAttribute",
            "Version": form.get("Version", "2016-11-15"),
            "InstanceId": instance_id.decode(),
            "DisableApiTermination.Value": "true",
        }
