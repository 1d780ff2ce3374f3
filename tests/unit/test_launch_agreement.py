"""The launch form and the demo's EC2 agree: what the form offers is launched, and what it refuses is refused."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import moto.ec2
from hypothesis import assume, given
from hypothesis import strategies as st

from amitui.demo.cloud.launching.rules import RULES
from amitui.demo.cloud.launching.storage import launch_volumes
from amitui.demo.cloud.launching.types import check_image_on_type
from amitui.demo.cloud.model import CloudError
from amitui.demo.seed.accounts import REGIONS
from amitui.domain.image.image import RawRecord
from amitui.domain.launch.compatibility import ImageNeeds, why_not
from amitui.domain.launch.storage import LIMITS, VolumeChoice, overrides, volume_problems, volumes_of
from amitui.ec2.convert import image_of
from amitui.ec2.errors.codes import BY_CODE
from amitui.ec2.errors.refusals import REFUSALS
from amitui.ec2.reads.instance_types import instance_type_of
from tests.support.demo_account import AS_OF, HOME, Account, seed

_WORDS_OF_RULES = {
    "does not match the architecture": "architecture",
    "Virtualization type": "virtualization",
    "root device is not supported": "root",
    "a boot mode of": "boots by",
    "(ENA) is required": "ENA",
    "TPM version": "NitroTPM",
    "instance type specification": "owner",
}
"""Words of the demo's refusal → words of the form's reason."""


@cache
def type_records() -> dict[str, Any]:
    """All instance types that the demo's EC2 has, as DescribeInstanceTypes lists them."""
    packed = Path(moto.ec2.__file__).parent / "resources" / "instance_types.json.gz"
    found: dict[str, Any] = json.loads(gzip.decompress(packed.read_bytes()))
    return found


def refused(image: RawRecord, instance_type: dict[str, Any]) -> str:
    """What the demo's EC2 says against an image on a type; empty = it launches it."""
    try:
        check_image_on_type(image, instance_type)
    except CloudError as error:
        return error.message
    return ""


def test_the_form_and_the_demo_agree_about_every_image_on_every_type() -> None:
    kinds: dict[ImageNeeds, RawRecord] = {}
    for region in REGIONS:
        for one in seed(region, AS_OF):
            kinds.setdefault(ImageNeeds.of(image_of(one.record, region)), one.record)
    types = [(record, instance_type_of(record)) for record in type_records().values()]
    # Types that the file describes alike, their names apart, are told apart by what owners name.
    assert len(kinds) > 20
    assert len(types) > 1_000

    refusals = 0
    for needs, image in kinds.items():
        for record, instance_type in types:
            reasons, words = why_not(needs, instance_type), refused(image, record)
            assert bool(reasons) == bool(words), (needs, instance_type.name, reasons, words)
            if words:
                refusals += 1
                said = next(reason for part, reason in _WORDS_OF_RULES.items() if part in words)
                assert any(said in reason for reason in reasons), (reasons, words)
    assert 0 < refusals < len(kinds) * len(types)


@cache
def stored() -> tuple[Account, Any, tuple[VolumeChoice, ...]]:
    """An account, its image of many kinds of volumes, and those as the form shows them."""
    me = Account()
    image = me.cloud.world.region(HOME).find(me.named("acme-db-postgres-16"))
    assert image is not None
    return me, image, volumes_of(image_of(image.record, HOME))


def numbers(least: int, most: int) -> st.SearchStrategy[int | None]:
    """Numbers at the limits and anywhere, or none."""
    edges = sorted({edge + by for edge in (least, most) for by in (-1, 0, 1)})
    return st.none() | st.sampled_from([edge for edge in edges if edge > 0]) | st.integers(1, 2 * most)


@st.composite
def choices(draw: st.DrawFn) -> VolumeChoice:
    """A volume of a form: one of the image's, changed, or one that is added."""
    _, _, before = stored()
    kind = draw(st.sampled_from([*LIMITS, "floppy"]))
    limits = LIMITS.get(kind, LIMITS["gp3"])
    added = VolumeChoice("/dev/sdm", added=True, gib=100, delete_on_termination=False)
    old = draw(st.sampled_from([*(one for one in before if not one.virtual_name), added]))
    return old._replace(
        volume_type=kind,
        gib=draw(numbers(*limits.gib) | st.just(old.gib)),
        iops=draw(numbers(*limits.iops)) if limits.iops else None,
        throughput=draw(numbers(*limits.throughput)) if limits.throughput else None,
        delete_on_termination=draw(st.booleans()),
    )


@given(choices())
def test_the_form_and_the_demo_agree_about_the_volumes_of_a_launch(volume: VolumeChoice) -> None:
    me, image, before = stored()
    brought = {old.device_name: old for old in before}
    # Where the IOPS of the image's own io2 are taken away, the form asks for others, and sends nothing.
    assume(volume.added or volume.iops or volume.volume_type != brought[volume.device_name].volume_type)
    after = [volume if old.device_name == volume.device_name else old for old in before]
    after += [volume] if volume.added else []
    problems = volume_problems(before, after, region=HOME, virtualization="hvm")
    said = ""
    try:
        launch_volumes(me.cloud.world, me.caller, image, overrides(before, after))
    except CloudError as error:
        said = error.message
    assert bool(said) == bool(problems), (said, problems)


def test_amitui_takes_every_refusal_of_the_demo_for_one() -> None:
    known = REFUSALS | set(BY_CODE)
    # That a token's instances are terminated says that the launch did happen.
    assert {rule.code for rule in RULES.values()} - known == {"IdempotentInstanceTerminated"}
