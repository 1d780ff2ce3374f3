"""Tags of mixed resources: of images and snapshots, which are the demo's, and of what moto holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.tagging import is_tagged_here

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGGING: Final = frozenset({"CreateTags", "DeleteTags"})
_RESOURCE: Final = "ResourceId."


def resources_of(form: Mapping[str, str]) -> list[str]:
    """The resources that a request is to tag, in their order."""
    keys = [key for key in form if key.startswith(_RESOURCE) and key[len(_RESOURCE) :].isdecimal()]
    return [form[key] for key in sorted(keys, key=lambda key: int(key[len(_RESOURCE) :]))]


def with_resources(form: Mapping[str, str], *, tagged_here: bool) -> dict[str, str]:
    """The same request about the images and snapshots among its resources only, or about all others."""
    rest = {key: value for key, value in form.items() if not key.startswith(_RESOURCE)}
    chosen = [resource for resource in resources_of(form) if is_tagged_here(resource) == tagged_here]
    return rest | {f"{_RESOURCE}{number}": resource for number, resource in enumerate(chosen, 1)}
