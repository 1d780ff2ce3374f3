"""What the two pages of a form look like, kept as SVG like the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from amitui.domain.operations.plans.change import disable_plan
from amitui.ui.forms.changes import DeprecateForm, DisableForm
from amitui.ui.forms.form import OperationForm
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
from tests.support.app import stable_environment
from tests.support.form_host import NOW, WEB, FakeHost, Permission
from tests.support.widget_app import WidgetApp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot

    from amitui.domain.operations.plan import Plan

SIZES = [(80, 24), (60, 15), (120, 40)]
sized = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
REFUSED = Permission(False, "You are not authorized: no identity-based policy allows the ec2:DisableImage action")


class SnapCompare(Protocol):
    def __call__(self, app: WidgetApp, *, terminal_size: tuple[int, int], run_before: object = None) -> bool: ...


class EveryField(OperationForm):
    """One field of each kind."""

    TITLE = "Create an image of web-1"

    def form_fields(self) -> Sequence[Field]:
        return [
            TextField("Name", "text", "acme-web-20261121", hint="3 to 128 characters"),
            TextField("Description", "description", "", "leave empty for none"),
            PickField("Instance", [PickerItem("i-1", "web-1", "running · t3.micro")], id="pick", value="i-1"),
            ChoiceField(
                "While made", [("stop", "stop it"), ("reboot", "reboot it"), ("no", "leave it")], id="how"
            ),
            ListField(
                "Volumes",
                [
                    ListRow("a", "/dev/xvda", "8 GiB gp3", locked="the root volume is always in it"),
                    ListRow("b", "/dev/sdb", "100 GiB gp3 · deleted with the instance"),
                    ListRow("c", "/dev/sdc", "500 GiB st1", marked=False),
                ],
                id="rows",
            ),
            ToggleField("IMDSv2", "require it of instances", True, id="toggle"),
            TagsField("Tags", "labels", [("Env", "prod"), ("Note", "a, b")]),
            NoteField("Cost", "at most $5.40 a month", id="note"),
        ]

    def plans(self) -> Sequence[Plan]:
        return [disable_plan(WEB)]


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    stable_environment(monkeypatch)


def opened(form: OperationForm, *keys: str) -> object:
    """Opens a form and presses keys."""

    async def run(pilot: Pilot[Any]) -> None:
        await pilot.app.push_screen(form)
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await pilot.pause()

    return run


@sized
def test_fields(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    keys = ("tab", "tab", "tab", "tab", "down")
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=opened(EveryField(FakeHost()), *keys))


@sized
def test_a_review(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    form = DisableForm(FakeHost(), [WEB._replace(shared_with=("999988887777",))])
    assert snap_compare(WidgetApp(), terminal_size=size, run_before=opened(form))


def test_a_refusal_in_production(snap_compare: SnapCompare) -> None:
    host = FakeHost(production=True, profile="prod-admin", answer=REFUSED)
    images = [WEB._replace(image_id=f"ami-{n:017x}", name=f"acme-web-{n}") for n in range(12)]
    form = DisableForm(host, images)
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=opened(form, "x", "ctrl+s"))


@pytest.mark.parametrize("theme", ["amitui-light", "amitui-mono"])
@pytest.mark.parametrize("page", ["fields", "review"])
def test_themes(snap_compare: SnapCompare, theme: str, page: str) -> None:
    form = EveryField(FakeHost())
    keys = ("tab",) if page == "fields" else ("ctrl+s",)
    assert snap_compare(WidgetApp(theme=theme), terminal_size=(80, 24), run_before=opened(form, *keys))


def test_a_date_that_is_wrong(snap_compare: SnapCompare) -> None:
    form = DeprecateForm(FakeHost(), [WEB._replace(deprecated=NOW + 86_400)])
    assert snap_compare(WidgetApp(), terminal_size=(80, 24), run_before=opened(form, *"soon", "ctrl+s"))
