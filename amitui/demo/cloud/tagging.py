"""Tags of images, snapshots and launch templates; those of everything else are moto's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.paging import page
from amitui.demo.cloud.rules import check_tags, invalid, require, with_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from amitui.demo.cloud.instances import Instances
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.templates.store import TemplateStore
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_KINDS: Final = {"ami-": "image", "snap-": "snapshot", "lt-": "launch-template"}
_FILTERS: Final = {"key": "Key", "resource-id": "ResourceId", "resource-type": "ResourceType", "value": "Value"}
_FEWEST_RESULTS: Final = 5
_MOST_RESULTS: Final = 1000
_MOST_RESOURCES: Final = 1000


def is_tagged_here(resource_id: str) -> bool:
    """Whether a resource is an image, a snapshot or a launch template."""
    return resource_id.startswith(tuple(_KINDS))


class Tagged(Protocol):
    """What has tags here."""

    record: dict[str, Any]
    """With `Tags`, where it has some."""


class Tagging:
    """CreateTags and DeleteTags of images, snapshots and launch templates, and DescribeTags of everything."""

    def __init__(self, world: World, instances: Instances, templates: TemplateStore) -> None:
        self._world = world
        self._instances = instances
        self._templates = templates

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {"CreateTags": self.create, "DeleteTags": self.delete, "DescribeTags": self.describe}

    def create(self, caller: Caller, params: Params) -> Params:
        """CreateTags: on all of the resources, or on none."""
        resources = self._resources(caller, params)
        require(params, "Tags")
        check_tags(params["Tags"])
        changed = [(resource, with_tags(tags_of(resource), params["Tags"])) for resource in resources]
        for resource, tags in changed:
            _set_tags(resource, tags)
        return {"Return": True}

    def delete(self, caller: Caller, params: Params) -> Params:
        """DeleteTags: those with the key, and the value if one is given; without tags all but AWS's own."""
        for resource in self._resources(caller, params):
            kept = [tag for tag in tags_of(resource) if not _is_deleted(tag, params.get("Tags"))]
            _set_tags(resource, kept)
        return {"Return": True}

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeTags."""
        tests = [_test(given) for given in params.get("Filters", ())]
        listed = [tag for tag in self._all_tags(caller) if all(test(tag) for test in tests)]
        return page("Tags", listed, caller, params, least=_FEWEST_RESULTS, most=_MOST_RESULTS)

    def _all_tags(self, caller: Caller) -> Iterator[Params]:
        region = self._world.region(caller.region)
        for image in region.owned(caller.account):
            yield from _descriptions(image.image_id, "image", tags_of(image))
        for snapshot_id in sorted(region.snapshots):
            snapshot = region.snapshots[snapshot_id]
            if snapshot.owner == caller.account:
                yield from _descriptions(snapshot_id, "snapshot", tags_of(snapshot))
        for template in self._templates.of(caller).values():
            yield from _descriptions(template.template_id, "launch-template", tags_of(template))
        yield from self._instances.tags(caller)

    def _resources(self, caller: Caller, params: Params) -> list[Tagged]:
        if not params.get("Resources"):
            raise CloudError("MissingParameter", "The request must contain the parameter resourceIdSet")
        ids = params["Resources"]
        if len(ids) > _MOST_RESOURCES:
            raise invalid(f"At most {_MOST_RESOURCES} resources can be tagged at a time.")
        return [self._resource(caller, resource_id) for resource_id in ids]

    def _resource(self, caller: Caller, resource_id: str) -> Tagged:
        if resource_id.startswith("ami-"):
            return self._world.own_image(caller, resource_id)
        if resource_id.startswith("snap-"):
            return self._world.own_snapshot(caller, resource_id)
        if resource_id.startswith("lt-"):
            return self._templates.find(caller, template_id=resource_id)
        raise invalid(f"The ID '{resource_id}' is not valid")


def tags_of(resource: Tagged) -> list[dict[str, str]]:
    """A resource's tags."""
    return list(resource.record.get("Tags") or ())


def _set_tags(resource: Tagged, tags: list[dict[str, str]]) -> None:
    """Replace the record, as others may be reading it."""
    others = {name: value for name, value in resource.record.items() if name != "Tags"}
    resource.record = others | ({"Tags": tags} if tags else {})


def _is_deleted(tag: Mapping[str, str], given: Sequence[Mapping[str, str]] | None) -> bool:
    if tag["Key"].startswith("aws:"):
        return False
    if not given:
        return True
    key, value = tag["Key"], tag["Value"]
    return any(key == requested.get("Key") and requested.get("Value", value) == value for requested in given)


def _descriptions(resource_id: str, kind: str, tags: Sequence[Mapping[str, str]]) -> Iterator[Params]:
    for tag in tags:
        yield {"ResourceId": resource_id, "ResourceType": kind, "Key": tag["Key"], "Value": tag["Value"]}


def _test(given: Params) -> Callable[[Params], bool]:
    name, matches = str(given.get("Name", "")), matcher(given.get("Values", ()))
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda tag: tag["Key"] == key and matches(tag["Value"])
    member = _FILTERS.get(name)
    if member is None:
        raise invalid(f"The filter '{name}' is invalid")
    return lambda tag: matches(tag[member])
