"""An account's own parameters in a Region: their versions, labels and tags."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller

IMAGE: Final = "aws:ec2:image"
"""The data type of a parameter whose value is an image's id."""
SECURE: Final = "SecureString"
_MOST_VERSIONS: Final = 100
_ARN_PARTS: Final = 6


@dataclass(frozen=True, slots=True)
class ParameterVersion:
    """One version of a parameter."""

    number: int
    value: str
    modified: float
    """Epoch seconds."""
    user: str
    """ARN of who wrote it."""
    data_type: str = "text"
    description: str = ""
    allowed_pattern: str = ""
    labels: tuple[str, ...] = ()


@dataclass(slots=True)
class Parameter:
    """One parameter with the versions that are kept: the newest hundred."""

    name: str
    kind: str
    """`String`, `StringList` or `SecureString`."""
    versions: list[ParameterVersion] = field(default_factory=list)
    """By ascending number."""
    tags: dict[str, str] = field(default_factory=dict)
    tier: str = "Standard"

    @property
    def latest(self) -> ParameterVersion:
        return self.versions[-1]

    def add(self, version: ParameterVersion) -> None:
        """Take in the next version.

        Raises:
            CloudError: the oldest one would have to go, and has a label.
        """
        if len(self.versions) >= _MOST_VERSIONS:
            if self.versions[0].labels:
                words = (
                    f"You attempted to create a new version of {self.name} by calling the PutParameter API with "
                    f"the overwrite flag. Version {self.versions[0].number}, the oldest version, can't be deleted "
                    "because it has a label associated with it. Move the label to another version of the "
                    "parameter, and try again."
                )
                raise CloudError("ParameterMaxVersionLimitExceeded", words)
            self.versions = self.versions[1:]
        self.versions = [*self.versions, version]

    def selected(self, selector: str) -> ParameterVersion | None:
        """The version of a number or a label; the latest for an empty selector; `None` = there is none."""
        if not selector:
            return self.latest
        return next((one for one in self.versions if str(one.number) == selector or selector in one.labels), None)

    def relabel(self, number: int, labels: tuple[str, ...]) -> None:
        """Give a version its labels; other versions lose those."""
        self.versions = [
            replace(one, labels=labels)
            if one.number == number
            else replace(one, labels=tuple(label for label in one.labels if label not in labels))
            for one in self.versions
        ]


class ParameterStore:
    """The parameters of every account and Region.

    Args:
        seed: what an account has in a Region from the beginning.
    """

    def __init__(self, seed: Callable[[Caller], list[Parameter]]) -> None:
        self._seed = seed
        self._parameters: dict[tuple[str, str], dict[str, Parameter]] = {}

    def of(self, caller: Caller) -> dict[str, Parameter]:
        """The caller's parameters in the Region, by name."""
        whose = (caller.account, caller.region)
        if whose not in self._parameters:
            self._parameters[whose] = {one.name: one for one in self._seed(caller)}
        return self._parameters[whose]

    def named(self, caller: Caller, text: str) -> tuple[Parameter, ParameterVersion, str]:
        """What a name, an ARN, or either with `:version` or `:label` stands for, and that selector.

        Raises:
            CloudError: there is no such parameter or version.
        """
        name, _, selector = plain_name(text).partition(":")
        parameter = self.of(caller).get(name)
        if parameter is None:
            raise CloudError("ParameterNotFound", "")
        version = parameter.selected(selector)
        if version is None:
            words = (
                f"Systems Manager could not find version {selector} of {name}. Verify the version and try again."
            )
            raise CloudError("ParameterVersionNotFound", words)
        return parameter, version, selector

    def image_parameters(self, caller: Caller) -> list[tuple[str, str]]:
        """ARN and value of each of the caller's parameters of the data type for images."""
        return [
            (arn_of(caller, one.name), one.latest.value)
            for one in self.of(caller).values()
            if one.latest.data_type == IMAGE
        ]


def no_version(name: str, selector: str) -> CloudError:
    """The refusal for a version that there is not."""
    words = f"Systems Manager could not find version {selector} of {name}. Verify the version and try again."
    return CloudError("ParameterVersionNotFound", words)


def plain_name(text: str) -> str:
    """A parameter's name with its selector, from that or from an ARN of it."""
    if not text.startswith("arn:"):
        return text
    path = text.split(":", _ARN_PARTS - 1)[-1].removeprefix("parameter")
    # The ARN of a parameter outside of any hierarchy has a slash that the name has not.
    return path if path.count("/") > 1 else path.removeprefix("/")


def arn_of(caller: Caller, name: str) -> str:
    """The ARN of the caller's parameter."""
    return f"arn:aws:ssm:{caller.region}:{caller.account}:parameter/{name.removeprefix('/')}"


def described(
    caller: Caller, parameter: Parameter, version: ParameterVersion, selector: str, *, plain: bool
) -> Params:
    """A parameter in the shape of GetParameter.

    Args:
        plain: show the value of a `SecureString`.
    """
    value = version.value
    if parameter.kind == SECURE and not plain:
        value = f"kms:alias/aws/ssm:{value[::-1].encode().hex()}"
    entry: Params = {
        "Name": parameter.name,
        "Type": parameter.kind,
        "Value": value,
        "Version": version.number,
        "LastModifiedDate": version.modified,
        "ARN": arn_of(caller, parameter.name),
        "DataType": version.data_type,
    }
    return entry | ({"Selector": f":{selector}"} if selector else {})
