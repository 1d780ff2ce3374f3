"""The forms that store images in S3 and make images of what is stored there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.domain.operations.plans.store import store_plan, unstore_plan
from amitui.domain.operations.validation import (
    bucket_problem,
    name_problem,
    object_key_problem,
    object_tags_problem,
    tags_problem,
)
from amitui.ui.forms.changes import ChangeForm
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm
from amitui.ui.widgets.fields import NoteField, PickerItem, PickField, TagsField, TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.plan import Plan
    from amitui.domain.operations.plans.facts import ImageFacts
    from amitui.ui.forms.host import FormHost
    from amitui.ui.widgets.fields import Field


class StoreForm(ChangeForm):
    """Into which bucket."""

    VERB = "Store in S3:"

    def form_fields(self) -> Sequence[Field]:
        regions = sorted({facts.region for facts in self.images})
        self.bucket = TextField(
            "Bucket",
            "bucket",
            "",
            "my-images",
            f"Bucket name only. The bucket must be in {' and '.join(regions)}.",
            bucket_problem,
        )
        self.object_tags = TagsField("Object tags", "object_tags", check=object_tags_problem)
        objects = "\n".join(f"{facts.image_id}.bin" for facts in self.images)
        return [*self.images_note(), self.bucket, self.object_tags, NoteField("Objects", objects, id="objects")]

    def plan(self, facts: ImageFacts) -> Plan:
        return store_plan(facts, self.bucket.value, self.object_tags.tags)

    def plans(self) -> Sequence[Plan]:
        regions = {facts.region for facts in self.images}
        if len(regions) > 1:
            raise InvalidForm("bucket", f"the images are in {len(regions)} Regions, but a bucket is in one")
        return super().plans()


class UnstoreForm(OperationForm):
    """Out of which object an image is to be made, and what it is to be called."""

    TITLE = "Restore an image from S3"

    def __init__(
        self, host: FormHost, *, regions: Sequence[str], region: str, bucket: str = "", object_key: str = ""
    ) -> None:
        """Args:
        regions: where the image can be made.
        region: the one proposed.
        bucket: the one proposed.
        object_key: the one proposed.
        """
        super().__init__(host)
        self._regions, self._region = tuple(regions), region
        self._bucket, self._object_key = bucket, object_key

    def form_fields(self) -> Sequence[Field]:
        self.where = PickField(
            "Region",
            [PickerItem(name, name) for name in self._regions],
            id="where",
            value=self._region,
            hint="The Region of the bucket.",
            check=lambda values: "" if values else "a Region is required",
        )
        self.bucket = TextField("Bucket", "bucket", self._bucket, "my-images", "Bucket name only.", bucket_problem)
        self.object_key = TextField(
            "Object",
            "object_key",
            self._object_key,
            "ami-0123456789abcdef0.bin",
            "Its key in the bucket: the stored image's ID plus .bin.",
            object_key_problem,
        )
        self.image_name = TextField(
            "Name",
            "image_name",
            "",
            "leave empty for the name of the stored image",
            "Must be unique among your images in the Region.",
            lambda text: name_problem(text) if text else "",
        )
        self.tags = TagsField("Tags", "tags", hint="Tags of the new image.", check=tags_problem)
        return [self.where, self.bucket, self.object_key, self.image_name, self.tags]

    def plans(self) -> Sequence[Plan]:
        return [
            unstore_plan(
                self.where.value,
                self.bucket.value,
                self.object_key.value,
                self.image_name.value,
                self.tags.tags,
            )
        ]
