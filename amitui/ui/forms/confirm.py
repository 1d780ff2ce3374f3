"""The review of plans that exist already, such as an undo: no fields, only the confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.ui.forms.form import OperationForm
from amitui.ui.forms.host import FormHost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.operations.plan import Plan
    from amitui.ui.widgets.fields.base import Field


class AgreeForm(OperationForm):
    """The review of given plans; the result is those plans."""

    def __init__(self, host: FormHost, title: str, plans: Sequence[Plan], *, confirm: str = "") -> None:
        """Args:
        plans: at least one.
        confirm: what has to be typed; empty = what the plans need, if anything.
        """
        super().__init__(host, title)
        self._given = tuple(plans)
        self._confirm = confirm

    def form_fields(self) -> Sequence[Field]:
        return ()

    def plans(self) -> Sequence[Plan]:
        return self._given

    def confirmation(self, plans: Sequence[Plan]) -> str:
        return self._confirm or super().confirmation(plans)
