"""What an audit says of images at work, against a naive model of the same rules."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

import pytest

from amitui.domain.catalogue.region_grid import FamilyAnswer, RegionBuild
from amitui.domain.catalogue.whereabouts import Fate
from amitui.domain.fleet.audit import audit, image_ids, judge, standings
from amitui.domain.fleet.fail_on import EXAMPLE, FailOn, Selection, fail_on, selection
from amitui.domain.fleet.findings import SUBJECTS, AuditImage, Severity, Verdict
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
from amitui.domain.fleet.uses import UseKind
from amitui.domain.image.support import support_of
from amitui.domain.image.trust import Trust
from amitui.domain.image.worst_finding import WorstFinding
from amitui.errors import UsageError

DAY = 86_400
NOW = int(datetime(2026, 11, 27, tzinfo=UTC).timestamp())
REGION = "eu-central-1"
OWNER = "123456789012"


def build(
    image_id: str, age: int, *, name: str = "", state: str = "available", deprecated: int = 0
) -> RegionBuild:
    """A build that is so many days old."""
    when = NOW - deprecated * DAY if deprecated else None
    return RegionBuild(REGION, image_id, name or f"web-{image_id}", NOW - age * DAY, when, state)


def image(image_id: str = "ami-1", age: int | None = 100, **facts: object) -> AuditImage:
    """An own image that is so many days old."""
    base = AuditImage(
        image_id,
        name=f"web-{image_id}",
        owner_id=OWNER,
        trust=Trust.OWN,
        created=None if age is None else NOW - age * DAY,
        state="available",
    )
    return base._replace(**facts)  # type: ignore[arg-type]


def whole(*builds: RegionBuild) -> FamilyAnswer:
    return FamilyAnswer(builds, is_complete=True)


def verdicts(of: AuditImage, family: FamilyAnswer, stale_days: int = 90) -> tuple[Verdict, ...]:
    return judge(of, family, now=NOW, stale_days=stale_days).verdicts


def test_the_newest_build_of_a_family_that_is_wholly_known_is_the_newest() -> None:
    found = judge(image(), whole(build("ami-1", 100), build("ami-0", 200)), now=NOW)
    assert found.verdicts == (Verdict.NEWEST,)
    assert (found.builds_behind, found.days_behind, found.age_days, found.successor) == (0, 0, 100, None)


def test_builds_and_days_behind_are_counted_to_the_newest_one() -> None:
    found = judge(image(age=100), whole(build("ami-2", 70), build("ami-3", 5), build("ami-0", 300)), now=NOW)
    assert found.verdicts == (Verdict.STALE,)
    assert (found.builds_behind, found.days_behind) == (2, 95)
    assert found.successor is not None
    assert found.successor.image_id == "ami-3"
    assert found.reasons == ("2 builds and 95 days behind ami-3",)


@pytest.mark.parametrize(("days", "verdict"), [(96, Verdict.BEHIND), (95, Verdict.STALE), (0, Verdict.STALE)])
def test_what_counts_as_stale_is_chosen(days: int, verdict: Verdict) -> None:
    assert verdicts(image(age=100), whole(build("ami-3", 5)), days) == (verdict,)


def test_a_release_ranks_before_its_date_as_older_releases_go_on_being_rebuilt() -> None:
    older = build("ami-9", 10, name="AlmaLinux OS 9.4.20260101 x86_64")
    own = image(age=100, name="AlmaLinux OS 9.7.20251118 x86_64", trust=Trust.PUBLISHER)
    assert verdicts(own, whole(older)) == (Verdict.NEWEST,)
    newer = build("ami-8", 200, name="AlmaLinux OS 9.8.20251001 x86_64")
    found = judge(own, whole(older, newer), now=NOW)
    assert found.verdicts == (Verdict.BEHIND,)
    assert (found.builds_behind, found.days_behind) == (1, 0)
    assert found.successor == newer


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        (Fate.DEREGISTERED, "deregistered, cannot be launched again"),
        (Fate.NOT_SHARED, "no longer shared with this account, cannot be launched again"),
        (Fate.NOT_THERE, "EC2 does not know it (any more): deregistered, or hidden; cannot be launched again"),
    ],
)
def test_what_ec2_shows_no_more_cannot_be_launched_again(fate: Fate, words: str) -> None:
    gone = AuditImage("ami-1", fate, name="web-1", created=NOW - 10 * DAY)
    found = judge(gone, whole(build("ami-0", 50)), now=NOW)
    assert found.verdicts == (Verdict.GONE,)
    assert found.reasons == (words,)
    assert found.successor is not None, "an older build is better than none"
    assert judge(AuditImage("ami-1", fate), FamilyAnswer(), now=NOW).successor is None


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("disabled", Verdict.DISABLED),
        ("failed", Verdict.DISABLED),
        ("invalid", Verdict.DISABLED),
        ("a-state-of-tomorrow", Verdict.DISABLED),
        ("pending", Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),
    ],
)
def test_only_an_available_image_can_be_launched(state: str, verdict: Verdict) -> None:
    assert verdicts(image(state=state), whole(build("ami-1", 100))) == (verdict,)


def test_a_look_alike_is_judged_by_its_owner_and_its_successor_is_the_publishers() -> None:
    fake = image(trust=Trust.LOOKALIKE, owner_id="999999999999", age=1)
    genuine = build("ami-canonical", 30)
    found = judge(fake, whole(genuine), now=NOW)
    assert found.verdicts == (Verdict.LOOKALIKE,)
    assert found.successor == genuine
    assert (found.builds_behind, found.days_behind) == (None, None)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"trust": Trust.UNVERIFIED}, Verdict.UNTRUSTED),
        ({"allowed": False}, Verdict.UNTRUSTED),
        ({"worst_finding": WorstFinding.CRITICAL}, Verdict.VULNERABLE),
        ({"worst_finding": WorstFinding.HIGH}, Verdict.VULNERABLE),
        ({"system": "CentOS 7"}, Verdict.UNSUPPORTED),
        ({"deprecated": NOW - DAY}, Verdict.DEPRECATED),
        ({"deprecated": NOW}, Verdict.DEPRECATED),
        ({"created": None}, Verdict.UNKNOWN),
        ({"trust": None}, Verdict.UNKNOWN),
    ],
)
def test_each_fact_has_its_verdict(facts: Mapping[str, object], verdict: Verdict) -> None:
    assert verdicts(image(**facts), whole(build("ami-1", 100))) == (verdict,)  # type: ignore[arg-type]


def test_a_paid_image_may_be_the_newest() -> None:
    assert verdicts(image(paid=True), whole()) == (Verdict.PAID, Verdict.NEWEST)
    assert verdicts(image(paid=True), whole(build("ami-2", 1))) == (Verdict.STALE, Verdict.PAID)


@pytest.mark.parametrize(
    "facts",
    [
        {"system": "Ubuntu 20.04"},
        {"system": "Plan 9"},
        {"deprecated": NOW + DAY},
        {"trust": Trust.SHARED},
        {"worst_finding": WorstFinding.MEDIUM},
    ],
)
def test_what_is_still_all_right_has_none(facts: Mapping[str, object]) -> None:
    assert verdicts(image(**facts), whole(build("ami-1", 100))) == (Verdict.NEWEST,)  # type: ignore[arg-type]


def test_the_last_day_of_support_is_told_where_it_is_known() -> None:
    assert judge(image(system="Ubuntu 20.04"), whole(), now=NOW).supported_until == "2030-04-30"
    assert judge(image(system="Plan 9"), whole(), now=NOW).supported_until == ""


def test_a_family_of_which_not_all_is_known_makes_nothing_the_newest() -> None:
    partly = FamilyAnswer((build("ami-0", 200),), is_complete=False, note="not allowed to list the images")
    found = judge(image(), partly, now=NOW)
    assert found.verdicts == (Verdict.UNKNOWN,)
    assert found.reasons == ("cannot tell whether it is the newest: not allowed to list the images",)
    newer = judge(image(), partly._replace(builds=(build("ami-2", 1),)), now=NOW)
    assert newer.verdicts == (Verdict.STALE,)
    assert newer.reasons[0].startswith("at least 1 build")


def test_a_deprecated_or_disabled_build_is_no_successor() -> None:
    family = whole(build("ami-2", 5, deprecated=1), build("ami-3", 4, state="disabled"), build("ami-4", 30))
    found = judge(image(age=100), family, now=NOW)
    assert found.successor is not None
    assert found.successor.image_id == "ami-4"
    assert (found.builds_behind, found.days_behind) == (2, 95)
    assert judge(image(age=20), family, now=NOW).successor is None


# Against a naive model


def some_image(chance: random.Random) -> AuditImage:
    age = chance.choice([None, *range(0, 400, 7)])
    return image(
        age=age,
        fate=chance.choice([Fate.FOUND] * 8 + list(Fate)),
        trust=chance.choice([*Trust, None, Trust.OWN, Trust.AMAZON]),
        state=chance.choice(["available"] * 6 + ["disabled", "failed", "pending", ""]),
        deprecated=chance.choice([None, None, NOW - DAY, NOW + DAY]),
        paid=chance.random() < 0.2,
        allowed=chance.random() < 0.9,
        worst_finding=chance.choice([WorstFinding.NOT_SCANNED] * 6 + list(WorstFinding)),
        system=chance.choice(["", "", "Ubuntu 24.04", "CentOS 7", "Windows 2016", "BeOS 5"]),
    )


def some_family(chance: random.Random) -> FamilyAnswer:
    builds = [
        build(
            f"ami-{number}",
            chance.randrange(400),
            state=chance.choice(["available"] * 5 + ["disabled"]),
            deprecated=chance.choice([0, 0, 0, 1]),
        )
        for number in range(2, 2 + chance.randrange(5))
    ]
    return FamilyAnswer(tuple(builds), is_complete=chance.random() < 0.8, note="denied")


def fine(of: AuditImage, family: FamilyAnswer) -> bool:
    """Whether nothing at all is to be said, written without regard to how it is reasoned."""
    support = support_of(of.system) if of.system else None
    return (
        of.fate is Fate.FOUND
        and of.state == "available"
        and of.trust not in (None, Trust.LOOKALIKE, Trust.UNVERIFIED)
        and of.allowed
        and of.worst_finding not in (WorstFinding.HIGH, WorstFinding.CRITICAL)
        and of.created is not None
        and not (of.deprecated and of.deprecated <= NOW)
        and not of.paid
        and (support is None or (support.paid_until or support.free_until) >= date(2026, 11, 27))
        and family.is_complete
        and not any(one.state == "available" and (one.created or 0) > of.created for one in family.builds)
    )


def test_an_image_is_called_the_newest_exactly_when_nothing_speaks_against_it() -> None:
    chance = random.Random("audit")
    seen = set()
    for _ in range(4000):
        of, family = some_image(chance), some_family(chance)
        found = judge(of, family, now=NOW)
        assert (found.verdicts == (Verdict.NEWEST,)) is fine(of, family), (of, family, found)
        seen |= set(found.verdicts)
        assert len(found.reasons) == len(found.verdicts) == len(set(found.verdicts))
        assert list(found.verdicts) == sorted(found.verdicts, key=list(Verdict).index)
        if found.verdicts not in ((Verdict.NEWEST,), (Verdict.PAID, Verdict.NEWEST)):
            assert Verdict.NEWEST not in found.verdicts
        if found.successor is not None:
            assert found.successor.state == "available"
            assert found.successor.image_id != of.image_id
            assert found.successor.deprecated is None
        if of.fate is Fate.NOT_ASKED:
            assert found.verdicts == (Verdict.UNKNOWN,)
        if of.fate not in (Fate.FOUND, Fate.NOT_ASKED):
            assert found.worst is Verdict.GONE
    assert seen == set(Verdict)


def test_builds_behind_agree_with_a_count_by_hand() -> None:
    chance = random.Random("behind")
    for _ in range(1000):
        of, family = some_image(chance), some_family(chance)._replace(is_complete=True)
        if of.fate is Fate.NOT_ASKED or of.created is None or of.trust in (Trust.LOOKALIKE, Trust.UNVERIFIED):
            continue
        newer = [one for one in family.builds if one.state == "available" and (one.created or 0) > of.created]
        found = judge(of, family, now=NOW)
        assert found.builds_behind == len(newer)
        latest = max((one.created or 0 for one in newer), default=of.created)
        assert found.days_behind == (latest - of.created) // DAY


# Subjects

INVENTORY = FleetInventory(
    REGION,
    OWNER,
    instances=(
        FleetInstance("i-1", "web", "running", "t3.micro", "ami-1", NOW, group="web"),
        FleetInstance("i-2", "", "stopped", "t3.micro", "", NOW),
    ),
    templates=(
        FleetTemplate("lt-1", "web", (
            TemplateVersion(1, True, False, "ami-1", "ami-1"),
            TemplateVersion(2, False, False, "ami-old", "ami-old"),
            TemplateVersion(3, False, True, "resolve:ssm:/golden", "ami-2"),
        )),
        FleetTemplate("lt-2", "one", (TemplateVersion(1, True, True, "ami-1", "ami-1"),)),
        FleetTemplate("lt-3", "none", (TemplateVersion(1, True, True, "", ""),)),
        FleetTemplate("lt-4", "unread", (TemplateVersion(1, True, True, "resolve:ssm:/denied", ""),)),
    ),
    configurations=(FleetConfiguration("old", "ami-1"),),
    groups=(
        FleetGroup("plain", "arn", 1, 1, 1, (GroupSource("lt-1", "web", "$Latest", image_id="ami-2"),), ("i-1",)),
        FleetGroup("mixed", "arn", 1, 1, 1, (
            GroupSource("lt-3", "none", ""),
            GroupSource("lt-1", "web", "1", image_id="ami-1", override=True),
            GroupSource("lt-1", "web", "3", image_id="ami-2", override=True),
        ), (), mixed=True),
        FleetGroup("lost", "arn", 1, 1, 1, (GroupSource("lt-9", "", "4"),), ()),
        FleetGroup("empty", "arn", 0, 0, 0, (), ()),
    ),
    parameters=(FleetParameter("/golden", "ami-2", "aws:ec2:image", 7),),
)  # fmt: skip


def test_each_subject_stands_on_its_image_and_a_mixed_group_on_several() -> None:
    found = {
        (one.subject.kind, one.subject.label, one.subject.detail): one.image_id for one in standings(INVENTORY)
    }
    assert found == {
        (UseKind.INSTANCE, "web", "running"): "ami-1",
        (UseKind.INSTANCE, "i-2", "stopped"): "",
        (UseKind.TEMPLATE, "web", "$Default, version 1"): "ami-1",
        (UseKind.TEMPLATE, "web", "$Latest, version 3 through /golden"): "ami-2",
        (UseKind.TEMPLATE, "one", "$Default and $Latest, version 1"): "ami-1",
        (UseKind.TEMPLATE, "unread", "$Default and $Latest, version 1 through /denied"): "",
        (UseKind.CONFIGURATION, "old", ""): "ami-1",
        (UseKind.GROUP, "plain", "launch template web $Latest"): "ami-2",
        (UseKind.GROUP, "mixed", "override launch template web 1"): "ami-1",
        (UseKind.GROUP, "mixed", "override launch template web 3"): "ami-2",
        (UseKind.GROUP, "lost", "launch template lt-9 4"): "",
        (UseKind.GROUP, "empty", ""): "",
        (UseKind.PARAMETER, "/golden", "version 7"): "ami-2",
    }
    assert set(image_ids(INVENTORY)) == {"ami-1", "ami-2"}


def test_every_subject_is_found_and_the_worst_come_first() -> None:
    images = {"ami-1": AuditImage("ami-1", Fate.DEREGISTERED), "ami-2": image("ami-2", age=10)}
    found = audit(INVENTORY, images, {"ami-2": whole()}, now=NOW, profile="prod")
    assert len(found) == len(list(standings(INVENTORY)))
    ranks = [one.judgement.worst.rank for one in found]
    assert ranks == sorted(ranks)
    assert {one.profile for one in found} == {"prod"}
    by_verdict = {verdict: {one.subject.label for one in found if verdict in one.verdicts} for verdict in Verdict}
    assert by_verdict[Verdict.GONE] == {"web", "one", "old", "mixed"}
    assert by_verdict[Verdict.UNKNOWN] == {"i-2", "unread", "lost", "empty"}
    assert by_verdict[Verdict.NEWEST] == {"web", "plain", "mixed", "/golden"}
    assert {one.subject.kind for one in found} == set(SUBJECTS)


def test_an_image_that_nobody_asked_for_is_not_known() -> None:
    found = audit(INVENTORY, {}, {}, now=NOW)
    assert {one.verdicts for one in found} == {(Verdict.UNKNOWN,)}


# What makes an audit fail


def test_the_words_of_fail_on_name_verdicts_and_a_time() -> None:
    found = fail_on(EXAMPLE)
    assert found.stale_days == 90
    assert set(Verdict) - found.verdicts == {
        Verdict.UNKNOWN, Verdict.BEHIND, Verdict.NEWEST, Verdict.VULNERABLE,
    }  # fmt: skip
    assert fail_on("stale:2w") == FailOn(frozenset((Verdict.STALE,)), 14)
    assert fail_on(" Gone , look-alike,").verdicts == {Verdict.GONE, Verdict.LOOKALIKE}
    assert fail_on("behind").verdicts == {Verdict.BEHIND, Verdict.STALE}
    assert all(one.severity >= Severity.WARNING for one in fail_on("any").verdicts)


@pytest.mark.parametrize("of", [fail_on, selection])
def test_a_look_alike_may_be_written_in_one_word_and_is_listed_once(
    of: Callable[[str], FailOn | Selection],
) -> None:
    assert of("lookalike,gone") == of("look-alike,gone")
    with pytest.raises(UsageError) as refused:
        of("x")
    assert "look-alike" in refused.value.why
    assert "lookalike" not in refused.value.why


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_an_empty_list_of_what_fails_is_refused_so_that_an_unset_variable_lets_nothing_pass(text: str) -> None:
    with pytest.raises(UsageError, match="--fail-on names nothing"):
        fail_on(text)


@pytest.mark.parametrize("text", ["old", "stale:", "stale:x", "gone:90d", "newest", "stale:90d;gone", "stale:-1d"])
def test_a_word_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        fail_on(text)


def test_an_audit_fails_by_any_verdict_of_a_finding_not_just_the_worst() -> None:
    images = {"ami-1": image("ami-1", paid=True, state="disabled")}
    found = audit(INVENTORY, images, {"ami-1": whole()}, now=NOW)
    assert any(fail_on("paid").hits(one) for one in found)
    assert not any(fail_on("deprecated").hits(one) for one in found)
