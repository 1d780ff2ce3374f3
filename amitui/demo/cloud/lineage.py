"""What images come from and what comes from them: ancestry, references, the images of instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.paging import page
from amitui.demo.cloud.power import STATE_CODES
from amitui.demo.cloud.rules import check_image_id, invalid, require
from amitui.demo.seed.accounts import REGIONS
from amitui.demo.seed.records import without_milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amitui.demo.cloud.instances import Instance, Instances
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.systems_manager.store import ParameterStore
    from amitui.demo.cloud.templates.store import TemplateStore
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_INSTANCE: Final = "ec2:Instance"
_TEMPLATE: Final = "ec2:LaunchTemplate"
_PARAMETER: Final = "ssm:Parameter"
_OTHERS: Final = frozenset({"imagebuilder:ImageRecipe", "imagebuilder:ContainerRecipe"})
"""Resource types that may be asked for, but of which the demo has none."""
_SIMULATED: Final = (_INSTANCE, _TEMPLATE, _PARAMETER)
_MOST_IDS: Final = 10
_MOST_GENERATIONS: Final = 50
_MOST_RESULTS: Final = 1000
_FEWEST_REFERENCES: Final = 5
_DEFAULT_VERSIONS: Final = 10
_MOST_VERSIONS: Final = 10_000
_VERIFIED: Final = frozenset({"amazon", "aws-marketplace"})

_FILTERS: Final = {
    "image-id": "imageId",
    "instance-id": "instanceId",
    "instance-state-name": "instanceState",
    "instance-type": "instanceType",
}


class Lineage:
    """DescribeImageReferences, GetImageAncestry and DescribeInstanceImageMetadata."""

    def __init__(
        self, world: World, instances: Instances, templates: TemplateStore, parameters: ParameterStore
    ) -> None:
        self._world = world
        self._instances = instances
        self._templates = templates
        self._parameters = parameters

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "DescribeImageReferences": self.references,
            "GetImageAncestry": self.ancestry,
            "DescribeInstanceImageMetadata": self.instance_images,
        }

    def references(self, caller: Caller, params: Params) -> Params:
        """DescribeImageReferences: the caller's own resources, whoever owns the images."""
        require(params, "ImageIds")
        ids = params["ImageIds"]
        if len(ids) > _MOST_IDS:
            raise invalid(f"At most {_MOST_IDS} image ids can be given")
        for image_id in ids:
            check_image_id(image_id)
        kinds = _resource_types(params)
        listed = [entry for entry in self._references(caller, kinds) if entry["ImageId"] in ids]
        listed.sort(key=lambda entry: (entry["ImageId"], entry["ResourceType"], entry["Arn"]))
        return page("ImageReferences", listed, caller, params, least=_FEWEST_REFERENCES, most=_MOST_RESULTS)

    def _references(self, caller: Caller, kinds: dict[str, dict[str, list[str]]]) -> Iterator[Params]:
        """Whatever names an image's id; a template that asks for a parameter names none."""
        arn = f"arn:aws:ec2:{caller.region}:{caller.account}"
        if _INSTANCE in kinds:
            states = kinds[_INSTANCE].get("state-name")
            for instance in self._instances.of(caller, with_volumes=False):
                if instance.is_there and (not states or instance.state in states):
                    resource = f"{arn}:instance/{instance.instance_id}"
                    yield {"ImageId": instance.image_id, "ResourceType": _INSTANCE, "Arn": resource}
        if _TEMPLATE in kinds:
            depth = int(kinds[_TEMPLATE].get("version-depth", [str(_DEFAULT_VERSIONS)])[0])
            for image_id, template in self._template_images(caller, depth):
                resource = f"{arn}:launch-template/{template}"
                yield {"ImageId": image_id, "ResourceType": _TEMPLATE, "Arn": resource}
        if _PARAMETER in kinds:
            for resource, image_id in self._parameters.image_parameters(caller):
                yield {"ImageId": image_id, "ResourceType": _PARAMETER, "Arn": resource}

    def _template_images(self, caller: Caller, depth: int) -> set[tuple[str, str]]:
        """Image and template id of every launch template, by its newest `depth` versions."""
        return {
            (str(version.data.get("ImageId", "")), template.template_id)
            for template in self._templates.of(caller).values()
            for version in template.versions[-depth:]
        }

    def ancestry(self, caller: Caller, params: Params) -> Params:
        """GetImageAncestry: from the image back to one that was not made of another."""
        require(params, "ImageId")
        image = self._world.seen_image(caller, params["ImageId"])
        entries: list[Params] = []
        image_id, region, record = image.image_id, caller.region, image.record
        while len(entries) < _MOST_GENERATIONS:
            source, source_region = record.get("SourceImageId"), record.get("SourceImageRegion", region)
            alias = record.get("ImageOwnerAlias")
            ends = alias in _VERIFIED or source is None or source == image_id
            entry = {"ImageId": image_id, "ImageOwnerAlias": alias, "CreationDate": record.get("CreationDate")}
            if not ends:
                entry |= {"SourceImageId": source, "SourceImageRegion": source_region}
            entries.append({name: value for name, value in entry.items() if value})
            if ends:
                break
            found = self._record(source_region, str(source))
            if found is None:
                break
            image_id, region, record = str(source), source_region, found
        return {"ImageAncestryEntries": entries}

    def _record(self, region: str, image_id: str) -> Params | None:
        """An image's record, however private it is and whether or not it is still registered."""
        if region not in REGIONS:
            return None
        here = self._world.region(region)
        image = here.find(image_id)
        return image.record if image is not None else here.history.get(image_id)

    def instance_images(self, caller: Caller, params: Params) -> Params:
        """DescribeInstanceImageMetadata: even of images that the caller cannot see any more."""
        ids = params.get("InstanceIds", [])
        tests = [_test(given) for given in params.get("Filters", ())]
        chosen = [self._instances.one(caller, i) for i in ids] if ids else self._instances.of(caller)
        listed = [self._metadata(caller, instance) for instance in chosen if all(test(instance) for test in tests)]
        return page("InstanceImageMetadata", listed, caller, params, least=1, most=_MOST_RESULTS)

    def _metadata(self, caller: Caller, instance: Instance) -> Params:
        record = self._record(caller.region, instance.image_id) or {}
        found = instance.record
        image = {
            "ImageId": instance.image_id,
            "Name": record.get("Name"),
            "OwnerId": record.get("OwnerId"),
            "State": record.get("State"),
            # As recorded: an owner without an alias by its account, and times without milliseconds.
            "ImageOwnerAlias": record.get("ImageOwnerAlias") or record.get("OwnerId"),
            "CreationDate": without_milliseconds(record.get("CreationDate")),
            "DeprecationTime": without_milliseconds(record.get("DeprecationTime")),
            "IsPublic": bool(record.get("Public")),
        }
        return {
            "InstanceId": instance.instance_id,
            "InstanceType": found.get("instanceType"),
            "LaunchTime": found.get("launchTime"),
            "AvailabilityZone": (found.get("placement") or {}).get("availabilityZone"),
            "State": {"Code": STATE_CODES[instance.state], "Name": instance.state},
            "OwnerId": caller.account,
            "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in found.get("tagSet") or ()],
            "ImageMetadata": image,
        }


def _resource_types(params: Params) -> dict[str, dict[str, list[str]]]:
    """The types that are asked for, each with its options, which go before the defaults of all of them."""
    requested, everything = params.get("ResourceTypes", []), params.get("IncludeAllResourceTypes")
    if not requested and not everything:
        raise invalid("Either ResourceTypes or IncludeAllResourceTypes must be given.")
    kinds: dict[str, dict[str, list[str]]] = {kind: {} for kind in (_SIMULATED if everything else ())}
    for entry in requested:
        kind = entry.get("ResourceType", "")
        if kind not in _OTHERS and kind not in _SIMULATED:
            raise invalid(f"Value ({kind}) for parameter resourceType is invalid.")
        options = entry.get("ResourceTypeOptions", ())
        kinds[kind] = {option.get("OptionName", ""): option.get("OptionValues", []) for option in options}
        for depth in kinds[kind].get("version-depth", ()):
            if not depth.isdecimal() or not 1 <= int(depth) <= _MOST_VERSIONS:
                raise invalid(f"Value ({depth}) for the option version-depth is invalid.")
    return kinds


def _test(given: Params) -> Callable[[Instance], bool]:
    name, matches = str(given.get("Name", "")), matcher(given.get("Values", ()))
    member = _FILTERS.get(name)
    if member is None:
        raise invalid(f"The filter '{name}' is invalid")
    if member == "instanceState":
        return lambda instance: matches(instance.state)
    return lambda instance: matches(str(instance.record.get(member, "")))
