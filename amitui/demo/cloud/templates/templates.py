"""The operations on launch templates and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.identity import caller_identity
from amitui.demo.cloud.launching.access import decoded_user_data
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.paging import question, read_token, write_token
from amitui.demo.cloud.rules import invalid, require, specified_tags
from amitui.demo.cloud.templates.store import DEFAULT, LATEST, Template, Version, check_template_name, no_version
from amitui.demo.seed.records import digest, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.templates.store import TemplateStore
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_PAGE: Final = 200
"""Most versions, and most templates, of one answer. Source: MaxResults of both operations."""
_MOST_DELETED: Final = 200
_MOST_VERSIONS: Final = 10_000
_MOST_TEMPLATES: Final = 5_000
_LONGEST_DESCRIPTION: Final = 255
_BASE: Final = "BlockDeviceMappings"


class Templates:
    """What clients do with launch templates.

    Args:
        resolved: the image's id behind `resolve:ssm:…`.
    """

    def __init__(self, world: World, store: TemplateStore, resolved: Callable[[Caller, str], str]) -> None:
        self._world = world
        self._store = store
        self._resolved = resolved

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "CreateLaunchTemplate": self.create,
            "CreateLaunchTemplateVersion": self.create_version,
            "ModifyLaunchTemplate": self.modify,
            "DeleteLaunchTemplate": self.delete,
            "DeleteLaunchTemplateVersions": self.delete_versions,
            "DescribeLaunchTemplates": self.describe,
            "DescribeLaunchTemplateVersions": self.describe_versions,
        }

    def create(self, caller: Caller, params: Params) -> Params:
        """CreateLaunchTemplate: most of what it is given is not looked at until something is launched."""
        require(params, "LaunchTemplateName", "LaunchTemplateData")
        self._check_data(caller, params["LaunchTemplateData"])
        name = str(params["LaunchTemplateName"])
        check_template_name(name)
        check_description(params)
        tags = specified_tags(params, frozenset({"launch-template"}))["launch-template"]
        templates = self._store.of(caller)
        if any(one.name == name for one in templates.values()):
            words = "Launch template name already in use."
            raise CloudError("InvalidLaunchTemplateName.AlreadyExistsException", words)
        if len(templates) >= _MOST_TEMPLATES:
            words = f"You have reached the limit of {_MOST_TEMPLATES} launch templates."
            raise CloudError("LaunchTemplateLimitExceeded", words)
        template_id = "lt-0" + digest(self._world.new_id("lt", caller.account, caller.region, name))[:16]
        now, who = int(self._world.now()), str(caller_identity(caller)["Arn"])
        template = Template(template_id, name, now, who, {"Tags": tags} if tags else {})
        template.add(params["LaunchTemplateData"], now, who, str(params.get("VersionDescription", "")))
        templates[template_id] = template
        return {"LaunchTemplate": template.described()}

    def create_version(self, caller: Caller, params: Params) -> Params:
        """CreateLaunchTemplateVersion: what is not said is the source version's, if one is named.

        Snapshots of the source's volumes are not taken over.
        """
        template = self._store.named_in(caller, params)
        require(params, "LaunchTemplateData")
        check_description(params)
        data = params["LaunchTemplateData"]
        self._check_data(caller, data)
        if "SourceVersion" in params:
            source = template.version(str(params["SourceVersion"]))
            if source is None:
                raise no_version(template, str(params["SourceVersion"]))
            data = without_snapshots(source.data) | data
        if len(template.versions) >= _MOST_VERSIONS:
            words = f"You have reached the limit of {_MOST_VERSIONS} versions of a launch template."
            raise CloudError("LaunchTemplateVersionLimitExceeded", words)
        description = str(params.get("VersionDescription", ""))
        who = str(caller_identity(caller)["Arn"])
        version = template.add(data, int(self._world.now()), who, description)
        return {"LaunchTemplateVersion": self._described(caller, params, template, version)}

    def _check_data(self, caller: Caller, data: Params) -> None:
        """Refuse a parameter without an image, and user data that is not base64: the rest shows at the launch."""
        self._resolved(caller, str(data.get("ImageId", "")))
        decoded_user_data(str(data.get("UserData", "")))

    def modify(self, caller: Caller, params: Params) -> Params:
        """ModifyLaunchTemplate: another version becomes the default."""
        template = self._store.named_in(caller, params)
        require(params, "DefaultVersion")
        version = template.version(str(params["DefaultVersion"]))
        if version is None:
            raise no_version(template, str(params["DefaultVersion"]))
        template.default = version.number
        return {"LaunchTemplate": template.described()}

    def delete(self, caller: Caller, params: Params) -> Params:
        """DeleteLaunchTemplate, with all of its versions."""
        template = self._store.named_in(caller, params)
        described = template.described()
        del self._store.of(caller)[template.template_id]
        return {"LaunchTemplate": described}

    def delete_versions(self, caller: Caller, params: Params) -> Params:
        """DeleteLaunchTemplateVersions: each by itself; the default one stays."""
        template = self._store.named_in(caller, params)
        require(params, "Versions")
        if len(params["Versions"]) > _MOST_DELETED:
            raise invalid(f"At most {_MOST_DELETED} versions can be deleted at a time.")
        done: list[Params] = []
        kept: list[Params] = []
        for wanted in params["Versions"]:
            about: Params = {"LaunchTemplateId": template.template_id, "LaunchTemplateName": template.name}
            if wanted.isdecimal():
                about["VersionNumber"] = int(wanted)
            version = template.version(wanted) if wanted.isdecimal() else None
            if version is None:
                words = f"Could not find the specified version {wanted} for the launch template."
                kept.append(about | _response_error("launchTemplateVersionDoesNotExist", words))
            elif version.number == template.default:
                words = "The default version of a launch template cannot be deleted."
                kept.append(about | _response_error("unexpectedError", words))
            else:
                template.versions = [one for one in template.versions if one is not version]
                done.append(about)
        return {
            "SuccessfullyDeletedLaunchTemplateVersions": done,
            "UnsuccessfullyDeletedLaunchTemplateVersions": kept,
        }

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeLaunchTemplates."""
        ids, names = params.get("LaunchTemplateIds", []), params.get("LaunchTemplateNames", [])
        chosen = [self._store.find(caller, template_id=one) for one in ids]
        chosen += [self._store.find(caller, name=one) for one in names]
        if not ids and not names:
            chosen = list(self._store.of(caller).values())
        tests = [_template_test(given) for given in params.get("Filters", ())]
        listed = [one.described() for one in chosen if all(test(one) for test in tests)]
        listed.sort(key=lambda one: (str(one["LaunchTemplateName"]), str(one["LaunchTemplateId"])))
        return _page("LaunchTemplates", listed, caller, params)

    def describe_versions(self, caller: Caller, params: Params) -> Params:
        """DescribeLaunchTemplateVersions: of one template, the newest first, or the current ones of all."""
        wanted = [str(one) for one in params.get("Versions", ())]
        one_template = "LaunchTemplateId" in params or "LaunchTemplateName" in params
        if one_template:
            template = self._store.named_in(caller, params)
            chosen = [(template, version) for version in _chosen(template, wanted, params)]
        else:
            if not wanted or not set(wanted) <= {LATEST, DEFAULT}:
                words = "Without a launch template, the versions can only be $Latest and $Default."
                raise CloudError("MissingParameter" if not wanted else "InvalidParameterCombination", words)
            chosen = [
                (template, version)
                for template in self._store.of(caller).values()
                for version in _chosen(template, wanted, {})
            ]
        tests = [_version_test(given) for given in params.get("Filters", ())]
        described = (self._described(caller, params, template, version) for template, version in chosen)
        listed = [one for one in described if all(test(one) for test in tests)]
        return _page("LaunchTemplateVersions", listed, caller, params)

    def _described(self, caller: Caller, params: Params, template: Template, version: Version) -> Params:
        described = template.described_version(version)
        image = str(version.data.get("ImageId", ""))
        if params.get("ResolveAlias") and image.startswith("resolve:ssm:"):
            described["LaunchTemplateData"] = version.data | {"ImageId": self._resolved(caller, image)}
        return described


def check_description(params: Params) -> None:
    """Refuse a VersionDescription that is too long."""
    if len(str(params.get("VersionDescription", ""))) > _LONGEST_DESCRIPTION:
        raise invalid(f"The version description is longer than {_LONGEST_DESCRIPTION} characters")


def without_snapshots(data: Params) -> Params:
    """LaunchTemplateData as a new version takes it over: volumes without their snapshots."""
    if _BASE not in data:
        return data
    return data | {_BASE: [_without_snapshot(mapping) for mapping in data[_BASE]]}


def _without_snapshot(mapping: Params) -> Params:
    if "SnapshotId" not in mapping.get("Ebs", {}):
        return mapping
    return mapping | {"Ebs": {name: value for name, value in mapping["Ebs"].items() if name != "SnapshotId"}}


def _response_error(code: str, message: str) -> Params:
    return {"ResponseError": {"Code": code, "Message": message}}


def _chosen(template: Template, wanted: Sequence[str], params: Params) -> Iterator[Version]:
    """The versions that a request names, or those between MinVersion and MaxVersion, newest first."""
    if wanted:
        if "MinVersion" in params or "MaxVersion" in params:
            words = "MinVersion and MaxVersion cannot be used with versions"
            raise CloudError("InvalidParameterCombination", words)
        named: dict[int, Version] = {}
        for one in wanted:
            version = template.version(one)
            if version is None:
                raise no_version(template, one)
            named[version.number] = version
        yield from (named[number] for number in sorted(named, reverse=True))
        return
    least, most = _bound(params, "MinVersion", 1), _bound(params, "MaxVersion", template.last_number)
    yield from (one for one in reversed(template.versions) if least <= one.number <= most)


def _bound(params: Params, name: str, default: int) -> int:
    value = str(params.get(name, default))
    if not value.isdecimal():
        raise invalid(f"Value ({value}) for parameter {name} is invalid.")
    return int(value)


def _page(member: str, entries: Sequence[Params], caller: Caller, params: Params) -> Params:
    """A page, of 200 entries where MaxResults does not say how many."""
    limit = int(params.get("MaxResults", _PAGE))
    if not 1 <= limit <= _PAGE:
        raise invalid(f"Value ( {limit} ) for parameter maxResults is invalid. Expecting 1 to {_PAGE}.")
    requested = question(caller, params)
    start = int(read_token(params.get("NextToken"), requested) or 0)
    answer: Params = {member: list(entries[start : start + limit])}
    if start + limit < len(entries):
        answer["NextToken"] = write_token(str(start + limit), requested)
    return answer


def _template_test(given: Params) -> Callable[[Template], bool]:
    name, matches = str(given.get("Name", "")), matcher(given.get("Values", ()))
    if name == "launch-template-name":
        return lambda template: matches(template.name)
    if name == "create-time":
        return lambda template: matches(stamp(template.created))
    if name == "tag-key":
        return lambda template: any(matches(tag["Key"]) for tag in template.record.get("Tags", ()))
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda template: any(
            tag["Key"] == key and matches(tag["Value"]) for tag in template.record.get("Tags", ())
        )
    raise invalid(f"The filter '{name}' is invalid")


_OF_DATA: Final = {
    "ebs-optimized": "EbsOptimized",
    "image-id": "ImageId",
    "instance-type": "InstanceType",
    "kernel-id": "KernelId",
    "ram-disk-id": "RamDiskId",
}


def _version_test(given: Params) -> Callable[[Params], bool]:
    name, matches = str(given.get("Name", "")), matcher(given.get("Values", ()))
    if name == "is-default-version":
        return lambda version: matches(_text(version["DefaultVersion"]))
    if name == "create-time":
        return lambda version: matches(stamp(version["CreateTime"]))
    if name in _OF_DATA:
        return lambda version: matches(_text(version["LaunchTemplateData"].get(_OF_DATA[name], "")))
    raise invalid(f"The filter '{name}' is invalid")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
