"""The filters of DescribeParameters and GetParametersByPath.

Source: ParameterStringFilter in the API reference of Systems Manager.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.systems_manager.store import Parameter

Test: TypeAlias = "Callable[[Parameter], bool]"

_READERS: Final[dict[str, Callable[[Parameter], str]]] = {
    "Name": lambda parameter: parameter.name,
    "Type": lambda parameter: parameter.kind,
    "Tier": lambda parameter: parameter.tier,
    "DataType": lambda parameter: parameter.latest.data_type,
    "KeyId": lambda parameter: "alias/aws/ssm" if parameter.kind == "SecureString" else "",
}
_OF_PATH: Final = frozenset({"Type", "KeyId", "Label"})


def filters_of(params: Params, *, of_path: bool = False) -> list[Test]:
    """What the filters of a request let through; all of them have to.

    Args:
        of_path: those of GetParametersByPath, which knows fewer.

    Raises:
        CloudError: an unknown key or option.
    """
    tests = [_test(given, of_path=of_path) for given in params.get("ParameterFilters", ())]
    for given in params.get("Filters", ()):
        # The older form: a name is compared with its beginning.
        option = "BeginsWith" if given.get("Key") == "Name" else "Equals"
        tests.append(_test({**given, "Option": option}, of_path=of_path))
    return tests


def path_test(paths: Sequence[str], *, recursive: bool) -> Test:
    """Whether a parameter lies directly, or anywhere, under one of the paths."""
    roots = [path.rstrip("/") + "/" for path in paths]

    def fits(parameter: Parameter) -> bool:
        rests = [parameter.name.removeprefix(root) for root in roots if parameter.name.startswith(root)]
        return any(recursive or "/" not in rest for rest in rests)

    return fits


def _test(given: Params, *, of_path: bool) -> Test:
    key, values = str(given.get("Key", "")), [str(one) for one in given.get("Values", ())]
    if of_path and key not in _OF_PATH:
        raise CloudError("InvalidFilterKey", f"The following filter key is not valid: {key}.")
    if key.startswith("tag:"):
        tag = key.removeprefix("tag:")
        return lambda parameter: tag in parameter.tags and (not values or parameter.tags[tag] in values)
    if key == "Path":
        option = str(given.get("Option", "OneLevel"))
        if option not in ("OneLevel", "Recursive"):
            raise CloudError("InvalidFilterOption", f"The following filter option is not valid: {option}.")
        return path_test(values, recursive=option == "Recursive")
    if key == "Label" and of_path:
        return lambda parameter: any(label in values for label in parameter.latest.labels)
    read = _READERS.get(key)
    if read is None:
        raise CloudError("InvalidFilterKey", f"The following filter key is not valid: {key}.")
    return _comparison(read, str(given.get("Option", "Equals")), values)


def _comparison(read: Callable[[Parameter], str], option: str, values: Sequence[str]) -> Test:
    if option == "Equals":
        return lambda parameter: read(parameter) in values
    if option == "BeginsWith":
        return lambda parameter: read(parameter).startswith(tuple(values))
    if option == "Contains":
        return lambda parameter: any(value in read(parameter) for value in values)
    raise CloudError("InvalidFilterOption", f"The following filter option is not valid: {option}.")
