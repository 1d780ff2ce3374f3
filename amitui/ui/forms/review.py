"""The review before anything is sent: sentences, the DryRun's result, warnings and commands."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Static

from amitui.domain.operations.validation import typed_confirmation_problem
from amitui.presentation.aws_command import aws_commands
from amitui.ui.widgets.fields.text import TextField
from amitui.ui.widgets.text_lines import BLANK, Run, TextView, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from textual.app import ComposeResult

    from amitui.domain.operations.plan import Plan
    from amitui.errors import AmituiError
    from amitui.ui.forms.host import FormHost, PermissionLike
    from amitui.ui.widgets.text_lines import TextLine


def marked(
    mark: str, text: str, width: int, role: str = "", *, mark_role: str | None = None
) -> Iterator[TextLine]:
    """`text` folded beside a mark."""
    for line in wrap(text, max(8, width - len(mark))):
        yield (Run(mark, role if mark_role is None else mark_role), Run(line, role))
        mark = " " * len(mark)


def similar(plans: Sequence[Plan]) -> list[list[Plan]]:
    """Plans that change the same, but for the thing that each is about, together and in order."""
    groups: dict[tuple[str, ...], list[Plan]] = {}
    for plan in plans:
        snapshots = [str(one) for one in plan.before.get("snapshots", ())]
        own = [word for word in (str(plan.before.get("name", "")), plan.subject, plan.region, *snapshots) if word]
        sentences = list(plan.changes)
        for word in own:
            # As a word of its own: an image may be called `one`, and another sentence say `gone`.
            alone = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
            sentences = [alone.sub("\0", sentence) for sentence in sentences]
        groups.setdefault((plan.kind, *sentences), []).append(plan)
    return list(groups.values())


def differences(titles: Sequence[str]) -> list[str]:
    """Titles without the words at both ends that all of them share."""
    words = [title.split(" ") for title in titles]
    shortest = min(map(len, words)) - 1
    head = next((n for n in range(shortest) if len({title[n] for title in words}) > 1), shortest)
    tail = next(
        (n for n in range(shortest - head) if len({title[-1 - n] for title in words}) > 1), shortest - head
    )
    return [" ".join(title[head : len(title) - tail]) for title in words]


def change_lines(plans: Sequence[Plan], width: int) -> Iterator[TextLine]:
    """What will be true afterwards; of plans that are alike the first stands for all, and the others are named."""
    for group in similar(plans):
        yield from marked("", group[0].title, width, "title")
        for sentence in group[0].changes:
            yield from marked("  ", sentence, width)
        if len(group) > 1:
            others = ", ".join(differences([plan.title for plan in group])[1:])
            yield from marked("  ", f"Same for {len(group) - 1} more: {others}", width)


def warning_lines(plans: Sequence[Plan], width: int) -> Iterator[TextLine]:
    """What may surprise, each once, with how many it is about when it is not all."""
    times = Counter(sentence for plan in plans for sentence in dict.fromkeys(plan.warnings))
    for sentence, count in times.items():
        about = f" ({count} of {len(plans)})" if count < len(plans) else ""
        yield from marked("! ", sentence + about, width, "warn")


def permission_lines(
    plans: Sequence[Plan], permissions: Sequence[PermissionLike] | None, width: int
) -> Iterator[TextLine]:
    """Whether each call may be made; equal answers about equal calls once.

    Args:
        permissions: in the order of the plans' calls; `None` = the DryRun is running.
    """
    calls = [call for plan in plans for call in plan.calls]
    answers: Counter[tuple[str, str, bool | None, str]] = Counter()
    for index, call in enumerate(calls):
        answer = permissions[index] if permissions is not None and index < len(permissions) else None
        allowed, words = (answer.allowed, answer.words) if answer is not None else (None, "")
        answers[call.action, call.region, allowed, words] += 1
    for (action, region, allowed, words), count in answers.items():
        many = f", {count} times" if count > 1 else ""
        what = f"{action} in {region}{many}"
        if permissions is None:
            yield from marked("  ○ checking  ", what, width, mark_role="muted")
        elif allowed:
            yield from marked("  ● allowed   ", what, width, mark_role="good")
        else:
            mark, role = ("  ✗ refused   ", "bad") if allowed is False else ("  ○ unknown   ", "warn")
            yield from marked(mark, what, width, mark_role=role)
            if words:
                yield from marked("    ", words, width, role)


def command_lines(commands: Sequence[str], width: int) -> Iterator[TextLine]:
    """The commands, folded where they must be."""
    for command in commands:
        for index, line in enumerate(wrap(command, max(8, width - 6))):
            yield (Run("    " if index else "  "), Run(line))


class ReviewText(TextView):
    """The lines of the page that owns it."""

    def __init__(self, page: ReviewPage) -> None:
        super().__init__()
        self._page = page

    def lay_out(self, width: int) -> Iterable[TextLine]:
        return self._page.lines(width)


class ReviewPage(Vertical):
    """The second page of a form: what will change, what may surprise, whether it may, the commands."""

    BINDINGS = [
        Binding("ctrl+s", "screen.go_on", "Confirm", id="review.do", tooltip="Carry out what this page shows"),
        Binding(
            "y,ctrl+y",
            "screen.copy_commands",
            "Copy commands",
            id="review.copy",
            tooltip="Put the commands on the clipboard",
        ),
        Binding("up", "scroll(-1)", "Up", show=False, id="review.up", tooltip="Scroll up one line"),
        Binding("down", "scroll(1)", "Down", show=False, id="review.down", tooltip="Scroll down one line"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="review.page_up", tooltip="Scroll up one page"),
        Binding(
            "pagedown", "page(1)", "Page down", show=False, id="review.page_down", tooltip="Scroll down one page"
        ),
        Binding("escape,q", "screen.leave", "Back", id="review.back", tooltip="Go back to the fields"),
    ]

    def __init__(self, host: FormHost) -> None:
        super().__init__()
        self._host = host
        self.text = ReviewText(self)
        """What scrolls."""
        self.confirm = TextField("Confirm", "confirm", check=self._typed_problem)
        """Where the confirmation is typed."""
        self.commands: tuple[str, ...] = ()
        """The `aws` commands that do the same."""
        self._confirm_words = Static(markup=False, classes="confirm-words")
        self._plans: tuple[Plan, ...] = ()
        self._expected = ""
        self._permissions: Sequence[PermissionLike] | None = None
        self._failure: AmituiError | None = None
        self.more_lines: Callable[[int], Iterator[TextLine]] = lambda _width: iter(())
        """What a form adds below the warnings, for so many cells."""

    def compose(self) -> ComposeResult:
        yield self.text
        yield self._confirm_words
        yield self.confirm

    def action_scroll(self, lines: int) -> None:
        """Scroll the text, wherever the focus is."""
        self.text.scroll_lines(lines)

    def action_page(self, pages: int) -> None:
        """Scroll the text by pages, wherever the focus is."""
        self.text.scroll_lines(pages * self.text.page_rows)

    @property
    def doubt(self) -> str:
        """Why it may be wrong to go on; empty = there is no reason."""
        if self._failure is not None:
            return "Could not check your permissions."
        if self._permissions is None:
            return "The permission check is not finished."
        refused = sum(permission.allowed is False for permission in self._permissions)
        return "EC2 would refuse this." if refused else ""

    @property
    def status_line(self) -> str:
        """The state of the DryRun, on one line that does not scroll."""
        if self._permissions is None or self.doubt:
            return self.doubt
        known = all(permission.allowed for permission in self._permissions)
        allowed = "EC2 allows it." if known else "EC2 could not check every permission."
        return f"{allowed} Nothing has been changed yet."

    def show(self, plans: tuple[Plan, ...], expected: str) -> None:
        """Show plans before the DryRun.

        Args:
            expected: what has to be typed; empty = nothing.
        """
        host = self._host
        self._plans, self._expected = plans, expected if host.may_change else ""
        self._permissions = self._failure = None
        self.commands = tuple(
            command
            for plan in plans
            for command in aws_commands(plan, profile=host.profile_of(plan), endpoint_url=host.endpoint_url)
        )
        self.confirm.value = self.confirm.problem = ""
        asks = bool(self._expected)
        self.confirm.display = self._confirm_words.display = asks
        self._confirm_words.update(f"To confirm, type  {self._expected}" if asks else "")
        (self.confirm if asks else self.text).focus()
        self.text.renew(from_top=True)

    def show_permissions(self, permissions: Sequence[PermissionLike]) -> None:
        """Show the DryRun's results."""
        self._permissions = permissions
        self.text.renew()

    def show_failure(self, error: AmituiError) -> None:
        """Show why the DryRun failed."""
        self._failure = error
        self.text.renew()

    def unconfirmed(self) -> str:
        """What is missing in what was typed to confirm; empty = nothing."""
        return self._typed_problem(self.confirm.value)

    def rows_wanted(self, width: int) -> int:
        """Rows that the page would fill in `width` cells."""
        # Padding and the scroll bar's cells are not the text's.
        text = len(list(self.lines(width - 3)))
        extra = len(wrap(f"To confirm, type  {self._expected}", width - 2)) + 1 if self._expected else 0
        return text + extra + bool(self.confirm.problem)

    def lines(self, width: int) -> Iterator[TextLine]:
        """The text for `width` cells."""
        host, plans = self._host, self._plans
        yield from change_lines(plans, width)
        if not host.may_change:
            words = f"{host.may_change.reason}: this can be read and copied, not done."
            yield from marked("! ", words, width, "bad")
        if host.production:
            yield from marked("! ", host.production_words, width, "warn")
        for words in host.launch_limits.reasons(plans):
            yield from marked("! ", words, width, "warn")
        yield from warning_lines(plans, width)
        yield BLANK
        more = list(self.more_lines(width))
        if more:
            yield from more
            yield BLANK
        yield (Run("Permissions", "title"), Run("  checked with DryRun, which changes nothing", "muted"))
        if self._failure is not None:
            yield from marked("  ✗ ", " – ".join(self._failure.lines()), width, "bad")
        else:
            yield from permission_lines(plans, self._permissions, width)
        yield BLANK
        yield (
            Run("AWS CLI commands", "title"),
            Run(f"  {'Ctrl+Y' if self._expected else 'y'} copies them", "muted"),
        )
        yield from command_lines(self.commands, width)

    def _typed_problem(self, typed: str) -> str:
        return typed_confirmation_problem(typed, self._expected) if self._expected else ""
