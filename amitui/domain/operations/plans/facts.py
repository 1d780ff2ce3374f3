"""What a form knows of the image that it is about to change."""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.domain.image.image import Image, ImageFlag
from amitui.domain.image.row import ImageRow
from amitui.domain.operations.validation import Tag

_UNPROTECTED: Final = ("", "disabled")
_WITH_COOLDOWN: Final = "enabled-with-cooldown"


class ImageFacts(NamedTuple):
    """An image as forms and plans need it. All text is sanitized; times are seconds since the epoch."""

    region: str
    image_id: str
    name: str = ""
    owner_id: str = ""
    state: str = "available"
    public: bool = False
    created: int | None = None
    deprecated: int | None = None
    """`None` = no date."""
    description: str = ""
    tags: tuple[Tag, ...] | None = None
    """`None` = not known."""
    protection: str = ""
    """EC2's own word: `disabled`, `enabled-with-cooldown`, `enabled-without-cooldown`; `enabled` = one of the two
    latter; empty = EC2 did not say."""
    shared_with: tuple[str, ...] = ()
    """Accounts and ARNs, as far as they are known."""

    @classmethod
    def of(cls, row: ImageRow) -> ImageFacts:
        """The facts in a row: neither tags nor shares, and not which protection it is."""
        return cls(
            region=row.region,
            image_id=row.image_id,
            name=row.name,
            owner_id=row.owner_id,
            state=row.state,
            public=bool(row.flags & ImageFlag.PUBLIC),
            created=row.created,
            deprecated=row.deprecated,
            description=row.description,
            protection="enabled" if row.flags & ImageFlag.PROTECTED else "disabled",
        )

    @classmethod
    def of_image(cls, image: Image, shared_with: tuple[str, ...] = ()) -> ImageFacts:
        """The facts in the full record."""
        summary = image.summary
        return cls(
            region=image.region,
            image_id=summary.image_id,
            name=summary.name,
            owner_id=summary.owner_id,
            state=summary.state,
            public=bool(summary.flags & ImageFlag.PUBLIC),
            created=summary.created,
            deprecated=summary.deprecated,
            description=summary.description,
            tags=summary.tags,
            protection=image.deregistration_protection,
            shared_with=shared_with,
        )

    @property
    def label(self) -> str:
        """What to call it: its name, or its id when it has none."""
        return self.name or self.image_id

    @property
    def protected(self) -> bool:
        """Whether EC2 refuses to deregister it."""
        return self.protection not in _UNPROTECTED

    @property
    def cools_down(self) -> bool:
        """Whether it stays protected for 24 hours after its protection has ended."""
        return self.protection == _WITH_COOLDOWN
