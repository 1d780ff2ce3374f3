"""What a row or an instance is in the environment of a user's command: texts as the screen shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.image.family import family_of
from amitui.domain.region import partition_of
from amitui.presentation.export import iso

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from amitui.domain.image.row import ImageRow
    from amitui.domain.launch.instances import Instance


def image_values(row: ImageRow) -> dict[str, str]:
    """Of an image, by the names in `domain.commands.variables`; an empty text for what it has not."""
    return {
        "REGION": row.region,
        "IMAGE_ID": row.image_id,
        "NAME": row.name,
        "STATE": row.state,
        "ARN": f"arn:{partition_of(row.region)}:ec2:{row.region}::image/{row.image_id}",
        "DESCRIPTION": row.description,
        "FAMILY": family_of(row.name),
        "OWNER_ID": row.owner_id,
        "PUBLISHER": row.publisher or row.owner_alias,
        "TRUST": row.trust.name.lower(),
        "ARCHITECTURE": row.architecture,
        "PLATFORM": row.platform,
        "CREATED": iso(row.created),
        "DEPRECATED": iso(row.deprecated),
    }


def instance_values(instance: Instance) -> dict[str, str]:
    """Of an instance that was launched, by the same names."""
    return {
        "REGION": instance.region,
        "IMAGE_ID": instance.image_id,
        "NAME": instance.name,
        "STATE": str(instance.phase),
        "INSTANCE_ID": instance.instance_id,
        "INSTANCE_TYPE": instance.instance_type,
        "PUBLIC_IP": instance.fact("public_ip"),
        "PRIVATE_IP": instance.fact("private_ip"),
        "IPV6": instance.fact("ipv6"),
        "KEY_NAME": instance.key_name,
    }


def selection_text(values: Iterable[Mapping[str, str]]) -> str:
    """The file of a selection: one JSON object a line, its members in lower case."""
    import json

    return "".join(json.dumps({name.lower(): one for name, one in each.items()}) + "\n" for each in values)
