"""The steps of a plan as commands of the `aws` program, to be read, copied and run instead.

What is printed does what would be sent: the program's own liberties (fetching values that look like URLs, taking
values that begin with a dash for options) are kept away from texts that come from strangers. What is private is
read from a file, whose name is printed instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from amitui.domain.operations.apis import APIS, Made, Makes, makes
from amitui.domain.operations.awaited import PARAMETER, REFRESH, REFRESH_ACTIVE, resource_of
from amitui.domain.operations.placeholders import AnswerOf, Withheld, answers_in, to_json, withheld_in
from amitui.domain.operations.plan import Call, Plan, Step, Watch
from amitui.domain.shell import quoted
from amitui.domain.visible import is_unambiguous
from amitui.identity.roles import aws_profile

_CAPITALIZED: Final = re.compile(r"(.)([A-Z][a-z]+)")
_CAPITAL: Final = re.compile(r"([a-z0-9])([A-Z])")

_REVERSED: Final[Mapping[str, tuple[str, str]]] = {"NoReboot": ("--no-reboot", "--reboot")}
"""Yes/no parameters that the program does not negate with another `no-`."""

_FETCHED: Final = ("file://", "fileb://", "http://", "https://")
"""Values of which the program, or its first version, takes what they point to instead of themselves."""

_ENCODES: Final = frozenset({"UserData"})
"""Parameters that the program encodes in base64 itself, unless they are inside of another."""

_LOOPS: Final = frozenset({PARAMETER, REFRESH})
"""Kinds that the program has no waiter for: a loop is printed."""

_COUNTS: Final = ("MinCount", "MaxCount")
"""For which the program has one option, `--count`."""


class _Word(str):
    """A word of shell that is quoted already."""

    __slots__ = ()


def aws_command(call: Call, *, profile: str = "", endpoint_url: str = "") -> str:
    """One request as one line of shell.

    What earlier steps made stands there as variables such as `$answer_0`.

    Args:
        profile: empty = the environment's or the default one.
        endpoint_url: empty = AWS's own.
    """
    variables = {index: f"answer_{index}" for index in answers_in(call.parameters)}
    named = aws_profile(profile, endpoint_url=endpoint_url)
    return named.before + _join(_words(call, named.name, endpoint_url, variables))


def aws_commands(plan: Plan, *, profile: str = "", endpoint_url: str = "") -> tuple[str, ...]:
    """All requests of a plan, and its waits where the program has them, as lines that can be run one by one.

    Lines that begin with `#` say which files they read. A role's profile that no AWS config has is made first.
    """
    variables = _variables(plan)
    profile, setup = aws_profile(profile, endpoint_url=endpoint_url)
    private = sorted(frozenset[str]().union(*(withheld_in(call.parameters) for call in plan.calls)))
    lines = [*setup]
    lines += [
        f"# {_file(name)} is a file here, with the {_file(name).replace('-', ' ')} as typed" for name in private
    ]
    for index, step in enumerate(plan.steps):
        if step.undoes is not None:
            continue
        if isinstance(step, Watch):
            waiter = _waiter(step)
            if step.kind in _LOOPS:
                lines.append(_loop(step, _common(step.region, profile, endpoint_url), variables))
            elif waiter:
                options = _common(step.region, profile, endpoint_url)
                target = _value(step.target, variables) if step.target else _variable(_image(variables, plan))
                words = ["aws", "ec2", "wait", waiter[0], *options, waiter[1], target, *step.others]
                lines.append(_join(words))
        elif index in variables:
            words = _words(step, profile, endpoint_url, variables)
            made = _join([*words, "--query", _made(step).query, "--output", "text"])
            lines.append(f"{variables[index]}=$({made})")
        else:
            lines.append(_join(_words(step, profile, endpoint_url, variables)))
    undoing = [step for step in plan.calls if step.undoes is not None]
    if undoing:
        lines.append("# only if a step above fails, for what had been done before it:")
        lines += [f"# {_join(_words(step, profile, endpoint_url, variables))}" for step in undoing]
    return tuple(lines)


def _loop(watch: Watch, common: Sequence[str], variables: Mapping[int, str]) -> str:
    """The loop that waits where the program has no waiter; it ends when a refresh does, whichever way."""
    target = _value(watch.target, variables)
    if watch.kind == PARAMETER:
        words = ["aws", "ssm", "get-parameter", *common, "--name", target]
        asked = _join([*words, "--query", "Parameter.Value", "--output", "text"])
        return f'until [ "$({asked})" = {quoted(watch.until[0])} ]; do sleep 5; done'
    words = [
        "aws",
        "autoscaling",
        "describe-instance-refreshes",
        *common,
        "--auto-scaling-group-name",
        watch.within,
    ]
    words += ["--instance-refresh-ids", target, "--query", "InstanceRefreshes[0].Status", "--output", "text"]
    active = "|".join(sorted(REFRESH_ACTIVE))
    return f'while case "$({_join(words)})" in {active}) true;; *) false;; esac; do sleep 15; done'


def option(parameter: str) -> str:
    """How the program spells a parameter of EC2: `SourceImageId` → `--source-image-id`."""
    parted = _CAPITALIZED.sub(r"\1-\2", parameter)
    return "--" + _CAPITAL.sub(r"\1-\2", parted).lower()


def _words(call: Call, profile: str, endpoint_url: str, variables: Mapping[int, str]) -> list[str]:
    words = ["aws", call.service, call.api.replace("_", "-"), *_common(call.region, profile, endpoint_url)]
    awkward: dict[str, Any] = {}
    for parameter, value in call.parameters.items():
        if parameter in _COUNTS and set(_COUNTS) <= set(call.parameters):
            words += _count_words(call) if parameter == _COUNTS[0] else []
        elif _is_awkward(value):
            awkward[parameter] = value
        else:
            words += _option_words(parameter, value, variables)
    if awkward:
        words += ["--cli-input-json", _json(awkward, variables)]
    return words


def _count_words(call: Call) -> list[str]:
    least, most = (call.parameters[name] for name in _COUNTS)
    return ["--count", str(most) if least == most else f"{least}:{most}"]


def _variables(plan: Plan) -> dict[int, str]:
    """The shell variable of each step whose answer a later line needs."""
    needed: set[int] = set()
    for step in plan.steps:
        if isinstance(step, Call):
            needed |= answers_in(step.parameters)
        elif _waiter(step) or step.kind in _LOOPS:
            needed |= answers_in(step.target)
            if not step.target:
                needed |= {index for index, one in enumerate(plan.steps) if _makes_image(one)}
    found: dict[int, str] = {}
    for index in sorted(needed):
        step = plan.steps[index]
        name = _made(step).variable
        found[index] = f"{name}_{index}" if name in found.values() else name
    return found


def _image(variables: Mapping[int, str], plan: Plan) -> str:
    return next(name for index, name in variables.items() if _makes_image(plan.steps[index]))


def _common(region: str, profile: str, endpoint_url: str) -> list[str]:
    words = ["--region", region]
    if profile:
        words += ["--profile", profile]
    if endpoint_url:
        words += ["--endpoint-url", endpoint_url]
    return words


def _option_words(parameter: str, value: Any, variables: Mapping[int, str]) -> list[str]:
    name = option(parameter)
    if isinstance(value, Withheld):
        # As bytes: what is read as a text is decoded by the locale, and may be none.
        return [name, f"fileb://{_file(parameter)}"]
    if isinstance(value, bool):
        yes, no = _REVERSED.get(parameter, (name, f"--no-{name.removeprefix('--')}"))
        return [yes if value else no]
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, (str, AnswerOf)) for item in value):
        return [name, *(_value(item, variables) for item in value)]
    if isinstance(value, (list, tuple, dict)):
        return [name, _json(value, variables)]
    return [name, _value(value, variables)]


def _file(parameter: str) -> str:
    """The file that a private value is read from: `user-data`."""
    return option(parameter).removeprefix("--")


def _value(value: Any, variables: Mapping[int, str]) -> str:
    """A value as a word, or the variable that holds it."""
    return _variable(variables[value.step]) if isinstance(value, AnswerOf) else str(value)


def _variable(name: str) -> _Word:
    return _Word(f'"${name}"')


def _join(words: Iterable[str]) -> str:
    return " ".join(word if isinstance(word, _Word) else quoted(word) for word in words)


def _is_awkward(value: Any) -> bool:
    """Whether the program would take a text for something else, or the line would be more than one.

    JSON is safe from all of that: it begins with a bracket, and has escapes.
    """
    texts = value if isinstance(value, (list, tuple)) else (value,)
    return any(
        isinstance(text, str) and (text.startswith(("-", *_FETCHED)) or not is_unambiguous(text)) for text in texts
    )


def _json(value: Any, variables: Mapping[int, str]) -> str:
    """JSON; a word of shell where something in it is only known when the line is run."""
    shells: dict[str, str] = {}
    text = _dumped(_marked(value, variables, _mark(value), shells))
    if not shells:
        return text
    # Each mark is a whole text of the JSON: its quotes stay, the shell's are closed and opened around the rest.
    parts = re.split("(" + "|".join(re.escape(mark) for mark in shells) + ")", text)
    return _Word("".join(shells.get(part) or quoted(part) for part in parts))


def _marked(value: Any, variables: Mapping[int, str], mark: str, shells: dict[str, str], name: str = "") -> Any:
    """The value with a mark wherever the shell has to put something, which `shells` has by the mark."""
    if isinstance(value, Mapping):
        return {key: _marked(one, variables, mark, shells, key) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(one, variables, mark, shells, name) for one in value]
    if isinstance(value, Withheld):
        file = quoted(_file(name))
        shell = f"base64 < {file} | tr -d '\\n'" if name in _ENCODES else f"cat {file}"
        shells[f"{mark}{name}{mark}"] = f'"$({shell})"'
        return f"{mark}{name}{mark}"
    if isinstance(value, AnswerOf):
        shells[f"{mark}{value.step}{mark}"] = str(_variable(variables[value.step]))
        return f"{mark}{value.step}{mark}"
    return value


def _mark(value: Any) -> str:
    """Something that stands nowhere in the value."""
    text = _dumped(to_json(value))
    mark = "@"
    while mark in text:
        mark += "@"
    return mark


def _dumped(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if is_unambiguous(text) else json.dumps(value)


def _waiter(watch: Watch) -> tuple[str, str] | None:
    """The waiter for what is waited for, and its option for the target; `None` where the program has none."""
    resource = resource_of(watch.kind)
    waiter = next((resource.waiters[state] for state in watch.until if state in resource.waiters), None)
    return None if waiter is None else (waiter, resource.waiter_option)


def _makes_image(step: Step) -> bool:
    return isinstance(step, Call) and makes(step.api) is Makes.IMAGE


def _made(step: Step) -> Made:
    """Where the answer names what a step made.

    Raises:
        ValueError: it makes nothing that a later step could need.
    """
    spec = APIS.get(step.api) if isinstance(step, Call) else None
    if spec is None or spec.made is None:
        raise ValueError(f"nothing can be needed of {step}")
    return spec.made
