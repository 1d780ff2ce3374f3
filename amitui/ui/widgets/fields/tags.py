"""Tags on one line: `Env=prod, Team=web`, or what other programs write, as `domain.tags` reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from amitui.domain.tags.tags import TagsProblem, format_tags, is_plain_list, parse_tags
from amitui.ui.widgets.fields.text import FieldInput, TextField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.events import Paste

    from amitui.domain.operations.validation import Tag


class TagsInput(FieldInput):
    """A line of tags, into which a list of another form goes as tags of this one."""

    class NotUnderstood(Message):
        """Several lines were pasted that are no tags."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def _on_paste(self, event: Paste) -> None:
        text = event.text.strip()
        try:
            if is_plain_list(text):
                return
            pasted = dict(parse_tags(text))
            present = {} if len(self.selected_text) == len(self.value) else dict(parse_tags(self.value))
        except TagsProblem as problem:
            if "\n" not in text:
                return
            # In one line, what did not belong together would.
            event.prevent_default()
            event.stop()
            self.post_message(self.NotUnderstood(f"not pasted: {problem}"))
            return
        event.prevent_default()
        event.stop()
        self.value = format_tags(tuple({**present, **pasted}.items()))
        self.cursor_position = len(self.value)


class TagsField(TextField):
    """Tags on one line."""

    def __init__(
        self,
        label: str,
        id: str,
        value: Sequence[Tag] = (),
        placeholder: str = "for example Env=prod, Team=web",
        hint: str = 'Env=prod, Note="a, b"; or paste Key=…,Value=…, JSON, YAML or Terraform',
        check: Callable[[Sequence[Tag]], str] | None = None,
    ) -> None:
        """Args:
        check: what is wrong with the tags, in words; empty = nothing.
        """
        self._check_tags = check
        super().__init__(label, id, format_tags(value), placeholder, hint, self._typed_problem)

    def make_control(self) -> FieldInput:
        self._input = TagsInput(self._placeholder)
        return self._input

    def on_tags_input_not_understood(self, event: TagsInput.NotUnderstood) -> None:
        event.stop()
        self.problem = event.words

    @property
    def plain(self) -> bool:
        """Whether it holds a list as it writes one itself, from which what is missing was taken out by hand."""
        try:
            return is_plain_list(self.value)
        except TagsProblem:
            return False

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The tags; none while what is typed cannot be understood, which `check` says."""
        try:
            return parse_tags(self.value)
        except ValueError:
            return ()

    @tags.setter
    def tags(self, tags: Sequence[Tag]) -> None:
        self.value = format_tags(tags)

    def _typed_problem(self, text: str) -> str:
        try:
            tags = parse_tags(text)
        except ValueError as error:
            return str(error)
        return self._check_tags(tags) if self._check_tags is not None else ""
