"""The operations of Parameter Store on an account's own parameters.

A value of the data type `aws:ec2:image` is looked up after PutParameter has answered: the parameter is made or
changed then, and never if the image is not available (API reference, PutParameter, DataType).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.identity import caller_identity
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.systems_manager.filters import filters_of, path_test
from amitui.demo.cloud.systems_manager.images import is_available
from amitui.demo.cloud.systems_manager.pages import json_page
from amitui.demo.cloud.systems_manager.rules import (
    check_label_count,
    check_name,
    check_put,
    sorted_labels,
    validation,
)
from amitui.demo.cloud.systems_manager.store import (
    IMAGE,
    Parameter,
    ParameterVersion,
    arn_of,
    described,
    no_version,
    plain_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.systems_manager.store import ParameterStore
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

VALIDATION: Final = 5.0
"""Seconds of AWS's work from PutParameter's answer until an image has been looked up, about."""
_MOST_NAMES: Final = 10


class Parameters:
    """What clients do with the parameters of Parameter Store."""

    def __init__(self, world: World, store: ParameterStore) -> None:
        self._world = world
        self._store = store

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "PutParameter": self.put,
            "GetParameter": self.get,
            "GetParameters": self.get_several,
            "GetParametersByPath": self.get_by_path,
            "GetParameterHistory": self.history,
            "DescribeParameters": self.describe,
            "DeleteParameter": self.delete,
            "DeleteParameters": self.delete_several,
            "LabelParameterVersion": self.label,
            "UnlabelParameterVersion": self.unlabel,
            "AddTagsToResource": self.add_tags,
            "RemoveTagsFromResource": self.remove_tags,
            "ListTagsForResource": self.list_tags,
        }

    def put(self, caller: Caller, params: Params) -> Params:
        """PutParameter."""
        name = str(params.get("Name", ""))
        check_name(name)
        known = self._store.of(caller).get(name)
        overwrite = bool(params.get("Overwrite"))
        if known is not None and not overwrite:
            words = "The parameter already exists. To overwrite this value, set the overwrite option to true."
            raise CloudError("ParameterAlreadyExists", words)
        if overwrite and params.get("Tags"):
            raise validation("Invalid request: tags and overwrite can't be used together.")
        if params.get("Policies"):
            raise CloudError("UnsupportedOperation", "The demo's cloud does not simulate policies of parameters.")
        check_put(params, known_kind=known.kind if known else "")
        number = known.latest.number + 1 if known else 1
        if params.get("DataType", "text") == IMAGE:
            self._world.agenda.at(self._world.clock.after(VALIDATION), lambda: self._put_if_image(caller, params))
        else:
            self._store_version(caller, params)
        return {"Version": number, "Tier": str(params.get("Tier", "Standard"))}

    def _put_if_image(self, caller: Caller, params: Params) -> None:
        if is_available(self._world, caller, str(params["Value"])):
            self._store_version(caller, params)

    def _store_version(self, caller: Caller, params: Params) -> None:
        parameters, name = self._store.of(caller), str(params["Name"])
        parameter = parameters.get(name)
        if parameter is None:
            tags = {str(tag["Key"]): str(tag["Value"]) for tag in params.get("Tags", ())}
            parameter = Parameter(name, str(params.get("Type", "String")), [], tags)
        before = parameter.versions[-1] if parameter.versions else None
        parameter.add(
            ParameterVersion(
                number=before.number + 1 if before else 1,
                value=str(params["Value"]),
                modified=self._world.now(),
                user=str(caller_identity(caller)["Arn"]),
                data_type=str(params.get("DataType", "text")),
                description=str(params.get("Description", before.description if before else "")),
                allowed_pattern=str(params.get("AllowedPattern", "")),
            )
        )
        parameter.tier = str(params.get("Tier", parameter.tier))
        parameters[name] = parameter

    def get(self, caller: Caller, params: Params) -> Params:
        """GetParameter."""
        parameter, version, selector = self._store.named(caller, str(params.get("Name", "")))
        plain = bool(params.get("WithDecryption"))
        return {"Parameter": described(caller, parameter, version, selector, plain=plain)}

    def get_several(self, caller: Caller, params: Params) -> Params:
        """GetParameters: those that there are, and the names of the others."""
        names = [str(name) for name in params.get("Names", ())]
        if not 1 <= len(names) <= _MOST_NAMES:
            raise validation(f"Member must have length less than or equal to {_MOST_NAMES}.")
        found: list[Params] = []
        unknown: list[str] = []
        for name in names:
            try:
                found.append(self.get(caller, {**params, "Name": name})["Parameter"])
            except CloudError:
                unknown.append(name)
        return {"Parameters": found, "InvalidParameters": unknown}

    def get_by_path(self, caller: Caller, params: Params) -> Params:
        """GetParametersByPath."""
        path = str(params.get("Path", ""))
        if not path.startswith("/"):
            raise validation(f"The parameter doesn't meet the parameter name requirements: {path}.")
        tests = [path_test([path], recursive=bool(params.get("Recursive"))), *filters_of(params, of_path=True)]
        chosen = [one for one in self._sorted(caller) if all(test(one) for test in tests)]
        plain = bool(params.get("WithDecryption"))
        listed = [described(caller, one, one.latest, "", plain=plain) for one in chosen]
        return json_page("Parameters", listed, caller, params, most=_MOST_NAMES)

    def history(self, caller: Caller, params: Params) -> Params:
        """GetParameterHistory: the oldest version first."""
        name = plain_name(str(params.get("Name", "")))
        parameter = self._store.of(caller).get(name)
        if parameter is None:
            raise CloudError("ParameterNotFound", "")
        plain = bool(params.get("WithDecryption"))
        listed = [_past(caller, parameter, version, plain=plain) for version in parameter.versions]
        return json_page("Parameters", listed, caller, params, most=50)

    def describe(self, caller: Caller, params: Params) -> Params:
        """DescribeParameters."""
        if params.get("Shared"):
            return {"Parameters": []}
        tests = filters_of(params)
        chosen = [one for one in self._sorted(caller) if all(test(one) for test in tests)]
        listed = [_metadata(caller, one, one.latest) for one in chosen]
        return json_page("Parameters", listed, caller, params, most=50, usual=10)

    def _sorted(self, caller: Caller) -> list[Parameter]:
        return sorted(self._store.of(caller).values(), key=lambda one: one.name)

    def delete(self, caller: Caller, params: Params) -> Params:
        """DeleteParameter."""
        name = str(params.get("Name", ""))
        if self._store.of(caller).pop(name, None) is None:
            raise CloudError("ParameterNotFound", "")
        return {}

    def delete_several(self, caller: Caller, params: Params) -> Params:
        """DeleteParameters."""
        names = [str(name) for name in params.get("Names", ())]
        if not 1 <= len(names) <= _MOST_NAMES:
            raise validation(f"Member must have length less than or equal to {_MOST_NAMES}.")
        gone = [name for name in names if self._store.of(caller).pop(name, None) is not None]
        return {"DeletedParameters": gone, "InvalidParameters": [name for name in names if name not in gone]}

    def label(self, caller: Caller, params: Params) -> Params:
        """LabelParameterVersion: a label that another version has moves here."""
        parameter, version = self._version(caller, params)
        fits, unfit = sorted_labels([str(one) for one in params.get("Labels", ())])
        labels = tuple(dict.fromkeys((*version.labels, *fits)))
        check_label_count(labels)
        if not unfit:
            parameter.relabel(version.number, labels)
        return {"InvalidLabels": unfit, "ParameterVersion": version.number}

    def unlabel(self, caller: Caller, params: Params) -> Params:
        """UnlabelParameterVersion."""
        parameter, version = self._version(caller, params)
        given = [str(one) for one in params.get("Labels", ())]
        gone = [one for one in given if one in version.labels]
        parameter.relabel(version.number, tuple(one for one in version.labels if one not in gone))
        return {"RemovedLabels": gone, "InvalidLabels": [one for one in given if one not in gone]}

    def _version(self, caller: Caller, params: Params) -> tuple[Parameter, ParameterVersion]:
        name, number = str(params.get("Name", "")), params.get("ParameterVersion")
        parameter = self._store.of(caller).get(name)
        if parameter is None:
            raise CloudError("ParameterNotFound", "")
        version = parameter.selected("" if number is None else str(number))
        if version is None:
            raise no_version(name, str(number))
        return parameter, version

    def add_tags(self, caller: Caller, params: Params) -> Params:
        """AddTagsToResource of a parameter."""
        self._tagged(caller, params).update({str(tag["Key"]): str(tag["Value"]) for tag in params.get("Tags", ())})
        return {}

    def remove_tags(self, caller: Caller, params: Params) -> Params:
        """RemoveTagsFromResource of a parameter."""
        tags = self._tagged(caller, params)
        for key in params.get("TagKeys", ()):
            tags.pop(str(key), None)
        return {}

    def list_tags(self, caller: Caller, params: Params) -> Params:
        """ListTagsForResource of a parameter."""
        tags = self._tagged(caller, params)
        return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tagged(self, caller: Caller, params: Params) -> dict[str, str]:
        kind, name = params.get("ResourceType"), str(params.get("ResourceId", ""))
        if kind != "Parameter":
            raise CloudError("InvalidResourceType", f"The demo's cloud does not tag a {kind}.")
        parameter = self._store.of(caller).get(name)
        if parameter is None:
            raise CloudError("InvalidResourceId", f"The resource ID is not valid: {name}.")
        return parameter.tags


def _metadata(caller: Caller, parameter: Parameter, version: ParameterVersion) -> Params:
    entry: dict[str, Any] = {
        "Name": parameter.name,
        "ARN": arn_of(caller, parameter.name),
        "Type": parameter.kind,
        "LastModifiedDate": version.modified,
        "LastModifiedUser": version.user,
        "Version": version.number,
        "Tier": parameter.tier,
        "Policies": [],
        "DataType": version.data_type,
    }
    if version.description:
        entry["Description"] = version.description
    if version.allowed_pattern:
        entry["AllowedPattern"] = version.allowed_pattern
    return entry


def _past(caller: Caller, parameter: Parameter, version: ParameterVersion, *, plain: bool) -> Params:
    shown = described(caller, parameter, version, "", plain=plain)
    entry = _metadata(caller, parameter, version) | {"Value": shown["Value"], "Labels": list(version.labels)}
    del entry["ARN"]
    return entry
