"""Termination protection that is asked for with a launch, as EC2 documents it: moto takes it only afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.demo.cloud.launching.started import instance_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def protections(form: Mapping[str, str], answer: bytes) -> Iterator[dict[str, str]]:
    """The requests that protect what a launch has started.

    Args:
        form: of the launch.
        answer: to it; one that refuses names no instances.
    """
    if form.get("Action") != "RunInstances" or form.get("DisableApiTermination") != "true":
        return
    for instance_id in instance_ids(answer):
        yield {
            "Action": "ModifyInstanceAttribute",
            "Version": form.get("Version", "2016-11-15"),
            "InstanceId": instance_id,
            "DisableApiTermination.Value": "true",
        }
