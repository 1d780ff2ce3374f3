"""Releases: an image and its copies in other Regions, which are decided about together."""

from __future__ import annotations

from collections.abc import Sequence

from amitui.domain.retention.own_image import BROKEN, OwnImage


def releases(images: Sequence[OwnImage]) -> list[list[OwnImage]]:
    """The images, grouped by release; in the order of their first members.

    Copies have the name of their source, or name it: `SourceImageId`. An image that was created from an instance
    names the image of that instance there, which is another build. One that failed is no copy of anything.
    """
    leader = {image.key: image.key for image in images}

    def find(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    first: dict[tuple[str, str], str] = {}
    for image in images:
        if image.state in BROKEN:
            continue
        if image.name:
            other = first.setdefault((image.name, image.architecture), image.key)
            leader[find(image.key)] = find(other)
        source = f"{image.source_region or image.region}/{image.source_image_id}"
        if image.source_image_id and not image.from_instance and source in leader:
            leader[find(image.key)] = find(source)
    groups: dict[str, list[OwnImage]] = {}
    for image in images:
        groups.setdefault(find(image.key), []).append(image)
    return list(groups.values())
