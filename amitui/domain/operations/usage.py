"""Who uses an image and what depends on it, as far as it could be read; made by `ec2/reads/usage.py`.

All text is sanitized. What could not be read is in `unknown`, a sentence each, and is never taken for "nothing".
"""

from __future__ import annotations

from typing import NamedTuple

from amitui.domain.fleet.usage_report import UsageReport


class InstanceUse(NamedTuple):
    """An instance that was launched from the image and is not terminated."""

    instance_id: str
    name: str
    """Its Name tag; may be empty."""
    state: str


class TemplateUse(NamedTuple):
    """A launch template that leads to the image."""

    template_id: str
    name: str
    """Empty where the template could not be read."""
    current: bool | None
    """Whether its default or latest version does, not just an older one; `None` = not known."""
    parameter: str = ""
    """The Systems Manager parameter through which it does; empty = it names the image itself."""

    @property
    def label(self) -> str:
        """Its name, or else its id."""
        return self.name or self.template_id


class GroupUse(NamedTuple):
    """An Auto Scaling group whose next instance would be launched from the image."""

    name: str
    via: str
    """Through what, in words: `launch template acme-web`."""


class SnapshotUse(NamedTuple):
    """A snapshot behind one of the image's volumes."""

    snapshot_id: str
    gib: float
    """What it holds at most: its full size where EC2 says, else its volume's."""
    archived: bool
    needed_by: tuple[str, ...]
    """Ids of other own images that need it too."""


class Usage(NamedTuple):
    """What was found out about one image."""

    image_id: str
    state: str = ""
    """EC2's word; empty = EC2 does not list the image (any more)."""
    owned: bool = True
    """Whether it belongs to the account that asks."""
    backup: bool = False
    """AWS Backup made it and keeps it."""
    protection: str = ""
    """DeregistrationProtection; `disabled` or empty = none."""
    last_launched: int | None = None
    """Seconds since the epoch, a day late at most; `None` = never, or EC2 does not say."""
    created: int | None = None
    public: bool = False
    shared_with: tuple[str, ...] = ()
    """Account ids and ARNs of organizations and units that may launch it."""
    instances: tuple[InstanceUse, ...] = ()
    templates: tuple[TemplateUse, ...] = ()
    groups: tuple[GroupUse, ...] = ()
    configurations: tuple[str, ...] = ()
    """Names of launch configurations that name it and that no Auto Scaling group follows."""
    parameters: tuple[str, ...] = ()
    """Names of Systems Manager parameters that hold it."""
    recipes: tuple[str, ...] = ()
    """Names of Image Builder recipes that build on it."""
    snapshots: tuple[SnapshotUse, ...] = ()
    unknown: tuple[str, ...] = ()
    """What could not be read, and what that leaves open: `cannot tell whether …: not allowed to …`."""
    report: UsageReport | None = None
    """What EC2 reports of other accounts' use; `None` = nobody has asked, or the image is shared with nobody."""

    needs: tuple[str, ...] = ()
    """Why operations of the journal need it, a sentence each: a roll-out in progress, or rolling one back."""

    @property
    def is_shared(self) -> bool:
        """Whether other accounts may launch it."""
        return self.public or bool(self.shared_with)

    @property
    def protected(self) -> bool:
        """Whether EC2 refuses to deregister it as things stand."""
        return self.protection not in ("", "disabled")
