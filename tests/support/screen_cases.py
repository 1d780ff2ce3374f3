"""Every form and pane, to be opened in a bare app, each with the requests that it makes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from amitui.domain.fleet.findings import RegionAudit
from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.plans.change import enable_plan
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.ui.forms.changes import CHANGE_FORMS
from amitui.ui.forms.confirm import AgreeForm
from amitui.ui.forms.copy.form import CopyForm
from amitui.ui.forms.create import CreateForm
from amitui.ui.forms.launch.form import LaunchForm
from amitui.ui.forms.register import RegisterForm
from amitui.ui.forms.store import StoreForm, UnstoreForm
from amitui.ui.screens.audit import AuditScreen
from amitui.ui.screens.console import ConsoleScreen
from amitui.ui.screens.launched.screen import LaunchedScreen
from amitui.ui.screens.operations import OperationsScreen
from amitui.ui.screens.recycle_bin import RecycleBinScreen
from tests.support import launch_inventory, launched_pane
from tests.support.form_host import WEB, FakeHost
from tests.support.inventory import ACCOUNT, FakeInventory
from tests.support.key_order import ScreenCase
from tests.support.launch_journals import instance_id
from tests.support.launch_journals import launch as launch_journal
from tests.ui import test_operations_screen
from tests.ui.test_audit_screen import GONE, NEWEST, STALE
from tests.ui.test_console_screen import Ec2, output
from tests.ui.test_deregister_form import form as deregister_form
from tests.ui.test_recycle_bin import full
from tests.ui.test_share_form import BASE, DEV, given, share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.screen import Screen

DB = WEB._replace(image_id="ami-0fedcba9876543210", name="acme-db", description="Database")


def _asks_nothing() -> tuple[()]:
    return ()


def _change(kind: OperationKind) -> ScreenCase:
    host = FakeHost(production=True, profile="prod") if kind is OperationKind.DISABLE else FakeHost()
    screen: Screen[Any] = CHANGE_FORMS[kind](host, [WEB, DB])
    return ScreenCase(screen, lambda: (host.checked, host.copied))


def _store() -> ScreenCase:
    host = FakeHost()
    return ScreenCase(StoreForm(host, [WEB, DB]), lambda: host.checked)


def _unstore() -> ScreenCase:
    host = FakeHost()
    return ScreenCase(
        UnstoreForm(host, regions=["eu-west-1", "us-east-1"], region="us-east-1"), lambda: host.checked
    )


def _copy() -> ScreenCase:
    host, inventory = FakeHost(), FakeInventory()
    regions = ("us-east-1", "eu-west-1", "ap-southeast-1")
    screen = CopyForm(host, inventory, image=WEB, size_gib=40, regions=regions, encrypted=False)
    return ScreenCase(screen, lambda: host.checked)


def _create() -> ScreenCase:
    host, inventory = FakeHost(), FakeInventory()
    screen = CreateForm(host, inventory, regions=["us-east-1", "eu-west-1"], region="us-east-1")
    return ScreenCase(screen, lambda: host.checked)


def _register() -> ScreenCase:
    host, inventory = FakeHost(), FakeInventory()
    return ScreenCase(RegisterForm(host, inventory, region="us-east-1"), lambda: host.checked)


def _launch() -> ScreenCase:
    host, about = FakeHost(), launch_inventory.image()
    screen = LaunchForm(
        host,
        launch_inventory.FakeLaunchInventory(),
        image=about,
        facts=ImageFacts.of_image(about),
        account=ACCOUNT,
    )
    return ScreenCase(screen, lambda: host.checked)


def _agree() -> ScreenCase:
    host = FakeHost(production=True, profile="prod")
    return ScreenCase(AgreeForm(host, "Again: enable", (enable_plan(WEB),)), lambda: host.checked)


def _recycle_bin() -> ScreenCase:
    host = FakeHost()
    return ScreenCase(RecycleBinScreen(host, ["us-east-1"], full), lambda: host.checked)


def _operations() -> ScreenCase:
    module = test_operations_screen
    host = module.Host(module.Source(module.DONE, module.FAILED, module.HELD, module.MOVING))
    return ScreenCase(OperationsScreen(host, host.do), lambda: host.done)


def _launched() -> ScreenCase:
    journal = launch_journal(1, [instance_id(1), instance_id(2)])
    host = launched_pane.Host(launched_pane.Source(journal))
    return ScreenCase(LaunchedScreen(host, host.do, host.console), lambda: (host.done, host.copied, host.consoles))


def _audit() -> ScreenCase:
    copied: list[object] = []
    audit = RegionAudit("", ACCOUNT, "eu-west-1", (GONE, STALE, NEWEST))

    async def read(_region: str) -> RegionAudit:
        return audit

    def copy(lines: Sequence[str]) -> str:
        copied.append(lines)
        return "copied"

    return ScreenCase(AuditScreen(["eu-west-1"], read, copy, copied.append, now=lambda: 0), lambda: copied)


def _console() -> ScreenCase:
    ec2 = Ec2(output(*(f"line {number}" for number in range(60))))
    return ScreenCase(ConsoleScreen("i-1 web", ec2.read, ec2.copy), lambda: ec2.copied)


def _shared() -> ScreenCase:
    host = FakeHost()
    return ScreenCase(share(BASE._replace(granted=(DEV,)), host=host), lambda: host.checked)


SCREEN_CASES: Final[dict[str, Callable[[], ScreenCase]]] = {
    **{kind: partial(_change, kind) for kind in CHANGE_FORMS},
    "store": _store,
    "unstore": _unstore,
    "copy": _copy,
    "create": _create,
    "register": _register,
    "launch": _launch,
    "share": _shared,
    "given share": lambda: ScreenCase(given(BASE._replace(owner_id="444455556666", granted=None)), _asks_nothing),
    "deregister": lambda: ScreenCase(deregister_form(), _asks_nothing),
    "agree": _agree,
    "recycle bin": _recycle_bin,
    "operations": _operations,
    "launched": _launched,
    "console": _console,
    "audit": _audit,
}
"""By name, what opens it."""
