"""A connection that looks over each answer: how many calls there were, and values that botocore's model lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from amitui.ec2.session import AwsTarget, Ec2Connection
from amitui.errors import DeniedError, UsageError

_MOST_UNKNOWN: Final = 5
"""Unknown values that are listed of one check."""

DECIDING: Final = frozenset(
    {
        *("Architecture", "BootMode", "DeregistrationProtection", "ImdsSupport", "OptInStatus", "Platform"),
        *("RootDeviceType", "State", "SupportedArchitectures", "SupportedBootModes", "SupportedRootDeviceTypes"),
        *("SupportedUsageClasses", "SupportedVirtualizationTypes", "TpmSupport", "VirtualizationType"),
    }
)
"""Members by whose values amitui decides something; of others it shows the values, or does not read them."""


class Unknown(NamedTuple):
    """Values that botocore's model does not list, in words."""

    deciding: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class WatchedConnection(Ec2Connection):
    """amitui's own connection, with a limit on its calls and a note of what its answers hold.

    Args:
        most_calls: how many were announced; one more is refused. Repetitions by botocore count as one call.
    """

    def __init__(self, target: AwsTarget, most_calls: int | None = None) -> None:
        super().__init__(target)
        self.most_calls = most_calls
        self.sent: list[tuple[str, str]] = []
        """(service, operation) of each call, by botocore's and the API's names, failed ones too."""
        self._unknown: dict[str, None] = {}
        self._denied: dict[tuple[str, str], None] = {}

    async def service_call(
        self, service: str, region: str, operation: str, action: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        if self.most_calls is not None and len(self.sent) >= self.most_calls:
            raise UsageError(
                f"more calls than the {self.most_calls} that were announced", why=f"the next one is {operation}"
            )
        client = await self.client(region, service, once=once)
        name = str(client.meta.method_to_api_mapping[operation])
        self.sent.append((service, name))
        try:
            answer = await super().service_call(service, region, operation, action, once=once, **parameters)
        except DeniedError:
            self._denied[service, name] = None
            raise
        shape = client.meta.service_model.operation_model(name).output_shape
        if shape is not None:
            self._unknown.update(dict.fromkeys(unknown_values(shape, answer, name)))
        return answer

    def take_denied(self) -> list[tuple[str, str]]:
        """(service, operation) of the calls since the last time that IAM denied; readers may survive it."""
        found, self._denied = list(self._denied), {}
        return found

    def take_unknown(self) -> Unknown:
        """The values since the last time that botocore's model does not list, with the places where they were."""
        found, self._unknown = list(self._unknown), {}
        decides = [one.partition(" = ")[0].rpartition(".")[2].removesuffix("[]") in DECIDING for one in found]
        return Unknown(
            _listed([one for one, yes in zip(found, decides, strict=True) if yes]),
            _listed([one for one, yes in zip(found, decides, strict=True) if not yes]),
        )


def _listed(found: Sequence[str]) -> tuple[str, ...]:
    more = len(found) - _MOST_UNKNOWN
    listed = [f"a value that botocore does not know: {one}" for one in found[:_MOST_UNKNOWN]]
    return (*listed, *([f"and {more} more"] if more > 0 else []))


def unknown_values(shape: Any, value: object, path: str) -> Iterator[str]:
    """The texts in an answer that are none of those that its shape lists.

    Args:
        shape: botocore's, of the value.
        path: where it is, from the operation on.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            if name in value:
                yield from unknown_values(member, value[name], f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for entry in value:
            yield from unknown_values(shape.member, entry, f"{path}[]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for entry in value.values():
            yield from unknown_values(shape.value, entry, f"{path}{{}}")
    elif isinstance(value, str) and value and getattr(shape, "enum", None) and not _is_listed(value, shape.enum):
        yield f"{path} = {value[:60]}"


def _is_listed(value: str, known: Iterable[str]) -> bool:
    """Whether a value is listed: EC2 says `windows` where its model has `Windows`."""
    return value.lower() in {one.lower() for one in known}
