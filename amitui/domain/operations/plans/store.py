"""Plans that store an image as one object in S3, and make an image of such an object."""

from __future__ import annotations

from collections.abc import Sequence

from amitui.domain.operations.awaited import STORE_TASK
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.domain.operations.plans.common import image_available, tag_list, tag_specifications
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.validation import Tag


def store_plan(facts: ImageFacts, bucket: str, object_tags: Sequence[Tag] = ()) -> Plan:
    """Store an image in a bucket of its region; the object is named after the image's id."""
    parameters = {"ImageId": facts.image_id, "Bucket": bucket}
    tags = {"S3ObjectTags": tag_list(object_tags)} if object_tags else {}
    return Plan(
        kind=OperationKind.STORE,
        title=f"Store {facts.label} in {bucket}",
        region=facts.region,
        subject=facts.image_id,
        steps=(
            Call("create_store_image_task", facts.region, parameters | tags, "store the image in S3"),
            Watch(STORE_TASK, facts.region, facts.image_id, ("Completed",), ("Failed",)),
        ),
        changes=(
            f"The bucket {bucket} gets an object {facts.image_id}.bin with all volumes of {facts.label}.",
            "The image does not change.",
        ),
        warnings=(
            "S3 bills the object until you delete it; anyone who can read it can read the image's data.",
            f"The bucket must be in {facts.region}; an object with that name is replaced.",
            "EC2 stores EBS images of up to 5,000 GB; launch permissions and the image ID are not stored.",
        ),
        before={"name": facts.name},
    )


def unstore_plan(region: str, bucket: str, object_key: str, name: str, tags: Sequence[Tag] = ()) -> Plan:
    """Make an image of a stored one.

    Args:
        name: of the new image; empty = the stored one's.
    """
    parameters = {"Bucket": bucket, "ObjectKey": object_key}
    named = {"Name": name} if name else {}
    called = name or "with its stored name"
    specifications = tag_specifications(image=tags)
    tagged = {"TagSpecifications": specifications} if specifications else {}
    return Plan(
        kind=OperationKind.UNSTORE,
        title=f"Restore {name or object_key} from {bucket}",
        region=region,
        subject=f"{bucket}/{object_key}",
        steps=(
            Call("create_restore_image_task", region, parameters | named | tagged, "restore the image from S3"),
            image_available(region),
        ),
        changes=(
            f"{region} gets a new private image {called}, with a new ID.",
            "Its volumes get new snapshots, billed until you delete them. The object remains in the bucket.",
        ),
        warnings=(f"The bucket must be in {region}.",),
        before={"name": name},
    )
