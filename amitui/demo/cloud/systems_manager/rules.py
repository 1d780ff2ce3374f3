"""What Parameter Store demands of names, values and labels.

Sources: API reference of Systems Manager (PutParameter, LabelParameterVersion) and its list of errors.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.model import Params

_NAME: Final = re.compile(r"[a-zA-Z0-9_.\-/]{1,1011}")
_LABEL: Final = re.compile(r"[a-zA-Z_.\-][a-zA-Z0-9_.\-]{0,99}")
_MOST_LEVELS: Final = 15
_LONGEST_VALUE: Final = {"Standard": 4096, "Advanced": 8192}
_MOST_LABELS: Final = 10
_RESERVED: Final = ("aws", "ssm")
_KINDS: Final = frozenset({"String", "StringList", "SecureString"})
_DATA_TYPES: Final = frozenset({"text", "aws:ec2:image"})


def validation(message: str) -> CloudError:
    """ValidationException with that text."""
    return CloudError("ValidationException", message)


def check_name(name: str) -> None:
    """Refuse a name that no parameter may have."""
    if name.lower().startswith("/aws"):
        raise CloudError("AccessDeniedException", f"No access to reserved parameter name: {name}.")
    if name.lower().lstrip("/").startswith(_RESERVED):
        raise validation(f'Parameter name: can\'t be prefixed with "{name[:3]}" (case-insensitive).')
    if not _NAME.fullmatch(name) or name.endswith("/"):
        raise validation(
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can '
            "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, "
            "numbers and the following 3 symbols .-_"
        )
    if "/" in name and not name.startswith("/"):
        raise validation("Parameter name must be a fully qualified name.")
    if name.count("/") > _MOST_LEVELS:
        words = f"A hierarchy can have a maximum of {_MOST_LEVELS} levels. Try again with fewer."
        raise CloudError("HierarchyLevelLimitExceededException", words)


def check_put(params: Params, *, known_kind: str) -> None:
    """Refuse a value, type or data type.

    Args:
        known_kind: the type of the parameter that is there; empty for a new one.
    """
    value, kind = str(params.get("Value", "")), str(params.get("Type", known_kind))
    if not value:
        raise validation(
            "Value '' at 'value' failed to satisfy constraint: Member must have length greater than 0."
        )
    if not kind:
        raise validation("A parameter type is required when you create a parameter.")
    if kind not in _KINDS:
        words = f"The following parameter type is not supported: {kind}."
        raise CloudError("UnsupportedParameterType", words)
    if known_kind and kind != known_kind:
        raise CloudError("HierarchyTypeMismatchException", "The type of a parameter cannot be changed.")
    tier = str(params.get("Tier", "Standard"))
    longest = _LONGEST_VALUE.get(tier, _LONGEST_VALUE["Standard"])
    if len(value) > longest:
        raise validation(f"{tier} tier parameters support a maximum parameter value of {longest} characters.")
    data_type = str(params.get("DataType", "text"))
    if data_type not in _DATA_TYPES:
        raise validation(
            f"The following data type is not supported: {data_type} (Data type names are all lowercase.)"
        )
    if data_type != "text" and kind != "String":
        raise validation("The data type aws:ec2:image is only supported for parameters of type String.")
    pattern = str(params.get("AllowedPattern", ""))
    if pattern and not re.fullmatch(pattern, value):
        words = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
        raise CloudError("ParameterPatternMismatchException", words)


def sorted_labels(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """The labels that a version may have, and the others."""
    fits = [one for one in given if _LABEL.fullmatch(one) and not one.lower().startswith(_RESERVED)]
    return fits, [one for one in given if one not in fits]


def check_label_count(labels: Sequence[str]) -> None:
    """Refuse more labels than a version can have."""
    if len(labels) > _MOST_LABELS:
        words = f"A parameter version can have a maximum of {_MOST_LABELS} labels."
        raise CloudError("ParameterVersionLabelLimitExceeded", words)
