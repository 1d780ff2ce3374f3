from __future__ import annotations

from amitui.domain.operations.usage import GroupUse, InstanceUse, SnapshotUse, TemplateUse, Usage
from amitui.domain.operations.verdict import DAY, Level, Verdict, unread, verdict

NOW = 1_795_219_200.0
OLD = int(NOW) - 400 * DAY
UNUSED = Usage("ami-1", state="available", created=OLD, last_launched=OLD + DAY)


def judged(usage: Usage = UNUSED, *, unprotecting: bool = False, **found: object) -> Verdict:
    return verdict(usage._replace(**found), NOW, unprotecting=unprotecting)  # type: ignore[arg-type]


def main_reason(**found: object) -> tuple[Level, str]:
    return judged(**found).graded[0]  # type: ignore[arg-type]


def test_an_image_that_nothing_uses_is_safe_and_the_reasons_say_so() -> None:
    found = judged()

    assert found.level is Level.SAFE
    assert found.reasons == ("no use of it was found", "last launched 399 days ago")


def test_an_auto_scaling_group_forbids_it() -> None:
    group = GroupUse("web", "launch template acme-web")

    assert main_reason(groups=(group,)) == (
        Level.NO,
        "Auto Scaling group web launches from it through launch template acme-web: its next launch would fail",
    )


def test_a_templates_current_version_forbids_it_and_an_older_one_asks_for_care() -> None:
    current = TemplateUse("lt-1", "web", current=True)

    assert main_reason(templates=(current,)) == (Level.NO, "launch template web would launch it")
    asked = current._replace(parameter="/acme/web")
    assert main_reason(templates=(asked,)) == (Level.NO, "launch template web (through /acme/web) would launch it")
    older = current._replace(current=False)
    assert main_reason(templates=(older,)) == (
        Level.CAREFUL,
        "an older version of launch template web names it",
    )
    assert main_reason(templates=(TemplateUse("lt-1", "", current=None),)) == (
        Level.CAREFUL,
        "a version of launch template lt-1 names it",
    )


def test_many_names_are_counted() -> None:
    templates = tuple(TemplateUse(f"lt-{n}", f"web-{n}", current=True) for n in range(5))

    words = main_reason(templates=templates)[1]

    assert words == "5 launch templates (web-0, web-1, web-2 and 2 more) would launch it"


def test_a_parameter_that_leads_to_it_forbids_it() -> None:
    assert main_reason(parameters=("/acme/web",)) == (
        Level.NO,
        "parameter /acme/web points to it: whatever resolves the parameter would fail",
    )
    assert (
        main_reason(parameters=("/a", "/b"))[1] == "2 parameters (/a, /b) point to it: whatever resolves the "
        "parameter would fail"
    )


def test_what_ec2_would_refuse_comes_first() -> None:
    group = GroupUse("web", "launch template acme-web")

    assert main_reason(owned=False, groups=(group,))[1].startswith("it belongs to another account")
    assert main_reason(backup=True, groups=(group,))[1].startswith("AWS Backup keeps it")
    assert main_reason(state="")[1].startswith("EC2 does not list it")
    assert judged(state="").level is Level.NO


def test_protection_forbids_it_until_it_is_ended_first() -> None:
    plain = "enabled-without-cooldown"

    assert main_reason(protection=plain) == (Level.NO, "protected from deregistration")
    assert judged(protection=plain, unprotecting=True).level is Level.CAREFUL
    assert judged(protection="disabled").level is Level.SAFE


def test_a_cooldown_forbids_it_whatever_is_done_first() -> None:
    for protection in ("enabled-with-cooldown", "cooling down until tomorrow"):
        found = judged(protection=protection, unprotecting=True)

        assert found.level is Level.NO
        assert "24 hours" in found.reasons[0]


def test_instances_ask_for_care_and_are_counted_by_state() -> None:
    instances = tuple(InstanceUse(f"i-{n}", "", "running" if n else "stopped") for n in range(3))

    found = judged(instances=instances)

    assert found.level is Level.CAREFUL
    assert found.reasons[0].startswith("3 instances of it (2 running, 1 stopped)")
    assert not any("no use of it was found" in words for words in found.reasons)


def test_shares_ask_for_care() -> None:
    assert main_reason(shared_with=("210987654321",))[1].startswith(
        "shared with account or organization 210987654321"
    )
    assert judged(public=True).level is Level.CAREFUL


def test_what_cannot_be_read_is_at_best_careful_and_never_unused() -> None:
    words = "cannot tell whether Auto Scaling groups use it: not allowed to list the Auto Scaling groups"

    found = judged(unknown=(words,))

    assert found.level is Level.CAREFUL
    assert found.reasons[0] == words
    assert not any("no use of it was found" in reason for reason in found.reasons)
    assert unread("no answer").level is Level.CAREFUL


def test_a_recent_launch_asks_for_care() -> None:
    assert main_reason(last_launched=int(NOW) - 12 * DAY) == (Level.CAREFUL, "last launched 12 days ago")
    assert judged(last_launched=int(NOW) - 100 * DAY).level is Level.SAFE


def test_an_image_of_today_is_not_called_never_launched() -> None:
    fresh = judged(created=int(NOW) - 3600, last_launched=None)

    assert fresh.level is Level.CAREFUL
    assert "a day's delay" in fresh.reasons[0]
    assert judged(last_launched=None).level is Level.SAFE


def test_snapshots_that_stay_are_told_without_harm_to_the_verdict() -> None:
    found = judged(snapshots=(SnapshotUse("snap-1", 8, False, ("ami-2",)), SnapshotUse("snap-2", 8, False, ())))

    assert found.level is Level.SAFE
    assert "snap-1 would be kept: image ami-2 needs it" in found.reasons
    assert not any("snap-2" in words for words in found.reasons)
