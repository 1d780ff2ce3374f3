"""The public parameters of Systems Manager that the simulated publishers keep: the newest image of each family.

Read-only, and only by name: GetParameter and GetParameters. Parameters of an account's own are moto's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amitui.demo.cloud.model import CloudError
from amitui.domain.image.image import ImageFlag
from amitui.domain.image.trust import trust_of
from amitui.domain.products.parameters import SERVICE, parameter_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.demo.cloud.model import CloudImage
    from amitui.demo.cloud.world import Region

CONTENT_TYPE: Final = "application/x-amz-json-1.1"
_ONE: Final = "AmazonSSM.GetParameter"
_SEVERAL: Final = "AmazonSSM.GetParameters"
_MOST_NAMES: Final = 10
_DEFAULT_KERNEL: Final = ("kernel-6.1-", "kernel-default-")
"""Amazon Linux 2023 with its default kernel has a parameter of that name as well."""


class _Named(NamedTuple):
    name: str
    architecture: str


def asks_for_public(target: str, body: bytes) -> bool:
    """Whether a request is for parameters by name, one of which is public.

    Args:
        target: of its header `X-Amz-Target`.
    """
    return target in (_ONE, _SEVERAL) and any(map(_is_public, _names(body)))


def parameters_answer(target: str, body: bytes, region: Region, others: Callable[[bytes], bytes]) -> bytes:
    """The answer to a request for parameters by name.

    Args:
        target: of its header `X-Amz-Target`.
        others: answers GetParameters for those that are not public.

    Raises:
        CloudError: GetParameter of one that does not exist, or too many names.
    """
    names = _names(body)
    if len(names) > _MOST_NAMES:
        message = "Member must have length less than or equal to 10."
        raise CloudError("ValidationException", message)
    known = _public(region)
    found = [_parameter(name, known[name], region.name) for name in names if name in known]
    invalid = [name for name in names if _is_public(name) and name not in known]
    if target == _ONE:
        if not found:
            raise CloudError("ParameterNotFound", "")
        return json.dumps({"Parameter": found[0]}).encode()
    own = [name for name in names if not _is_public(name)]
    if own:
        answer = json.loads(others(json.dumps({"Names": own}).encode()))
        found += answer.get("Parameters", [])
        invalid += answer.get("InvalidParameters", [])
    return json.dumps({"Parameters": found, "InvalidParameters": invalid}).encode()


def public_image(region: Region, name: str) -> str:
    """The image's id that a public parameter holds; empty where there is no such parameter."""
    found = _public(region).get(name) if _is_public(name) else None
    return found[0].image_id if found else ""


def _names(body: bytes) -> Sequence[str]:
    requested = json.loads(body or b"{}")
    names = requested.get("Names") or [requested.get("Name", "")]
    return [str(name) for name in names]


def _is_public(name: str) -> bool:
    return name.startswith(f"{SERVICE}/")


def _public(region: Region) -> dict[str, tuple[CloudImage, int]]:
    """By path, the newest image that can be launched, and how many builds its family has."""
    found: dict[str, tuple[CloudImage, int]] = {}
    for image in sorted(region.images, key=lambda one: str(one.record.get("CreationDate", ""))):
        path = _path(image)
        if path and image.public and image.state == "available":
            for name in {path, path.replace(*_DEFAULT_KERNEL)}:
                found[name] = (image, found[name][1] + 1 if name in found else 1)
    return found


def _path(image: CloudImage) -> str:
    alias = str(image.record.get("ImageOwnerAlias", ""))
    trust = trust_of(image.owner, alias, ImageFlag.PUBLIC, ())
    return parameter_path(_Named(image.name, str(image.record.get("Architecture", ""))), trust)


def _parameter(name: str, known: tuple[CloudImage, int], region: str) -> dict[str, Any]:
    from datetime import datetime

    image, version = known
    created = datetime.fromisoformat(str(image.record["CreationDate"]))
    return {
        "Name": name,
        "Type": "String",
        "Value": image.image_id,
        "Version": version,
        "LastModifiedDate": created.timestamp(),
        "ARN": f"arn:aws:ssm:{region}::parameter{name}",
        "DataType": "aws:ec2:image",
    }
