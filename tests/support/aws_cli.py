"""What the `aws` program makes of a command, by botocore's own model of EC2."""

from __future__ import annotations

import json
import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.session import get_session

from amitui.domain.operations.placeholders import WITHHELD, answer_of
from amitui.domain.operations.plan import Call

if TYPE_CHECKING:
    from botocore.model import Shape


@cache
def members(api: str, service: str = "ec2") -> dict[str, tuple[str, Shape]]:
    """Option → parameter and its shape, as botocore's model has them."""
    model = get_session().get_service_model(service)
    (name,) = (name for name in model.operation_names if xform_name(name) == api)
    shape = model.operation_model(name).input_shape
    assert shape is not None
    return {f"--{xform_name(member, '-')}": (member, kind) for member, kind in shape.members.items()}


def understood(command: str) -> Call:
    """What the `aws` program makes of a command: the same request, if it was spelt rightly."""
    words = shlex.split(command)
    assert words[0] == "aws"
    assert words[3] == "--region"
    api, region = words[2].replace("-", "_"), words[4]
    known = members(api, words[1])
    found: dict[str, Any] = {}
    rest = words[5:]
    while rest:
        option, *rest = rest
        values: list[str] = []
        while rest and not rest[0].startswith("-"):
            values.append(rest.pop(0))
        if option == "--count":
            least, _, most = values[0].partition(":")
            found |= {"MinCount": int(least), "MaxCount": int(most or least)}
        elif option == "--cli-input-json":
            found |= json.loads(values[0])
        elif option == "--reboot" and "--no-reboot" in known:
            found["NoReboot"] = False
        elif option in known:
            parameter, shape = known[option]
            found[parameter] = _value(shape, values)
        else:
            assert option.startswith("--no-")
            parameter, shape = known[f"--{option.removeprefix('--no-')}"]
            assert (shape.type_name, values) == ("boolean", [])
            found[parameter] = False
    return Call(api, region, found, "", service=words[1])


def _value(shape: Shape, values: list[str]) -> Any:
    if shape.type_name == "boolean":
        assert values == []
        return True
    if shape.type_name == "list" and shape.member.type_name == "string":
        return _meant(values)
    (value,) = values
    if value == "fileb://user-data":
        return WITHHELD
    # What the program fetches, or what would not be one line, must not get here.
    assert not value.startswith(("file://", "fileb://", "http://", "https://"))
    assert value.isprintable()
    if shape.type_name in {"list", "structure"}:
        return _meant(json.loads(value))
    value = _meant(value)
    return int(value) if shape.type_name in {"integer", "long"} else value


def _meant(value: Any) -> Any:
    """With the plan's words for what only the shell knows, as `shlex` leaves it standing in double quotes."""
    if isinstance(value, list):
        return [_meant(one) for one in value]
    if isinstance(value, dict):
        return {name: _meant(one) for name, one in value.items()}
    return SHELL.get(value, value) if isinstance(value, str) else value


SHELL = {
    **{f"$answer_{step}": answer_of(step) for step in range(40)},
    "$(base64 < user-data | tr -d '\n')": WITHHELD,
}
"""What the shell is given, after JSON has read it, and what a plan has in its place."""
