"""Images that others share with this account, and giving such shares up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.domain.image.publishers import publisher_of
from amitui.domain.operations.plans.change import leave_plan
from amitui.errors import AmituiError
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.share.text import how_shared, owner_words
from amitui.ui.widgets.fields import Field, NoteField, ToggleField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.domain.sharing.permissions import Sharing
    from amitui.ui.forms.host import FormHost
    from amitui.ui.forms.share.form import SharingReader


class ReceivedShareForm(OperationForm):
    """From whom images are and how; a tick gives them up, and their names have to be typed for it."""

    def __init__(
        self, host: FormHost, images: Sequence[ImageFacts], read: SharingReader, *, names: Mapping[str, str]
    ) -> None:
        """Args:
        images: at least one; of others.
        read: reads how one is shared.
        names: the address book.
        """
        what = f"{len(images)} images" if len(images) > 1 else f"{images[0].label} of {images[0].region}"
        super().__init__(host, f"Shared with you: {what}")
        self._images = tuple(images)
        self._read, self._names = read, dict(names)
        self._from = NoteField("From", "reading…", id="from")
        self._how = NoteField("How", "", id="how")
        self._more = NoteField("Its volumes", "", id="more")
        self._give_up = ToggleField(
            "Give up",
            "remove this account's launch permission"
            if len(images) == 1
            else "remove this account's launch permission for them",
            id="give-up",
            hint="Only its owner can share it again. Running instances are not affected.",
        )

    def form_fields(self) -> Sequence[Field]:
        self._give_up.display = any(not facts.public for facts in self._images)
        return (self._from, self._how, self._more, self._give_up)

    async def load(self) -> None:
        """Read the images again; one that fails does not delay the others."""

        async def read_one(facts: ImageFacts) -> Sharing | AmituiError:
            try:
                return await self._read(facts.region, facts.image_id)
            except AmituiError as error:
                return error

        found = await asyncio.gather(*map(read_one, self._images))
        several = len(found) > 1
        for field, words in (
            (self._from, self._from_words),
            (self._how, self._share_words),
            (self._more, self._more_words),
        ):
            described = dict.fromkeys(
                (f"{facts.label}: " if several else "")
                + (one.what if isinstance(one, AmituiError) else words(one))
                for facts, one in zip(self._images, found, strict=True)
            )
            field.say("\n".join(described))
        self.call_after_refresh(self._fit)

    def plans(self) -> Sequence[Plan]:
        if not self._give_up.is_active or not self._give_up.value:
            return ()
        return [leave_plan(facts)._replace(confirm=facts.label) for facts in self._images if not facts.public]

    def _from_words(self, sharing: Sharing) -> str:
        publisher = publisher_of(sharing.owner_id)
        return owner_words(sharing, self._names, publisher.name if publisher is not None else "")

    def _share_words(self, sharing: Sharing) -> str:
        return how_shared(sharing)

    def _more_words(self, sharing: Sharing) -> str:
        if sharing.encrypted:
            return (
                "encrypted: launching requires a grant on the owner's KMS key; copying also requires its snapshots"
            )
        return "not encrypted; copying also requires access to its snapshots, which EC2 reveals only on a try"
