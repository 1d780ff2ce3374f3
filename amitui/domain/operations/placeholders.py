"""Placeholders in a plan for values that are not known yet, or that must not be written.

Placeholders are values of their own types. No text is one, whatever it says, so a stranger's description or a tag
cannot be taken for one: not in a request, a printed command or the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias


@dataclass(frozen=True, slots=True)
class AnswerOf:
    """What an earlier step will have made: the id of an image, of a security group, …"""

    step: int
    """Its index in the plan's steps."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A value that is sent and never written down; `Plan.private` has it by the name of the parameter."""


WITHHELD: Final = Withheld()

Placeholder: TypeAlias = AnswerOf | Withheld

_ANSWER_KEY: Final = "$answer"
_WITHHELD_KEY: Final = "$withheld"
_ESCAPE: Final = "$"
"""Written before each name that begins with it, so that no parameter's name can equal the two keys above."""

_OLD_ANSWERS: Final = frozenset({"GroupId", "SecurityGroupIds", "Groups"})
_OLD_WITHHELD: Final = frozenset({"UserData"})
"""The only parameters in which amitui has ever put a placeholder while it wrote them as texts (format 1)."""


def answer_of(index: int) -> AnswerOf:
    """What stands in the parameters of a later step for what the step `index` will have made."""
    return AnswerOf(index)


def with_answers(value: Any, answers: Mapping[int, str]) -> Any:
    """A step's parameter, or all of them, with the answers of earlier steps in their places.

    Args:
        value: JSON values and placeholders.
        answers: by the index of the step.

    Raises:
        KeyError: there is no answer of such a step.
    """
    if isinstance(value, AnswerOf):
        return answers[value.step]
    if isinstance(value, Mapping):
        return {name: with_answers(one, answers) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_answers(one, answers) for one in value]
    return value


def revealed(value: Any, private: Mapping[str, Any], name: str = "") -> Any:
    """Parameters with the private values in their places, to be sent and forgotten.

    Raises:
        KeyError: a value is not there.
    """
    if isinstance(value, Withheld):
        return private[name]
    if isinstance(value, Mapping):
        return {key: revealed(one, private, key) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [revealed(one, private, name) for one in value]
    return value


def answers_in(value: Any) -> frozenset[int]:
    """The steps whose answers are needed before something can be sent."""
    return frozenset(one.step for _, one in _placeholders(value) if isinstance(one, AnswerOf))


def withheld_in(value: Any) -> frozenset[str]:
    """The names of the parameters whose values are private."""
    return frozenset(name for name, one in _placeholders(value) if isinstance(one, Withheld))


def _placeholders(value: Any, name: str = "") -> Iterator[tuple[str, Placeholder]]:
    """All placeholders at any depth, each with the name under which it stands."""
    if isinstance(value, (AnswerOf, Withheld)):
        yield name, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _placeholders(one, key)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _placeholders(one, name)


def to_json(value: Any) -> Any:
    """JSON values only: a placeholder is an object with one key, which no other object can have."""
    if isinstance(value, AnswerOf):
        return {_ANSWER_KEY: value.step}
    if isinstance(value, Withheld):
        return {_WITHHELD_KEY: True}
    if isinstance(value, Mapping):
        return {_ESCAPE + key if key.startswith(_ESCAPE) else key: to_json(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(one) for one in value]
    return value


def from_json(value: Any) -> Any:
    """What `to_json` was given, tuples as lists.

    Raises:
        ValueError: it did not come from there.
    """
    if isinstance(value, Mapping):
        names = [name for name in value if name.startswith(_ESCAPE) and not name.startswith(2 * _ESCAPE)]
        if names:
            return _placeholder(value)
        return {key[1:] if key.startswith(_ESCAPE) else key: from_json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [from_json(one) for one in value]
    return value


def _placeholder(value: Mapping[str, Any]) -> Placeholder:
    if value == {_WITHHELD_KEY: True}:
        return WITHHELD
    index = value.get(_ANSWER_KEY)
    if len(value) == 1 and isinstance(index, int) and not isinstance(index, bool) and index >= 0:
        return AnswerOf(index)
    raise ValueError("neither a value nor a placeholder")


def from_texts(value: Any, name: str = "") -> Any:
    """Parameters of a journal that has placeholders as texts: `${answer 0}` and `${withheld}`.

    They are recognised only where amitui has put them, so the same texts in a description or a tag, which somebody
    typed, stay what they are.
    """
    if isinstance(value, Mapping):
        return {key: from_texts(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [from_texts(one, name) for one in value]
    if name in _OLD_WITHHELD and value == "${withheld}":
        return WITHHELD
    if name in _OLD_ANSWERS and isinstance(value, str) and value.startswith("${answer "):
        digits = value.removeprefix("${answer ").removesuffix("}")
        if digits.isascii() and digits.isdigit() and value == f"${{answer {digits}}}":
            return AnswerOf(int(digits))
    return value
