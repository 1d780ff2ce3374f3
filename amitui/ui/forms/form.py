"""The frame of every form: a page of fields, then a page that shows what they amount to, then the plans.

A form makes no calls to AWS. Its result is the confirmed plans; whoever opened it submits them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from amitui.defects import defect_of
from amitui.errors import AmituiError
from amitui.ui.forms.edit_page import EditPage
from amitui.ui.forms.host import FormHost, InvalidForm, required_confirmation
from amitui.ui.forms.presses import TOO_SOON, Presses
from amitui.ui.forms.review import ReviewPage
from amitui.ui.screens.modal import Modal
from amitui.ui.screens.picker import FRAMED_FROM, SHORT_SCREEN, MultiPickerScreen, PickerScreen
from amitui.ui.stylesheets import stylesheet
from amitui.ui.widgets.fields.base import Field
from amitui.ui.widgets.fields.pick import PickField
from amitui.ui.widgets.key_bar import KeyBar
from amitui.ui.widgets.query_input import QueryInput

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from textual.app import ComposeResult
    from textual.events import Paste
    from textual.widgets import Input

    from amitui.domain.operations.plan import Plan
    from amitui.ui.forms.elsewhere import Elsewhere

DIALOG_CELLS: Final = 96
"""Width of a form where there is room, frame included."""

FULL_HEIGHT_UNTIL: Final = 24
"""Rows of the highest screen that a form may fill from top to bottom."""

FRAME_ROWS: Final = 4
"""Frame, the line of words and key bar."""


class OperationForm(Modal["tuple[Plan, ...] | None"]):
    """Fields, a review, and as the result the plans that were agreed to; `None` = nothing is to be done.

    A form without fields that can be edited begins with its review.
    """

    TITLE = ""
    CSS_PATH = stylesheet("dialogs", "export", "text_lines", "form")
    VERTICAL_BREAKPOINTS = SHORT_SCREEN
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (44, "-normal")]
    BINDINGS = [
        Binding(
            "ctrl+s",
            "go_on",
            "Continue",
            show=False,
            id="form.go_on",
            tooltip="Review; on the review, carry it out",
        ),
        Binding("escape,q", "leave", "Back", show=False, id="form.back", tooltip="Go back one page, or close"),
        Binding(
            "f3",
            "ask_elsewhere",
            "Who else?",
            id="form.elsewhere",
            tooltip="Ask EC2 which other accounts use the images",
        ),
    ]

    def __init__(self, host: FormHost, title: str = "") -> None:
        """Args:
        title: on the frame, instead of the form's own.
        """
        super().__init__()
        self.host = host
        self.fields: tuple[Field, ...] = ()
        """All fields, in order; there from composing on."""
        self.review = ReviewPage(host)
        """The second page."""
        self.elsewhere: Elsewhere | None = None
        """Who else uses the images; `None` = it is not asked."""
        self._heading = title or self.TITLE
        self._edit = EditPage()
        self._presses = Presses()
        self._line = Static(markup=False, classes="form-line")
        self._plans: tuple[Plan, ...] = ()
        self._warned = ""
        self._loading = ""
        self._last_focused: Field | None = None
        self._rows = 0

    def form_fields(self) -> Sequence[Field]:
        """The fields, in order; called once, after the constructor.

        Kept under names that no widget has: `name`, `region` and `size` are taken.
        """
        raise NotImplementedError

    def plans(self) -> Sequence[Plan]:
        """The plans that the fields amount to.

        Raises:
            InvalidForm: they do not make a plan.
        """
        raise NotImplementedError

    async def load(self) -> None:
        """Fetch what the form needs before it can be filled in; an `AmituiError` is shown."""

    def confirmation(self, plans: Sequence[Plan]) -> str:
        """What has to be typed before the plans are carried out, once for all reasons; empty = nothing."""
        words = required_confirmation(plans) or (self.host.typed_name if self.host.production else "")
        return " ".join(filter(None, (words, self.host.launch_limits.number_to_type(plans))))

    def compose(self) -> ComposeResult:
        self.fields = tuple(self.form_fields())
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._heading)
            whose = (self.host.whose, "PRODUCTION" if self.host.production else "")
            dialog.border_subtitle = Content(" · ".join(filter(None, whose)))
            dialog.set_class(self.host.production, "-production")
            with self._edit:
                yield from self.fields
            yield self.review
            yield self._line
            yield KeyBar()

    def on_mount(self) -> None:
        self.review.display = False
        self.run_worker(self._start(), group="form", exclusive=True)

    def on_resize(self) -> None:
        self._fit()

    def on_descendant_focus(self) -> None:
        self._hush()
        focused = self._focused_field()
        if focused is not None and not self.reviewing:
            self._last_focused = focused

    @on(Field.HintChanged)
    def _hint_changed(self, event: Field.HintChanged) -> None:
        event.stop()
        self._hush()

    @on(Field.Changed)
    def _field_changed(self) -> None:
        self._hush()
        self.call_after_refresh(self._fit)

    def on_paste(self, event: Paste) -> None:
        """Report that pasted text was not taken: it is meant for a field, and never read as keys."""
        event.stop()
        self.say("Cannot paste here: go to a text field first.", alert=True)
        self.app.bell()

    @on(QueryInput.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self.reviewing:
            self.action_next()

    @on(PickField.Opened)
    def _opened(self, event: PickField.Opened) -> None:
        event.stop()
        field = event.field
        if field.multi:
            several = MultiPickerScreen(
                field.label.strip(), field.items, marked=field.values, adds=True, empty=field.empty
            )
            several.typed = event.typed
            self.app.push_screen(several, lambda values: None if values is None else field.pick(values))
        else:
            one = self.picker(field)
            one.typed = event.typed
            self.app.push_screen(one, lambda value: None if value is None else field.pick((value,)))

    def picker(self, field: PickField) -> PickerScreen:
        """The list out of which a field's one value is picked."""
        return PickerScreen(field.label.strip(), field.items, current=field.value or None, empty=field.empty)

    def action_next(self) -> None:
        """Go to the next field; after the last one, review."""
        chain = self.focus_chain
        if self.focused is not None and chain and self.focused is chain[-1]:
            self.action_go_on()
        else:
            self.focus_next()

    def action_go_on(self) -> None:
        """Check the fields and show what they amount to; there, do it, by a press of its own."""
        repeated = self._presses.is_repeated()
        if not self.reviewing:
            self._to_review()
        elif repeated:
            self.say(TOO_SOON, alert=True)
            self._presses.call_when_over(self, self._hush)
        else:
            self._carry_out()

    def action_leave(self) -> None:
        """From the review back to the fields; from there close, after a confirmation when something was typed."""
        if self.reviewing and self._editable:
            self._show_page(review=False)
            last = self._last_focused
            (last if last is not None and last.is_active else self._editable[0]).focus()
        elif not self.reviewing and self._warned != "leave" and any(field.edited for field in self.fields):
            self._warn("leave", "Your entries will be lost. Press Esc again to close.")
        else:
            self.dismiss(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to ask who else uses the images where others lose them, on the review."""
        if action == "ask_elsewhere":
            return self.reviewing and self.elsewhere is not None and bool(self.elsewhere.images)
        return super().check_action(action, parameters)

    def why_not_now(self, action: str, parameters: tuple[object, ...]) -> str:
        """Asking who else uses the images belongs to the review."""
        if action == "ask_elsewhere":
            return "only on a review of what takes images away from others"
        return super().why_not_now(action, parameters)

    def action_ask_elsewhere(self) -> None:
        """Ask EC2 which other accounts use the images; the report goes on when the form is closed."""
        if self.elsewhere is not None:
            self.elsewhere.say_asking()
            self.review.text.renew()
            self.run_worker(self._find_out(self.elsewhere.ask()), group="elsewhere", exclusive=True)

    async def _find_out(self, work: Awaitable[None]) -> None:
        await work
        self.review.text.renew()
        self._fit()

    def action_copy_commands(self) -> None:
        """Put the commands on the clipboard."""
        self.say(self.host.copy("\n".join(self.review.commands)))

    @property
    def reviewing(self) -> bool:
        """Whether the second page is shown."""
        return bool(self.review.display)

    def say(self, words: str, *, alert: bool = False) -> None:
        """Say something on the line under the page, until the focus moves or something is changed."""
        self._line.set_class(alert, "-alert")
        # It is one row high whatever it says: the form need not be laid out again.
        self._line.update(words, layout=False)

    def tell(self, words: str) -> None:
        """Say something that is not about the form."""
        self.say(words, alert=True)

    @property
    def _editable(self) -> list[Field]:
        return [field for field in self.fields if field.is_active]

    async def _start(self) -> None:
        if self._editable:
            self._editable[0].focus()
        else:
            self._edit.take_focus()
        self.call_after_refresh(self._fit)
        self._loading = "loading…"
        try:
            await self.load()
        except Exception as error:
            # Whatever it is, the form does not load for ever.
            self._loading = " – ".join(defect_of(error).lines())
            self._hush()
            if isinstance(error, AmituiError):
                return
            raise
        self._loading = ""
        self._hush()
        if not self._editable and not self.reviewing:
            self._to_review()

    def _to_review(self) -> None:
        for field in self.fields:
            field.problem = field.check() if field.is_active else ""
        wrong = [field for field in self.fields if field.problem]
        if not wrong:
            try:
                self._plans = tuple(self.plans())
            except InvalidForm as invalid:
                self._refuse(invalid)
                return
            if not self._plans:
                self.say("There is nothing to change.", alert=True)
                self.app.bell()
                return
            self._show_page(review=True)
            if self.elsewhere is not None:
                self.review.more_lines = self.elsewhere.lines
                if self.elsewhere.show(self._plans):
                    self.run_worker(self._find_out(self.elsewhere.read()), group="elsewhere", exclusive=True)
                self.refresh_bindings()
            self.review.show(self._plans, self.confirmation(self._plans))
            self.run_worker(self._check(self._plans), group="check", exclusive=True)
            return
        self._point_at(wrong[0])

    def _refuse(self, invalid: InvalidForm) -> None:
        known = {field.id: field for field in self.fields if field.is_active}
        wrong = [known[name] for name, _ in invalid.problems if name in known]
        for name, words in invalid.problems:
            if name in known:
                known[name].problem = words
        if wrong:
            self._point_at(wrong[0])
        else:
            self.say(invalid.problems[0][1], alert=True)
            self.app.bell()

    def _point_at(self, field: Field) -> None:
        field.focus()
        self._hush()  # it may have had the focus, and its hint now stands in its problem
        self.app.bell()
        self.call_after_refresh(self._fit)
        self.call_after_refresh(field.scroll_visible, animate=False)

    async def _check(self, plans: tuple[Plan, ...]) -> None:
        try:
            permissions = await self.host.check(plans)
        except Exception as error:
            self.review.show_failure(defect_of(error))
            if not isinstance(error, AmituiError):
                raise
        else:
            self.review.show_permissions(permissions)
        finally:
            self._hush()
            self._fit()

    def _carry_out(self) -> None:
        problem = self.review.unconfirmed()
        may_change = self.host.may_change
        if not may_change:
            self.say(f"{may_change.reason}: nothing is changed.", alert=True)
        elif problem:
            self.review.confirm.problem = problem
            self.review.confirm.focus()
            self._fit()
            if self.app.size.height < FRAMED_FROM:
                self.say(problem, alert=True)  # the row below the field is out of sight
        elif (doubt := self.review.doubt) and self._warned != doubt:
            self._warn(doubt, f"{doubt} Press Ctrl+S again to send it anyway.")
        else:
            self.dismiss(self._plans)
            return
        self.app.bell()

    def _show_page(self, *, review: bool) -> None:
        self.workers.cancel_group(self, "check")
        self.review.display = review
        self._edit.display = not review
        self._hush()
        self._fit()

    def _warn(self, about: str, words: str) -> None:
        self.say(words, alert=True)
        self._warned = about

    def _hush(self) -> None:
        self._warned = ""
        focused = self._focused_field()
        wrong = sum(bool(field.problem) for field in self.fields)
        if self._loading:
            self.say(self._loading, alert=True)
        elif not self.reviewing and wrong > 1 and focused is not None and focused.problem:
            self.say(f"{wrong} fields need correction.", alert=True)
        elif self.reviewing:
            self.say(self.review.status_line, alert=bool(self.review.doubt))
        else:
            self.say(focused.new_hint if focused is not None else "")

    def _focused_field(self) -> Field | None:
        if self.focused is None:
            return None
        return next((node for node in self.focused.ancestors_with_self if isinstance(node, Field)), None)

    def _fit(self) -> None:
        """Make the frame as high as its page needs; it never becomes lower, so that nothing jumps."""
        screen = self.app.size
        if screen.height < FRAMED_FROM:
            rows = screen.height
        else:
            if self.reviewing:
                wanted = self.review.rows_wanted(min(DIALOG_CELLS, screen.width) - 2)
            else:
                wanted = sum(field.outer_size.height for field in self.fields if field.display)
            self._rows = max(self._rows, wanted + FRAME_ROWS)
            rows = min(self._rows, screen.height - (2 if screen.height > FULL_HEIGHT_UNTIL else 0))
        self.set_rows(rows)
