"""What retention rules make of images: single rules, and against a naive model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amitui.domain.fleet.inventory import FleetInstance, FleetInventory, FleetParameter
from amitui.domain.fleet.uses import Use, UseKind, Uses, uses_in
from amitui.domain.retention.own_image import OwnImage
from amitui.domain.retention.plan import RetentionPlan, changed_steps, make_plan
from amitui.domain.retention.release import releases
from amitui.domain.retention.rule import BUILT_IN, DAY, Means, RetentionRule, read_rule

NOW = 1_795_219_200
HOME, AWAY = "us-east-1", "eu-west-1"
ACCOUNT = "123456789012"


def image(number: int, days: int | None = 200, region: str = HOME, **more: Any) -> OwnImage:
    """A build of web, so many days old."""
    created = None if days is None else NOW - days * DAY
    return OwnImage(region, f"ami-{number:08x}", f"web-{number}", "web-*", "x86_64", created)._replace(**more)


def builds(count: int, region: str = HOME) -> list[OwnImage]:
    """The newest first, 100 days apart."""
    return [image(number, 100 + 100 * number, region) for number in range(count)]


def nothing_used(*regions: str) -> dict[str, Uses]:
    return {region: uses_in(FleetInventory(region, ACCOUNT)) for region in regions or (HOME, AWAY)}


def plan(
    rule: RetentionRule,
    images: Sequence[OwnImage],
    uses: Mapping[str, Uses] | None = None,
    checked: Mapping[str, tuple[Use, ...]] | None = None,
) -> RetentionPlan:
    return make_plan(
        rule, images, nothing_used() if uses is None else uses, account=ACCOUNT, now=NOW, checked=checked
    )


def going(found: RetentionPlan) -> dict[str, str]:
    return {key.partition("/")[2]: str(means) for key, means in found.steps.items()}


def why(found: RetentionPlan, one: OwnImage) -> tuple[str, ...]:
    return next(decision.reasons for decision in found.decisions if decision.image.key == one.key)


# One rule at a time


def test_the_newest_builds_of_each_family_stay() -> None:
    images = builds(5)

    found = plan(RetentionRule("r", keep=3), images)

    assert going(found) == {images[3].image_id: "deregister", images[4].image_id: "deregister"}
    assert "among the 3 newest builds" in why(found, images[0])[0]
    assert "3 newer builds there (rule: keep 3)" in why(found, images[3])


def test_each_region_and_architecture_keeps_its_own_newest() -> None:
    images = [
        *builds(2),
        image(9, 900, architecture="arm64"),
        image(8, 800, region=AWAY),
    ]

    assert going(plan(RetentionRule("r", keep=1), images)) == {images[1].image_id: "deregister"}


def test_disabled_and_failed_builds_do_not_count_as_kept_ones() -> None:
    images = [image(0, 100, state="disabled"), image(1, 110, state="failed"), image(2, 120), image(3, 130)]

    found = plan(RetentionRule("r", keep=1), images)

    assert going(found) == {images[3].image_id: "deregister"}


@pytest.mark.parametrize("name", ["narnia-1", "eu_west_1", "EU-WEST-1", "../x"])
def test_a_rule_with_a_name_that_no_region_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="regions: unknown Region"):
        read_rule("r", {"regions": ["eu-west-1", name]})


def test_what_is_younger_stays() -> None:
    images = [image(0, 10), image(1, 20), image(2, 95)]

    found = plan(RetentionRule("r", keep=1, older_than=90 * DAY), images)

    assert going(found) == {images[2].image_id: "deregister"}
    assert "not older than 90 days" in why(found, images[1])[0]


def test_an_image_without_a_creation_date_stays() -> None:
    images = [*builds(2), image(7, None)]

    found = plan(RetentionRule("r", keep=0, older_than=DAY), images)

    assert images[2].image_id not in going(found)
    assert "EC2 does not say when it was created" in why(found, images[2])


def test_an_unknown_last_launch_is_never_a_long_time_ago() -> None:
    images = [
        *builds(1),
        image(1, 200, last_launched=NOW - 100 * DAY),
        image(2, 300, last_launched=NOW - 10 * DAY),
        image(3, 400),
    ]

    found = plan(RetentionRule("r", keep=1, not_launched_for=90 * DAY), images)

    assert going(found) == {images[1].image_id: "deregister"}
    assert why(found, images[3]) == ("EC2 does not say when it was last launched",)
    assert "within 90 days" in why(found, images[2])[0]


@pytest.mark.parametrize(
    "more",
    [{"protection": "enabled-without-cooldown"}, {"backup": True}, {"state": "pending"}],
)
def test_what_is_protected_kept_by_backup_or_unfinished_stays(more: dict[str, Any]) -> None:
    images = [*builds(1), image(1, 200, **more)]

    assert going(plan(RetentionRule("r", keep=1), images)) == {}


def test_what_is_used_stays_with_the_reason() -> None:
    images = builds(3)
    inventory = FleetInventory(
        HOME, ACCOUNT, parameters=(FleetParameter("/golden/web", images[2].image_id, "aws:ec2:image", 1),)
    )

    found = plan(RetentionRule("r", keep=1), images, {HOME: uses_in(inventory)})

    assert going(found) == {images[1].image_id: "deregister"}
    assert why(found, images[2]) == ("parameter /golden/web holds it",)


def test_where_nothing_could_be_read_nothing_goes() -> None:
    images = builds(3)
    unread = FleetInventory(HOME, ACCOUNT, unknown=("cannot tell whether templates name it: not allowed",))

    assert going(plan(RetentionRule("r", keep=1), images, {HOME: uses_in(unread)})) == {}
    assert going(plan(RetentionRule("r", keep=1), images, {})) == {}


def test_what_was_found_out_about_a_single_image_counts() -> None:
    images = builds(3)
    checked = {images[1].key: (Use(UseKind.SHARED, "444455556666", "it is shared with 444455556666"),)}

    found = plan(RetentionRule("r", keep=1), images, checked=checked)

    assert going(found) == {images[2].image_id: "deregister"}
    assert why(found, images[1]) == ("it is shared with 444455556666",)


def test_a_rule_leaves_alone_what_it_does_not_cover() -> None:
    images = [*builds(2), image(7, 900, name="base-7", family="base-*")]

    found = plan(RetentionRule("r", keep=1, families=("WEB*",), exclude=("*-0",)), images)

    assert [one.image.name for one in found.decisions] == ["web-1"]
    assert found.left_alone == 2


# Releases


def test_copies_of_a_release_go_together_or_not_at_all() -> None:
    images = [
        *builds(3),
        *(image(number + 10, 100 + 100 * number, AWAY, name=f"web-{number}") for number in range(3)),
    ]
    used = FleetInventory(
        AWAY, ACCOUNT, instances=(FleetInstance("i-1", "", "running", "t3.micro", "ami-0000000b", None),)
    )

    found = plan(RetentionRule("r", keep=1), images, {**nothing_used(HOME), AWAY: uses_in(used)})

    assert going(found) == {"ami-00000002": "deregister", "ami-0000000c": "deregister"}
    assert why(found, images[1])[0].startswith("its copy ami-0000000b in eu-west-1 stays: instance i-1")


def test_a_copy_is_known_by_its_source_where_its_name_differs() -> None:
    source = image(1)
    copy = image(2, 190, AWAY, name="web-one", source_image_id=source.image_id, source_region=HOME)
    derived = image(3, name="web-derived", source_image_id=source.image_id, source_region=HOME, from_instance=True)
    failed = image(4, region=AWAY, name=source.name, state="failed")

    assert releases([source, copy, derived, failed]) == [[source, copy], [derived], [failed]]


# The order of means

GRADUAL = RetentionRule(
    "r", keep=0, older_than=DAY, deprecate=True, disable_after=30 * DAY, deregister_after=60 * DAY
)


@pytest.mark.parametrize(
    ("deprecated_days", "state", "expected"),
    [
        (None, "available", "deprecate"),
        (-300, "available", "deprecate"),
        (None, "disabled", "deprecate"),
        (29, "available", None),
        (30, "available", "disable"),
        (99, "available", "disable"),
        (59, "disabled", None),
        (60, "disabled", "deregister"),
        (None, "failed", "deregister"),
    ],
)
def test_a_gradual_rule_takes_one_step_after_the_other(
    deprecated_days: int | None, state: str, expected: str | None
) -> None:
    deprecated = None if deprecated_days is None else NOW - deprecated_days * DAY
    one = image(1, 300, deprecated=deprecated, state=state)

    found = plan(GRADUAL, [one])

    assert going(found) == ({} if expected is None else {one.image_id: expected})


@pytest.mark.parametrize(
    ("values", "farthest"),
    [
        ({"deprecate": True}, Means.DEPRECATE),
        ({"disable_after": "0d"}, Means.DISABLE),
        ({"deregister_after": "1d"}, Means.DEREGISTER),
        ({}, Means.DEREGISTER),
    ],
)
def test_a_rule_goes_as_far_as_it_says(values: dict[str, Any], farthest: Means) -> None:
    rule = read_rule("r", values | {"keep": 0, "older_than": "1d"})
    ancient = image(1, 3000, deprecated=NOW - 2000 * DAY, state="available")
    states = {str(step) for one in (ancient, ancient._replace(state="disabled"), ancient._replace(deprecated=None))
              for step in plan(rule, [one]).steps.values()}  # fmt: skip

    assert rule.farthest is farthest
    assert farthest in states
    assert states <= {str(means) for means in list(Means)[: list(Means).index(farthest) + 1]}


def test_what_waits_says_until_when_and_the_end_of_a_rule_is_said() -> None:
    waiting = image(1, 300, deprecated=NOW - 10 * DAY)

    assert "the rule has it disabled from 2026-12-11 on" in why(plan(GRADUAL, [waiting]), waiting)[0]
    only = GRADUAL._replace(disable_after=None, deregister_after=None)
    assert why(plan(only, [waiting]), waiting) == ("it is deprecated: the rule goes no further",)


def test_copies_go_no_further_than_the_one_that_is_behind() -> None:
    ahead = image(1, 300, deprecated=NOW - 90 * DAY)
    behind = image(2, 300, AWAY, name="web-1")

    found = plan(GRADUAL, [ahead, behind])

    assert going(found) == {behind.image_id: "deprecate"}
    assert why(found, ahead) == (f"it waits for its copy {behind.image_id} in {AWAY}, which has not come as far",)


# Reading rules


def test_a_rule_is_read_from_the_config() -> None:
    rule = read_rule(
        "golden",
        {"keep": 5, "older_than": "90d", "not_launched_for": "8w", "families": ["web*"], "disable_after": "1m"},
    )

    assert (rule.keep, rule.older_than, rule.not_launched_for) == (5, 90 * DAY, 56 * DAY)
    assert rule.disable_after == 30 * DAY
    assert rule.words == (
        "keep the 5 newest builds of web*; older than 90 days; not launched for 56 days; then deprecate, "
        "disable after 30 days"
    )
    assert BUILT_IN.words == "keep the 3 newest builds of all families; older than 90 days; then deregister"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"keeps": 3}, "unknown setting 'keeps'"),
        ({"keep": -1}, "whole number"),
        ({"keep": True}, "whole number"),
        ({"keep": 0}, "needs older_than"),
        ({"older_than": 90}, "so much time"),
        ({"older_than": "soon"}, "so much time"),
        ({"families": []}, ""),
        ({"families": ["", "a"]}, "list of texts"),
        ({"deprecate": "yes"}, "true or false"),
        ({"deprecate": False, "disable_after": "1d"}, "count from the deprecation date"),
        ({"disable_after": "9d", "deregister_after": "1d"}, "comes before"),
    ],
)
def test_a_rule_that_is_not_understood_is_refused_in_words(values: dict[str, Any], words: str) -> None:
    if not words:
        assert read_rule("r", values).families == ()
        return
    with pytest.raises(ValueError, match=words):
        read_rule("r", values)


def test_a_rules_name_can_be_typed() -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        read_rule("golden images", {})


# The hash


def test_the_hash_tells_plans_apart_by_what_they_do_and_not_by_the_day() -> None:
    images = builds(5)
    rule = RetentionRule("r", keep=3)
    first = plan(rule, images)
    later = make_plan(rule, images, nothing_used(), account=ACCOUNT, now=NOW + 3 * DAY)
    others = (
        plan(rule._replace(keep=2), images),
        plan(rule, images[:-1]),
        plan(rule._replace(delete_snapshots=False), images),
        make_plan(rule, images, nothing_used(), account="999988887777", now=NOW),
    )

    assert first.hash == later.hash
    assert len({first.hash, *(one.hash for one in others)}) == 5


def test_what_changed_since_a_plan_was_read_is_said() -> None:
    images = builds(6)
    before = {key: str(means) for key, means in plan(RetentionRule("r", keep=3), images[:5]).steps.items()}
    used = FleetInventory(
        HOME, ACCOUNT, instances=(FleetInstance("i-1", "", "running", "t3.micro", images[3].image_id, None),)
    )
    now = plan(RetentionRule("r", keep=3), [*images[:4], images[5]], {HOME: uses_in(used)})

    words = changed_steps(before, now, {images[4].key: "web-4"})

    assert words == [
        f"web-3 ({images[3].key}) was to be deregistered and now stays: instance i-1 was launched from it and "
        "is running.",
        f"web-4 ({images[4].key}) was to be deregistered and is no longer there.",
        f"web-5 ({images[5].key}) is to be deregistered as well.",
    ]


# Against a naive model

_AGES = st.one_of(st.none(), st.integers(0, 400))


@st.composite
def _accounts(draw: st.DrawFn) -> tuple[list[OwnImage], dict[str, Uses]]:
    images = []
    for number in range(draw(st.integers(0, 9))):
        created, launched, deprecated = draw(_AGES), draw(_AGES), draw(st.one_of(st.none(), st.integers(-50, 200)))
        images.append(
            image(
                number,
                created,
                draw(st.sampled_from([HOME, AWAY])),
                name=draw(st.sampled_from(["web-1", "web-2", f"web-{number}x", ""])),
                architecture=draw(st.sampled_from(["x86_64", "arm64"])),
                last_launched=None if launched is None else NOW - launched * DAY,
                deprecated=None if deprecated is None else NOW - deprecated * DAY,
                state=draw(st.sampled_from(["available", "available", "disabled", "failed", "pending"])),
                protection=draw(st.sampled_from(["", "disabled", "disabled", "enabled-without-cooldown"])),
                backup=draw(st.sampled_from([False, False, True])),
                source_image_id=draw(st.sampled_from(["", "ami-00000000"])),
            )
        )
    uses = {}
    for region in (HOME, AWAY):
        used = draw(st.lists(st.sampled_from([one.image_id for one in images]), max_size=2)) if images else []
        unknown = ("cannot tell",) if draw(st.integers(0, 9)) == 0 else ()
        uses[region] = uses_in(
            FleetInventory(
                region,
                ACCOUNT,
                parameters=tuple(FleetParameter("/p", one, "text", 1) for one in used),
                unknown=unknown,
            )
        )
    return images, uses


_RULES = st.builds(
    RetentionRule,
    st.just("r"),
    families=st.just(()),
    exclude=st.just(()),
    regions=st.just(()),
    delete_snapshots=st.just(True),
    keep=st.integers(0, 3),
    older_than=st.one_of(st.none(), st.integers(0, 300).map(lambda days: days * DAY)),
    not_launched_for=st.one_of(st.none(), st.integers(0, 300).map(lambda days: days * DAY)),
    deprecate=st.booleans(),
    disable_after=st.one_of(st.none(), st.integers(0, 60).map(lambda days: days * DAY)),
    deregister_after=st.one_of(st.none(), st.integers(60, 120).map(lambda days: days * DAY)),
)


@given(_accounts(), _RULES)
@settings(max_examples=300, deadline=None)
def test_nothing_used_protected_or_younger_is_ever_in_a_plan(
    account: tuple[list[OwnImage], dict[str, Uses]], rule: RetentionRule
) -> None:
    images, uses = account

    found = plan(rule, images, uses)

    assert {one.image.key for one in found.decisions} == {one.key for one in images}
    for decision in found.going:
        one = decision.image
        assert not uses[one.region].of(one.image_id)
        assert not one.protected
        assert not one.backup
        assert one.state != "pending"
        assert one.created is not None
        assert rule.older_than is None or NOW - one.created >= rule.older_than
        if rule.not_launched_for is not None:
            assert one.last_launched is not None
            assert NOW - one.last_launched >= rule.not_launched_for
        newer = [
            other
            for other in images
            if other.product == one.product and other.region == one.region and other.state == "available"
            if other.created is not None and (-other.created, other.image_id) < (-one.created, one.image_id)
        ]
        assert len(newer) >= rule.keep
        assert decision.means is not None
        order = list(Means)
        assert order.index(decision.means) <= order.index(rule.farthest)


@given(_accounts(), _RULES)
@settings(max_examples=200, deadline=None)
def test_of_one_release_all_copies_go_as_far_or_none_goes(
    account: tuple[list[OwnImage], dict[str, Uses]], rule: RetentionRule
) -> None:
    images, uses = account

    steps = plan(rule, images, uses).steps

    for release in releases(images):
        means = {steps[one.key] for one in release if one.key in steps}
        assert len(means) <= 1
        if Means.DEREGISTER in means:
            assert all(one.key in steps for one in release)


@given(_accounts())
@settings(max_examples=100, deadline=None)
def test_a_direct_rule_takes_every_image_that_nothing_speaks_for(
    account: tuple[list[OwnImage], dict[str, Uses]],
) -> None:
    images, uses = account
    rule = RetentionRule("r", keep=0, older_than=0)

    found = plan(rule, images, uses)

    for release in releases(images):
        spoken_for = any(
            uses[one.region].of(one.image_id) or one.protected or one.backup or one.created is None
            or one.state == "pending" for one in release
        )  # fmt: skip
        assert all((one.key in found.steps) is not spoken_for for one in release)
