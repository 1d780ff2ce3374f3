"""What a group launches its next instance from, down to the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.autoscaling.model import Origin, scaling_error
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.systems_manager.images import RESOLVE, resolved_image
from amitui.demo.cloud.templates.store import DEFAULT, LATEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amitui.demo.cloud.autoscaling.model import ScalingStore
    from amitui.demo.cloud.model import Params
    from amitui.demo.cloud.systems_manager.store import ParameterStore
    from amitui.demo.cloud.templates.store import TemplateStore
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_DEFAULT_TYPE: Final = "m1.small"
_MIXED: Final = "MixedInstancesPolicy"


class LaunchSources:
    """Follows a group's source to what is launched."""

    def __init__(
        self, world: World, templates: TemplateStore, parameters: ParameterStore, scaling: ScalingStore
    ) -> None:
        self._world = world
        self._templates = templates
        self._parameters = parameters
        self._scaling = scaling

    def origins(self, caller: Caller, source: Params) -> list[Origin]:
        """What may be launched, the preferred one first.

        Args:
            source: `Group.source`, or a DesiredConfiguration.

        Raises:
            CloudError: a template, version, parameter or configuration is not there.
        """
        if _MIXED in source:
            policy = source[_MIXED].get("LaunchTemplate") or {}
            base = policy.get("LaunchTemplateSpecification") or {}
            overrides = policy.get("Overrides") or [{}]
            return [self._from_template(caller, base, override) for override in overrides]
        if "LaunchTemplate" in source:
            return [self._from_template(caller, source["LaunchTemplate"], {})]
        name = str(source.get("LaunchConfigurationName", ""))
        configuration = self._scaling.of(caller).configurations.get(name)
        if configuration is None:
            raise scaling_error(f"Launch configuration name not found - Launch configuration {name} not found")
        image_id, kind = str(configuration.get("ImageId", "")), str(configuration.get("InstanceType", ""))
        return [Origin(kind or _DEFAULT_TYPE, image_id, configuration=name, data=configuration)]

    def _from_template(self, caller: Caller, base: Params, override: Params) -> Origin:
        specification = dict(override.get("LaunchTemplateSpecification") or base)
        if specification.get("LaunchTemplateId"):
            # A group is described with both.
            specification.pop("LaunchTemplateName", None)
        try:
            template, version = self._templates.version_named_in(caller, specification)
            image = str(override.get("ImageId") or version.data.get("ImageId", ""))
            image_id = resolved_image(self._world, self._parameters, caller, image)
        except CloudError as error:
            words = f"You must use a valid fully-formed launch template. {error.message}"
            raise scaling_error(words) from error
        kind = str(override.get("InstanceType") or version.data.get("InstanceType") or _DEFAULT_TYPE)
        return Origin(kind, image_id, template.template_id, template.name, str(version.number), data=version.data)

    def named(self, caller: Caller, source: Params) -> Params:
        """A source as Auto Scaling describes it: each template by both its id and its name.

        Raises:
            CloudError: a template is not there.
        """
        if "LaunchTemplate" in source:
            return {"LaunchTemplate": self._specification(caller, source["LaunchTemplate"])}
        if _MIXED not in source:
            return source
        policy: dict[str, Any] = dict(source[_MIXED])
        launch = dict(policy.get("LaunchTemplate") or {})
        key = "LaunchTemplateSpecification"
        if key in launch:
            launch[key] = self._specification(caller, launch[key])
        launch["Overrides"] = [
            override | {key: self._specification(caller, override[key])} if key in override else override
            for override in launch.get("Overrides") or ()
        ]
        return {_MIXED: policy | {"LaunchTemplate": launch}}

    def _specification(self, caller: Caller, given: Mapping[str, Any]) -> Params:
        if bool(given.get("LaunchTemplateId")) == bool(given.get("LaunchTemplateName")):
            words = "Valid requests must contain either launchTemplateId or LaunchTemplateName"
            raise scaling_error(words)
        try:
            template = self._templates.named_in(caller, dict(given))
        except CloudError as error:
            raise scaling_error(error.message) from error
        named: Params = {"LaunchTemplateId": template.template_id, "LaunchTemplateName": template.name}
        return named | ({"Version": str(given["Version"])} if given.get("Version") else {})

    def specifications(self, source: Params) -> list[Params]:
        """Every LaunchTemplateSpecification of a source."""
        if "LaunchTemplate" in source:
            return [source["LaunchTemplate"]]
        launch = (source.get(_MIXED) or {}).get("LaunchTemplate") or {}
        key = "LaunchTemplateSpecification"
        return [one[key] for one in (launch, *(launch.get("Overrides") or ())) if key in one]

    def rolls_back(self, caller: Caller, source: Params) -> bool:
        """Whether a group can go back to a source: by a template's number, with an image that is named by its id.

        Source: RollbackInstanceRefresh in the API reference.
        """
        for specification in self.specifications(source):
            if specification.get("Version", DEFAULT) in (DEFAULT, LATEST):
                return False
            origin = self._from_template(caller, specification, {})
            if str(origin.data.get("ImageId", "")).startswith(RESOLVE):
                return False
        return True
