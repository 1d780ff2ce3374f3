"""Why images are needed, by single rules and against a naive model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.domain.fleet.inventory import (
    FleetConfiguration,
    FleetGroup,
    FleetInstance,
    FleetInventory,
    FleetParameter,
    FleetTemplate,
    GroupSource,
    TemplateVersion,
)
from amitui.domain.fleet.usage_report import FRESH_S, AccountUse, UsageReport
from amitui.domain.fleet.uses import ImageNeed, Use, UseKind, image_uses, usage_uses, uses_in
from amitui.domain.operations.usage import GroupUse, InstanceUse, TemplateUse, Usage
from amitui.domain.operations.verdict import Level, verdict

REGION = "eu-central-1"
OLD, NEW = "ami-00000001", "ami-00000002"
NOW = 1_795_219_200
CLEARS = UsageReport(OLD, "r-1", "available", NOW - 3600)


def inventory(**parts: Any) -> FleetInventory:
    return FleetInventory(REGION, "111122223333")._replace(**parts)


def template(*versions: TemplateVersion, name: str = "web", complete: bool = True) -> FleetTemplate:
    return FleetTemplate("lt-1", name, versions, complete)


def group(*sources: GroupSource) -> FleetGroup:
    return FleetGroup("web", "arn:web", 1, 1, 1, sources, (), mixed=len(sources) > 1)


def words_of(uses: Sequence[Use]) -> list[str]:
    return [use.words for use in uses]


def test_an_old_version_of_a_launch_template_needs_its_image() -> None:
    found = uses_in(
        inventory(
            templates=(
                template(TemplateVersion(1, False, False, OLD, OLD), TemplateVersion(2, True, True, NEW, NEW)),
            )
        )
    )

    (old,) = found.of(OLD)
    (new,) = found.of(NEW)
    assert (old.kind, old.current, old.words) == (
        UseKind.TEMPLATE,
        False,
        "version 1 of launch template web names it",
    )
    assert new.current
    assert "($Default) ($Latest)" in new.words


def test_a_template_reaches_an_image_through_its_parameter() -> None:
    found = uses_in(
        inventory(templates=(template(TemplateVersion(4, True, True, "resolve:ssm:/golden/web:7", OLD)),))
    )

    assert words_of(found.of(OLD)) == [
        "version 4 ($Default) ($Latest) of launch template web names it (through /golden/web:7)"
    ]


def test_a_parameter_that_does_not_exist_needs_no_image_and_one_that_was_not_read_may_need_any() -> None:
    templates = (template(TemplateVersion(1, True, True, "resolve:ssm:/golden/web", "")),)
    unread = ("cannot tell which images are behind /golden/web: not allowed",)

    assert uses_in(inventory(templates=templates)).of("ami-any") == ()
    found = uses_in(inventory(templates=templates, unknown=unread))
    assert [use.kind for use in found.of("ami-any")] == [UseKind.UNKNOWN]
    assert found.known("ami-any") == ()


def test_versions_that_were_not_read_may_name_any_image() -> None:
    found = uses_in(inventory(templates=(template(TemplateVersion(9, True, True, NEW, NEW), complete=False),)))

    assert [use.kind for use in found.of(OLD)] == [UseKind.UNKNOWN]


def test_a_launch_configuration_needs_its_image_without_a_group() -> None:
    found = uses_in(inventory(configurations=(FleetConfiguration("web-2024", OLD),)))

    assert words_of(found.of(OLD)) == ["launch configuration web-2024 names it"]


@pytest.mark.parametrize(
    "source",
    [
        GroupSource(configuration="web-2024"),
        GroupSource(template_id="lt-1", version="$Default"),
        GroupSource(template_name="web", version="1"),
        GroupSource(template_id="lt-1"),
        GroupSource(image=OLD, image_id=OLD, override=True),
        GroupSource(template_id="lt-unreadable", image_id=OLD),
    ],
)
def test_a_group_needs_the_image_that_each_of_its_sources_leads_to(source: GroupSource) -> None:
    versions = (TemplateVersion(1, True, False, OLD, OLD), TemplateVersion(2, False, True, NEW, NEW))
    found = uses_in(
        inventory(
            templates=(template(*versions),),
            configurations=(FleetConfiguration("web-2024", OLD),),
            groups=(group(GroupSource(template_id="lt-1", version="$Latest"), source),),
        )
    )

    assert UseKind.GROUP in {use.kind for use in found.of(OLD)}
    assert UseKind.GROUP in {use.kind for use in found.of(NEW)}
    assert found.unknown == ()


@pytest.mark.parametrize(
    "source",
    [
        GroupSource(template_id="lt-9", template_name="theirs", version="3"),
        GroupSource(template_id="lt-1", version="17"),
        GroupSource(configuration="gone"),
    ],
)
def test_a_source_that_cannot_be_followed_may_lead_to_any_image(source: GroupSource) -> None:
    found = uses_in(
        inventory(templates=(template(TemplateVersion(1, True, True, NEW, NEW)),), groups=(group(source),))
    )

    assert [use.kind for use in found.of(OLD)] == [UseKind.UNKNOWN]
    assert "Auto Scaling group web" in found.of(OLD)[0].words


def test_a_version_without_an_image_leaves_nothing_open() -> None:
    found = uses_in(
        inventory(
            templates=(template(TemplateVersion(1, True, True, "", "")),),
            groups=(group(GroupSource(template_id="lt-1")),),
        )
    )

    assert found.of(OLD) == ()


def test_what_the_journal_needs_counts_in_its_region_only() -> None:
    needs = [
        ImageNeed(REGION, NEW, "op-1", "Roll out web-9"),
        ImageNeed(REGION, OLD, "op-1", "Roll out web-9", rolls_back=True),
        ImageNeed("us-east-1", "ami-00000003", "op-2", "Roll out web-9"),
    ]
    found = uses_in(inventory(), needs)

    assert [use.kind for use in found.of(NEW)] == [UseKind.OPERATION]
    assert words_of(found.of(OLD)) == ["rolling back “Roll out web-9” would return to it"]
    assert found.of("ami-00000003") == ()


def test_what_could_not_be_read_holds_for_every_image() -> None:
    found = uses_in(inventory(unknown=("cannot tell whether groups launch it: not allowed",)))

    assert words_of(found.of("ami-any")) == ["cannot tell whether groups launch it: not allowed"]


def test_the_record_of_an_image_says_that_it_is_protected_or_aws_backups() -> None:
    assert [use.kind for use in image_uses(protected=True, backup=True)] == [UseKind.PROTECTED, UseKind.BACKUP]
    assert image_uses() == ()


def test_a_single_images_usage_gives_the_same_kinds() -> None:
    usage = Usage(
        OLD,
        state="available",
        protection="enabled-without-cooldown",
        shared_with=("444455556666",),
        instances=(InstanceUse("i-1", "web-1", "stopped"),),
        templates=(TemplateUse("lt-1", "web", False),),
        groups=(GroupUse("web", "launch template web"),),
        configurations=("web-2024",),
        parameters=("/golden/web",),
        recipes=("base 1.0.0",),
        unknown=("cannot tell whether …",),
    )

    kinds = [use.kind for use in usage_uses(usage, NOW)]

    assert kinds == [
        UseKind.PROTECTED,
        UseKind.INSTANCE,
        UseKind.TEMPLATE,
        UseKind.GROUP,
        UseKind.CONFIGURATION,
        UseKind.PARAMETER,
        UseKind.RECIPE,
        UseKind.SHARED,
        UseKind.UNKNOWN,
    ]
    assert not usage_uses(usage, NOW)[2].current
    assert UseKind.SHARED not in {use.kind for use in usage_uses(usage._replace(report=CLEARS), NOW)}


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        (None, UseKind.SHARED),
        (CLEARS, None),
        (CLEARS._replace(created=NOW - FRESH_S), UseKind.SHARED),
        (CLEARS._replace(created=None), UseKind.SHARED),
        (CLEARS._replace(complete=False), UseKind.SHARED),
        (CLEARS._replace(state="pending"), UseKind.SHARED),
        (CLEARS._replace(state="error", reason="no"), UseKind.SHARED),
        (CLEARS._replace(uses=(AccountUse("444455556666", "ec2:Instance", 3),)), UseKind.OTHER_ACCOUNT),
    ],
)
def test_only_a_fresh_and_whole_report_clears_a_shared_image(
    report: UsageReport | None, kind: UseKind | None
) -> None:
    usage = Usage(OLD, state="available", shared_with=("444455556666",), report=report)

    assert [use.kind for use in usage_uses(usage, NOW)] == ([] if kind is None else [kind])
    level = verdict(usage, NOW).level
    assert (level is Level.SAFE) is (kind is None)
    if report is not None and report.uses:
        assert "account 444455556666: 3 instances" in usage_uses(usage, NOW)[0].words


# Against a naive model: an image is needed if its id stands anywhere in the inventory, however deep.

_IDS = st.sampled_from([f"ami-0000000{number}" for number in range(6)])
_MAYBE = st.one_of(st.just(""), _IDS)
_VERSION = st.builds(
    lambda number, image: TemplateVersion(number, number == 1, number == 3, image, image),
    st.integers(1, 3),
    _MAYBE,
)
_SOURCES = st.one_of(
    st.builds(lambda image: GroupSource(image=image, image_id=image, override=True), _IDS),
    st.builds(lambda image: GroupSource(template_id="lt-x", image_id=image), _IDS),
)
_INVENTORIES = st.builds(
    FleetInventory,
    st.just(REGION),
    st.just("111122223333"),
    instances=st.lists(
        st.builds(lambda image: FleetInstance("i-1", "", "running", "t3.micro", image, None), _IDS), max_size=3
    ).map(tuple),
    templates=st.lists(
        st.builds(lambda versions: FleetTemplate("lt-1", "web", tuple(versions)), st.lists(_VERSION, max_size=3)),
        max_size=3,
    ).map(tuple),
    configurations=st.lists(st.builds(lambda image: FleetConfiguration("c", image), _IDS), max_size=2).map(tuple),
    groups=st.lists(st.builds(lambda sources: group(*sources), st.lists(_SOURCES, max_size=3)), max_size=3).map(
        tuple
    ),
    parameters=st.lists(st.builds(lambda image: FleetParameter("/p", image, "text", 1), _IDS), max_size=2).map(
        tuple
    ),
    unknown=st.lists(st.just("cannot tell"), max_size=1).map(tuple),
)


@given(_INVENTORIES)
@settings(max_examples=150, deadline=None)
def test_exactly_the_images_whose_ids_stand_in_the_inventory_are_needed(found: FleetInventory) -> None:
    uses = uses_in(found)

    for number in range(6):
        image_id = f"ami-0000000{number}"
        assert bool(uses.known(image_id)) == (image_id in repr(found))
        assert bool(uses.of(image_id)) == (image_id in repr(found) or bool(found.unknown))
