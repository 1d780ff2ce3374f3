"""The steps of a plan as commands of the `aws` program, to be read, copied and run instead.

What is printed does what would be sent: the program's own liberties (fetching values that look like URLs, taking
values that begin with a dash for options) are kept away from texts that come from strangers.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from amitui.domain.plan import IMAGE, INSTANCE, SNAPSHOT, STORE_TASK, Call, Plan, Watch

_CAPITALIZED: Final = re.compile(r"(.)([A-Z][a-z]+)")
_CAPITAL: Final = re.compile(r"([a-z0-9])([A-Z])")

_REVERSED: Final[Mapping[str, tuple[str, str]]] = {"NoReboot": ("--no-reboot", "--reboot")}
"""Yes/no parameters that the program does not negate with another `no-`."""

_FETCHED: Final = ("file://", "fileb://", "http://", "https://")
"""Values of which the program, or its first version, takes what they point to instead of themselves."""

_WAITERS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    (IMAGE, "available"): ("image-available", "--image-ids"),
    (INSTANCE, "stopped"): ("instance-stopped", "--instance-ids"),
    (INSTANCE, "running"): ("instance-running", "--instance-ids"),
    (INSTANCE, "terminated"): ("instance-terminated", "--instance-ids"),
    (SNAPSHOT, "completed"): ("snapshot-completed", "--snapshot-ids"),
    (STORE_TASK, "Completed"): ("store-image-task-complete", "--image-ids"),
}
"""(kind, state) → the waiter and the option for its target. It gives up after minutes; EC2 may take hours."""

_MADE: Final = "image_id"
"""The shell variable that holds the id of an image that was made, for the wait that follows."""


def aws_command(call: Call, *, profile: str = "", endpoint_url: str = "") -> str:
    """One request as one line of shell.

    Args:
        profile: empty = the environment's or the default one.
        endpoint_url: empty = AWS's own.
    """
    return shlex.join(_words(call, profile, endpoint_url))


def aws_commands(plan: Plan, *, profile: str = "", endpoint_url: str = "") -> tuple[str, ...]:
    """All requests of a plan, and its waits where the program has them, as lines that can be run one by one."""
    named = any(isinstance(step, Watch) and not step.target and _waiter(step) for step in plan.steps)
    lines: list[str] = []
    for step in plan.steps:
        if isinstance(step, Watch):
            waiter = _waiter(step)
            if waiter:
                options = _common(step.region, profile, endpoint_url)
                target = shlex.quote(step.target) if step.target else f'"${_MADE}"'
                words = ["aws", "ec2", "wait", waiter[0], *options, waiter[1]]
                lines.append(f"{shlex.join(words)} {target}")
        elif named and _makes_image(step):
            words = [*_words(step, profile, endpoint_url), "--query", "ImageId", "--output", "text"]
            lines.append(f"{_MADE}=$({shlex.join(words)})")
        else:
            lines.append(aws_command(step, profile=profile, endpoint_url=endpoint_url))
    return tuple(lines)


def option(parameter: str) -> str:
    """How the program spells a parameter of EC2: `SourceImageId` → `--source-image-id`."""
    parted = _CAPITALIZED.sub(r"\1-\2", parameter)
    return "--" + _CAPITAL.sub(r"\1-\2", parted).lower()


def _words(call: Call, profile: str, endpoint_url: str) -> list[str]:
    words = ["aws", "ec2", call.api.replace("_", "-"), *_common(call.region, profile, endpoint_url)]
    awkward: dict[str, Any] = {}
    for parameter, value in call.parameters.items():
        if _is_awkward(value):
            awkward[parameter] = value
        else:
            words += _option_words(parameter, value)
    if awkward:
        words += ["--cli-input-json", _json(awkward)]
    return words


def _common(region: str, profile: str, endpoint_url: str) -> list[str]:
    words = ["--region", region]
    if profile:
        words += ["--profile", profile]
    if endpoint_url:
        words += ["--endpoint-url", endpoint_url]
    return words


def _option_words(parameter: str, value: Any) -> list[str]:
    name = option(parameter)
    if isinstance(value, bool):
        yes, no = _REVERSED.get(parameter, (name, f"--no-{name.removeprefix('--')}"))
        return [yes if value else no]
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        return [name, *value]
    if isinstance(value, (list, tuple, dict)):
        return [name, _json(value)]
    return [name, str(value)]


def _is_awkward(value: Any) -> bool:
    """Whether the program would take a text for something else, or the line would be more than one.

    JSON is safe from all of that: it begins with a bracket, and has escapes.
    """
    texts = value if isinstance(value, (list, tuple)) else (value,)
    return any(
        isinstance(text, str) and (text.startswith(("-", *_FETCHED)) or not text.isprintable()) for text in texts
    )


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)


def _waiter(watch: Watch) -> tuple[str, str] | None:
    return next((_WAITERS[watch.kind, state] for state in watch.until if (watch.kind, state) in _WAITERS), None)


def _makes_image(call: Call) -> bool:
    return call.api in {"create_image", "register_image", "copy_image", "create_restore_image_task"}
