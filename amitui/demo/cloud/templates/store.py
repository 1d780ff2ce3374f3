"""The launch templates of each account and Region: immutable versions, of which one is the default."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.model import CloudError

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller

LATEST: Final = "$Latest"
DEFAULT: Final = "$Default"
_ID: Final = re.compile(r"lt-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_NAME: Final = re.compile(r"[a-zA-Z0-9().\-/_]{3,128}")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a template."""

    number: int
    data: Params
    """LaunchTemplateData, as DescribeLaunchTemplateVersions gives it."""
    created: int
    """Epoch seconds."""
    created_by: str
    """ARN."""
    description: str = ""


@dataclass(slots=True)
class Template:
    """One launch template."""

    template_id: str
    name: str
    created: int
    created_by: str
    record: Params = field(default_factory=dict)
    """`Tags`, where it has some: what CreateTags changes."""
    versions: list[Version] = field(default_factory=list)
    """By ascending number; numbers of deleted ones are not used again."""
    default: int = 1
    last_number: int = 0

    def add(self, data: Params, created: int, created_by: str, description: str = "") -> Version:
        """A new version with the next number."""
        self.last_number += 1
        version = Version(self.last_number, data, created, created_by, description)
        self.versions = [*self.versions, version]
        return version

    def default_version(self) -> Version:
        """The version that is used where none is named."""
        return next(one for one in self.versions if one.number == self.default)

    def latest_version(self) -> Version:
        """The version with the highest number."""
        return self.versions[-1]

    def version(self, wanted: str) -> Version | None:
        """The version of a number, of `$Latest` or of `$Default`; `None` = there is none."""
        if wanted.lower() in ("", DEFAULT.lower()):
            return self.default_version()
        if wanted.lower() == LATEST.lower():
            return self.latest_version()
        return next((one for one in self.versions if str(one.number) == wanted), None)

    def tags_of(self, version: Version) -> dict[str, str]:
        """The tags that EC2 itself puts on instances of a version."""
        return {
            "aws:ec2launchtemplate:id": self.template_id,
            "aws:ec2launchtemplate:version": str(version.number),
        }

    def described(self) -> Params:
        """The template in the shape of DescribeLaunchTemplates."""
        return {
            "LaunchTemplateId": self.template_id,
            "LaunchTemplateName": self.name,
            "CreateTime": self.created,
            "CreatedBy": self.created_by,
            "DefaultVersionNumber": self.default,
            "LatestVersionNumber": self.latest_version().number,
            **self.record,
        }

    def described_version(self, version: Version) -> Params:
        """A version in the shape of DescribeLaunchTemplateVersions."""
        return {
            "LaunchTemplateId": self.template_id,
            "LaunchTemplateName": self.name,
            "VersionNumber": version.number,
            "VersionDescription": version.description or None,
            "CreateTime": version.created,
            "CreatedBy": version.created_by,
            "DefaultVersion": version.number == self.default,
            "LaunchTemplateData": version.data,
        }


class TemplateStore:
    """The launch templates of every account and Region.

    Args:
        seed: what an account has in a Region from the beginning.
    """

    def __init__(self, seed: Callable[[Caller], list[Template]]) -> None:
        self._seed = seed
        self._templates: dict[tuple[str, str], dict[str, Template]] = {}

    def of(self, caller: Caller) -> dict[str, Template]:
        """The caller's templates in the Region, by id."""
        whose = (caller.account, caller.region)
        if whose not in self._templates:
            self._templates[whose] = {one.template_id: one for one in self._seed(caller)}
        return self._templates[whose]

    def find(self, caller: Caller, *, template_id: str = "", name: str = "") -> Template:
        """The template with the id or the name.

        Raises:
            CloudError: there is none.
        """
        if template_id:
            if not _ID.fullmatch(template_id):
                raise CloudError(
                    "InvalidLaunchTemplateId.Malformed", f"Invalid id: '{template_id}' (expecting 'lt-...')"
                )
            found = self.of(caller).get(template_id)
            if found is None:
                raise refusal("template-id-unknown", template=template_id)
            return found
        for template in self.of(caller).values():
            if template.name == name:
                return template
        raise refusal("template-name-unknown", template=name)

    def named_in(self, caller: Caller, params: Params) -> Template:
        """The template that a request names by LaunchTemplateId or LaunchTemplateName.

        Raises:
            CloudError: it names none or both, or there is none.
        """
        template_id, name = str(params.get("LaunchTemplateId", "")), str(params.get("LaunchTemplateName", ""))
        if bool(template_id) == bool(name):
            words = "You must specify either the launch template ID or the launch template name, but not both."
            raise CloudError("InvalidParameterCombination" if name else "MissingParameter", words)
        return self.find(caller, template_id=template_id, name=name)

    def version_named_in(self, caller: Caller, specification: Params) -> tuple[Template, Version]:
        """The version that a LaunchTemplateSpecification names: the default one where it names none.

        Raises:
            CloudError: there is no such template or version.
        """
        template = self.named_in(caller, specification)
        wanted = str(specification.get("Version") or DEFAULT)
        version = template.version(wanted)
        if version is None:
            raise no_version(template, wanted)
        return template, version


def check_template_name(name: str) -> None:
    """Refuse a name that no template may have."""
    if not _NAME.fullmatch(name):
        raise CloudError(
            "InvalidLaunchTemplateName.MalformedException",
            "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and "
            "the following characters: - ( ) . / _.",
        )


def no_version(template: Template, wanted: str) -> CloudError:
    """The refusal for a version that there is not."""
    return refusal("template-version-unknown", version=wanted, template=template.template_id)
