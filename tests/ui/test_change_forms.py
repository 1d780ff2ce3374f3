from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plan import Plan
from amitui.domain.operations.plans.change import (
    deprecate_plan,
    describe_plan,
    disable_plan,
    enable_plan,
    imds_plan,
    leave_plan,
    protect_plan,
    tags_plan,
    undeprecate_plan,
    unprotect_plan,
)
from amitui.domain.operations.plans.store import store_plan, unstore_plan
from amitui.domain.times import FORMS, moment_of
from amitui.ui.forms.changes import (
    CHANGE_FORMS,
    DeprecateForm,
    DescribeForm,
    DisableForm,
    ImdsForm,
    LeaveForm,
    ProtectForm,
    TagForm,
)
from amitui.ui.forms.store import StoreForm, UnstoreForm
from amitui.ui.widgets.fields.date import moment_words
from tests.support.form_host import NOTHING, NOW, WEB, FakeHost, filling

if TYPE_CHECKING:
    from collections.abc import Callable

    from amitui.domain.operations.plans.facts import ImageFacts

DAY = 86_400
DB = WEB._replace(image_id="ami-0fedcba9876543210", name="acme-db", description="Database")


@pytest.mark.parametrize(
    ("kind", "plan"),
    [
        (OperationKind.UNDEPRECATE, undeprecate_plan),
        (OperationKind.DISABLE, disable_plan),
        (OperationKind.ENABLE, enable_plan),
        (OperationKind.UNPROTECT, unprotect_plan),
    ],
)
async def test_what_needs_no_answer_is_reviewed_at_once_for_all_images(
    kind: OperationKind, plan: Callable[[ImageFacts], Plan]
) -> None:
    form = CHANGE_FORMS[kind](FakeHost(), [WEB, DB])
    async with filling(form) as page:
        assert form.reviewing
        await page.press("ctrl+s")
        assert page.result == (plan(WEB), plan(DB))


@pytest.mark.parametrize("kind", sorted(CHANGE_FORMS))
async def test_every_form_opens_names_its_image_and_closes(kind: OperationKind) -> None:
    form = CHANGE_FORMS[kind](FakeHost(), [WEB])
    async with filling(form, size=(60, 15)) as page:
        assert "acme-web" in page.screen.split("\n")[0] + page.screen
        await page.press("escape")
        assert page.result is None


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("90d", NOW + 90 * DAY),
        ("2w", NOW + 14 * DAY),
        ("2027-03-01", moment_of("2027-03-01", 0)),
        ("2027-03-01 18:30", moment_of("2027-03-01", 0) + 18 * 3600 + 30 * 60),
        ("1y", moment_of("2027-11-21", 0)),
        ("3m", moment_of("2027-02-21", 0)),
    ],
)
async def test_a_date_is_typed_as_a_day_or_as_time_from_now(typed: str, at: int) -> None:
    async with filling(DeprecateForm(FakeHost(), [WEB])) as page:
        await page.type(typed)
        assert f"= {moment_words(at, NOW)}" in page.screen
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == (deprecate_plan(WEB, at),)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "a date is needed"),
        ("soon", "not understood"),
        ("2027-02-30", "there is no such day"),
        ("9999y", "too far ahead"),
        ("2026-11-20", "in the future"),
        ("11y", "at most 10 years ahead"),
    ],
)
async def test_a_date_that_cannot_be_is_refused_in_words(typed: str, words: str) -> None:
    async with filling(DeprecateForm(FakeHost(), [WEB])) as page:
        await page.type(typed)
        await page.press("ctrl+s")
        assert words in page.words
        assert not page.form.reviewing


@pytest.mark.parametrize("typed", ["", "soon", "90 ago"])
async def test_the_forms_of_a_date_are_said_once_as_the_hint_or_with_what_is_wrong(typed: str) -> None:
    async with filling(DeprecateForm(FakeHost(), [WEB])) as page:
        assert page.words.count(FORMS) == 1
        await page.type(typed)
        await page.press("ctrl+s")
        assert page.form.fields[0].problem.endswith(FORMS)
        assert page.words.count(FORMS) == 1


async def test_a_date_has_to_be_right_for_every_image() -> None:
    public = DB._replace(public=True, created=NOW - 700 * DAY)
    async with filling(DeprecateForm(FakeHost(), [WEB, public])) as page:
        await page.type("1y")
        await page.press("ctrl+s")
        assert "acme-db: a public image is deprecated at most 2 years after" in page.words


def test_the_end_of_a_month_is_kept_within_the_month() -> None:
    assert moment_of("1m", moment_of("2027-01-31", 0)) == moment_of("2027-02-28", 0)
    assert moment_of("1y", moment_of("2028-02-29", 0)) == moment_of("2029-02-28", 0)


async def test_a_cooldown_is_asked_for_with_one_key() -> None:
    async with filling(ProtectForm(FakeHost(), [WEB])) as page:
        await page.press("space", "ctrl+s", "ctrl+s")
        assert page.result == (protect_plan(WEB, True),)


@pytest.mark.parametrize(
    ("form", "plan"), [(ImdsForm, imds_plan), (LeaveForm, leave_plan), (DisableForm, disable_plan)]
)
async def test_what_cannot_be_undone_has_to_be_typed(
    form: type[ImdsForm | LeaveForm | DisableForm], plan: Callable[[ImageFacts], Plan]
) -> None:
    shared = WEB._replace(shared_with=("999988887777",))
    async with filling(form(FakeHost(), [shared])) as page:
        await page.press("ctrl+s")
        assert page.result is NOTHING
        await page.type("acme-web")
        await page.press("ctrl+s")
        assert page.result == (plan(shared)._replace(confirm="acme-web"),)


async def test_a_description_is_edited_as_it_stands_and_only_where_it_changes() -> None:
    async with filling(DescribeForm(FakeHost(), [DB])) as page:
        await page.press("ctrl+s")
        assert "There is nothing to change." in page.screen
        await page.press("end", "x", "ctrl+s", "ctrl+s")
        assert page.result == (describe_plan(DB, "Databasex"),)
    async with filling(DescribeForm(FakeHost(), [WEB, DB])) as page:
        await page.type("Database")
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == (describe_plan(WEB, "Database"),)


async def test_tags_of_one_image_are_edited_as_they_stand() -> None:
    tagged = WEB._replace(tags=(("Env", "prod"), ("Team", "web"), ("aws:cloudformation:stack-name", "s")))
    form = TagForm(FakeHost(), [tagged])
    async with filling(form) as page:
        assert "aws:cloudformation:stack-name=s" in page.words
        await page.press("ctrl+s")
        assert "There is nothing to change." in page.screen
        await page.press("home", *["delete"] * len("Env=prod, "), "end")
        await page.type("1,New=x")
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == (tags_plan(tagged, [("Team", "web1"), ("New", "x")], ["Env"]),)


@pytest.mark.parametrize(
    "pasted",
    [
        "Key=Env,Value=test Key=New,Value=x",
        '{"Tags": [{"Key": "Env", "Value": "test"}, {"Key": "New", "Value": "x"}]}',
        "Env: test\nNew: x\n",
        'tags = {\n  Env = "test"\n  New = "x"\n}',
        "Env=test\nNew=x\n",
    ],
)
async def test_pasted_tags_of_any_form_are_set_and_remove_nothing(pasted: str) -> None:
    tagged = WEB._replace(tags=(("Env", "prod"), ("Team", "web")))
    form = TagForm(FakeHost(), [tagged])
    async with filling(form) as page:
        page.pilot.app.post_message(events.Paste(pasted))
        await page.pilot.pause()
        assert form.tags.value == "Env=test, Team=web, New=x"
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == (tags_plan(tagged, [("Env", "test"), ("New", "x")], []),)


async def test_a_form_of_another_program_that_is_typed_removes_nothing() -> None:
    tagged = WEB._replace(tags=(("Env", "prod"), ("Team", "web")))
    form = TagForm(FakeHost(), [tagged])
    async with filling(form) as page:
        form.tags.value = "Key=Env,Value=test"
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == (tags_plan(tagged, [("Env", "test")], []),)


async def test_lines_that_are_no_tags_are_not_pasted_and_the_line_is_named() -> None:
    form = TagForm(FakeHost(), [WEB._replace(tags=(("Env", "prod"),))])
    async with filling(form) as page:
        page.pilot.app.post_message(events.Paste("Team=web\nplease\n"))
        await page.pilot.pause()
        assert form.tags.value == "Env=prod"
        assert "not pasted: line 2, character 1: please has no value" in page.words


async def test_tags_that_a_line_cannot_show_as_they_are_stay_unchanged() -> None:
    tagged = WEB._replace(tags=(("No break", "a\xa0b"), ("Key", "k"), ("Long", "x\ny"), ("Env", "prod")))
    form = TagForm(FakeHost(), [tagged])
    async with filling(form) as page:
        await page.press("ctrl+s")
        assert "There is nothing to change." in page.screen
        await page.press("end", "backspace")
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == (tags_plan(tagged, [("Env", "pro")], []),)


async def test_what_is_going_to_be_removed_is_named_in_the_form_and_in_the_review() -> None:
    form = TagForm(FakeHost(), [WEB._replace(tags=(("Env", "prod"), ("Team", "web")))])
    async with filling(form) as page:
        await page.press("home", *["delete"] * len("Env=prod, Team=web"))
        assert "Will be removed: Env=prod, Team=web" in page.words
        await page.press("ctrl+s")
        assert "acme-web loses all its tags" in page.words
        assert "no longer has the tag Team = web" in page.words


async def test_tags_of_several_images_are_set_and_removed_where_that_changes_something() -> None:
    first, second = WEB._replace(tags=(("Env", "prod"), ("Old", "1"))), DB._replace(tags=(("Env", "dev"),))
    done = WEB._replace(image_id="ami-1", tags=(("Env", "prod"),))
    async with filling(TagForm(FakeHost(), [first, second, done])) as page:
        await page.type("Env=prod")
        await page.press("tab")
        await page.type("Old")
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == (tags_plan(first, [], ["Old"]), tags_plan(second, [("Env", "prod")], []))


@pytest.mark.parametrize(
    ("tags", "removed", "words"),
    [
        ("aws:x=1", "", "only AWS can set tags"),
        ("Env=prod", "Env", "Env is also set above"),
        ("Env=prod", "aws:x", "is reserved by AWS and cannot be removed"),
        ("Env=prod", "a=b", "enter the key only"),
        ("x=1", "", "acme-db would have 51 tags"),
    ],
)
async def test_tags_that_cannot_be_set_are_refused_in_words(tags: str, removed: str, words: str) -> None:
    full = DB._replace(tags=tuple((f"key{n}", "") for n in range(50)))
    form = TagForm(FakeHost(), [WEB, full])
    async with filling(form) as page:
        form.tags.value = tags
        form.removed.value = removed
        await page.press("ctrl+s")
        assert words in page.words
        assert not form.reviewing


async def test_images_are_stored_each_as_an_object() -> None:
    async with filling(StoreForm(FakeHost(), [WEB, DB])) as page:
        assert f"{WEB.image_id}.bin" in page.screen
        await page.press("ctrl+s")
        assert "a bucket is required" in page.screen
        await page.type("my-images")
        await page.press("tab")
        await page.type("Env=prod")
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == tuple(store_plan(facts, "my-images", [("Env", "prod")]) for facts in (WEB, DB))


async def test_images_of_two_regions_do_not_go_into_one_bucket() -> None:
    async with filling(StoreForm(FakeHost(), [WEB, DB._replace(region="eu-west-1")])) as page:
        await page.type("my-images")
        await page.press("ctrl+s")
        assert "the images are in 2 Regions" in page.screen


async def test_an_image_is_restored_from_an_object() -> None:
    form = UnstoreForm(FakeHost(), regions=["eu-west-1", "us-east-1"], region="us-east-1")
    async with filling(form) as page:
        await page.press("enter", "up", "enter", "tab")
        await page.type("my-images")
        await page.press("tab")
        await page.type("ami-1.bin")
        await page.press("tab")
        await page.type("ab")
        await page.press("ctrl+s")
        assert "a name has 3 to 128 characters" in page.words
        await page.type("c")
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == (unstore_plan("eu-west-1", "my-images", "ami-1.bin", "abc"),)
