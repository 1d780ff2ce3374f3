"""An image of the account as clean-ups judge it; made by `ec2/reads/own_images.py`. All text is sanitized."""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.domain.costs import StoredSnapshot
from amitui.domain.operations.plans.facts import ImageFacts

UNFINISHED: Final = frozenset({"pending", "transient"})
"""States of an image that EC2 is still making."""


BROKEN: Final = frozenset({"failed", "error", "invalid"})
"""States of an image that never came to be: it can only be deregistered, and is no copy of another one."""


class OwnImage(NamedTuple):
    """An image, and what is stored for it. Times are seconds since the epoch."""

    region: str
    image_id: str
    name: str
    family: str
    """What its builds have in common (`domain/image/family.py`)."""
    architecture: str
    created: int | None
    """`None` = EC2 does not say."""
    last_launched: int | None = None
    """`None` = never launched, or EC2 does not say: which of the two cannot be told."""
    deprecated: int | None = None
    """Its deprecation date, which may be ahead; `None` = none."""
    state: str = "available"
    protection: str = ""
    """DeregistrationProtection in EC2's words."""
    backup: bool = False
    """AWS Backup made it and keeps it."""
    public: bool = False
    source_image_id: str = ""
    source_region: str = ""
    from_instance: bool = False
    """Whether it was created from an instance: its source is then another build, not one that it is a copy of."""
    snapshots: tuple[StoredSnapshot, ...] = ()

    @property
    def key(self) -> str:
        """Unique over all Regions."""
        return f"{self.region}/{self.image_id}"

    @property
    def label(self) -> str:
        """Its name, or else its id."""
        return self.name or self.image_id

    @property
    def product(self) -> tuple[str, str]:
        """What counts as one family: builds of another architecture are another one."""
        return self.family, self.architecture

    @property
    def protected(self) -> bool:
        """Whether EC2 refuses to deregister it as things stand."""
        return self.protection not in ("", "disabled")

    @property
    def facts(self) -> ImageFacts:
        """What plans need to know of it."""
        return ImageFacts(
            self.region,
            self.image_id,
            name=self.name,
            state=self.state,
            public=self.public,
            created=self.created,
            deprecated=self.deprecated,
            protection=self.protection or "disabled",
        )
