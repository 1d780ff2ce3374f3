from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from textual.containers import Vertical
from textual.dom import DOMNode
from textual.screen import Screen

from amitui.domain.operations.may_change import READ_ONLY, MayChange
from amitui.domain.operations.plans.change import disable_plan, enable_plan
from amitui.errors import DeniedError, NetworkError
from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import InvalidForm, required_confirmation
from amitui.ui.forms.presses import HELD_SECONDS, TOO_SOON, Presses
from amitui.ui.forms.review import differences, similar
from amitui.ui.widgets.fields import (
    ChoiceField,
    Field,
    ListField,
    ListRow,
    NoteField,
    PickerItem,
    PickField,
    TagsField,
    TextField,
    ToggleField,
)
from amitui.ui.widgets.fields.choice import FieldChoice
from tests.support.form_host import NOTHING, WEB, FakeHost, Permission, filling
from tests.support.widget_app import WidgetApp, screen_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.plan import Plan

HOSTILE = "prod[/foo] [@click=app.quit]x[/]"
REGIONS = [PickerItem("eu-west-1", "eu-west-1", "Ireland"), PickerItem("us-west-2", "us-west-2", "Oregon")]
DENIED = Permission(False, f"You are not authorized to do that, {HOSTILE}")


class SampleForm(OperationForm):
    """Every kind of field."""

    TITLE = "Change a thing"

    def form_fields(self) -> Sequence[Field]:
        self.text = TextField("Name", "text", "", "a name", "What it is called.", self._needed)
        self.choice = ChoiceField(
            "Instance", [("stop", "stop"), ("leave", "leave")], id="choice", hints={"leave": "Less safe."}
        )
        self.toggle = ToggleField("Encrypt", "encrypt it", id="toggle")
        self.pick = PickField("Region", REGIONS, id="pick")
        self.several = PickField("Regions", REGIONS, id="several", multi=True)
        self.rows = ListField(
            "Volumes",
            [ListRow("a", "/dev/a", locked="the root stays"), ListRow("b", "/dev/b", note="The data.")],
            id="rows",
        )
        self.labels = TagsField("Tags", "labels")
        self.note = NoteField("Cost", HOSTILE, id="note")
        self.problem: InvalidForm | None = None
        return [
            self.text,
            self.choice,
            self.toggle,
            self.pick,
            self.several,
            self.rows,
            self.labels,
            self.note,
        ]

    def plans(self) -> Sequence[Plan]:
        if self.problem is not None:
            raise self.problem
        return [enable_plan(WEB)]

    def _needed(self, text: str) -> str:
        return "" if text else f"a name is required {HOSTILE}"


class GivenForm(OperationForm):
    """Nothing to fill in."""

    TITLE = "Confirm"

    def __init__(self, host: FakeHost, *given: Plan) -> None:
        super().__init__(host)
        self.given = given

    def form_fields(self) -> Sequence[Field]:
        return ()

    def plans(self) -> Sequence[Plan]:
        return self.given


def focused(form: OperationForm) -> str | None:
    """The id of the field that keys go to."""
    return next((field.id for field in form.fields if field.here), None)


async def test_every_field_is_reached_by_tab_and_by_the_arrows() -> None:
    every = ["text", "choice", "toggle", "pick", "several", "rows", "labels"]
    form = SampleForm(FakeHost())
    async with filling(form) as page:
        seen = []
        for _ in every:
            seen.append(focused(form))
            await page.press("tab")
        assert seen == every
        assert focused(form) == "text"
        await page.press("shift+tab")
        assert focused(form) == "labels"
        back = []
        for _ in range(8):
            back.append(focused(form))
            await page.press("up")
        assert back == ["labels", "rows", "rows", "several", "pick", "toggle", "choice", "text"]


async def test_moving_the_focus_lays_nothing_out_and_styles_only_labels_and_controls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = SampleForm(FakeHost())
    laid_out: list[Screen[Any]] = []
    styled: list[DOMNode] = []
    lay_out, style = Screen._refresh_layout, DOMNode.update_node_styles

    def noting_layout(screen: Screen[Any], *given: Any, **named: Any) -> None:
        laid_out.append(screen)
        lay_out(screen, *given, **named)

    def noting_style(node: DOMNode, animate: bool = True) -> None:
        styled.append(node)
        style(node, animate)

    async with filling(form) as page:
        monkeypatch.setattr(Screen, "_refresh_layout", noting_layout)
        monkeypatch.setattr(DOMNode, "update_node_styles", noting_style)
        await page.press("tab", "tab", "tab")
        assert focused(form) == "pick"

    assert laid_out == []
    assert styled
    assert not any(isinstance(node, Field) for node in styled)


async def test_keys_change_every_field() -> None:
    form = SampleForm(FakeHost())
    async with filling(form) as page:
        await page.type("web")
        await page.press("tab", "right", "tab", "space", "tab", "enter", "down", "enter")
        await page.press("tab", "enter", "space", "space", "enter", "tab", "space", "down", "space", "tab")
        await page.type('Env=prod, Note="a, b"')
        assert form.text.value == "web"
        assert form.choice.value == "leave"
        assert form.toggle.value is True
        assert form.pick.value == "us-west-2"
        assert form.several.values == ("eu-west-1", "us-west-2")
        assert form.rows.value == ("a",)
        assert form.labels.tags == (("Env", "prod"), ("Note", "a, b"))
        assert all(field.edited for field in form.fields if field is not form.note)


async def test_the_hint_is_of_the_field_the_option_and_the_row_that_has_the_focus() -> None:
    async with filling(SampleForm(FakeHost())) as page:
        assert "What it is called." in page.screen
        await page.press("tab", "right")
        assert "Less safe." in page.screen
        await page.press("tab", "tab", "tab", "tab", "down")
        assert "The data." in page.screen


async def test_enter_goes_on_and_after_the_last_field_to_the_review() -> None:
    form = SampleForm(FakeHost())
    async with filling(form) as page:
        await page.type("web")
        await page.press("enter")
        assert focused(form) == "choice"
        form.labels.focus()
        await page.press("enter")
        assert form.reviewing


async def test_what_is_wrong_stands_under_its_field_in_words_and_goes_when_it_is_right() -> None:
    form = SampleForm(FakeHost())
    async with filling(form) as page:
        await page.press("tab", "ctrl+s")
        assert not form.reviewing
        assert focused(form) == "text"
        assert f"! a name is required {HOSTILE}" in page.screen
        await page.type("w")
        assert "is required" not in page.screen
        await page.press("ctrl+s")
        assert form.reviewing


async def test_a_field_left_wrong_says_so_at_once_and_one_not_yet_filled_in_does_not() -> None:
    form = SampleForm(FakeHost())
    async with filling(form) as page:
        await page.press("tab")
        assert "is required" not in page.screen
        await page.press("shift+tab")
        await page.type("x")
        await page.press("backspace", "tab")
        assert "is required" in page.screen


async def test_what_the_plans_object_to_is_shown_at_its_fields() -> None:
    form = SampleForm(FakeHost())
    async with filling(form) as page:
        await page.type("web")
        form.problem = InvalidForm("pick", "there is one there", ("rows", "none of these"))
        await page.press("ctrl+s")
        assert focused(form) == "pick"
        for words in ("! there is one there", "! none of these", "2 fields need correction."):
            assert words in page.screen
        form.problem = InvalidForm("no such field", "the quota is used up")
        await page.press("ctrl+s")
        assert "the quota is used up" in page.screen
        assert not form.reviewing


async def test_hidden_and_disabled_fields_are_neither_used_nor_reached() -> None:
    form = SampleForm(FakeHost())
    async with filling(form) as page:
        form.text.display = False
        form.choice.disabled = True
        await page.pilot.pause()
        await page.press("ctrl+s")
        assert form.reviewing
        await page.press("escape", "shift+tab", "tab")
        assert focused(form) == "toggle"


async def test_leaving_asks_when_something_was_entered() -> None:
    async with filling(SampleForm(FakeHost())) as page:
        await page.type("w")
        await page.press("escape")
        assert "Esc again" in page.screen
        await page.press("tab", "escape")
        assert page.result is NOTHING
        await page.press("escape")
        assert page.result is None
    async with filling(SampleForm(FakeHost())) as page:
        await page.press("escape")
        assert page.result is None


async def test_the_review_leads_back_to_the_field_it_came_from() -> None:
    form = SampleForm(FakeHost())
    async with filling(form) as page:
        await page.type("web")
        await page.press("tab", "tab", "ctrl+s", "escape")
        assert not form.reviewing
        assert focused(form) == "toggle"
        assert form.text.value == "web"
        await page.press("ctrl+s", "ctrl+s")
        assert page.result == (enable_plan(WEB),)


async def test_the_review_says_what_changes_what_surprises_whether_it_may_and_what_is_sent() -> None:
    host = FakeHost(endpoint_url="http://localhost:1")
    plan = disable_plan(WEB)
    async with filling(GivenForm(host, plan)) as page:
        for sentence in (*plan.changes, *("! " + words for words in plan.warnings)):
            assert sentence in page.words
        assert "● allowed disable the image in us-east-1" in page.words
        assert "EC2 allows it. Nothing has been changed yet." in page.words
        assert "aws ec2 disable-image --region us-east-1 --profile dev --endpoint-url" in page.words
        assert host.checked == [plan]
        await page.press("y")
        assert "sent to the clipboard" in page.screen
        (copied,) = host.copied
        assert "aws ec2 disable-image" in copied
        await page.press("ctrl+s")
        assert page.result == (plan,)


async def test_a_form_without_fields_closes_from_its_review() -> None:
    async with filling(GivenForm(FakeHost(), enable_plan(WEB))) as page:
        await page.press("escape")
        assert page.result is None


async def test_a_refusal_is_shown_in_words_and_has_to_be_overruled() -> None:
    async with filling(GivenForm(FakeHost(answer=DENIED), enable_plan(WEB))) as page:
        assert "✗ refused enable the image in us-east-1" in page.words
        assert DENIED.words in page.words
        assert "EC2 would refuse this." in page.words
        await page.press("ctrl+s")
        assert page.result is NOTHING
        assert "Ctrl+S again" in page.screen
        await page.press("ctrl+s")
        assert page.result == (enable_plan(WEB),)


async def test_what_is_not_known_to_be_allowed_is_not_said_to_be() -> None:
    async with filling(GivenForm(FakeHost(answer=Permission(None, "no DryRun")), enable_plan(WEB))) as page:
        assert "○ unknown enable the image" in page.words
        assert "no DryRun" in page.words
        assert "EC2 allows it." not in page.words
        await page.press("ctrl+s")
        assert page.result == (enable_plan(WEB),)


@pytest.fixture
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes on began longer ago than input waits for it."""
    monkeypatch.setattr("amitui.ui.input_gate.WORK_S", 0.0)


@pytest.mark.usefixtures("long_ago")
async def test_pressing_twice_does_not_outrun_a_check_that_takes_long() -> None:
    silence = asyncio.Event()
    form = SampleForm(FakeHost(silence=silence))
    async with filling(form) as page:
        await page.type("web")
        await page.press("ctrl+s", "ctrl+s")
        assert page.result is NOTHING
        assert "○ checking enable the image" in page.words
        silence.set()
        await page.pilot.pause()
        assert "● allowed" in page.screen
        await page.press("ctrl+s")
        assert page.result == (enable_plan(WEB),)


async def test_a_check_that_fails_says_why() -> None:
    host = FakeHost(failure=NetworkError(f"no answer {HOSTILE}", remedy="try again"))
    async with filling(GivenForm(host, enable_plan(WEB))) as page:
        assert f"no answer {HOSTILE} – try again" in page.words
        assert "Could not check your permissions." in page.words


async def test_a_check_of_plans_that_were_left_does_not_answer_for_others() -> None:
    silence = asyncio.Event()
    host = FakeHost(silence=silence, answer=DENIED)
    form = SampleForm(host)
    async with filling(form) as page:
        await page.type("web")
        await page.press("ctrl+s", "escape")
        silence.set()
        host.silence = asyncio.Event()
        await page.press("ctrl+s")
        assert "○ checking" in page.words
        host.silence.set()


async def test_on_a_very_low_screen_a_wrong_confirmation_is_said_in_the_last_line() -> None:
    plan = enable_plan(WEB)._replace(confirm="12")
    async with filling(GivenForm(FakeHost(), plan), size=(30, 5)) as page:
        await page.press("ctrl+s")
        await page.type("13")
        await page.press("ctrl+s")
        assert "this does not match 12" in page.screen.splitlines()[-1]
        assert page.result is NOTHING


async def test_nothing_is_done_before_the_confirmation_is_typed() -> None:
    plan = enable_plan(WEB)._replace(confirm="acme-web")
    async with filling(GivenForm(FakeHost(), plan)) as page:
        assert "To confirm, type acme-web" in page.words
        await page.press("ctrl+s")
        assert page.result is NOTHING
        await page.type("acme-we")
        await page.press("ctrl+s")
        assert "this does not match acme-web" in page.words
        await page.type("b")
        assert "that is not" not in page.words
        await page.press("ctrl+y")
        assert "sent to the clipboard" in page.screen
        await page.press("ctrl+s")
        assert page.result == (plan,)


async def test_production_asks_for_the_profiles_name() -> None:
    async with filling(GivenForm(FakeHost(production=True, profile="prod-admin"), enable_plan(WEB))) as page:
        for words in ("PRODUCTION", "Profile prod-admin is marked as production.", "To confirm, type prod-admin"):
            assert words in page.words
        await page.type("prod-admin")
        await page.press("ctrl+s")
        assert page.result == (enable_plan(WEB),)


async def test_read_only_shows_everything_and_does_nothing() -> None:
    host = FakeHost(may_change=MayChange(READ_ONLY))
    async with filling(GivenForm(host, enable_plan(WEB)._replace(confirm="acme-web"))) as page:
        assert "amitui is read-only" in page.words
        await page.press("ctrl+s", "ctrl+s", "y")
        assert page.result is NOTHING
        assert len(host.copied) == 1


def test_several_plans_are_confirmed_by_their_number_and_odd_names_by_the_id() -> None:
    plan = enable_plan(WEB)
    assert required_confirmation([plan, plan]) == ""
    assert required_confirmation([plan, plan._replace(confirm="acme-web")]) == "enable 2 images"
    assert required_confirmation([plan._replace(confirm="日本")]) == WEB.image_id


async def test_plans_that_are_alike_are_shown_once() -> None:
    images = [WEB._replace(image_id=f"ami-{n:017x}", name=f"web-{n}") for n in range(30)]
    async with filling(GivenForm(FakeHost(), *map(enable_plan, images))) as page:
        assert page.words.count("becomes available: its owner can launch it again.") == 1
        assert "Same for 29 more: web-1, web-2, web-3," in page.words
        assert "● allowed enable the image in us-east-1, 30 times" in page.words
        await page.press("end", "pagedown", "down", "up", "pageup", "pagedown")
        await page.press("ctrl+s")
        assert len(page.result) == 30


def test_plans_with_other_effects_are_told_apart() -> None:
    one, other = enable_plan(WEB), enable_plan(WEB._replace(name="db", image_id="ami-1"))
    assert similar([one, other, disable_plan(WEB)]) == [[one, other], [disable_plan(WEB)]]
    assert differences(["Copy web to eu-west-1", "Copy web to us-west-2"]) == ["eu-west-1", "us-west-2"]
    assert differences(["Disable a b", "Disable c b"]) == ["a", "c"]
    assert differences(["Disable", "Disable"]) == ["Disable", "Disable"]


async def test_the_whole_of_a_long_review_can_be_read_on_a_small_screen() -> None:
    plan = enable_plan(WEB)._replace(confirm="acme-web", changes=tuple(f"sentence {n}." for n in range(40)))
    async with filling(GivenForm(FakeHost(), plan), size=(60, 15)) as page:
        seen = page.screen
        for _ in range(12):
            await page.press("pagedown")
            seen += page.screen
        assert all(f"sentence {n}." in seen for n in range(40))
        assert "aws ec2 enable-image" in seen
        assert "EC2 allows it." in page.screen


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (60, 15), (200, 60)])
async def test_fields_are_seen_when_they_have_the_focus(size: tuple[int, int]) -> None:
    form = SampleForm(FakeHost())
    async with filling(form, size=size) as page:
        for label in ("Name", "Instance", "Encrypt", "Region", "Regions", "Volumes", "Tags"):
            assert f">{label}" in page.screen
            await page.press("tab")


@pytest.mark.usefixtures("long_ago")
async def test_a_list_is_fetched_when_the_form_opens_and_again_when_that_failed() -> None:
    answers: list[Exception | list[PickerItem]] = [DeniedError("kms:ListAliases is not allowed"), REGIONS]
    gate = asyncio.Event()

    async def fetch() -> list[PickerItem]:
        await gate.wait()
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    pick = PickField("KMS key", fetch, id="key", check=lambda values: "" if values else "a key is required")
    async with WidgetApp(pick).run_test(size=(80, 24)) as pilot:
        pick.focus()
        line = pick.query_one("PickLine")
        assert pick.loading_choices
        assert pick.check() == "still loading…"
        await pilot.press("enter")
        assert not pilot.app.screen.is_modal
        gate.set()
        await pilot.pause()
        assert pick.problem == "kms:ListAliases is not allowed"
        assert pick.check() == "kms:ListAliases is not allowed"
        await pilot.press("enter")
        await pilot.pause()
        assert pick.problem == ""
        assert pick.items == tuple(REGIONS)
        assert pick.check() == "a key is required"
        assert line.has_focus


class Listening(Vertical):
    """Counts how often a list is asked for."""

    opened = 0

    def on_pick_field_opened(self) -> None:
        self.opened += 1


@pytest.mark.parametrize(
    ("keys", "opened"), [(["enter"], 1), (["enter", "enter"], 1), (["enter", "tab"], 0), ([], 0)]
)
async def test_a_list_that_is_wanted_while_it_loads_opens_when_it_is_there(keys: list[str], opened: int) -> None:
    gate = asyncio.Event()

    async def fetch() -> list[PickerItem]:
        await gate.wait()
        return REGIONS

    pick = PickField("KMS key", fetch, id="key")
    around = Listening(pick, TextField("Name", id="name"))
    async with WidgetApp(around).run_test(size=(80, 24)) as pilot:
        pick.focus()
        await pilot.press(*keys)
        assert around.opened == 0
        assert ("then the list opens" in "".join(screen_lines(pilot.app))) is bool(opened)
        gate.set()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert around.opened == opened
        assert pick.items == tuple(REGIONS)


async def test_other_choices_forget_what_is_not_among_them() -> None:
    pick = PickField("Region", REGIONS, id="region", multi=True, value=["eu-west-1", "us-west-2"])
    async with WidgetApp(pick).run_test() as pilot:
        pick.set_choices(REGIONS[:1])
        assert pick.values == ("eu-west-1",)
        assert not pick.edited
        await pilot.pause()


async def test_a_form_says_what_kept_it_from_loading() -> None:
    class Broken(SampleForm):
        async def load(self) -> None:
            raise DeniedError(f"not allowed {HOSTILE}", remedy="request an increase")

    async with filling(Broken(FakeHost())) as page:
        assert f"not allowed {HOSTILE} – request an increase" in page.screen


async def test_a_defect_ends_what_was_loading_and_is_said_where_that_was_waited_for() -> None:
    async def broken(*_: object) -> Any:
        raise KeyError(HOSTILE)

    pick = PickField("KMS key", REGIONS, id="key")
    async with WidgetApp(pick).run_test(size=(80, 24)) as pilot:
        pick._items = None
        with pytest.raises(KeyError):
            await pick._fetch(broken)
        assert not pick.loading_choices
        assert pick.problem.startswith("amitui has an internal error – KeyError in ")
        await pilot.press("enter")
        assert pick.items == tuple(REGIONS), "asked for again"

    async with filling(GivenForm(FakeHost(), enable_plan(WEB))) as page:
        page.form.host.check = broken  # type: ignore[method-assign, assignment]
        page.form.load = broken  # type: ignore[method-assign]
        with pytest.raises(KeyError):
            await page.form._check((enable_plan(WEB),))
        await page.pilot.pause()
        assert "amitui has an internal error – KeyError in" in page.words
        with pytest.raises(KeyError):
            await page.form._start()
        assert page.form._loading.startswith("amitui has an internal error")


async def test_options_that_do_not_fit_are_there_all_the_same() -> None:
    options = [(f"o{n}", f"option number {n}") for n in range(6)]
    field = ChoiceField("Mode", options, id="mode")
    async with WidgetApp(field).run_test(size=(50, 5)) as pilot:
        field.focus()
        shown = set()
        for _ in options:
            shown.add(field.value)
            assert f"option number {field.value[1]}" in field.query_one(FieldChoice).text
            await pilot.press("right")
        assert shown == {name for name, _ in options}


async def test_a_held_key_opens_the_review_and_does_not_confirm_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(Presses, "held_seconds", HELD_SECONDS)
    form = SampleForm(FakeHost())
    form._presses = Presses(lambda: now)
    async with filling(form) as it:
        await it.type("x")
        await it.press(*["ctrl+s"] * 5)
        assert it.form.reviewing
        assert TOO_SOON in it.screen
        assert it.result is NOTHING, "nobody has read it"
        now += 2
        await it.press("ctrl+s")
        assert it.result is not NOTHING


async def test_that_choices_were_still_loading_is_not_said_once_they_are_there() -> None:
    arrived = asyncio.Event()

    async def regions() -> Sequence[PickerItem]:
        await arrived.wait()
        return REGIONS

    field = PickField("Region", regions, id="one", value="us-west-2")
    field._check = lambda values: "" if field.items and values else "a Region is required"
    form = FieldForm(FakeHost(), field)
    async with filling(form) as page:
        await page.press("ctrl+s")
        assert "! still loading…" in page.screen
        arrived.set()
        await page.pilot.app.workers.wait_for_complete()
        await page.pilot.pause()
        assert "still loading" not in page.screen
        assert "Oregon" in page.screen


class FieldForm(OperationForm):
    """One field."""

    def __init__(self, host: FakeHost, field: Field) -> None:
        super().__init__(host)
        self.field = field

    def form_fields(self) -> Sequence[Field]:
        return (self.field,)

    def plans(self) -> Sequence[Plan]:
        return (enable_plan(WEB),)
