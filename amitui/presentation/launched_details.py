"""One launched instance in full: how it stands, what that means, how to log in. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.launch.instances import Instance, Phase
from amitui.presentation.details.explain import DetailGroup, DetailLine, Severity
from amitui.presentation.launched_rows import role
from amitui.presentation.operation_words import clock, duration
from amitui.presentation.ssh_command import login

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEANINGS: Final = {
    Phase.REFUSED: "EC2 launched nothing.",
    Phase.ENDED_BY_EC2: "EC2 terminated it without a request from you.",
    Phase.IMPAIRED: "It is running, but a status check failed: its console may show why.",
    Phase.ON_HOLD: "The launch waits for you in Operations.",
    Phase.REQUESTED: "EC2 has not responded yet.",
    Phase.NOT_OBSERVED: "amitui is checking with EC2.",
    Phase.NOT_LISTED: "EC2 launched it but does not list it yet; this takes seconds.",
    Phase.PENDING: "It is starting; the pending state is not billed.",
    Phase.CHECKING: "It is running; status checks take a few minutes, and it may be reachable earlier.",
    Phase.RUNNING: "It is running; its status checks are unknown.",
    Phase.READY: "It is running, and both status checks passed.",
    Phase.STOPPING: "It is stopping; its EBS volumes are kept.",
    Phase.STOPPED: "It is stopped; its EBS volumes are kept and billed.",
    Phase.ENDING: "It is terminating.",
    Phase.TERMINATED: "It is terminated; EC2 lists it for about an hour longer.",
    Phase.GONE: "EC2 no longer lists it.",
}


def instance_groups(
    instance: Instance, now: float, *, system: str = "", trouble: str = "", other_profile: str = ""
) -> tuple[DetailGroup, ...]:
    """Everything about an instance, the present state and the way in first.

    Args:
        system: the label of its image's operating system; may be empty.
        trouble: why it could not be looked at lately.
        other_profile: why nothing can be changed about it with the profile in use.
    """
    title = instance.instance_id or instance.words
    if instance.instance_id and instance.name:
        title = f"{title}  {instance.name}"
    lines = [*_standing(instance, trouble), *_way_in(instance, system)]
    if other_profile:
        lines.append(DetailLine("Changes", other_profile))
    return (DetailGroup(title, tuple(lines)), DetailGroup("Instance", tuple(_facts(instance, system, now))))


def _standing(instance: Instance, trouble: str) -> Iterator[DetailLine]:
    phase = instance.phase
    severities: dict[str, Severity] = {"good": "good", "warn": "warn", "bad": "bad"}
    yield DetailLine("State", phase.value, _MEANINGS[phase], severities.get(role(phase), "plain"))
    if instance.observation is not None and instance.observation.reason:
        yield DetailLine("EC2 says", instance.observation.reason)
    if denied := instance.fact("denied"):
        yield DetailLine("Not known", denied)
    if trouble:
        yield DetailLine("Out of date", trouble, "The details below are from before that.", "warn")


def _way_in(instance: Instance, system: str) -> Iterator[DetailLine]:
    if not instance.instance_id:
        return
    found = login(instance, system)
    if found.command:
        yield DetailLine("Log in", found.command, found.words)
    elif not instance.phase.is_over:
        yield DetailLine("Log in", "", found.words[:1].upper() + found.words[1:] + ".")


def _facts(instance: Instance, system: str, now: float) -> Iterator[DetailLine]:
    public, private, ipv6 = (instance.fact(name) for name in ("public_ip", "private_ip", "ipv6"))
    if public or private or ipv6:
        yield DetailLine("Addresses", "  ".join(one for one in (public, ipv6, private) if one))
    if instance.instance_type:
        yield DetailLine("Type", instance.instance_type)
    yield DetailLine("Where", instance.fact("zone") or instance.region)
    if instance.image_id:
        yield DetailLine("Image", instance.image_id, instance.image_name)
    if system:
        yield DetailLine("System", system)
    yield DetailLine("Key pair", instance.key_name or "none")
    yield DetailLine("Requested", clock(instance.launched_at), f"{duration(now - instance.launched_at)} ago")
    yield DetailLine("Account", instance.account or "unknown", f"profile {instance.profile or 'default'}")
    yield DetailLine("Operation", instance.operation_id)
